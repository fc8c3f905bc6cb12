"""Setting right what was told wrongly: nothing is changed, an event says that an earlier one was wrong (EPCIS 2.0, section 7.4.1.4)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.people.models import Person
from teahorse.trace.actions.telling import WHOLE, Told, keep_event, told_before, unnamed, write_telling
from teahorse.trace.answers import Answers
from teahorse.trace.events_of_steps import PREFIX, event_name, written_time
from teahorse.trace.models import Attachment, Lot, Telling, TraceEvent
from teahorse.trace.queries.lots import left_of

WITHDRAWN = Answers()


class CorrectedBefore(Refusal):
    """It was set right already; the telling that did so is the one to correct."""

    code = "corrected_before"
    sentence = _("This was set right before.")


class LotWasTaken(Refusal):
    """Something was made of the lot, so it cannot be said that it never was, or was less."""

    code = "lot_was_taken"
    sentence = _("Of lot %(number)s more was taken already than would be there.")


@transaction.atomic
def correct_telling(
    *,
    key: UUID,
    telling: Telling,
    answers: Answers | None,
    attachments: Sequence[Attachment] = (),
    reason: str = "",
    by: Person,
    now: datetime,
) -> Telling:
    """
    Declare a telling wrong, and tell it anew with other answers; without answers it did not happen at all. Harmless twice.

    The lots that came of it stay the same, with their new amounts; it happened when it was said to have happened.

    :raises CorrectedBefore: if that was done; :raises LotWasTaken: if more of its lots was taken than would be there;
        and what :func:`teahorse.trace.actions.tell_step` raises.
    """
    telling = Telling.objects.select_for_update(of=("self",)).select_related("seller", "flow", "site").get(pk=telling.pk)
    original = TraceEvent.objects.get(pk=telling.event_id)
    lots = {lot.item.part: lot for lot in Lot.objects.filter(pk__in=telling.said.get("given", {}).values()).select_related("item__seller")}
    told = Told(
        key=key,
        seller=telling.seller,
        flow=telling.flow,
        step=telling.step,
        answers=unnamed(answers, seller=telling.seller, now=now) if answers else WITHDRAWN,
        site=telling.site,
        attachments=attachments,
        device_at=original.happened_at,
        by=by,
        now=now,
        corrects=telling,
        lots=lots,
    )
    if before := told_before(told):
        return before
    if Telling.objects.filter(corrects=telling).exists():
        raise CorrectedBefore
    if answers is not None and {given.part for given in answers.gives} != lots.keys() and not answers.households:
        raise Malformed(field="give", reason=_("The same lots come of it as before; only how much may change."))
    declared = keep_event(_declared(original, told, did_occur=answers is not None), told)
    return _told_anew(told, lots) if answers is not None else _withdrawn(told, lots, declared, reason)


def _declared(original: TraceEvent, told: Told, *, did_occur: bool) -> dict[str, object]:
    """Return the earlier event, declared wrong; it is the telling's own key that makes it another event than the earlier one."""
    declaration: dict[str, object] = {
        "declarationTime": written_time(told.now),
        "reason": "incorrect_data" if did_occur else "did_not_occur",
        **({"correctiveEventIDs": [event_name(told.key)]} if did_occur else {}),
    }
    return {**original.body, "errorDeclaration": declaration, f"{PREFIX}:telling": str(told.key)}


def _told_anew(told: Told, lots: dict[str, Lot]) -> Telling:
    telling = write_telling(told)
    for given in telling.said["answers"]["gives"]:
        lot = lots[given["part"]]
        lot.amount = Decimal(given["amount"])
        lot.save(update_fields=["amount"])
    _refuse_what_was_taken(lots, spare_bp=WHOLE)
    return telling


def _withdrawn(told: Told, lots: dict[str, Lot], declared: UUID, reason: str) -> Telling:
    _refuse_what_was_taken(lots, spare_bp=0)
    return Telling.objects.create(
        id=told.key,
        county_id=told.seller.county_id,
        seller=told.seller,
        flow=told.flow,
        step=told.step,
        site=told.site,
        told_by_id=told.by.pk,
        corrects=told.corrects,
        received_at=told.now,
        device_at=told.device_at,
        digest=told.digest,
        said={"withdrawn": reason},
        event_id=declared,
    )


def _refuse_what_was_taken(lots: dict[str, Lot], *, spare_bp: int) -> None:
    """:raises LotWasTaken: if of a lot more was taken than there is now; ``spare_bp`` of what its scales may be off by is let pass."""
    list(Lot.objects.select_for_update(no_key=True).filter(pk__in=[lot.pk for lot in lots.values()]).order_by("pk").values_list("pk"))
    left = left_of(lots.values())
    for lot in lots.values():
        spare = lot.amount * lot.item.tolerance_bp * spare_bp / WHOLE**2 if lot.item.unit else 0
        if left[lot.pk] < -spare:
            raise LotWasTaken(number=lot.number)
