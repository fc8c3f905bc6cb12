"""What the books do when money or orders moved. All come to the same place; see ``actions/booking.py``."""

from django.utils import timezone

from teahorse.aftersales.events import CasesDecided
from teahorse.common.events import reacts_to
from teahorse.orders.events import BalancesPaid, OrdersCancelled, OrdersClosed, OrdersPaid
from teahorse.payments.events import (
    PaymentsSucceeded,
    PaymentsSucceededLate,
    RefundsRequested,
    RefundsSettled,
    ShareReturnsSettled,
    SharingsSettled,
)
from teahorse.settlement import actions
from teahorse.settlement.heard import orders_of_balances, orders_of_cases


@reacts_to(PaymentsSucceeded)
def book_payments(event: PaymentsSucceeded) -> None:
    """Book money that came in."""
    actions.book_payments(payment_ids=event.payment_ids, now=timezone.now())


@reacts_to(PaymentsSucceededLate)
def book_late_payments(event: PaymentsSucceededLate) -> None:
    """Book money that came in late."""
    actions.book_payments(payment_ids=event.payment_ids, now=timezone.now())


@reacts_to(RefundsRequested)
def book_decided_refunds(event: RefundsRequested) -> None:
    """Book what is to go back."""
    actions.book_refunds(refund_ids=event.refund_ids, now=timezone.now())


@reacts_to(RefundsSettled)
def book_arrived_refunds(event: RefundsSettled) -> None:
    """Book what went back."""
    actions.book_refunds(refund_ids=event.refund_ids, now=timezone.now())


@reacts_to(SharingsSettled)
def book_sharings(event: SharingsSettled) -> None:
    """Book what was shared out, and note the payouts that are paid by it."""
    actions.book_sharings(sharing_ids=event.sharing_ids, now=timezone.now())


@reacts_to(ShareReturnsSettled)
def book_share_returns(event: ShareReturnsSettled) -> None:
    """Book the shares that came back."""
    actions.book_share_returns(return_ids=event.return_ids, now=timezone.now())


@reacts_to(OrdersPaid)
def freeze_fees(event: OrdersPaid) -> None:
    """Let fees and discounts stand."""
    actions.book_sales(order_ids=event.order_ids, now=timezone.now())


@reacts_to(OrdersClosed)
def earn(event: OrdersClosed) -> None:
    """Hand out what the orders brought."""
    actions.book_sales(order_ids=event.order_ids, now=timezone.now())


@reacts_to(OrdersCancelled)
def book_cancelled(event: OrdersCancelled) -> None:
    """Book what is to go back, should the refund's own message be lost."""
    actions.book_sales(order_ids=event.order_ids, now=timezone.now())


@reacts_to(BalancesPaid)
def book_balances(event: BalancesPaid) -> None:
    """Count what was paid besides."""
    actions.book_sales(order_ids=orders_of_balances(event.balance_ids), now=timezone.now())


@reacts_to(CasesDecided)
def book_cases(event: CasesDecided) -> None:
    """Book what goes back to others where nothing goes back to the buyer, and no refund tells of it."""
    actions.book_sales(order_ids=orders_of_cases(event.case_ids), now=timezone.now())
