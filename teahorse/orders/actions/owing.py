"""What is owed after the first payment of an order: asking for it, paying it, letting it go. And giving money of an order back."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from teahorse.common.events import announce
from teahorse.common.push import tell
from teahorse.common.refusals import Refusal
from teahorse.orders.actions.noticing import notice_sellers
from teahorse.orders.events import BalancesPaid
from teahorse.orders.models import BalanceDue, OrderGroup, SellerNotice, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, PaymentSplit, Refund
from teahorse.promotions import actions as promotions

State = SellerOrder.State
TIME_TO_PAY = timedelta(days=3)
OWES: Mapping[str, Collection[str]] = {
    BalanceDue.Kind.PRESALE_BALANCE: {State.PRESALE_WAIT},
    BalanceDue.Kind.ON_DELIVERY: {State.AGREED, State.PREPARING},
}
"""In which states an order owes what ends with it."""
PROMPT_IS_GOOD = timedelta(hours=2)
BATCH = 200
NOT_OWED = _("This was not owed any more")


class NothingToPay(Refusal):
    """The order is paid, expired or cancelled."""

    code = "nothing_to_pay"
    sentence = _("There is nothing to pay for this order any more.")


@transaction.atomic
def ask_balance(
    *, order: SellerOrder, kind: str, amount_fen: int, now: datetime, is_waived: bool = False, due_at: datetime | None = None
) -> BalanceDue:
    """
    Ask the buyer of a locked order for something more, due in three days if nothing else is said; what ``is_waived`` is written
    down and not asked.

    :raises django.db.IntegrityError: if this kind was asked for this order before.
    """
    balance = BalanceDue.objects.create(
        county_id=order.county_id,
        order=order,
        kind=kind,
        amount_fen=amount_fen,
        state=BalanceDue.State.WAIVED if is_waived else BalanceDue.State.ASKED,
        asked_at=now,
        due_at=due_at or now + TIME_TO_PAY,
        settled_at=now if is_waived else None,
    )
    tell([f"group:{order.group_id}"])
    return balance


@transaction.atomic
def start_balance_payment(
    *, group: OrderGroup, provider: str, method: str, now: datetime, payer: payments.Payer | None = None, balance_id: UUID | None = None
) -> Payment:
    """
    Open the payment of a balance of an order group, of what is owed first where none is named, good for two hours and no longer
    than its deadline.

    :raises NothingToPay: if nothing is owed.
    :raises AlreadyPaid: if money for it is here. Nothing is changed in either.
    """
    asked = BalanceDue.objects.filter(order__group=group, state=BalanceDue.State.ASKED, due_at__gt=now)
    owed = (asked.filter(pk=balance_id) if balance_id else asked).order_by("due_at", "pk").first()
    if owed is None:
        raise NothingToPay
    order = SellerOrder.objects.select_for_update().get(pk=owed.order_id)
    balance = BalanceDue.objects.select_for_update().get(pk=owed.pk)
    if balance.state != BalanceDue.State.ASKED:
        raise NothingToPay
    return payments.open_payment(
        reference=balance.pk,
        amount_fen=balance.amount_fen,
        subject=f"Teahorse {order.number}",
        splits=[payments.Split(payee_id=order.seller_id, reference=order.pk, amount_fen=balance.amount_fen)],
        provider=provider,
        method=method,
        expires_at=min(balance.due_at, now + PROMPT_IS_GOOD),
        now=now,
        payer=payer,
    )


def orders_of_balances(references: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return, of those references that are balances, the orders by them."""
    return dict(BalanceDue.objects.filter(pk__in=list(references)).values_list("pk", "order_id"))


def take_balance(*, payment: Payment, order: SellerOrder, now: datetime) -> BalanceDue | None:
    """
    Give money that came in to what it was owed for; the order is locked. Harmless twice.

    Money for what is paid, waived or lapsed meanwhile goes back. So does what was asked for an order that was cancelled after
    this money had come and before it was taken, the rest of a pre-sale or all of it on delivery: it lapses now.

    :returns: what is paid now, if it is by this.
    """
    balance = BalanceDue.objects.select_for_update().get(pk=payment.reference)
    if balance.paid_by_id == payment.pk or Refund.objects.filter(payment=payment).exists():
        return None
    if balance.state == BalanceDue.State.ASKED and order.state not in OWES.get(balance.kind, {order.state}):
        balance.state, balance.settled_at = BalanceDue.State.LAPSED, now
        balance.save(update_fields=["state", "settled_at"])
    if balance.state != BalanceDue.State.ASKED or balance.amount_fen != payment.amount_fen:
        payments.send_payment_back(payment=payment, reason=in_buyers_words(order, NOT_OWED), now=now)
        return None
    balance.state, balance.settled_at, balance.paid_by_id = BalanceDue.State.PAID, now, payment.pk
    balance.save(update_fields=["state", "settled_at", "paid_by_id"])
    if balance.kind == BalanceDue.Kind.WEIGHT:
        notice_sellers(order_ids=[order.pk], kind=SellerNotice.Kind.TOPPED_UP, now=now)
    announce(BalancesPaid(balance_ids=(balance.pk,)))
    tell([f"group:{order.group_id}"])
    return balance


@transaction.atomic
def waive_overdue(*, now: datetime) -> int:
    """
    Waive the differences of weight that were not paid by their deadline; return how many. Harmless twice.

    One for which money is here already is left to :func:`take_payments`.
    """
    due = BalanceDue.objects.filter(kind=BalanceDue.Kind.WEIGHT, state=BalanceDue.State.ASKED, due_at__lte=now)
    return waive(orders=locked_orders(due), now=now)


def locked_orders(balances: QuerySet[BalanceDue]) -> list[SellerOrder]:
    """Return some of the orders of these balances, locked in key order; what another worker has in hand is left to it."""
    owing = SellerOrder.objects.select_for_update(skip_locked=True).filter(pk__in=balances.values("order_id"))
    return list(owing.order_by("pk")[:BATCH])


def waive(*, orders: Iterable[SellerOrder], now: datetime) -> int:
    """Waive what locked orders owe for their weight; return how many. Money that is here already counts as paid."""
    by_order = {order.pk: order for order in orders}
    waived = end_unpaid(by_order, kind=BalanceDue.Kind.WEIGHT, state=BalanceDue.State.WAIVED, now=now)
    if waived:
        notice_sellers(order_ids=[balance.order_id for balance in waived], kind=SellerNotice.Kind.WAIVED, now=now)
    return len(waived)


def end_unpaid(orders: Mapping[UUID, SellerOrder], *, kind: str, state: str, now: datetime) -> list[BalanceDue]:
    """
    End what locked orders are asked for and have not paid, and take no more money for it.

    Payments are closed first: money that is here after that came in time, and its balance is left as it is.
    """
    asked = BalanceDue.objects.select_for_update().filter(order_id__in=list(orders), kind=kind, state=BalanceDue.State.ASKED)
    found = list(asked.order_by("pk"))
    if not found:
        return []
    payments.close_payments(references=[balance.pk for balance in found], now=now)
    here = set(money_that_waits([balance.pk for balance in found]))
    ended = [balance for balance in found if balance.pk not in here]
    for balance in ended:
        balance.state, balance.settled_at = state, now
    BalanceDue.objects.bulk_update(ended, ["state", "settled_at"])
    tell(f"group:{orders[balance.order_id].group_id}" for balance in ended)
    return ended


def money_that_waits(references: Iterable[UUID]) -> list[UUID]:
    """Return those references for which money is here that has not gone back."""
    went_back = Refund.objects.filter(payment=OuterRef("pk"))
    here = Payment.objects.filter(~Exists(went_back), reference__in=list(references), state__in=Payment.TAKEN)
    return list(here.values_list("reference", flat=True))


def give_back(*, order: SellerOrder, amount_fen: int | None, reference: UUID, reason: str, now: datetime) -> int:
    """
    Have money that paid for a locked order go back, all that is left of it where no amount is named; say how much.

    What came last goes first; never more than is left, for a part of it may have gone back before.
    """
    paid_by = [order.paid_by_id, *BalanceDue.objects.filter(order=order, state=BalanceDue.State.PAID).values_list("paid_by_id", flat=True)]
    paying = list(Payment.objects.select_for_update().filter(pk__in=[key for key in paid_by if key]).order_by("pk"))
    given = 0
    for split in PaymentSplit.objects.filter(payment__in=paying, reference=order.pk).order_by("-payment__created_at", "-pk"):
        left = split.amount_fen - int(Refund.objects.filter(split=split).aggregate(fen=Sum("amount_fen"))["fen"] or 0)
        part = left if amount_fen is None else min(left, amount_fen - given)
        if part > 0:
            payments.request_refund(split=split, reference=reference, amount_fen=part, reason=reason, now=now)
            given += part
    return given


def release_promotions(orders: Iterable[SellerOrder], now: datetime) -> None:
    """Give back the coupons and budgets of groups that end with these orders."""
    groups = sorted({order.group_id for order in orders if order.discount_fen})
    if groups:
        promotions.release_uses(references=groups, now=now)


def in_buyers_words(order: SellerOrder, text: object) -> str:
    """Return a lazy text in the language in which the order was placed."""
    with override(order.group.locale):
        return str(text)
