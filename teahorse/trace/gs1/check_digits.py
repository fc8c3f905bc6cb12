"""Check digits and check character pairs (GS1 General Specifications, section 7.9)."""

from .character_sets import CSET82

PAIR_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The 32 characters of a check pair: none that is read as another."""
PAIR_MODULUS = 1021
LONGEST_WITH_PAIR = 99

_VALUE_OF_82 = {sign: value for value, sign in enumerate(CSET82)}


def _primes(count: int) -> tuple[int, ...]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return tuple(found)


_WEIGHTS = _primes(LONGEST_WITH_PAIR - len("XX"))


def check_digit(digits: str) -> str:
    """Return the digit that closes the given ones: modulo 10, weights 3 and 1 in turn from the right, for every numeric GS1 key."""
    codes = digits.encode()  # a digit's code is 48 above it
    threefold, single = codes[::-2], codes[-2::-2]
    return str((48 * (3 * len(threefold) + len(single)) - 3 * sum(threefold) - sum(single)) % 10)


def has_check_digit(number: str) -> bool:
    """Return whether the last of these digits closes the others; the caller knows that all are digits."""
    return (sum(map(int, number[-1::-2])) + 3 * sum(map(int, number[-2::-2]))) % 10 == 0


def check_pair(text: str) -> str:
    """
    Return the two characters that close a Global Model Number or another text of the 82 characters, of at most 97.

    :raises KeyError: if a character is not one of the 82.
    """
    total = sum(weight * _VALUE_OF_82[sign] for weight, sign in zip(_WEIGHTS, reversed(text), strict=False)) % PAIR_MODULUS
    return PAIR_SIGNS[total // 32] + PAIR_SIGNS[total % 32]
