"""Syntax tests of numbers: check digits, zeros, places in a sequence, positions on the earth."""

import re

from teahorse.trace.gs1.check_digits import LONGEST_WITH_PAIR, check_pair, has_check_digit
from teahorse.trace.gs1.unreadable import Unreadable

from .characters import cset82, csetnumeric

POSITION_LENGTH = 10
SOUTH_TO_NORTH = 180 * 10**7
AROUND = 360 * 10**7
"""Degrees of latitude counted from the south pole, of longitude around the earth, in ten-millionths of a degree."""

_place_in_sequence = re.compile("([0-9]+)/([0-9]+)").fullmatch


def csum(data: str) -> None:
    """Refuse a number whose last digit does not close it (GS1 General Specifications, section 7.9.1)."""
    if not data:
        raise Unreadable(data, code="too_short_for_check_digit")
    csetnumeric(data)
    if not has_check_digit(data):
        raise Unreadable(data[-1], at=len(data) - 1, code="incorrect_check_digit")


def csumalpha(data: str) -> None:
    """Refuse a text whose last two characters do not close it (section 7.9.5)."""
    if len(data) < 2:
        raise Unreadable(data, code="too_short_for_check_pair")
    if len(data) > LONGEST_WITH_PAIR:
        raise Unreadable(data, code="too_long_for_check_pair_implementation")
    cset82(data[:-2])
    if check_pair(data[:-2]) != data[-2:]:
        raise Unreadable(data[-2:], at=len(data) - 2, code="incorrect_check_pair")


def gcppos1(data: str) -> None:
    """Take every company prefix at the first place: which are given out only the registry of GS1 knows."""


def gcppos2(data: str) -> None:
    """Take every company prefix at the second place, behind an indicator or an extension digit."""


def nonzero(data: str) -> None:
    """Refuse zero."""
    csetnumeric(data)
    if not data.strip("0"):
        raise Unreadable(data, code="illegal_zero_value")


def nozeroprefix(data: str) -> None:
    """Refuse a number that begins with zero."""
    csetnumeric(data)
    if data.startswith("0"):
        raise Unreadable(data[0], code="illegal_zero_prefix")


def zero(data: str) -> None:
    """Refuse everything but zeros."""
    if not data or data.strip("0"):
        raise Unreadable(data, code="not_zero")


def pieceoftotal(data: str) -> None:
    """Refuse what is not a piece's number and the number of all pieces in equally many digits: 0203 is the second of three."""
    half, odd = divmod(len(data), 2)
    if odd or not half:
        raise Unreadable(data, code="invalid_length_for_piece_of_total")
    csetnumeric(data)
    piece, total = data[:half], data[half:]
    if not piece.strip("0"):
        raise Unreadable(piece, code="zero_piece_number")
    if not total.strip("0"):
        raise Unreadable(total, at=half, code="zero_total_pieces")
    if piece > total:
        raise Unreadable(data, code="piece_number_exceeds_total")


def posinseqslash(data: str) -> None:
    """Refuse what is not a place and an end with a slash between: 2/3 is the second of three."""
    numbers = _place_in_sequence(data)
    if not numbers:
        raise Unreadable(data, code="position_in_sequence_malformed")
    for group in (1, 2):
        if numbers[group].startswith("0"):
            raise Unreadable(numbers[group], at=numbers.start(group), code="illegal_zero_prefix")
    if (len(numbers[1]), numbers[1]) > (len(numbers[2]), numbers[2]):
        raise Unreadable(data, code="position_exceeds_end")


def latitude(data: str) -> None:
    """Refuse what is not a latitude: ten digits, ten-millionths of a degree north of the south pole."""
    _position(data, most=SOUTH_TO_NORTH, name="latitude")


def longitude(data: str) -> None:
    """Refuse what is not a longitude: ten digits, ten-millionths of a degree, at most the whole way around."""
    _position(data, most=AROUND, name="longitude")


def _position(data: str, *, most: int, name: str) -> None:
    if len(data) != POSITION_LENGTH:
        raise Unreadable(data, code=f"{name}_invalid_length")
    csetnumeric(data)
    if int(data) > most:
        raise Unreadable(data, code=f"invalid_{name}")
