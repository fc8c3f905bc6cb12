"""What invoices do when money went back, or more was paid."""

from django.utils import timezone

from teahorse.common.events import reacts_to
from teahorse.invoices import actions
from teahorse.orders.events import BalancesPaid
from teahorse.payments.events import RefundsSettled


@reacts_to(RefundsSettled)
def take_back(event: RefundsSettled) -> None:
    """Ask for red letters over what reached the buyers."""
    actions.take_back(refund_ids=event.refund_ids, now=timezone.now())


@reacts_to(BalancesPaid)
def add_what_was_paid(event: BalancesPaid) -> None:
    """Ask for additions to what was invoiced before."""
    actions.add_what_was_paid(balance_ids=event.balance_ids, now=timezone.now())
