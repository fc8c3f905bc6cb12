"""What the story does when orders moved, or what they brought came back."""

from django.utils import timezone

from teahorse.aftersales.events import GoodsTakenBack
from teahorse.common.events import reacts_to
from teahorse.orders.events import GoodsCameBack, OrdersPacked
from teahorse.trace import actions


@reacts_to(OrdersPacked)
def take_lots(event: OrdersPacked) -> None:
    """Let parcels know their lots, and tell that they were sent."""
    actions.take_lots_of_packed(order_ids=event.order_ids, now=timezone.now())


@reacts_to(GoodsTakenBack)
def take_lots_back(event: GoodsTakenBack) -> None:
    """Let units that came back lie on the shelves of their lots again."""
    actions.take_lots_back(case_ids=event.case_ids, now=timezone.now())


@reacts_to(GoodsCameBack)
def take_unpaid_lots_back(event: GoodsCameBack) -> None:
    """Let units that nobody paid for and that are with their seller again lie on the shelves of their lots again."""
    actions.take_unpaid_lots_back(order_ids=event.order_ids, now=timezone.now())
