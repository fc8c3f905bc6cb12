"""Keeping the bills that providers make of each day, so that they can be compared with what is known here."""

from datetime import date, datetime, timedelta

from django.db import transaction

from teahorse.common.ids import new_ids
from teahorse.common.times import HOME
from teahorse.payments.models import ProviderBill, ProviderBillRow
from teahorse.payments.providers import BillNotReady, BillRow, provider_by_code


def fetch_bill(*, provider: str, day: date, account_number: str = "", now: datetime) -> ProviderBill:
    """
    Return a provider's bill of a day of Beijing, fetched and kept the first time; must not run in a transaction.

    It is the house's, or that of a seller whose app is her own there (``account_number``).

    :raises BillNotReady: while the day is not over, or the provider has not made it.
    :raises ProviderUnavailable: if the provider cannot be reached, or sent something that is no sound bill; nothing is kept.
    """
    known = ProviderBill.objects.filter(provider=provider, account_number=account_number, day=day).first()
    if known is not None:
        return known
    if day >= now.astimezone(HOME).date():
        raise BillNotReady(day=day.isoformat())
    rows = provider_by_code(provider).bill(day, account_number=account_number)
    bill = ProviderBill(provider=provider, account_number=account_number, day=day, fetched_at=now)
    with transaction.atomic(durable=True):
        is_kept = keep_bill(bill, rows)
    if not is_kept:
        return ProviderBill.objects.get(provider=provider, account_number=account_number, day=day)  # another worker was faster
    return bill


def days_without_bill(*, provider: str, account_number: str = "", now: datetime, last: int = 30) -> list[date]:
    """Return the last days that are over and whose bill is not kept, the oldest first."""
    today = now.astimezone(HOME).date()
    days = [today - timedelta(days=back) for back in range(last, 0, -1)]
    kept = set(ProviderBill.objects.filter(provider=provider, account_number=account_number, day__in=days).values_list("day", flat=True))
    return [day for day in days if day not in kept]


@transaction.atomic
def keep_bill(bill: ProviderBill, rows: list[BillRow]) -> bool:
    """Write a bill down with its rows; return whether nobody had. :raises django.db.IntegrityError: where a row stands on it twice."""
    ProviderBill.objects.bulk_create([bill], ignore_conflicts=True)
    if not ProviderBill.objects.filter(pk=bill.pk).exists():
        return False
    ProviderBillRow.objects.bulk_create(
        [
            ProviderBillRow(
                pk=key,
                bill=bill,
                kind=row.kind,
                our_number=row.our_number,
                refund_number=row.refund_number,
                provider_number=row.provider_number,
                amount_fen=row.amount_fen,
                fee_fen=row.fee_fen,
                occurred_at=row.occurred_at,
                account_number=row.account_number,
            )
            for key, row in zip(new_ids(len(rows)), rows, strict=True)
        ],
        batch_size=1000,
    )
    return True
