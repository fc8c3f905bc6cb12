"""Sales, refunds and payouts as these tests need them; facts are made by the real actions of the apps below."""

from datetime import date, timedelta
from itertools import count

from teahorse.common.ids import new_id
from teahorse.ledger import queries as books
from teahorse.logistics.models import Parcel
from teahorse.orders import actions as orders
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.actions.recording import NOTIFICATION, record
from teahorse.payments.models import Payment, PaymentEvent, PaymentSplit, Refund
from teahorse.payments.providers import Outcome
from teahorse.settlement import actions
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import FeeRule
from tests import world

numbers = count(1)
A_DAY = timedelta(days=1)
RETURN_WINDOW = timedelta(days=9)


def fee(kind="commission", *, rate=300, basis="goods", beneficiary="centre", since=date(2026, 1, 1), name="", **conditions):
    """A rule that has been in force for long."""
    return FeeRule.objects.create(
        kind=kind, rate=rate, basis=basis, beneficiary=beneficiary, since_date=since, name=name or f"{kind} {rate}", **conditions
    )


def centre():
    return world.organisation("centre", kind="county_centre")


def placed(wanted, *, now, **more):
    answer = orders.place_orders(wishes=[world.wish(wanted, now=now, **more)], now=now)[0]
    return OrderGroup.objects.get(pk=answer.group_id)


def pay(group, *, now, provider="wechat_pay"):
    """Have a provider say that the group is paid; nobody has reacted yet."""
    method = {"cash": "counter", "alipay": "page"}.get(provider, "native")
    payment = orders.start_payment(group=group, provider=provider, method=method, now=now)
    return money_for(payment, now=now)


def money_for(payment, *, now):
    """Have a provider say that money came for a payment."""
    if payment.provider == "cash":
        return payments.take_cash(payment_id=payment.pk, by_id=new_id(), now=now)
    own = payment.splits.filter(account__isnull=False).select_related("account").first()
    came = Outcome(
        our_number=payment.our_number,
        account_number=own.account.number if own else "",
        kind=PaymentEvent.Kind.SUCCEEDED,
        provider_number=f"42{next(numbers):026}",
        amount_fen=payment.amount_fen,
        occurred_at=now,
    )
    record([came], source=NOTIFICATION, now=now)
    payment.refresh_from_db()
    return payment


def paid(wanted, *, now, provider="wechat_pay", **more):
    """A group whose orders are paid; its seller orders by number."""
    group = placed(wanted, now=now, **more)
    payment = pay(group, now=now, provider=provider)
    orders.take_payments(payment_ids=[payment.pk], now=now)
    return list(SellerOrder.objects.filter(group=group).order_by("number"))


def close(order, *, now):
    """Have the buyer have her goods."""
    orders.pack_order(order=order, weight_grams=500, by=None, now=now)
    Parcel.objects.filter(reference=order.pk).update(stage=Parcel.Stage.HANDED_OVER, stage_at=now)
    orders.confirm_receipt(orders=[order], now=now)


def closed(wanted, *, now, **more):
    found = paid(wanted, now=now, **more)
    for order in found:
        close(order, now=now)
    return found


def refund(order, amount_fen, *, now, reference=None):
    """Decide that so much of what paid an order goes back."""
    order.refresh_from_db()
    split = PaymentSplit.objects.get(payment=order.paid_by_id, reference=order.pk)
    return payments.request_refund(split=split, reference=reference or new_id(), amount_fen=amount_fen, reason="七天无理由", now=now)


def arrive(refund, *, now, heard_at=None):
    """Have a refund reach its payer; we hear of it at once, or later."""
    payment = Payment.objects.get(pk=refund.payment_id)
    came = Outcome(
        our_number=payment.our_number,
        refund_number=refund.our_number,
        kind=PaymentEvent.Kind.REFUNDED,
        provider_number=f"50{next(numbers):026}",
        amount_fen=refund.amount_fen,
        occurred_at=now,
    )
    record([came], source=NOTIFICATION, now=heard_at or now)


def book(now):
    """Book all that is known, as the sweep would."""
    return actions.book_forgotten(now=now + timedelta(minutes=3))


def settled(orders_closed, *, now):
    """Book orders and let what they earned mature; return when that is."""
    actions.book_sales(order_ids=[order.pk for order in orders_closed], now=now)
    later = now + RETURN_WINDOW
    actions.mature_earnings(now=later)
    return later


def standing(seller=None):
    """What stands on a seller's accounts, or on nobody's, as people say it: what she has is positive."""
    found = {purpose: -fen for purpose, fen in books.balances(owner_id=seller.pk if seller else None).items() if fen}
    return dict(sorted(found.items()))


def are_whole(now):
    """Whether nothing differs anywhere; says what does."""
    found = differences(now=now + timedelta(hours=1))
    assert found == []
    return Refund.objects.count() >= 0
