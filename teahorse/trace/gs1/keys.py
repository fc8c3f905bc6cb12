"""Identification keys of GS1: GTIN, SSCC, GLN, and the numbers that only circulate inside a shop or a region."""

from .check_digits import check_digit, has_check_digit
from .linters.characters import csetnumeric
from .linters.numbers import csum
from .unreadable import Unreadable

GTIN_LENGTHS = (8, 12, 13, 14)
SSCC_LENGTH = 18
GLN_LENGTH = 13

RESTRICTED_OF_GTIN_8 = ("0", "2")
RESTRICTED_PREFIXES = ("02", "04", "2")
"""
GS1 prefixes of restricted circulation numbers: 020-029 and 200-299 in a region (priced by weight at a till), 040-049 inside a company
(GS1 General Specifications, sections 1.4 and 2.1). Nobody else can know what they mean.
"""


def is_gtin(number: str) -> bool:
    """Return whether this is a GTIN-8, -12, -13 or -14 with the right check digit."""
    return len(number) in GTIN_LENGTHS and _is_closed(number)


def is_sscc(number: str) -> bool:
    """Return whether this is a serial shipping container code of 18 digits with the right check digit."""
    return len(number) == SSCC_LENGTH and _is_closed(number)


def is_gln(number: str) -> bool:
    """Return whether this is a global location number of 13 digits with the right check digit."""
    return len(number) == GLN_LENGTH and _is_closed(number)


def gtin14(number: str) -> str:
    """
    Return a GTIN of any length in 14 digits, as application identifier 01 carries it.

    :raises Unreadable: ``non_digit_character``, ``not_a_gtin_length``, ``incorrect_check_digit``.
    """
    csetnumeric(number)
    if len(number) not in GTIN_LENGTHS:
        raise Unreadable(number, code="not_a_gtin_length")
    csum(number)
    return number.zfill(14)


def closed(digits: str) -> str:
    """Return the digits with their check digit: 12 become a GTIN-13 or a GLN, 13 a GTIN-14, 17 an SSCC."""
    return digits + check_digit(digits)


def is_restricted(gtin: str) -> bool:
    """
    Return whether a GTIN of any length is a restricted circulation number: good at one till or in one region, unknown elsewhere.

    A GTIN-8 in 14 digits is known by its six leading zeros.
    """
    number = gtin.zfill(14)
    if number.startswith("000000"):
        return number[6:].startswith(RESTRICTED_OF_GTIN_8)
    return number[1:].startswith(RESTRICTED_PREFIXES)


def _is_closed(number: str) -> bool:
    return number.isascii() and number.isdigit() and has_check_digit(number)
