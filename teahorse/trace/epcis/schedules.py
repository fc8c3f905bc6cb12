"""
When a standing query is asked: fields of a clock, as cron has them (EPCIS 2.0, section 8.2.5.3 and query-schedule.json).

A field is a list, parted by commas, of numbers, ranges (``[1-5]`` or ``1-5``), ``*``, and steps of them (``0/30``, ``*/5``). What is
coarser than every field that is said may be anything, what is finer is the least: ``{"hour": "1", "minute": "5"}`` is every day at 1:05:00.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from teahorse.trace.epcis.problems import shown

FIELDS: Final = {"second": (0, 59), "minute": (0, 59), "hour": (0, 23), "dayOfMonth": (1, 31), "month": (1, 12), "dayOfWeek": (1, 7)}
LONGEST: Final = timedelta(days=366 * 8)  # to the next 29 February, across a century's end
_FINE: Final = ("second", "minute", "hour")
_ELEMENT = re.compile(r"(?:\*|\[?(?P<first>\d{1,2})(?:-(?P<last>\d{1,2}))?\]?)(?:/(?P<step>\d{1,2}))?")


class NotASchedule(Exception):
    """A schedule that cannot be read, or never comes; ``field`` names what of it is wrong, "" the whole."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field, self.told = field, told


class Schedule(msgspec.Struct, frozen=True):
    """The seconds, minutes, hours, days and months at which something is due."""

    second: frozenset[int]
    minute: frozenset[int]
    hour: frozenset[int]
    day_of_month: frozenset[int]
    month: frozenset[int]
    day_of_week: frozenset[int]

    def after(self, moment: datetime) -> datetime:
        """
        Return the first time after ``moment`` that is due, on the clock of its time zone.

        :raises NotASchedule: if there is none within years: a 30 February.
        """
        day = moment.replace(microsecond=0) + timedelta(seconds=1)
        end = day + LONGEST
        while day < end:
            if day.month in self.month and day.day in self.day_of_month and day.isoweekday() in self.day_of_week:
                found = self._on(day)
                if found is not None:
                    return found
            day = (day + timedelta(days=1)).replace(hour=0, minute=0, second=0)
        raise NotASchedule(field="", told="it never comes")

    def _on(self, day: datetime) -> datetime | None:
        """Return the first time of a day that is due, not before the given hour of it."""
        for hour in sorted(hour for hour in self.hour if hour >= day.hour):
            later = hour > day.hour
            for minute in sorted(minute for minute in self.minute if later or minute >= day.minute):
                least = 0 if later or minute > day.minute else day.second
                seconds = [second for second in self.second if second >= least]
                if seconds:
                    return day.replace(hour=hour, minute=minute, second=min(seconds))
        return None


def schedule_of(told: Mapping[str, Any]) -> Schedule:
    """
    Return a schedule as it was written.

    :raises NotASchedule: for a field that is not known, a number out of its range, a schedule of no field.
    """
    for name in told:
        if name not in FIELDS:
            raise NotASchedule(name, f"a schedule has the fields {', '.join(FIELDS)}")
    said = {name: str(value) for name, value in told.items() if value not in ("", None)}
    if not said:
        raise NotASchedule(field="", told="it says none of its fields")
    finest = next(place for place, name in enumerate(FIELDS) if name in said)
    read = {}
    for place, (name, (least, most)) in enumerate(FIELDS.items()):
        if name in said:
            read[name] = _numbers(name, said[name])
        else:
            read[name] = frozenset({least}) if place < finest and name in _FINE else frozenset(range(least, most + 1))
    return Schedule(*read.values())


def _numbers(name: str, text: str) -> frozenset[int]:
    least, most = FIELDS[name]
    found: set[int] = set()
    for element in text.split(","):
        match = _ELEMENT.fullmatch(element.strip())
        if match is None:
            raise NotASchedule(name, f"{shown(element)} is neither a number, a range like [1-5], nor a step like 0/30")
        first = int(match["first"] or least)
        last = int(match["last"] or (most if match["first"] is None or match["step"] else first))
        if not least <= first <= last <= most or match["step"] == "0":
            raise NotASchedule(name, f"{shown(element)} is not within {least} to {most}")
        found |= set(range(first, last + 1, int(match["step"] or 1)))
    return frozenset(found)
