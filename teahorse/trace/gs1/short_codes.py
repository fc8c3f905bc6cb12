"""
Codes for makers who have no company prefix of GS1: short enough for a small label, impossible to guess, safe to type.

A code is 11 random characters of 32 (55 bits) and a check character. Beside it, under a scratch field or inside the package, may stand a
hidden part, of which the house keeps a hash only: whoever reads our tables cannot print it.
"""

import hashlib
import hmac
import secrets
import unicodedata

from .unreadable import Unreadable

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32: no I, L, O or U. Digits and capitals alone, so that a QR code stays small (alphanumeric mode)."""
SAME = str.maketrans({"O": "0", "I": "1", "L": "1"})
CODE_LENGTH = 12
HIDDEN_LENGTH = 8

LONGEST_TYPED = 64
SALT_BYTES, HASH_BYTES = 16, 32
WORK = 1024
"""Cost of one hash, scrypt's N: about 2 ms, so that the 2**40 hidden parts of one label cannot be tried."""

_VALUE = {sign: value for value, sign in enumerate(SIGNS)}
_HIGH_BIT, _POLYNOMIAL = 16, 0b100101


def make_code() -> str:
    """Return a new code, random and closed by its check character."""
    digits = _random(CODE_LENGTH - 1)
    return digits + check_character(digits)


def check_character(digits: str) -> str:
    """
    Return the character that closes these: a Reed-Solomon check over the field of 32 elements.

    Each place has a weight of its own (a power of a primitive element, x^5 + x^2 + 1), therefore every wrong character and every swap of
    two characters, neighbours or not, is found.
    """
    return SIGNS[_times_x(_weighed(digits))]


def read_code(text: str) -> str:
    """
    Return a code as we made it from what somebody typed: small letters, wide letters, spaces, dashes, O for 0, I or L for 1.

    :raises Unreadable: ``unknown_sign``, ``wrong_length``, ``wrong_check_character``; whether the code was given out is not known here.
    """
    code = _read(text, length=CODE_LENGTH)
    if _weighed(code):
        raise Unreadable(code, code="wrong_check_character")
    return code


def spaced(code: str) -> str:
    """Return a code in groups of four, to be read aloud and typed."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def make_hidden() -> str:
    """Return a new hidden part, 40 random bits."""
    return _random(HIDDEN_LENGTH)


def hash_hidden(hidden: str) -> str:
    """Return what to keep of a hidden part: the work, the salt and the hash."""
    salt = secrets.token_bytes(SALT_BYTES)
    return f"{WORK}${salt.hex()}${_scrypt(hidden, salt=salt, work=WORK).hex()}"


def hidden_matches(text: str, kept: str) -> bool:
    """Return whether what somebody typed is the hidden part of which this was kept; the time taken does not tell how near it is."""
    work, salt, digest = kept.split("$")
    try:
        hidden = _read(text, length=HIDDEN_LENGTH)
    except Unreadable:
        return False
    return hmac.compare_digest(_scrypt(hidden, salt=bytes.fromhex(salt), work=int(work)), bytes.fromhex(digest))


def _random(length: int) -> str:
    return "".join(secrets.choice(SIGNS) for _ in range(length))


def _read(text: str, *, length: int) -> str:
    if len(text) > LONGEST_TYPED:
        raise Unreadable(text[:LONGEST_TYPED], code="wrong_length")
    signs = [sign for sign in unicodedata.normalize("NFKC", text).upper() if not (sign.isspace() or unicodedata.category(sign) == "Pd")]
    code = "".join(signs).translate(SAME)
    for at, sign in enumerate(code):
        if sign not in _VALUE:
            raise Unreadable(sign, at=at, code="unknown_sign")
    if len(code) != length:
        raise Unreadable(code, code="wrong_length")
    return code


def _weighed(code: str) -> int:
    """Return the sum of all characters, the last by 1, the one before by x, then by x squared, and so on; 0 for a closed code."""
    total = 0
    for sign in code:
        total = _times_x(total) ^ _VALUE[sign]
    return total


def _times_x(value: int) -> int:
    return value << 1 ^ _POLYNOMIAL if value & _HIGH_BIT else value << 1


def _scrypt(hidden: str, *, salt: bytes, work: int) -> bytes:
    return hashlib.scrypt(hidden.encode(), salt=salt, n=work, r=8, p=1, dklen=HASH_BYTES)
