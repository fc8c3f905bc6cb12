"""The rules of goods: seasons and trade numbers. Plain Python."""

from datetime import date

DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
GTIN_LENGTHS = frozenset({8, 12, 13, 14})


def month_day(day: date) -> int:
    """Return a date as a season writes it: 1 July is 701."""
    return day.month * 100 + day.day


def is_month_day(number: int) -> bool:
    """Return whether a number is a day of the year: 229 is, 230 is not."""
    month, day = divmod(number, 100)
    return 1 <= month <= 12 and 1 <= day <= DAYS_OF_MONTH[month - 1]


def is_in_season(*, season_from: int, season_to: int, on: date) -> bool:
    """Return whether a day lies in a season, both ends included; a season may run over the new year."""
    day = month_day(on)
    if season_from <= season_to:
        return season_from <= day <= season_to
    return day >= season_from or day <= season_to


def is_trade_number(code: str) -> bool:
    """Return whether a bar code's number is a GTIN-8, -12, -13 or -14 with the right check digit (GS1 General Specifications, 7.9)."""
    if len(code) not in GTIN_LENGTHS or not (code.isascii() and code.isdigit()):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return weighted % 10 == 0
