"""The reconciler: books = payment events = providers' bills = payouts. What differs is written down, never booked away."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Person
from teahorse.settlement.centres import centres
from teahorse.settlement.comparing import Found, differences, missing_bills
from teahorse.settlement.models import Difference

DUE_AFTER = timedelta(days=2)
UNBOOKABLE = "cannot be booked"
State = Difference.State


class NoReason(Refusal):
    """A difference is explained with words."""

    code = "no_reason"
    status = 422
    sentence = _("Say how the difference came about.")


class NotOpen(Refusal):
    """The difference is explained already, or gone; ``state`` says which."""

    code = "difference_not_open"
    sentence = _("This difference does not stand open any more. Somebody was quicker.")


def reconcile(*, now: datetime, day: date | None = None) -> list[Difference]:
    """
    Compare everything that says something about money, or the facts of one day; return the differences that stand open.

    Each is a row with an owner and a deadline; one that is not found any more is gone, one that was explained stays
    explained as long as it is the same. Nothing is booked. A bill that did not come is a difference as well.
    """
    found = differences(now=now, day=day)
    if day is None:
        found += missing_bills(now=now)
    return _write_down(found, now=now, is_whole=day is None)


@transaction.atomic
def _write_down(found: list[Found], *, now: datetime, is_whole: bool) -> list[Difference]:
    standing = Difference.objects.select_for_update().exclude(state=State.GONE).order_by("pk")
    known = {(one.kind, one.subject): one for one in standing}
    fresh: list[Difference] = []
    met: list[Difference] = []
    seen: set[tuple[str, str]] = set()
    for one in found:
        key = (one.kind, one.subject)
        if key in seen:
            continue
        seen.add(key)
        row = known.get(key)
        if row is None:
            fresh.append(
                Difference(
                    kind=one.kind,
                    subject=one.subject,
                    expected_fen=one.expected_fen,
                    found_fen=one.found_fen,
                    owner_id=one.owner_id,
                    found_at=now,
                    seen_at=now,
                    due_at=now + DUE_AFTER,
                )
            )
        else:
            row.seen_at = now
            met.append(row)
            if (row.expected_fen, row.found_fen) != (one.expected_fen, one.found_fen):
                row.expected_fen, row.found_fen = one.expected_fen, one.found_fen
                row.state, row.reason, row.due_at, row.ended_at = State.OPEN, "", now + DUE_AFTER, None
    Difference.objects.bulk_create(fresh)
    changing = ["seen_at", "expected_fen", "found_fen", "state", "reason", "due_at", "ended_at"]
    Difference.objects.bulk_update(met, changing, batch_size=500)
    if is_whole:
        # what cannot be booked is not found by comparing: it is gone once it is booked
        gone = [row.pk for key, row in known.items() if key not in seen and row.kind != UNBOOKABLE]
        Difference.objects.filter(pk__in=gone).update(state=State.GONE, ended_at=now)
    subjects = {subject for _, subject in seen}
    left = Difference.objects.filter(state=State.OPEN).order_by("due_at", "pk")
    return [row for row in left if is_whole or row.subject in subjects]


@transaction.atomic
def write_down_unbookable(*, order_id: UUID, trouble: str, now: datetime) -> None:
    """Have somebody look at an order whose money cannot be booked; told again it is one difference, and explained it stays explained."""
    order = SellerOrder.objects.get(pk=order_id)
    row, is_new = Difference.objects.exclude(state=State.GONE).get_or_create(
        kind=UNBOOKABLE,
        subject=order.number,
        defaults={
            "expected_fen": order.total_fen,
            "found_fen": 0,
            "owner_id": centres().counties.get(order.county_id),
            "reason": trouble[:200],
            "found_at": now,
            "seen_at": now,
            "due_at": now + DUE_AFTER,
        },
    )
    if not is_new:
        Difference.objects.filter(pk=row.pk).update(seen_at=now)


def forget_unbookable(*, order_ids: Collection[UUID], now: datetime) -> None:
    """Let the differences of orders be gone that could not be booked before."""
    waiting = Difference.objects.filter(kind=UNBOOKABLE).exclude(state=State.GONE)
    numbers = set(waiting.order_by("pk").values_list("subject", flat=True))  # hardly ever one
    if numbers:
        booked = SellerOrder.objects.filter(pk__in=order_ids, number__in=numbers)
        waiting.filter(subject__in=booked.values("number")).update(state=State.GONE, ended_at=now)


@transaction.atomic
def explain_difference(*, difference_id: UUID, reason: str, by: Person, now: datetime) -> Difference:
    """
    Say how a difference came about; it counts as open no more, unless its sums change.

    :raises NoReason: if nothing is said.
    :raises NotOpen: if somebody has explained it, or it is gone. Nothing is changed in either.
    """
    reason = reason.strip()
    if not reason:
        raise NoReason(field="reason")
    row = Difference.objects.select_for_update().get(pk=difference_id)
    if row.state != State.OPEN:
        raise NotOpen(state=row.state)
    row.state, row.reason, row.explained_by_id, row.ended_at = State.EXPLAINED, reason[:200], by.pk, now
    row.save(update_fields=["state", "reason", "explained_by_id", "ended_at"])
    return row
