"""What runs do when ways close or open."""

from django.utils import timezone

from teahorse.common.events import reacts_to
from teahorse.network.events import WaysClosed, WaysOpened
from teahorse.runs import actions
from teahorse.runs.models import DayPlan


@reacts_to(WaysClosed)
def plan_around(event: WaysClosed) -> None:
    """Plan the days anew on which they are closed."""
    actions.plan_anew(closure_ids=event.closure_ids, because=DayPlan.Because.CLOSED, now=timezone.now())


@reacts_to(WaysOpened)
def plan_over_them(event: WaysOpened) -> None:
    """Plan the days anew on which they would have been closed."""
    actions.plan_anew(closure_ids=event.closure_ids, because=DayPlan.Because.OPENED, now=timezone.now())
