"""Closing passes and roads, and opening them again; apps above hear of it and plan anew."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.events import announce
from teahorse.common.refusals import Refusal
from teahorse.network.events import WaysClosed, WaysOpened
from teahorse.network.models import Closure, Lifting, Pass, Road
from teahorse.people.models import Person


class IsOpenAlready(Refusal):
    """A closure is lifted already, or is over."""

    code = "is_open_already"
    sentence = _("This way is open already.")


@transaction.atomic
def close_ways(
    *,
    passes: Sequence[Pass] = (),
    roads: Sequence[Road] = (),
    reason: Closure.Reason,
    begins_at: datetime,
    ends_at: datetime | None = None,
    note: str = "",
    by: Person,
    now: datetime,
) -> list[Closure]:
    """Close passes and roads from a moment until another one, or until further notice, and announce it."""
    told = [
        Closure(
            county_id=one.county_id,
            closed_pass=one if isinstance(one, Pass) else None,
            road=one if isinstance(one, Road) else None,
            reason=reason,
            note=note,
            begins_at=begins_at,
            ends_at=ends_at,
            told_by=by,
            told_at=now,
        )
        for one in (*passes, *roads)
    ]
    made = Closure.objects.bulk_create(told)
    if made:
        announce(WaysClosed(closure_ids=tuple(closure.pk for closure in made)))
    return made


@transaction.atomic
def lift_closures(*, closures: Sequence[Closure], note: str = "", by: Person, now: datetime) -> list[Lifting]:
    """
    Say that closures are over, and announce it; what was told stays told.

    :raises IsOpenAlready: if one was lifted before or has ended; none is lifted then.
    """
    locked = list(Closure.objects.select_for_update().filter(pk__in=[closure.pk for closure in closures]).order_by("pk"))
    ended = any(closure.ends_at is not None and closure.ends_at <= now for closure in locked)
    if ended or Lifting.objects.filter(closure__in=locked).exists():
        raise IsOpenAlready
    told = [Lifting(county_id=closure.county_id, closure=closure, lifted_by=by, lifted_at=now, note=note) for closure in locked]
    made = Lifting.objects.bulk_create(told)
    if made:
        announce(WaysOpened(closure_ids=tuple(closure.pk for closure in locked)))
    return made
