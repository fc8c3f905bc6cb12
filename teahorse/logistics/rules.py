"""Freight, promise and the numbers of parcels and units. Plain Python; who has a parcel is worked out in ``custody``."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from teahorse.common.luhn import check_digit

GRAMS_PER_STEP = 1000
NUMBER_DIGITS = 11


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of a lane; see :class:`teahorse.logistics.models.FreightRate`. ``zone`` is the name of the zone that it was found by."""

    origin_code: str
    destination_code: str
    first_kg_fen: int
    further_kg_fen: int
    free_from_fen: int | None
    days_min: int
    days_max: int
    cm3_per_kg: int | None = None
    subsidy_basis_points: int = 0
    subsidy_payer_id: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Freight:
    """What sending costs and who bears it, in fen: the buyer, a budget, and the seller who sends free add up to the cost."""

    cost_fen: int
    buyer_fen: int
    subsidy_fen: int
    seller_fen: int
    charged_grams: int


@dataclass(frozen=True, slots=True)
class Promise:
    """The goods come between two days, both included."""

    from_date: date
    to_date: date


def rate_for(rates: Iterable[Rate], *, origin: str, destination: str) -> Rate | None:
    """Return the rate with the longest matching origin, then the longest matching destination; an area goes before a zone."""
    fitting = [rate for rate in rates if origin.startswith(rate.origin_code) and destination.startswith(rate.destination_code)]
    return max(fitting, key=lambda rate: (len(rate.origin_code), len(rate.destination_code), rate.zone is None), default=None)


def charged_grams(rate: Rate, *, weight_grams: int, volume_cm3: int) -> int:
    """Return the weight that is charged: the goods' own, or what their volume counts as, whichever is more."""
    if not rate.cm3_per_kg:
        return weight_grams
    return max(weight_grams, -(-volume_cm3 * GRAMS_PER_STEP // rate.cm3_per_kg))


def freight(rate: Rate, *, weight_grams: int, goods_fen: int, volume_cm3: int = 0) -> Freight:
    """
    Return what one seller's goods cost to send, and who bears it.

    Each started kilogram of the charged weight counts. A budget bears its share first, rounded down; of the rest the buyer
    pays nothing where the goods are worth enough to travel free, and the seller does.
    """
    grams = charged_grams(rate, weight_grams=weight_grams, volume_cm3=volume_cm3)
    kilograms = max(1, -(-grams // GRAMS_PER_STEP))
    cost = rate.first_kg_fen + (kilograms - 1) * rate.further_kg_fen
    subsidy = cost * rate.subsidy_basis_points // 10_000
    is_free = rate.free_from_fen is not None and goods_fen >= rate.free_from_fen
    rest = cost - subsidy
    return Freight(cost, 0 if is_free else rest, subsidy, rest if is_free else 0, grams)


def promise(rate: Rate, *, placed_on: date, packing_days: int = 2) -> Promise:
    """Return when goods come that are packed within some days; counted from the day after placing."""
    return Promise(placed_on + timedelta(days=1 + rate.days_min), placed_on + timedelta(days=packing_days + rate.days_max))


def parcel_number(digits: str) -> str:
    """Return a parcel's number, ``TH`` and eleven digits with their check digit."""
    return f"TH{digits}{check_digit(digits)}"


UNIT_LETTERS = {"bag": "TB", "cage": "TC"}


def unit_code(kind: str, digits: str) -> str:
    """Return the code of a bag or a cage: ``TB`` or ``TC`` and eleven digits with their check digit."""
    return f"{UNIT_LETTERS[kind]}{digits}{check_digit(digits)}"


def is_parcel_number(text: str) -> bool:
    """Return whether a text is a parcel's number with a right check digit."""
    return text.startswith("TH") and text[2:].isascii() and text[2:].isdigit() and len(text) == 14 and check_digit(text[2:-1]) == text[-1]
