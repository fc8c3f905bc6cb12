"""What the books, the payments, the providers' bills and the payouts say differently; nothing is changed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection

from teahorse.common.times import HOME
from teahorse.settlement.centres import centres
from teahorse.settlement.heard import FORGOTTEN_AFTER

COMPARE = (Path(__file__).parent / "comparing.sql").read_text()
BILLS = (Path(__file__).parent / "bills.sql").read_text()
MISSING = """
    select payment.provider, coalesce(payment.asked ->> 'account', ''), moved.day, sum(moved.fen)
      from (
          select payment_id, (occurred_at at time zone 'Asia/Shanghai')::date as day, sum(amount_fen) as fen
            from payments_paymentevent
           where kind in ('succeeded', 'refunded')
             and occurred_at >= %(since)s::date::timestamp at time zone 'Asia/Shanghai'
             and occurred_at < %(until)s::date::timestamp at time zone 'Asia/Shanghai'
           group by 1, 2
      ) moved
      join payments_payment payment on payment.id = moved.payment_id
     where not exists (
               select from payments_providerbill bill
                where bill.provider = payment.provider and bill.account_number = coalesce(payment.asked ->> 'account', '')
                  and bill.day = moved.day
           )
     group by 1, 2, 3
     order by 1, 2, 3
"""
MISSING_SINCE = timedelta(days=60)
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


def missing_bills(*, now: datetime) -> list[Found]:
    """
    Return the days of the last two months on which a provider moved money and of which no bill is kept, by collector.

    What moved is expected, nothing is found. A day's bill may be a day late.
    """
    today = now.astimezone(HOME).date()
    window = {"since": today - MISSING_SINCE, "until": today - timedelta(days=1)}
    with connection.cursor() as cursor:
        cursor.execute(MISSING, window)
        rows = cursor.fetchall()
    return [
        Found("bill is missing", f"{provider} {number} {day}".replace("  ", " "), int(fen), 0, None) for provider, number, day, fen in rows
    ]


def _bills(since: datetime, until: datetime) -> list[Found]:
    """Compare the providers' bills of whole days of a window with what we were told: each number of ours once, refunds negative."""
    with connection.cursor() as cursor:
        cursor.execute(BILLS, {"since": since, "until": until})
        rows = cursor.fetchall()
    return [Found(f"bill of {provider}", number[:80], int(told), int(billed), None) for provider, number, told, billed in rows]
