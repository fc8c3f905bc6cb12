"""Yuan as Alipay writes them, in fen as we keep them; a float never touches either."""

import re

AMOUNT = re.compile(r"(-?)(\d{1,11})(?:\.(\d{1,2}))?")


def fen(text: str) -> int:
    """Return ``38.00``, ``38.5`` or ``38`` in fen. :raises ValueError: if it is none of these."""
    found = AMOUNT.fullmatch(text)
    if not found or not text.isascii():
        msg = f"no amount: {text[:20]!r}"
        raise ValueError(msg)
    amount = int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
    return -amount if found[1] else amount
