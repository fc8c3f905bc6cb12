"""What orders do when money, parcels or orders moved."""

from django.utils import timezone

from teahorse.common.events import reacts_to
from teahorse.common.push import tell
from teahorse.logistics.events import ParcelsMoved, UnpaidParcelsMoved
from teahorse.orders import actions
from teahorse.orders.events import OrdersAgreed, OrdersCancelled, OrdersPaid, OrdersPlaced
from teahorse.orders.models import SellerNotice
from teahorse.orders.queries import groups_of_orders
from teahorse.payments.events import PaymentsSucceeded, PaymentsSucceededLate


@reacts_to(PaymentsSucceeded)
def take_payments(event: PaymentsSucceeded) -> None:
    """Mark orders as paid."""
    actions.take_payments(payment_ids=event.payment_ids, now=timezone.now())


@reacts_to(PaymentsSucceededLate)
def take_late_payments(event: PaymentsSucceededLate) -> None:
    """Reserve again, or refund."""
    actions.take_payments(payment_ids=event.payment_ids, now=timezone.now())


@reacts_to(OrdersPlaced)
def notice_placed(event: OrdersPlaced) -> None:
    """Tell sellers what may come."""
    actions.notice_sellers(group_ids=event.group_ids, kind=SellerNotice.Kind.PLACED, now=timezone.now())


@reacts_to(OrdersAgreed)
def notice_agreed(event: OrdersAgreed) -> None:
    """Tell sellers what to pack, and that it is paid later."""
    actions.notice_sellers(order_ids=event.order_ids, kind=SellerNotice.Kind.AGREED, now=timezone.now())


@reacts_to(OrdersPaid)
def notice_paid(event: OrdersPaid) -> None:
    """Tell sellers what to pack."""
    actions.notice_sellers(order_ids=event.order_ids, kind=SellerNotice.Kind.PAID, now=timezone.now())


@reacts_to(OrdersCancelled)
def notice_cancelled(event: OrdersCancelled) -> None:
    """Tell sellers what not to pack."""
    actions.notice_sellers(order_ids=event.order_ids, kind=SellerNotice.Kind.CANCELLED, now=timezone.now())


@reacts_to(UnpaidParcelsMoved)
def follow_unpaid_parcels(event: UnpaidParcelsMoved) -> None:
    """Have what is asked on delivery follow its parcel: it waits longer, or ends."""
    actions.follow_unpaid_parcels(order_ids=event.references, now=timezone.now())


@reacts_to(ParcelsMoved)
def tell_buyers(event: ParcelsMoved) -> None:
    """Have the open tracking pages look again."""
    tell(f"group:{group_id}" for group_id in groups_of_orders(event.references))
