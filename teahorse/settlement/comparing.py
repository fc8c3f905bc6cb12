"""What the books, the payments, the providers' bills and the payouts say differently; nothing is changed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection

from teahorse.common.times import HOME
from teahorse.payments.models import PaymentEvent, PaymentSplit, Refund
from teahorse.settlement.facts import FORGOTTEN_AFTER, bill_lines, centres

COMPARE = (Path(__file__).parent / "comparing.sql").read_text()
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """One difference: two sums that should be one, and the organisation that looks (nobody: the house)."""

    kind: str
    subject: str
    expected_fen: int
    found_fen: int
    owner_id: UUID | None


def differences(*, now: datetime, day: date | None = None) -> list[Found]:
    """
    Return every difference, or those in the facts of one day (in Shanghai).

    Facts of the last two minutes are left out: their reactions may be on the way. The balances are compared when no day is given.
    """
    since, until = EVER, now - FORGOTTEN_AFTER
    if day is not None:
        since = datetime.combine(day, time(), HOME)
        until = min(until, since + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(COMPARE, {"since": since, "until": until, "is_whole": day is None})
        rows = cursor.fetchall()
    owners = centres().counties if rows else {}
    found = [Found(kind, subject[:80], int(expected), int(got), owners.get(county)) for kind, subject, expected, got, county in rows]
    return found + _bills(since, until)


def _bills(since: datetime, until: datetime) -> list[Found]:
    """Compare providers' bills with what we were told: each number of ours once, payments positive, refunds negative."""
    found: list[Found] = []
    for provider, lines in bill_lines(starts_at=since, ends_at=until).items():
        billed: dict[str, int] = defaultdict(int)
        for line in lines:
            billed[line.our_number] += line.amount_fen
        told = _told(provider, since, until)
        sums = [(number, told.get(number, 0), billed.get(number, 0)) for number in sorted(billed.keys() | told.keys())]
        found += [Found(f"bill of {provider}", number, ours, theirs, None) for number, ours, theirs in sums if ours != theirs]
    return found


def _told(provider: str, since: datetime, until: datetime) -> dict[str, int]:
    """Return what we were told of, by the numbers that stand on bills: a combined payment's parts have their own."""
    came = PaymentSplit.objects.filter(
        payment__provider=provider,
        payment__events__kind=PaymentEvent.Kind.SUCCEEDED,
        payment__events__occurred_at__gte=since,
        payment__events__occurred_at__lt=until,
    )
    told: dict[str, int] = defaultdict(int)
    for whole, own, fen in came.order_by("pk").values_list("payment__our_number", "our_number", "amount_fen"):
        told[own or whole] += int(fen)
    back = Refund.objects.filter(payment__provider=provider, state=Refund.State.SUCCEEDED, settled_at__gte=since, settled_at__lt=until)
    return told | {number: -int(fen) for number, fen in back.order_by("pk").values_list("our_number", "amount_fen")}
