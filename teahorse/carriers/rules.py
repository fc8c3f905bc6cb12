"""What carriers charge, their numbers, and how heavy things are on their wire. Plain Python; grams, cubic centimetres and fen inside."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

MOBILE_DIGITS = 11
S10 = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
PROVINCE = re.compile(
    r"(?:北京|天津|上海|重庆)市|(?:内蒙古|广西壮族|西藏|宁夏回族|新疆维吾尔)自治区|(?:香港|澳门)特别行政区|[^\s省]{2,3}省"
)
CITY = re.compile(r"\S{1,10}?(?:市|自治州|地区|盟)")
COUNTY = re.compile(r"(?:\S{1,3}?|[^\s镇乡街路村号]{4,13}?)(?:自治县|自治旗|林区|[区县市旗])")
SILENT_AFTER = timedelta(hours=24)
"""A carrier, or a parcel with one, of which nothing was heard for so long is shown on the board."""
CLAIM_POLLED_EVERY = timedelta(hours=12)
POLL_EVERY = timedelta(minutes=30)
"""The same number is not asked about more often: Kuaidi100 locks whoever does."""


def is_s10(number: str) -> bool:
    """Return whether a number is of the post's international form (UPU S10: two letters, eight digits, a check digit, a country)."""
    return S10.fullmatch(number) is not None


def s10_check_digit(digits: str) -> int:
    """Return the check digit of eight digits, as UPU S10 has it: 11 less the weighted sum's rest by 11, 10 as 0 and 11 as 5."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, S10_WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def is_postal_number(number: str) -> bool:
    """Return whether a number can be China Post's or EMS's: S10 with a right check digit, or the thirteen digits of inland ones."""
    if is_s10(number):
        return s10_check_digit(number[2:10]) == int(number[10])
    return re.fullmatch(r"\d{13}", number) is not None


def domestic_phone(phone: str) -> str:
    """Return a telephone number as carriers in China want it: without the country's code, a landline with the zero of its area."""
    if not phone.startswith("+86"):
        return phone
    number = phone.removeprefix("+86").lstrip()
    is_mobile = number.startswith("1") and len(number) == MOBILE_DIGITS
    return number if is_mobile else f"0{number}"


def region_in(address: str) -> tuple[str, str, str, str] | None:
    """
    Return province, city, county and the rest of an address that begins with them; None if they cannot be told apart.

    A municipality is its own city. A county-level city that a province governs itself is both city and county.
    """
    rest = address.strip()
    province = PROVINCE.match(rest)
    if province is None:
        return None
    is_municipality = province[0].endswith("市")
    rest = rest[province.end() :].lstrip()
    city = None if is_municipality else CITY.match(rest)
    if not is_municipality:
        if city is None:
            return None
        rest = rest[city.end() :].lstrip()
    elif rest.startswith(province[0]):
        rest = rest[len(province[0]) :].lstrip()
    county = COUNTY.match(rest)
    if county is None and city is None:
        return None
    name = city[0] if city else province[0]
    return province[0], name, county[0] if county else name, rest[county.end() :].strip() if county else rest


@dataclass(frozen=True, slots=True)
class Price:
    """
    What a carrier's service costs on a lane: so much up to ``first_grams``, so much for each step begun beyond.

    ``cm3_per_kg`` of volume count as a kilogram; None: only weight counts.
    """

    first_grams: int
    first_fen: int
    step_grams: int
    step_fen: int
    cm3_per_kg: int | None


def charged_grams(*, weight_grams: int, volume_cm3: int, cm3_per_kg: int | None) -> int:
    """Return the weight that is charged: the parcel's own or its volume's, whichever is more."""
    if not cm3_per_kg:
        return weight_grams
    return max(weight_grams, -(-volume_cm3 * 1000 // cm3_per_kg))


def fee_fen(price: Price, *, charged: int) -> int:
    """Return what one parcel of a charged weight (grams) costs. The weight is the whole parcel's: nothing multiplies it again."""
    steps = max(0, -(-(charged - price.first_grams) // price.step_grams))
    return price.first_fen + steps * price.step_fen


def kilograms(grams: int) -> str:
    """Return grams as the carriers write them: kilograms with three decimals at most, exactly."""
    return f"{Decimal(grams) / 1000:f}"


def grams_written(text: str) -> int:
    """Return the grams of kilograms as a carrier wrote them. :raises ValueError: if it is no weight."""
    return _thousandth(text, scale=1000)


def fen_written(text: str) -> int:
    """Return the fen of yuan as a carrier wrote them. :raises ValueError: if it is no sum."""
    return _thousandth(text, scale=100)


def yuan_written(fen: int) -> str:
    """Return fen as the carriers write them: yuan with two decimals, exactly."""
    return f"{Decimal(fen) / 100:.2f}"


def _thousandth(text: str, *, scale: int) -> int:
    try:
        value = Decimal(text.strip()) * scale
    except ArithmeticError:
        msg = f"no number: {text[:20]!r}"
        raise ValueError(msg) from None
    if not value.is_finite() or value < 0 or value > 10**9:
        msg = f"out of range: {text[:20]!r}"
        raise ValueError(msg)
    return int(value.to_integral_value(rounding=ROUND_HALF_UP))


def kept_share(*, kept: int, broken: int) -> Decimal:
    """Return the share of promises that a carrier keeps, as far as few of them tell: one kept and one broken are added (Laplace)."""
    return Decimal(kept + 1) / (kept + broken + 2)


def wait_after(tries: int) -> timedelta:
    """Return how long a booking that found no answer waits: 30 s, 1 min, 2 min ... an hour."""
    return min(timedelta(seconds=30) * (1 << min(tries, 12)), timedelta(hours=1))
