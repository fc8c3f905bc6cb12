"""
The county that is simulated: a centre in a river valley, nine townships, three villages each, two passes.

It has the shape of the demo region's matsutake county (township names and the order along its valleys); villages, distances,
heights and passes are assumptions. Times of roads follow the network's own formula.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from teahorse.network.rules.closing import Closed
from teahorse.network.rules.roads import RoadClass, climbs_m, estimated_minutes, is_winter
from teahorse.network.rules.ways import Way, Ways
from teahorse.runs.planning.ground import Ground, ground_of

CENTRE = "Gongbo'gyamda"
VALLEYS: Mapping[str, tuple[tuple[str, int, int], ...]] = {
    "down the river": (("Bahe", 30, 3200), ("Zhongsha", 18, 3550), ("Cuogao", 24, 3500)),
    "up the river": (("Jiangda", 22, 3550), ("Jinda", 16, 3700), ("Jiaxing", 20, 4100)),
    "side valleys": (("Niangpu", 26, 3800), ("Zhula", 18, 4000), ("Xueka", 24, 4200)),
}
"""By valley its townships in the order in which the road comes to them, kilometres from the one before, height."""
PASSES: Mapping[str, tuple[str, int]] = {"Cuogao": ("Cuogao pass", 4550), "Xueka": ("Xueka pass", 5050)}
"""By township the pass before it, and its height."""
SEASONAL = "Xueka pass"
SHUT_FROM, SHUT_UNTIL = (12, 10), (3, 1)
SNOW_MONTHS = frozenset({11, 12, 1, 2, 3, 4})
SNOW_A_DAY, SNOW_DAYS = 0.05, (1, 4)
VILLAGES = 3
MATSUTAKE = ("Bahe", "Zhongsha", "Cuogao", "Zhula")


@dataclass(frozen=True, slots=True)
class County:
    """Places by name with their township and valley, in the order of fixed rounds; the ways; what closes in the year."""

    places: Sequence[str]
    township: Mapping[str, str]
    valley: Mapping[str, str]
    gathers: frozenset[str]
    closures: Mapping[str, tuple[Closed, ...]]
    summer: Ways
    winter: Ways

    def closed_on(self, day: date) -> frozenset[str]:
        """Return the passes that are closed at noon of a day."""
        noon = _moment(day) + timedelta(hours=12)
        return frozenset(name for name, closures in self.closures.items() if any(one.holds_at(noon) for one in closures))

    def ground_on(self, day: date) -> Ground:
        """Return the ground of a day, its places by name."""
        nodes = [UUID(int=number) for number in range(len(self.places))]
        ways = self.winter if is_winter(day) else self.summer
        found = ground_of(ways, nodes, centre=nodes[0], moment=_moment(day) + timedelta(hours=12))
        name = dict(zip(found.places, self.places, strict=True))
        return Ground(tuple(self.places), found.every, found.wide, {name[node]: why for node, why in found.closed_by.items()})


def county_of(random: Random, *, first: date, days: int) -> County:
    """Return the county with the closures of some days from a first one on."""
    townships = [(valley, *one) for valley, ones in VALLEYS.items() for one in ones]
    heights, township, valley = {CENTRE: 3440}, {CENTRE: CENTRE}, {CENTRE: ""}
    roads: list[tuple[str, str, int, RoadClass]] = []
    before: dict[str, str] = {}
    for along, name, kilometres, height in townships:
        heights[name], township[name], valley[name] = height, name, along
        roads.append((before.get(along, CENTRE), name, kilometres, "county"))
        before[along] = name
        for number in range(VILLAGES):
            village = f"{name} village {number + 1}"
            heights[village], township[village], valley[village] = height + random.randrange(50, 350), name, along
            roads.append((name, village, random.randrange(3, 13), "village"))
    places = list(heights)
    closures = _closures(random, first=first, days=days)
    return County(
        places=places,
        township=township,
        valley=valley,
        gathers=frozenset(place for place in places if township[place] in MATSUTAKE and place != township[place]),
        closures=closures,
        summer=_ways(places, roads, heights, closures, in_winter=False),
        winter=_ways(places, roads, heights, closures, in_winter=True),
    )


def _ways(
    places: list[str],
    roads: Sequence[tuple[str, str, int, RoadClass]],
    heights: Mapping[str, int],
    closures: Mapping[str, tuple[Closed, ...]],
    *,
    in_winter: bool,
) -> Ways:
    number = {place: UUID(int=at) for at, place in enumerate(places)}
    found = []
    for key, (start, end, kilometres, kind) in enumerate(roads):
        name, top = PASSES.get(end, ("", None))
        climbs = climbs_m(heights[start], heights[end], highest_m=top)
        for (here, there), climb in zip(((start, end), (end, start)), climbs, strict=True):
            minutes = estimated_minutes(kilometres * 1000, road_class=kind, climb_m=climb, passes=bool(name), in_winter=in_winter)
            way = Way(UUID(int=key), number[here], number[there], kilometres * 1000, minutes, climb, closures=closures.get(name, ()))
            found.append(way)
    return Ways.of(found)


def _closures(random: Random, *, first: date, days: int) -> Mapping[str, tuple[Closed, ...]]:
    """Return what closes each pass: one by its season, both by snow that nobody knew of."""
    found: dict[str, list[Closed]] = {name: [] for name, _ in PASSES.values()}
    for year in range(first.year - 1, (first + timedelta(days=days)).year + 1):
        begins, ends = date(year, *SHUT_FROM), date(year + 1, *SHUT_UNTIL)
        found[SEASONAL].append(Closed(SEASONAL, "season", _moment(begins), _moment(ends)))
    for number in range(days):
        day = first + timedelta(days=number)
        for name, closed in found.items():
            if day.month in SNOW_MONTHS and random.random() < SNOW_A_DAY:
                closed.append(Closed(name, "snow", _moment(day), _moment(day + timedelta(days=random.randint(*SNOW_DAYS)))))
    return {name: tuple(closed) for name, closed in found.items()}


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
