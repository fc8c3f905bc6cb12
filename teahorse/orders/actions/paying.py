"""Money meets orders: starting a payment, taking what came in, expiring what was not paid, cancelling."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from teahorse.common.events import announce
from teahorse.common.push import tell
from teahorse.common.refusals import Refusal
from teahorse.common.statements import asked, by_index, together
from teahorse.orders.actions.agreeing import mark_paid_on_delivery, unpack_unpaid
from teahorse.orders.actions.owing import (
    OWES,
    end_unpaid,
    give_back,
    orders_of_balances,
    release_promotions,
    start_balance_payment,
    take_balance,
)
from teahorse.orders.events import OrdersCancelled, OrdersExpired, OrdersPaid
from teahorse.orders.models import BalanceDue, HarvestSale, OrderGroup, OrderLine, SellerOrder
from teahorse.orders.rules import may_leave
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from teahorse.promotions import actions as promotions
from teahorse.stock import actions as stock

State = SellerOrder.State
BATCH = 500
LOOKS_BACK = timedelta(days=7)
log = logging.getLogger(__name__)
LOCK_WHAT_WAITS = """
    select id, seller_id, coalesce(deposit_fen, total_fen) from orders_sellerorder
     where group_id = %s::uuid and state = 'pending_payment' order by id for update
"""


class TooLateToCancel(Refusal):
    """It is packed already."""

    code = "too_late_to_cancel"
    sentence = _("This order is packed already. When it has come you can give it back.")


class WaitsForHarvest(Refusal):
    """It was bought before its harvest, which is not late."""

    code = "waits_for_harvest"
    sentence = _("This was ordered before its harvest. If it is not sent by %(day)s, you can cancel it from the day after.")


def _may_leave(order: SellerOrder, *, now: datetime) -> bool:
    is_rest_asked = BalanceDue.objects.filter(order=order, state=BalanceDue.State.ASKED).exists()
    return may_leave(order.promised_to_date, is_rest_asked=is_rest_asked, now=now)


@transaction.atomic
def start_payment(
    *, group: OrderGroup, provider: str, method: str, now: datetime, payer: payments.Payer | None = None, balance_id: UUID | None = None
) -> Payment:
    """
    Open the payment of an order group, split by seller, good no longer than its reservation; later that of what is owed for it
    (of ``balance_id``, where several orders of it owe something).

    In cash and with its payer it is prepared at once (``payments.open_payment``). Two round trips: what it goes by is
    locked and read in one, the payment and its splits are written in the other.

    :raises NothingToPay: if it is not waiting for money.
    :raises AlreadyPaid: if money for it is here. Nothing is changed in either.
    """
    if group.expires_at <= now or group.is_paid_on_delivery:
        return start_balance_payment(group=group, provider=provider, method=method, now=now, payer=payer, balance_id=balance_id)
    with together():
        by_index()
        ask_parts = asked(LOCK_WHAT_WAITS, [str(group.pk)])
        ask_attempts = payments.ask_for_attempts(group.pk)
    parts = ask_parts()
    if not parts:
        return start_balance_payment(group=group, provider=provider, method=method, now=now, payer=payer)
    return payments.open_payment(
        reference=group.pk,
        amount_fen=sum(first_fen for _key, _seller, first_fen in parts),
        subject=f"Teahorse {group.number}",
        splits=[payments.Split(payee_id=seller_id, reference=key, amount_fen=first_fen) for key, seller_id, first_fen in parts],
        provider=provider,
        method=method,
        expires_at=group.expires_at,
        now=now,
        payer=payer,
        attempts=ask_attempts(),
    )


@transaction.atomic
def take_payments(*, payment_ids: Iterable[UUID], now: datetime) -> None:
    """
    Give money that came in to the orders it was paid for; harmless twice.

    Orders that wait become paid, and what promotions took off them is used. For orders that had expired units and promotions are
    taken again; where either is gone, or where the orders were paid or cancelled otherwise, the payment is refunded. So is what was
    owed (:class:`BalanceDue`) and is owed no more.
    """
    found = list(Payment.objects.filter(pk__in=list(payment_ids), state__in=Payment.TAKEN).order_by("pk"))
    owing = orders_of_balances(payment.reference for payment in found)
    groups = {payment.reference for payment in found} - owing.keys()
    wanted = Q(group_id__in=groups) | Q(pk__in=owing.values()) if owing else Q(group_id__in=groups)
    by_group: dict[UUID, list[SellerOrder]] = {group: [] for group in groups}
    by_key: dict[UUID, SellerOrder] = {}
    for order in SellerOrder.objects.select_for_update().filter(wanted).order_by("pk"):
        by_group.setdefault(order.group_id, []).append(order)
        by_key[order.pk] = order
    paid: list[SellerOrder] = []
    for payment in found:
        if payment.reference in owing:
            order = by_key[owing[payment.reference]]
            balance = take_balance(payment=payment, order=order, now=now)
            if balance is not None and balance.kind == BalanceDue.Kind.PRESALE_BALANCE:
                order.state = State.PAID
                order.save(update_fields=["state"])
                paid.append(order)
            elif balance is not None and balance.kind == BalanceDue.Kind.ON_DELIVERY:
                mark_paid_on_delivery(order=order, payment=payment, now=now)
                paid.append(order)
        else:
            paid += _take(payment, by_group[payment.reference], now)
    if paid:
        announce(OrdersPaid(order_ids=tuple(order.pk for order in paid)))


def _take(payment: Payment, orders: Sequence[SellerOrder], now: datetime) -> list[SellerOrder]:
    if _pays_for(payment, orders) or Refund.objects.filter(payment=payment).exists():
        return []
    if (
        all(order.state in {State.PENDING_PAYMENT, State.EXPIRED} for order in orders)
        and sum(order.first_fen for order in orders) == payment.amount_fen
        and _have_units(orders, now)
        and _have_promotions(orders, now)
    ):
        return _mark_paid(orders, payment, now)
    payments.send_payment_back(payment=payment, reason=str(_("The order could not be kept for you")), now=now)
    return []


def _pays_for(payment: Payment, orders: Sequence[SellerOrder]) -> bool:
    """Return whether this payment is the one that paid the orders."""
    return any(order.paid_by_id == payment.pk for order in orders)


def _have_units(orders: Sequence[SellerOrder], now: datetime) -> bool:
    """Commit what is held for the orders; reserve again, all or none, what is not."""
    held = stock.commit(references=[order.pk for order in orders])
    gone = [order.pk for order in orders if order.pk not in held]
    if not gone:
        return True
    wish = orders[0].group_id
    lines = OrderLine.objects.filter(order_id__in=gone).order_by("pk")
    demands = [stock.Demand(wish, line.order_id, line.offer_id, line.quantity) for line in lines]
    is_short = bool(stock.reserve(demands=demands, until=now))
    sales = [order.harvest_sale_id for order in orders if order.harvest_sale_id]
    # its level is locked now, so that a harvest is declared before or after, never between
    if is_short or (sales and HarvestSale.objects.filter(pk__in=sales).exclude(state=HarvestSale.State.OPEN).exists()):
        stock.release(references=[order.pk for order in orders])
        return False
    stock.commit(references=gone)
    return True


def _have_promotions(orders: Sequence[SellerOrder], now: datetime) -> bool:
    """Keep what promotions took off for the orders; take again, all or none, what was released. Else the units go back too."""
    if not any(order.discount_fen for order in orders):
        return True
    group = [orders[0].group_id]
    if any(order.state == State.EXPIRED for order in orders) and not promotions.take_again(references=group, now=now):
        stock.release(references=[order.pk for order in orders])
        return False
    promotions.keep_uses(references=group, now=now)
    return True


def _mark_paid(orders: Sequence[SellerOrder], payment: Payment, now: datetime) -> list[SellerOrder]:
    """Mark orders as paid; what is sold before its harvest waits for it, and is not answered."""
    for order in orders:
        order.state = State.PRESALE_WAIT if order.harvest_sale_id else State.PAID
        order.paid_at, order.paid_by_id, order.ended_at, order.end_reason = now, payment.pk, None, ""
    SellerOrder.objects.bulk_update(orders, ["state", "paid_at", "paid_by_id", "ended_at", "end_reason"])
    if waiting := [order for order in orders if order.state == State.PRESALE_WAIT]:
        tell(f"group:{order.group_id}" for order in waiting)
    return [order for order in orders if order.state == State.PAID]


def take_forgotten_payments(*, now: datetime, since: datetime | None = None) -> int:
    """
    Take payments whose reaction did not come through: money that is here, two minutes old, that paid nothing and did not go back.

    It may be for orders that wait, had expired, were cancelled, or were paid by another payment meanwhile, or for what was owed besides.
    Looks seven days back, or since a time: the clock does the last hour every minute and all of it every hour.

    :returns: how many were found.
    """
    ours = SellerOrder.objects.filter(group_id=OuterRef("reference"))
    # orders that were paid before their payment was remembered are left alone
    is_theirs = Q(Exists(ours.filter(Q(paid_at=None) | Q(paid_by_id__isnull=False))), ~Exists(ours.filter(paid_by_id=OuterRef("pk"))))
    owing = Exists(BalanceDue.objects.filter(~Q(paid_by_id=OuterRef("pk")), pk=OuterRef("reference")))
    sent_back = Refund.objects.filter(payment=OuterRef("pk"))
    here = Payment.objects.filter(
        ~Exists(sent_back),
        state__in=Payment.TAKEN,
        settled_at__range=(since or now - LOOKS_BACK, now - timedelta(minutes=2)),
    ).order_by("settled_at", "pk")
    found = [
        *here.filter(is_theirs).values_list("pk", flat=True)[:BATCH],
        *here.filter(owing).values_list("pk", flat=True)[:BATCH],
    ]
    for payment_id in found:
        try:
            take_payments(payment_ids=[payment_id], now=now)
        except Exception:  # whatever it is, it must not stop the others
            log.exception("the forgotten payment %s cannot be taken", payment_id)
    return len(found)


@transaction.atomic
def expire_orders(*, now: datetime) -> int:
    """Let orders go that were not paid in time and give their units back; return how many groups. Harmless twice."""
    due = list(
        SellerOrder.objects.select_for_update(skip_locked=True)
        .filter(state=State.PENDING_PAYMENT, group__expires_at__lte=now)
        .order_by("pk")[:BATCH]
    )
    if not due:
        return 0
    for order in due:
        order.state, order.ended_at, order.end_reason = State.EXPIRED, now, "not_paid"
    SellerOrder.objects.bulk_update(due, ["state", "ended_at", "end_reason"])
    stock.release(references=[order.pk for order in due])
    release_promotions(due, now)
    groups = sorted({order.group_id for order in due})
    payments.close_payments(references=groups, now=now)
    announce(OrdersExpired(group_ids=tuple(groups)))
    tell(f"group:{group}" for group in groups)
    return len(groups)


@transaction.atomic
def cancel_order(*, order: SellerOrder, reason: str, now: datetime) -> SellerOrder:
    """
    Cancel a seller order that is not packed, or is packed unpaid and still lies with its seller: units go back, and so does what was
    paid for it.

    An unpaid group is one payment, so all of it is cancelled; of what is paid on delivery each order alone. A coupon that was used
    serves the whole group: it is given back, with its part of the budget, when the last seller order of the group is cancelled, and
    not before. What waits for its harvest can be cancelled once it is late, or once its balance is asked for.

    :raises TooLateToCancel: if it is packed, or ended already.
    :raises teahorse.orders.actions.agreeing.SentUnpaid: if it is paid on delivery and on its way.
    :raises WaitsForHarvest: if it waits for its harvest, and that is not late.
    """
    group = list(SellerOrder.objects.select_for_update().filter(group_id=order.group_id).order_by("pk"))
    order = next(each for each in group if each.pk == order.pk)
    if order.state == State.CANCELLED:
        return order
    if order.state not in {State.PENDING_PAYMENT, State.PAID, State.PRESALE_WAIT} and not order.is_to_pay_on_delivery:
        raise TooLateToCancel
    if order.state == State.PRESALE_WAIT and not _may_leave(order, now=now):
        raise WaitsForHarvest(day=order.promised_to_date.isoformat())
    is_alone = order.state != State.PENDING_PAYMENT
    is_packed = order.state == State.PREPARING
    ended = [order] if is_alone else [each for each in group if each.state == State.PENDING_PAYMENT]
    for each in ended:
        each.state, each.ended_at, each.end_reason = State.CANCELLED, now, reason[:80]
    SellerOrder.objects.bulk_update(ended, ["state", "ended_at", "end_reason"])
    stock.release(references=[each.pk for each in ended])
    if all(each.state == State.CANCELLED for each in group):
        release_promotions(group, now)
    if is_alone:
        for kind in OWES:
            end_unpaid({order.pk: order}, kind=kind, state=BalanceDue.State.LAPSED, now=now)
        give_back(order=order, amount_fen=None, reference=order.pk, reason=reason[:80], now=now)
    else:
        payments.close_payments(references=[order.group_id], now=now)
    if is_packed:
        unpack_unpaid(order=order, now=now)
    announce(OrdersCancelled(order_ids=tuple(each.pk for each in ended)))
    order.refresh_from_db()
    return order
