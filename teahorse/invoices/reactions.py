"""What invoices do when money went back."""

from django.utils import timezone

from teahorse.common.events import reacts_to
from teahorse.invoices import actions
from teahorse.payments.events import RefundsSettled


@reacts_to(RefundsSettled)
def take_back(event: RefundsSettled) -> None:
    """Ask for red letters over what reached the buyers."""
    actions.take_back(refund_ids=event.refund_ids, now=timezone.now())
