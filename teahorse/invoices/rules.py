"""Tax numbers, the lines of an invoice, and how long somebody may let it wait. Plain Python."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from teahorse.common.money import allot

SELLER_HAS = timedelta(days=3)
"""How long a seller may let a wish for an invoice wait."""
HOUSE_HAS = timedelta(days=1)
"""How long an invoice may be on its way at the provider before a person of the house looks."""
RED_AFTER = timedelta(days=2)
"""How soon after money went back its red-letter invoice must be there."""

TAX_RATES = {"exempt": 0, "1": 1, "3": 3, "6": 6, "9": 9, "13": 13}
"""The rates of value-added tax that a seller can have, in per cent; ``exempt``: farm goods that she produced herself."""

TAX_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
TAX_NUMBER_LENGTH = 18


class NotATaxNumber(ValueError):
    """The text is no unified social credit code; carries why: ``length``, ``signs`` or ``check``."""


def check_sign(first: str) -> str:
    """
    Return the check character of the first 17 of a unified social credit code (GB 32100-2015, section 4.6 and annex B).

    Each character's value times 3 to the power of its place, summed modulo 31; the letters I, O, S, V, Z do not occur.
    """
    total = sum(TAX_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(first))
    return TAX_SIGNS[(31 - total % 31) % 31]


def normal_tax_number(text: str) -> str:
    """
    Return a unified social credit code as it is stored: 18 capital letters and digits, however it was typed.

    :raises NotATaxNumber: if it is none; most slips of the finger change the check character.
    """
    number = "".join(text.split()).replace("-", "").upper()
    if len(number) != TAX_NUMBER_LENGTH:
        fault = "length"
        raise NotATaxNumber(fault)
    if any(sign not in TAX_SIGNS for sign in number):
        fault = "signs"
        raise NotATaxNumber(fault)
    if check_sign(number[:-1]) != number[-1]:
        fault = "check"
        raise NotATaxNumber(fault)
    return number


@dataclass(frozen=True, kw_only=True)
class Charged:
    """One thing that was charged for: goods at what they cost all together, or freight; no ``quantity``: a difference of its price."""

    name: str
    form: str
    quantity: int
    amount_fen: int


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """One line of an invoice; the amount holds the tax."""

    name: str
    form: str
    quantity: int
    amount_fen: int
    tax_fen: int


def lines_of(charged: Sequence[Charged], *, amount_fen: int, tax_rate: str) -> list[InvoiceLine]:
    """
    Return the lines of an invoice over ``amount_fen``, which is allotted over what was charged; they add up to it.

    What was kept may be less than what was charged (money that went back): each line bears its share by
    largest remainder. A line of which nothing is left is left out.
    """
    parts = allot(amount_fen, [one.amount_fen for one in charged])
    return [
        InvoiceLine(name=one.name, form=one.form, quantity=one.quantity, amount_fen=part, tax_fen=tax_in(part, tax_rate=tax_rate))
        for one, part in zip(charged, parts, strict=True)
        if part
    ]


def not_invoiced(charged: Sequence[Charged], lines: Iterable[Mapping[str, Any]]) -> list[Charged]:
    """
    Return what was charged beyond what stands on the lines of invoices: the differences, without a quantity.

    A line of an invoice is found by its name and form; of two that are called alike the first takes what stands there.
    """
    standing: Counter[tuple[str, str]] = Counter()
    for line in lines:
        standing[line["name"], line["form"]] += int(line["amount_fen"])
    found = []
    for one in charged:
        here_fen = min(one.amount_fen, standing[one.name, one.form])
        standing[one.name, one.form] -= here_fen
        found.append(Charged(name=one.name, form=one.form, quantity=0, amount_fen=one.amount_fen - here_fen))
    return found


def tax_in(amount_fen: int, *, tax_rate: str) -> int:
    """Return the tax that an amount holds, to the nearest fen (half a fen upwards)."""
    rate = TAX_RATES[tax_rate]
    return (2 * amount_fen * rate + 100 + rate) // (2 * (100 + rate))


def still_to_take_back(*, standing_fen: int, kept_fen: int) -> int:
    """Return what a red-letter invoice must take back, so that no more stands invoiced than was paid and kept."""
    return max(0, standing_fen - kept_fen)


def tax_taken_back(amount_fen: int, *, standing_fen: int, standing_tax_fen: int) -> int:
    """Return the tax in what is taken back of what stands invoiced; with the last of it all the tax that is left."""
    return allot(standing_tax_fen, [amount_fen, standing_fen - amount_fen])[0]
