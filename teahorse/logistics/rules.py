"""Freight, promise and the numbers of parcels and units. Plain Python; who has a parcel is worked out in ``custody``."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from teahorse.common.luhn import check_digit

GRAMS_PER_STEP = 1000
NUMBER_DIGITS = 11
PARCELS_THAT_TELL = 20
LIKELY_PERCENT = 90


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
class TransitDays:
    """How many days parcels of a lane took in one half of the year, from packing to where they were to go: (days, parcels), by days."""

    counts: tuple[tuple[int, int], ...]

    @property
    def parcels(self) -> int:
        """How many they are."""
        return sum(parcels for _days, parcels in self.counts)

    def within(self, percent: int) -> int:
        """Return the smallest number of days in which so many percent of them came."""
        reached, wanted = 0, self.parcels * percent
        for days, parcels in self.counts:
            reached += parcels
            if reached * 100 >= wanted:
                return days
        return self.counts[-1][0]


@dataclass(frozen=True, slots=True)
class Delay:
    """A closure on the way: its name and reason, when it ends (None: nobody knows), and by how many days goods come later."""

    name: str
    reason: str
    until: date | None
    days: int


@dataclass(frozen=True, slots=True)
class Promise:
    """
    The goods come between two days, both included.

    ``percent`` of the ``parcels`` that went this way in that half of the year came as fast as ``to_date`` says, counted from
    packing; None where too few did, and the freight rate's days are all that is known.
    """

    from_date: date
    to_date: date
    percent: int | None = None
    parcels: int = 0
    delay: Delay | None = None


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


def promise(rate: Rate, *, placed_on: date, taken: TransitDays | None = None, delay: Delay | None = None, packing_days: int = 2) -> Promise:
    """
    Return when goods come that are packed within some days; counted from the day after placing.

    What parcels of the lane took goes before the rate's days where they are enough to tell: then the range is from the fastest tenth
    to the slowest. What is closed on the way is added to both ends.
    """
    later = timedelta(days=delay.days if delay else 0)
    if taken is None or taken.parcels < PARCELS_THAT_TELL:
        first, last, percent, parcels = rate.days_min, rate.days_max, None, 0
    else:
        first, last, percent, parcels = taken.within(100 - LIKELY_PERCENT), taken.within(LIKELY_PERCENT), LIKELY_PERCENT, taken.parcels
    return Promise(
        placed_on + timedelta(days=1 + first) + later, placed_on + timedelta(days=packing_days + last) + later, percent, parcels, delay
    )


LARGE_GRAMS, LARGE_CM3 = 30_000, 150_000
"""From so much on a parcel is large: it takes two to lift it, or it fits on no shelf."""


@dataclass(frozen=True, slots=True)
class Marks:
    """How a parcel is to be handled: it goes cold, it breaks easily, it is large."""

    is_cold: bool = False
    is_fragile: bool = False
    is_large: bool = False


NO_MARKS = Marks()


def is_large(*, weight_grams: int, volume_cm3: int | None) -> bool:
    """Return whether a parcel is large by its weight or volume."""
    return weight_grams >= LARGE_GRAMS or (volume_cm3 or 0) >= LARGE_CM3


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
