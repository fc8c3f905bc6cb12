"""Laying roads, entering what is known of them, and learning from trips."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.common.times import HOME
from teahorse.network.models import Crossing, MeasuredTime, Node, Pass, Road, Trip
from teahorse.network.rules import roads as reckoned


class LeadsNowhere(Refusal):
    """A road would begin and end at the same node."""

    code = "leads_nowhere"
    sentence = _("A road leads from one place to another one.")


@dataclass(frozen=True, slots=True)
class Observed:
    """A run between two nodes that somebody saw; the reference is what it was, and the same one twice is one trip."""

    start: Node
    end: Node
    left_at: datetime
    minutes: int
    reference: UUID


@transaction.atomic
def lay_road(
    *,
    start: Node,
    end: Node,
    road_class: Road.Class,
    surface: Road.Surface = Road.Surface.ASPHALT,
    is_narrow: bool = False,
    passes: Sequence[Pass] = (),
) -> Road:
    """
    Write down a road between two nodes, over some passes, with its length and climbs as they are estimated.

    :raises LeadsNowhere: if both nodes are one.
    """
    if start.pk == end.pk:
        raise LeadsNowhere
    start, end = sorted((start, end), key=lambda node: node.pk)
    highest = max((one.height_m for one in passes), default=None)
    there, back = reckoned.climbs_m(start.height_m, end.height_m, highest_m=highest)
    bird = reckoned.great_circle_m(start.latitude, start.longitude, end.latitude, end.longitude)
    road = Road.objects.create(
        county_id=start.county_id,
        start=start,
        end=end,
        road_class=road_class,
        surface=surface,
        is_narrow=is_narrow,
        climb_there_m=there,
        climb_back_m=back,
        estimated_metres=reckoned.estimated_metres(bird, climbed_m=there + back),
    )
    Crossing.objects.bulk_create(Crossing(county_id=road.county_id, road=road, crossed=one) for one in passes)
    return road


@transaction.atomic
def enter_road(*, road: Road, metres: int | None, minutes: int | None) -> Road:
    """Write down what somebody knows of a road's length and time; it goes before all else, and None takes it back."""
    found = Road.objects.select_for_update().get(pk=road.pk)
    found.entered_metres, found.entered_minutes = metres, minutes
    found.save(update_fields=["entered_metres", "entered_minutes"])
    return found


@transaction.atomic
def record_trips(*, trips: Sequence[Observed]) -> None:
    """
    Keep observed trips, each reference once, and reckon the medians of the roads they went over.

    A trip between nodes that no road joins is kept and measures nothing yet.
    """
    pairs = {tuple(sorted((trip.start.pk, trip.end.pk))) for trip in trips}
    joining = Q(pk__in=[])
    for start, end in pairs:
        joining |= Q(start=start, end=end)
    roads = list(Road.objects.select_for_update().filter(joining).order_by("pk"))  # one at a time reckons a road's medians
    Trip.objects.bulk_create(
        (
            Trip(
                county_id=trip.start.county_id,
                start=trip.start,
                end=trip.end,
                left_at=trip.left_at,
                minutes=trip.minutes,
                reference=trip.reference,
            )
            for trip in trips
        ),
        ignore_conflicts=True,
    )
    for road in roads:
        _measure(road)


def _measure(road: Road) -> None:
    both = Q(start=road.start_id, end=road.end_id) | Q(start=road.end_id, end=road.start_id)
    taken: dict[tuple[bool, bool], list[int]] = {}
    for start, left_at, minutes in Trip.objects.filter(both).values_list("start", "left_at", "minutes"):
        side = (start == road.end_id, reckoned.is_winter(left_at.astimezone(HOME).date()))
        taken.setdefault(side, []).append(minutes)
    for (is_back, is_winter), found in taken.items():
        MeasuredTime.objects.update_or_create(
            road=road,
            is_back=is_back,
            is_winter=is_winter,
            defaults={"county_id": road.county_id, "minutes": round(median(found)), "trips": len(found)},
        )
