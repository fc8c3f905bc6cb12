"""Freight, promise, parcel numbers, and the stage that follows from scans. Plain Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

GRAMS_PER_STEP = 1000
NUMBER_DIGITS = 11


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of a lane; see :class:`teahorse.logistics.models.FreightRate`."""

    origin_code: str
    destination_code: str
    first_kg_fen: int
    further_kg_fen: int
    free_from_fen: int | None
    days_min: int
    days_max: int


@dataclass(frozen=True, slots=True)
class Promise:
    """The goods come between two days, both included."""

    from_date: date
    to_date: date


def rate_for(rates: Iterable[Rate], *, origin: str, destination: str) -> Rate | None:
    """Return the rate with the longest matching origin, then the longest matching destination."""
    fitting = [rate for rate in rates if origin.startswith(rate.origin_code) and destination.startswith(rate.destination_code)]
    return max(fitting, key=lambda rate: (len(rate.origin_code), len(rate.destination_code)), default=None)


def freight_fen(rate: Rate, *, weight_grams: int, goods_fen: int) -> int:
    """Return what one seller's goods cost to send: each started kilogram counts; free from a worth on."""
    if rate.free_from_fen is not None and goods_fen >= rate.free_from_fen:
        return 0
    kilograms = max(1, -(-weight_grams // GRAMS_PER_STEP))
    return rate.first_kg_fen + (kilograms - 1) * rate.further_kg_fen


def promise(rate: Rate, *, placed_on: date, packing_days: int = 2) -> Promise:
    """Return when goods come that are packed within some days; counted from the day after placing."""
    return Promise(placed_on + timedelta(days=1 + rate.days_min), placed_on + timedelta(days=packing_days + rate.days_max))


def check_digit(digits: str) -> str:
    """Return the Luhn check digit (ISO/IEC 7812-1, annex B) of a row of digits."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def parcel_number(digits: str) -> str:
    """Return a parcel's number, ``TH`` and eleven digits with their check digit."""
    return f"TH{digits}{check_digit(digits)}"


def is_parcel_number(text: str) -> bool:
    """Return whether a text is a parcel's number with a right check digit."""
    return text.startswith("TH") and text[2:].isascii() and text[2:].isdigit() and len(text) == 14 and check_digit(text[2:-1]) == text[-1]


@dataclass(frozen=True, slots=True)
class Act:
    """One scan, as far as the stage asks: what was done and whether it was at the parcel's own pickup point."""

    act: str
    is_at_pickup_point: bool


def stage_after(acts: Iterable[Act]) -> str:
    """
    Return the stage that a parcel's acts, in the order they happened, leave it in.

    A hand-over is final: what a late message tells of the time before it, or by mistake after it, moves nothing.
    """
    stage = "packed"
    for act in acts:
        if stage == "handed_over":
            break
        match act.act:
            case "handed_over" | "refused" | "lost":
                stage = act.act
            case "arrived" | "received" | "found" if act.is_at_pickup_point:
                stage = "at_point"
            case _:
                stage = "in_transit"
    return stage
