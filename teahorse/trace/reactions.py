"""What the story does when orders moved."""

from django.utils import timezone

from teahorse.common.events import reacts_to
from teahorse.orders.events import OrdersPacked
from teahorse.trace import actions


@reacts_to(OrdersPacked)
def take_lots(event: OrdersPacked) -> None:
    """Let parcels know their lots, and tell that they were sent."""
    actions.take_lots_of_packed(order_ids=event.order_ids, now=timezone.now())
