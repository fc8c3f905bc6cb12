"""Earnings mature when the return window is over."""

from datetime import datetime

from django.db import transaction

from teahorse.common.statements import array, looked_up
from teahorse.ledger import actions as ledger
from teahorse.ledger.rules import Entry, lines
from teahorse.settlement import accounts
from teahorse.settlement.facts import orders_in_dispute
from teahorse.settlement.models import Earning

BATCH = 5000
MATURED = "update settlement_earning set state = 'payable' from unnest(%s::uuid[]) as due (id) where settlement_earning.id = due.id"


def mature_earnings(*, now: datetime) -> int:
    """Move all earnings whose return window is over to what is payable; return how many. Harmless twice."""
    matured = 0
    while moved := _mature_some(now=now, limit=BATCH):
        matured += moved
    return matured


@transaction.atomic
def _mature_some(*, now: datetime, limit: int) -> int:
    due = Earning.objects.select_for_update(skip_locked=True).filter(state=Earning.State.MATURING, matures_at__lte=now)
    waiting = list(due.order_by("matures_at", "pk")[:limit])
    disputed = orders_in_dispute({earning.order_id for earning in waiting if earning.order_id})
    earnings = sorted((earning for earning in waiting if earning.order_id not in disputed), key=lambda earning: earning.pk)
    entries = []
    for earning in earnings:
        earned, payable = (accounts.of_seller(purpose, earning.seller_id, earning.county_id) for purpose in ("earned", "payable"))
        moved = lines((earned, earning.amount_fen), (payable, -earning.amount_fen))
        entries.append(Entry(accounts.EARNING_MATURED, earning.pk, earning.matures_at, moved))
    if earnings:
        looked_up(MATURED, [array(earning.pk for earning in earnings)])
        ledger.post(entries=entries, now=now)
    return len(earnings)
