"""Moving units: receiving, counting, spoiling, transferring. Each change is a movement with its reason."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.models import Offer
from teahorse.common.events import announce
from teahorse.common.refusals import Refusal
from teahorse.people.models import Person
from teahorse.stock.events import AvailabilityChanged
from teahorse.stock.models import StockLevel, StockMovement, StockPlace


class LevelTooLow(Refusal):
    """Fewer units would be on hand than are promised to buyers."""

    code = "level_too_low"
    sentence = _("%(promised)d units are promised to buyers; no fewer can be on hand.")


@transaction.atomic
def open_level(*, offer: Offer, place: StockPlace, is_online: bool = True) -> StockLevel:
    """Return the level of an offer at a place, made with nothing on hand where there is none."""
    level, _made = StockLevel.objects.get_or_create(
        offer=offer, place=place, defaults={"county_id": place.county_id, "is_online": is_online}
    )
    return level


@transaction.atomic
def move(
    *, level: StockLevel, delta: int, reason: str, by: Person | None, now: datetime, note: str = "", reference: UUID | None = None
) -> StockLevel:
    """
    Add to or take from what is on hand.

    :raises LevelTooLow: if less would be left than is promised.
    """
    level = StockLevel.objects.select_for_update().get(pk=level.pk)
    if level.on_hand + delta < level.reserved:
        raise LevelTooLow(field="quantity", promised=level.reserved)
    if delta:
        StockLevel.objects.filter(pk=level.pk).update(on_hand=F("on_hand") + delta)
        StockMovement.objects.create(
            county_id=level.county_id,
            level_id=level.pk,
            delta=delta,
            reason=reason,
            reference=reference,
            by_id=by.pk if by else None,
            note=note,
            moved_at=now,
        )
        announce(AvailabilityChanged(offer_ids=(level.offer_id,)))
        level.on_hand += delta
    return level


@transaction.atomic
def count(*, level: StockLevel, counted: int, by: Person | None, now: datetime, note: str = "") -> StockLevel:
    """
    Set what is on hand to what was counted.

    :raises LevelTooLow: if less was counted than is promised.
    """
    level = StockLevel.objects.select_for_update().get(pk=level.pk)
    return move(level=level, delta=counted - level.on_hand, reason=StockMovement.Reason.COUNTED, by=by, now=now, note=note)


@transaction.atomic
def take_back(*, units: Mapping[UUID, int], reference: UUID, is_sellable: bool, by_id: UUID | None, now: datetime) -> set[UUID]:
    """
    Put units of offers that came back on the levels they are sold from; what cannot be sold is written off in the same breath.

    :returns: the offers that still have such a level; of the others nothing is written. Harmless twice.
    """
    levels = list(StockLevel.objects.select_for_update().filter(offer_id__in=list(units), is_online=True).order_by("pk"))
    reasons = {StockMovement.Reason.RETURNED: 1, **({} if is_sellable else {StockMovement.Reason.SPOILED: -1})}
    known = StockMovement.objects.filter(
        county_id__in={level.county_id for level in levels}, reference=reference, reason=StockMovement.Reason.RETURNED
    )
    if known.exists():
        return {level.offer_id for level in levels}
    for level in levels:
        for reason, sign in reasons.items():
            StockMovement.objects.create(
                county_id=level.county_id,
                level_id=level.pk,
                delta=sign * units[level.offer_id],
                reason=reason,
                reference=reference,
                by_id=by_id,
                moved_at=now,
            )
        if is_sellable:
            StockLevel.objects.filter(pk=level.pk).update(on_hand=F("on_hand") + units[level.offer_id])
    if levels and is_sellable:
        announce(AvailabilityChanged(offer_ids=tuple(level.offer_id for level in levels)))
    return {level.offer_id for level in levels}


@transaction.atomic
def withdraw(*, units: Mapping[UUID, int], reference: UUID, by_id: UUID | None, note: str, now: datetime) -> dict[UUID, int]:
    """
    Take units of offers off the levels they are sold from, as many as are there and not promised to anybody.

    :returns: how many of each offer were taken; what is promised stays for whoever promised it. Harmless twice.
    """
    levels = StockLevel.objects.select_for_update().filter(offer_id__in=list(units), is_online=True).order_by("pk")
    taken: dict[UUID, int] = {}
    for level in levels:
        known = StockMovement.objects.filter(
            county_id=level.county_id, level_id=level.pk, reference=reference, reason=StockMovement.Reason.WITHDRAWN
        ).first()
        taken[level.offer_id] = -known.delta if known else min(units[level.offer_id], level.available)
        if known is None and taken[level.offer_id] > 0:
            StockMovement.objects.create(
                county_id=level.county_id,
                level_id=level.pk,
                delta=-taken[level.offer_id],
                reason=StockMovement.Reason.WITHDRAWN,
                reference=reference,
                by_id=by_id,
                note=note[:200],
                moved_at=now,
            )
            StockLevel.objects.filter(pk=level.pk).update(on_hand=F("on_hand") - taken[level.offer_id])
    if taken:
        announce(AvailabilityChanged(offer_ids=tuple(taken)))
    return taken


@transaction.atomic
def transfer(*, source: StockLevel, target: StockLevel, quantity: int, by: Person, now: datetime) -> None:
    """
    Carry units of one offer from one place to another.

    :raises LevelTooLow: if the source has too few that are not promised.
    :raises ValueError: if the levels are of different offers.
    """
    if source.offer_id != target.offer_id or quantity < 1:
        msg = "a transfer carries one offer's units between its own levels"
        raise ValueError(msg)
    list(StockLevel.objects.select_for_update().filter(pk__in=(source.pk, target.pk)).order_by("pk"))
    move(level=source, delta=-quantity, reason=StockMovement.Reason.MOVED_OUT, by=by, now=now)
    move(level=target, delta=quantity, reason=StockMovement.Reason.MOVED_IN, by=by, now=now)
