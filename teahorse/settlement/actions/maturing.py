"""Earnings mature when the return window is over."""

from datetime import datetime

from django.db import transaction

from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.statements import array, looked_up
from teahorse.ledger import actions as ledger
from teahorse.ledger.rules import Entry, lines
from teahorse.settlement import accounts
from teahorse.settlement.actions.reconciling import UNBOOKABLE
from teahorse.settlement.models import Difference, Earning, Sale

BATCH = 5000
MATURED = "update settlement_earning set state = 'payable' from unnest(%s::uuid[]) as due (id) where settlement_earning.id = due.id"


def mature_earnings(*, now: datetime) -> int:
    """
    Move all earnings whose return window is over to what is payable; return how many. Harmless twice.

    What somebody disputes waits, and what is of an order that cannot be booked: something may lessen it.
    """
    matured = 0
    while moved := _mature_some(now=now, limit=BATCH):
        matured += moved
    return matured


@transaction.atomic
def _mature_some(*, now: datetime, limit: int) -> int:
    disputed = AfterSaleCase.objects.exclude(state__in=AfterSaleCase.ENDED).values("order_id")
    due = Earning.objects.select_for_update(skip_locked=True, of=("self",)).filter(state=Earning.State.MATURING, matures_at__lte=now)
    unbookable = Difference.objects.filter(kind=UNBOOKABLE).exclude(state=Difference.State.GONE).values("subject")
    due = due.exclude(order_id__in=disputed).exclude(order_id__in=Sale.objects.filter(number__in=unbookable).values("pk"))
    # plain rows: a day's earnings are hundreds of thousands
    columns = ("pk", "seller_id", "county_id", "amount_fen", "matures_at")
    earnings = sorted(due.order_by("matures_at", "pk").values_list(*columns)[:limit])
    entries = []
    for key, seller_id, county_id, fen, matures_at in earnings:
        earned, payable = (accounts.of_seller(purpose, seller_id, county_id) for purpose in ("earned", "payable"))
        entries.append(Entry(accounts.EARNING_MATURED, key, matures_at, lines((earned, fen), (payable, -fen))))
    if earnings:
        looked_up(MATURED, [array(key for key, *_ in earnings)])
        ledger.post(entries=entries, now=now)
    return len(earnings)
