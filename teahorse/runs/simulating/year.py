"""A year under a rule, day by day, and its figures; the same year for each rule."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from statistics import quantiles

from teahorse.runs.planning.sheet import Sheet
from teahorse.runs.simulating.county import County, county_of
from teahorse.runs.simulating.dispatching import Rule, morning_of
from teahorse.runs.simulating.goods import SUNDAY, Parcel, parcels_of
from teahorse.runs.simulating.playing import Driven, Luck, played


@dataclass(frozen=True, slots=True)
class World:
    """A county with the parcels of some days; all of it follows from the seed."""

    seed: int
    first: date
    days: int
    county: County
    parcels: tuple[Parcel, ...]


@dataclass(slots=True)
class Figures:
    """What a span of days came to; parcels count where they are done, waiting ones that are overdue as broken promises."""

    driven: Driven = field(default_factory=Driven)
    done: int = 0
    kept: int = 0
    broken: int = 0

    @property
    def fen_per_parcel(self) -> float:
        """Return what a parcel cost in fen."""
        return self.driven.fen / self.done if self.done else 0.0

    @property
    def kept_share(self) -> float:
        """Return the part of the promises that were kept."""
        return self.kept / (self.kept + self.broken) if self.kept + self.broken else 1.0

    @property
    def full_share(self) -> float:
        """Return how full vehicles were, metre by metre."""
        return self.driven.full_metres / self.driven.metres if self.driven.metres else 0.0

    @property
    def empty_share(self) -> float:
        """Return the part of the way that was driven with nothing aboard."""
        return self.driven.empty_metres / self.driven.metres if self.driven.metres else 0.0


@dataclass(slots=True)
class Year:
    """What a year under a rule came to: by month and in all, when each parcel was done, why others wait."""

    months: dict[tuple[int, int], Figures] = field(default_factory=dict)
    total: Figures = field(default_factory=Figures)
    done_on: dict[str, date] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    days_taken: list[int] = field(default_factory=list)

    def days_of(self, hundredth: int) -> float:
        """Return within how many days so many of a hundred parcels were done."""
        return quantiles(self.days_taken, n=100, method="inclusive")[hundredth - 1] if len(self.days_taken) > 1 else 0.0


def world_of(*, seed: int, first: date, days: int) -> World:
    """Return the world of a seed."""
    county = county_of(Random(f"{seed} county"), first=first, days=days)  # noqa: S311 - chances that can be repeated, no secret
    goods = Random(f"{seed} goods")  # noqa: S311
    return World(seed, first, days, county, tuple(parcels_of(goods, county, first=first, days=days)))


def lived(world: World, rule: Rule, *, on_day: Callable[[date], None] = lambda _day: None) -> Year:
    """Return the year of a world under a rule; on Sundays nobody drives."""
    year, open_parcels = Year(), dict[str, Parcel]()
    coming = iter(world.parcels)
    ahead = next(coming, None)
    for number in range(world.days):
        today = world.first + timedelta(days=number)
        while ahead is not None and ahead.ready <= today:
            open_parcels[ahead.key] = ahead
            ahead = next(coming, None)
        if today.isoweekday() != SUNDAY and open_parcels:
            _live_a_day(world, rule, today, open_parcels, year)
            on_day(today)
    year.waits = {key: year.waits.get(key, "has only just come") for key in open_parcels}
    overdue = [one for one in open_parcels.values() if one.promised < world.first + timedelta(days=world.days)]
    year.total.broken += len(overdue)
    return year


def _live_a_day(world: World, rule: Rule, today: date, open_parcels: dict[str, Parcel], year: Year) -> None:
    morning = morning_of(today, world.county, open_parcels.values())
    sheet = Sheet(morning.day)
    evening = played(morning, sheet, rule(morning, sheet), luck=Luck(f"{world.seed} {today}"))
    done = [open_parcels.pop(key) for key in evening.done]
    year.waits |= evening.waits
    year.reasons.update(evening.waits.values())
    month = year.months.setdefault((today.year, today.month), Figures())
    for figures in (month, year.total):
        figures.driven.add(evening.driven)
        figures.done += len(done)
        figures.kept += sum(one.promised >= today for one in done)
        figures.broken += sum(one.promised < today for one in done)
    year.done_on |= {one.key: today for one in done}
    year.days_taken += [(today - one.ready).days for one in done]


def table(years: Mapping[str, Year]) -> Iterable[str]:
    """Yield the lines of a Markdown table: each rule's year, then each month."""
    yield "| | rule | parcels | yuan a parcel | promises kept | full | empty km | km | vehicle-days |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    months = sorted({month for year in years.values() for month in year.months})
    spans = [("**all**", {name: year.total for name, year in years.items()})]
    spans += [(f"{at[0]}-{at[1]:02}", {name: year.months.get(at, Figures()) for name, year in years.items()}) for at in months]
    for label, of in spans:
        for name, one in of.items():
            yield (
                f"| {label} | {name} | {one.done:,} | {one.fen_per_parcel / 100:.2f} | {one.kept_share:.1%} | {one.full_share:.1%} "
                f"| {one.empty_share:.1%} | {one.driven.metres / 1000:,.0f} | {one.driven.vehicles:,} |"
            )
