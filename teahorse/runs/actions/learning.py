"""What a finished run tells of its roads: how long it took from one stop to the next."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid5

from teahorse.network.actions import Observed, record_trips
from teahorse.network.models import Node
from teahorse.network.queries import ways
from teahorse.network.rules.ways import Chain, chains_from
from teahorse.runs.models import Run, Stop

MOST_MINUTES = 12 * 60
"""What took longer was no driving alone."""


def learn_times(run: Run) -> None:
    """
    Have the roads learn from a run: the minutes between the moments at which its driver was done at two stops, less what was planned for
    the work at the second one. Where several roads lie between, each has its part of them as they were reckoned until now.

    Each stop counts once, however often its run is told. What was told out of order, with a break on the way, or longer than half a day
    after the stop before says nothing of a road and is left out.
    """
    stops = list(Stop.objects.filter(run=run, dropped_at=None, done_at__isnull=False).order_by("number"))
    at = dict(Node.objects.filter(service_point__in=[stop.place_id for stop in stops]).values_list("service_point", "pk"))
    known = ways(moment=run.begins_at).passable(run.begins_at)
    driven: list[tuple[UUID, datetime, int, Chain]] = []
    for before, stop in pairwise(stops):
        start, end, minutes = at.get(before.place_id), at.get(stop.place_id), _minutes(before, stop)
        if start is None or end is None or start == end or before.done_at is None or not 0 < minutes <= MOST_MINUTES:
            continue
        if (chain := chains_from(known, start, to=[end]).get(end)) is not None:
            driven.append((stop.pk, before.done_at, minutes, chain))
    nodes = Node.objects.in_bulk({node for *_, chain in driven for way in chain.ways for node in (way.start, way.end)})
    if trips := [trip for one in driven for trip in _trips(*one, nodes=nodes)]:
        record_trips(trips=trips)


def _minutes(before: Stop, stop: Stop) -> int:
    """Return how long one drove to a stop; nothing where that cannot be told."""
    if before.done_at is None or stop.done_at is None or stop.rests_at is not None:
        return 0
    worked = stop.leaves_at - stop.arrives_at if stop.kind in {Stop.Kind.CALL, Stop.Kind.RELOAD} else timedelta(0)
    return round((stop.done_at - before.done_at - worked).total_seconds() / 60)


def _trips(reference: UUID, left_at: datetime, minutes: int, chain: Chain, *, nodes: dict[UUID, Node]) -> Iterator[Observed]:
    """Yield a trip over each road of a chain; their minutes are those of the whole."""
    reckoned = passed = 0
    for way in chain.ways:
        reckoned += way.minutes
        until = round(minutes * reckoned / chain.minutes)
        if until > passed:
            key = uuid5(reference, str(way.road))
            yield Observed(nodes[way.start], nodes[way.end], left_at + timedelta(minutes=passed), until - passed, key)
        passed = until
