"""The reconciler: books = payment events = providers' bills = payouts. What differs is written down, never booked away."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.people.models import Person
from teahorse.settlement.comparing import Found, differences, missing_bills
from teahorse.settlement.models import Difference

DUE_AFTER = timedelta(days=2)
State = Difference.State


class NoReason(Refusal):
    """A difference is explained with words."""

    code = "no_reason"
    status = 422
    sentence = _("Say how the difference came about.")


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
    known = {(one.kind, one.subject): one for one in Difference.objects.select_for_update().exclude(state=State.GONE).order_by("pk")}
    fresh = []
    seen = set()
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
            if (row.expected_fen, row.found_fen) != (one.expected_fen, one.found_fen):
                row.expected_fen, row.found_fen = one.expected_fen, one.found_fen
                row.state, row.reason, row.due_at, row.ended_at = State.OPEN, "", now + DUE_AFTER, None
            row.save()
    Difference.objects.bulk_create(fresh)
    if is_whole:
        gone = [row.pk for key, row in known.items() if key not in seen]
        Difference.objects.filter(pk__in=gone).update(state=State.GONE, ended_at=now)
    subjects = {subject for _, subject in seen}
    standing = Difference.objects.filter(state=State.OPEN).order_by("due_at", "pk")
    return [row for row in standing if is_whole or row.subject in subjects]


@transaction.atomic
def explain_difference(*, difference_id: UUID, reason: str, by: Person, now: datetime) -> Difference:
    """
    Say how a difference came about; it counts as open no more, unless its sums change.

    :raises NoReason: if nothing is said; nothing is changed.
    """
    reason = reason.strip()
    if not reason:
        raise NoReason(field="reason")
    row = Difference.objects.select_for_update().get(pk=difference_id)
    row.state, row.reason, row.explained_by_id, row.ended_at = State.EXPLAINED, reason[:200], by.pk, now
    row.save(update_fields=["state", "reason", "explained_by_id", "ended_at"])
    return row
