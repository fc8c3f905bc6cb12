"""
Brings a house to the moment before money moves, and writes what it owes to the file that is named: run as a process of its own.

``sales``: orders that were paid at the sandbox and received; nobody has reacted.
``refunds``: such orders, booked, of which a part is to go back; only the refunds' jobs are left.
``cases``: such orders, of which a case waits for the seller, another for the centre, and of the third time is over.
``earnings``: sellers who may be paid. ``payouts``: sellers whose payouts the bank has, and the bank's answer to them.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

import django

django.setup()

import httpx  # noqa: E402 - after setup
from django.conf import settings as house  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from teahorse.aftersales import actions as aftersales  # noqa: E402
from teahorse.common.ids import new_id  # noqa: E402
from teahorse.common.money import decimal  # noqa: E402
from teahorse.common.times import HOME  # noqa: E402
from teahorse.orders import actions as orders  # noqa: E402
from teahorse.orders.models import SellerOrder  # noqa: E402
from teahorse.payments import actions as payments  # noqa: E402
from teahorse.payments.models import Payment, PaymentSplit  # noqa: E402
from teahorse.promotions import actions as promotions  # noqa: E402
from teahorse.settlement import actions  # noqa: E402
from teahorse.settlement.models import FeeRule, Payout  # noqa: E402
from tests import world  # noqa: E402
from tests.aftersales.making import opened  # noqa: E402
from tests.settlement.making import centre, close, closed, fee, placed, refund, settled  # noqa: E402

COUNT = 3


def sold_at_the_sandbox(goods, *, now):
    """An order whose buyer has paid, and has her goods."""
    group = placed({goods: 1}, now=now)
    payment = orders.start_payment(group=group, provider="wechat_pay", method="native", now=now)
    payment = payments.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", now=now)
    payer = {"code_url": payment.prompt["code_url"], "action": "pay"}
    with httpx.Client(base_url=house.SANDBOX_URL, trust_env=False) as http:
        http.post("/wechatpay/pay", json=payer, headers={"Accept": "application/json"}).raise_for_status()
    payments.poll_open_payments(payment_ids=[payment.pk], now=timezone.now() + timedelta(minutes=1))
    assert Payment.objects.get(pk=payment.pk).state == "succeeded"
    orders.take_payments(payment_ids=[payment.pk], now=now)
    order = SellerOrder.objects.get(group=group)
    close(order, now=now)
    return order


def sold_somewhere(*, now):
    """Orders of a new seller who gives a part of the price."""
    seller = world.organisation(f"coop-{new_id().hex}")
    window = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    gives = promotions.Draft(kind="automatic", titles={"zh-hans": "九五折"}, percent_bp=500, **window)
    promotions.offer_promotion(owner=seller, draft=gives, by=clerk, now=now)
    goods = world.offer(seller, on_hand=50)
    return [sold_at_the_sandbox(goods, now=now) for _ in range(COUNT)]


def forget_jobs():
    """Have nothing left to react to."""
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs cascade")


def sales(now):
    """The orders, and the parts of their payments."""
    sold = [order.pk for order in sold_somewhere(now=now)]
    parts = PaymentSplit.objects.filter(reference__in=sold).values_list("pk", flat=True)
    return {"orders": sold, "parts": list(parts)}


def refunds(now):
    """Refunds that were decided and that nobody has sent."""
    sold = sold_somewhere(now=now)
    actions.book_sales(order_ids=[order.pk for order in sold], now=now)
    forget_jobs()
    return {"refunds": [refund(order, 1234, now=now).pk for order in sold]}


def cases(now):
    """Cases in which somebody decides next, by who does: :mod:`tests.journeys.act`."""
    sold = sold_somewhere(now=now)
    actions.book_sales(order_ids=[order.pk for order in sold], now=now)
    asked = {"kind": "compensation", "reason": "other", "story": "边上开线了", "asked_fen": 1234}
    granted, refused, late = (opened(order, **asked, now=at) for order, at in zip(sold, (now, now, now - timedelta(days=3)), strict=True))
    aftersales.refuse(case=refused, words="发出时是好的", by=clerk, now=now)
    aftersales.escalate(case=refused, words="请中心看一看", by=aftersales.Actor("buyer"), now=now)
    forget_jobs()
    return {"agree": granted.pk, "decide": refused.pk, "let_time_decide": late.pk}


def earnings(now):
    """Sellers whose earnings matured, long ago."""
    # longer ago than bills are fetched for or missed: a clock that keeps the counters' bill of a day would know nothing of this
    then = now - timedelta(days=65 + Payout.objects.count())
    sellers = [world.organisation(f"coop-{new_id().hex}") for _ in range(COUNT)]
    sold = []
    for seller in sellers:
        actions.tell_account(seller=seller, holder="合作社", bank="农业银行", number="6228480402564890018", by=clerk, now=then)
        sold += closed({world.offer(seller, on_hand=5): 1}, now=then, provider="cash")
    settled(sold, now=then)
    forget_jobs()
    payments.fetch_bill(provider="cash", day=then.astimezone(HOME).date(), account_number="", now=now)  # as the clock did meanwhile
    return {"sellers": [seller.pk for seller in sellers]}


def payouts(now):
    """The numbers of payouts that the bank has, and its answer."""
    at = now - timedelta(days=50)
    prepared = actions.prepare_payouts(seller_ids=earnings(now)["sellers"], by=clerk, now=at)
    for payout in prepared:
        actions.approve_payout(payout=payout, by=head, now=at)
    actions.make_bank_file(payouts=prepared, by=clerk, now=at)
    forget_jobs()
    day = at.date().isoformat()
    lines = [f"{payout.number},{decimal(payout.amount_fen)},paid,BK{place},{day}," for place, payout in enumerate(prepared)]
    answer = "\r\n".join(["payout,amount,result,reference,date,reason", *lines, ""])
    return {"payouts": [payout.pk for payout in prepared], "answer": answer}


clerk, head = world.person("+8619900001011", name="制单"), world.person("+8619900001012", name="复核")
if not FeeRule.objects.exists():
    fee(rate=300)
    fee("payment", rate=60, basis="paid", beneficiary="provider")
    centre()
OWED = {"sales": sales, "refunds": refunds, "cases": cases, "earnings": earnings, "payouts": payouts}
what, file = sys.argv[1], Path(sys.argv[2])
file.write_text(json.dumps(OWED[what](timezone.now()), default=str))
