"""When a pass or road is closed: by its season every year, or because somebody said so."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Season:
    """A part of every year, both days included, as month and day; it may go over New Year."""

    first: tuple[int, int]
    last: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Closed:
    """What is closed from a moment until, not including, another one; ``ends_at`` None is until further notice."""

    name: str
    reason: str
    begins_at: datetime
    ends_at: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        """Whether it is closed at a moment."""
        return self.begins_at <= moment and (self.ends_at is None or moment < self.ends_at)


def day_of(year: int, month_day: tuple[int, int]) -> date:
    """Return a day of a year; where a month has no such day, its last one."""
    month, day = month_day
    return date(year, month, min(day, monthrange(year, month)[1]))


def closed_by_season(season: Season, *, name: str, moment: datetime, home: tzinfo) -> list[Closed]:
    """Return when a season closes around a moment: that of the year before, of this one and of the next."""
    found = []
    for year in range(moment.year - 1, moment.year + 2):
        first = day_of(year, season.first)
        last = day_of(year if season.first <= season.last else year + 1, season.last)
        begins, ends = (datetime.combine(day, time(), home) for day in (first, last + timedelta(days=1)))
        found.append(Closed(name, "season", begins, ends))
    return found


def closed_at(closures: Iterable[Closed], moment: datetime) -> Closed | None:
    """Return what closes at a moment, of several the one that lasts longest; None where the way is open."""
    holding = [one for one in closures if one.holds_at(moment)]
    return max(holding, key=lambda one: (one.ends_at is None, one.ends_at or one.begins_at), default=None)


def opens_at(closures: Iterable[Closed], moment: datetime) -> datetime | None:
    """Return the first moment from one on at which nothing closes the way; None where nobody knows it."""
    known = list(closures)
    while (closed := closed_at(known, moment)) is not None:
        if closed.ends_at is None:
            return None
        moment = closed.ends_at
    return moment
