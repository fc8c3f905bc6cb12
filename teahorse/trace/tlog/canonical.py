"""
Numbers and bytes as C2SP's text formats write them: in one way only.

Whoever accepts a second way of writing the same thing lets a signed or proved text be changed without anybody noticing.
"""

import base64

LARGEST = 2**63 - 1


class NotCanonical(ValueError):
    """A number or bytes are not written in the one way in which they are."""


def to_base64(raw: bytes) -> str:
    """Return standard base64 (RFC 4648, section 4)."""
    return base64.b64encode(raw).decode()


def from_base64(text: str) -> bytes:
    """
    Return the bytes behind standard base64 (RFC 4648, section 4).

    :raises NotCanonical: if it is not base64, or not the one way in which these bytes are written.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NotCanonical(text) from error
    if to_base64(raw) != text:
        raise NotCanonical(text)
    return raw


def from_decimal(text: str) -> int:
    """
    Return the number behind ASCII digits without leading zeros.

    :raises NotCanonical: if it is written in any other way, or is above 2^63 - 1.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or (text[0] == "0" and text != "0") or int(text) > LARGEST:
        raise NotCanonical(text)
    return int(text)
