"""The parcels of a year: city goods in, village goods out, more at feasts and Singles' Day, matsutake in its season."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from teahorse.runs.simulating.county import CENTRE, PASSES, SEASONAL, SHUT_FROM, SHUT_UNTIL, County

IN_A_DAY, OUT_A_DAY, MATSUTAKE_A_DAY = 80, 24, 30
GRAMS = (400, 900, 1500, 2500, 4000, 8000, 15_000, 30_000)
OUT_GRAMS = (2000, 5000, 10_000, 20_000, 25_000)
CM3_A_GRAM = (3, 5, 7)
MATSUTAKE_GRAMS, MATSUTAKE_CM3_A_GRAM = (1500, 3000, 5000), 4
TO_TOWNSHIP_DAYS, TO_VILLAGE_DAYS, OUT_DAYS, COLD_DAYS = 3, 4, 4, 1
TOWNSHIPS_SHARE = 0.35
SUNDAY = 7
PEAKS = (
    (("singles day", (11, 13), (11, 24)), 3.0),
    (("june", (6, 4), (6, 24)), 1.6),
    (("new year", (1, 25), (2, 12)), 1.7),
)
"""When more goods come in than on other days, and how much more; they are there some days after they were bought."""
MATSUTAKE_DAYS = {7: 0.5, 8: 1.0, 9: 0.4}
HARVEST_MONTHS = {9: 1.3, 10: 1.8, 11: 1.4}
Kind = Literal["deliver", "collect"]
"""Goods of the city for a place, or of a place for the city."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """
    A parcel: goes out to a place or comes in from it, is there from a morning on, is promised by a day.

    Promised is when the buyer's village has it, or when it is at the centre on its way to the city.
    """

    key: str
    kind: Kind
    place: str
    grams: int
    cm3: int
    is_cold: bool
    ready: date
    promised: date


def parcels_of(random: Random, county: County, *, first: date, days: int) -> Iterator[Parcel]:
    """Yield the parcels of some days in the order of their mornings; none come on Sundays."""
    villages = [place for place in county.places if place not in {CENTRE, county.township[place]}]
    townships = sorted({county.township[place] for place in villages})
    count = 0
    for number in range(days):
        day = first + timedelta(days=number)
        if day.isoweekday() == SUNDAY:
            continue
        usual: dict[Kind, float] = {"deliver": IN_A_DAY * _peak(day), "collect": OUT_A_DAY * HARVEST_MONTHS.get(day.month, 1.0)}
        for kind, many in usual.items():
            for _ in range(_some(random, many)):
                place = random.choice(townships if random.random() < TOWNSHIPS_SHARE else villages)
                grams = random.choice(GRAMS if kind == "deliver" else OUT_GRAMS)
                cm3, count = grams * random.choice(CM3_A_GRAM), count + 1
                promised = _promised(county, kind, place, day)
                yield Parcel(f"p{count}", kind, place, grams, cm3, is_cold=False, ready=day, promised=promised)
        for _ in range(_some(random, MATSUTAKE_A_DAY * MATSUTAKE_DAYS.get(day.month, 0))):
            grams, count = random.choice(MATSUTAKE_GRAMS), count + 1
            place = random.choice(sorted(county.gathers))
            yield Parcel(
                f"p{count}",
                "collect",
                place,
                grams,
                grams * MATSUTAKE_CM3_A_GRAM,
                is_cold=True,
                ready=day,
                promised=working_day(day, COLD_DAYS),
            )


def working_day(day: date, later: int) -> date:
    """Return the day that is some working days later; there are no runs on Sundays."""
    while later:
        day += timedelta(days=1)
        later -= day.isoweekday() != SUNDAY
    return day


def _promised(county: County, kind: str, place: str, day: date) -> date:
    """Return the promised day; a pass that its season closes is known of, snow is not."""
    days = OUT_DAYS if kind == "collect" else TO_TOWNSHIP_DAYS if place == county.township[place] else TO_VILLAGE_DAYS
    promised = working_day(day, days)
    begins = date(promised.year if (promised.month, promised.day) >= SHUT_FROM else promised.year - 1, *SHUT_FROM)
    opens = date(begins.year + 1, *SHUT_UNTIL)
    is_beyond = PASSES.get(county.township[place], ("", 0))[0] == SEASONAL
    return working_day(opens, days) if is_beyond and begins <= promised < opens else promised


def _peak(day: date) -> float:
    return next((factor for (_, first, last), factor in PEAKS if first <= (day.month, day.day) <= last), 1.0)


def _some(random: Random, mean: float) -> int:
    """Return a number around a mean: binomial, so that it is never below nothing."""
    return sum(random.random() < 0.5 for _ in range(round(2 * mean)))
