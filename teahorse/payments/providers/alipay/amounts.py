"""Yuan as Alipay writes them, fen as we keep them; exact both ways, a float never touches either."""

import re

AMOUNT = re.compile(r"(-?)(\d{1,11})(?:\.(\d{1,2}))?")


def yuan(fen: int) -> str:
    """Return whole fen as ``38.00``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def fen(text: str) -> int:
    """Return ``38.00``, ``38.5`` or ``38`` in fen. :raises ValueError: if it is none of these."""
    found = AMOUNT.fullmatch(text)
    if not found or not text.isascii():
        msg = f"no amount: {text[:20]!r}"
        raise ValueError(msg)
    amount = int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
    return -amount if found[1] else amount
