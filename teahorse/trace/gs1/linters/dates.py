"""Syntax tests of dates and times of day."""

from calendar import monthrange

from teahorse.trace.gs1.unreadable import Unreadable

from .characters import csetnumeric

MONTHS, HOURS, MINUTES, SECONDS = 12, 24, 60, 60
CENTURY = "20"
"""Which century two digits mean changes no day: the years of a leap day are the same in the one before, from 1901 on."""


def yymmdd(data: str) -> None:
    """Refuse what is not a day."""
    _date(data, year_digits=2, may_lack_day=False)


def yymmd0(data: str) -> None:
    """Refuse what is not a day, or a month with day 00."""
    _date(data, year_digits=2, may_lack_day=True)


def yyyymmdd(data: str) -> None:
    """Refuse what is not a day, the year in four digits."""
    _date(data, year_digits=4, may_lack_day=False)


def yyyymmd0(data: str) -> None:
    """Refuse what is not a day, or a month with day 00, the year in four digits."""
    _date(data, year_digits=4, may_lack_day=True)


def hh(data: str) -> None:
    """Refuse what is not an hour from 00 to 23."""
    _length(data, 2, name="hour")
    _below(data, HOURS, name="hour")


def mi(data: str) -> None:
    """Refuse what is not a minute from 00 to 59."""
    _length(data, 2, name="minute")
    _below(data, MINUTES, name="minute")


def ss(data: str) -> None:
    """Refuse what is not a second from 00 to 59."""
    _length(data, 2, name="second")
    _below(data, SECONDS, name="second")


def hhmi(data: str) -> None:
    """Refuse what is not a time of day from 0000 to 2359."""
    _length(data, 4, name="hour_with_minute")
    _below(data[:2], HOURS, name="hour")
    _below(data[2:], MINUTES, at=2, name="minute")


def _date(data: str, *, year_digits: int, may_lack_day: bool) -> None:
    _length(data, year_digits + 4, name="date")
    year, month, day = data[:year_digits], data[year_digits:-2], data[-2:]
    if not 1 <= int(month) <= MONTHS:
        raise Unreadable(month, at=year_digits, code="illegal_month")
    if may_lack_day and day == "00":
        return
    _first, last = monthrange(int(year if year_digits == 4 else CENTURY + year), int(month))
    if not 1 <= int(day) <= last:
        raise Unreadable(day, at=year_digits + 2, code="illegal_day")


def _length(data: str, length: int, *, name: str) -> None:
    if len(data) < length:
        raise Unreadable(data, code=f"{name}_too_short")
    if len(data) > length:
        raise Unreadable(data, code=f"{name}_too_long")
    csetnumeric(data)


def _below(data: str, end: int, *, name: str, at: int = 0) -> None:
    if int(data) >= end:
        raise Unreadable(data, at=at, code=f"illegal_{name}")
