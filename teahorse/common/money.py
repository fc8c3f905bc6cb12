"""Money is whole fen; a division hands out every fen."""

import re
from collections.abc import Sequence

FEN_PER_YUAN = 100
AMOUNT = re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<rest>[0-9]{0,2}))?")


def allot(total: int, weights: Sequence[int]) -> list[int]:
    """
    Divide a total among weights by largest remainder (Hamilton's method); the parts add up to the total.

    Equal remainders are served from the front. A total of either sign is divided; weights are zero or more.

    :raises ValueError: if there is something to divide and every weight is zero.
    """
    whole = sum(weights)
    if whole == 0:
        if total:
            msg = "nothing to divide by: every weight is zero"
            raise ValueError(msg)
        return [0] * len(weights)
    sign = -1 if total < 0 else 1
    parts = [abs(total) * weight // whole for weight in weights]
    remainders = [abs(total) * weight % whole for weight in weights]
    left = abs(total) - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: -remainders[i])[:left]:
        parts[index] += 1
    return [sign * part for part in parts]


def yuan(fen: int) -> str:
    """Return an amount as people write it: ``1,234.50``, without a sign of currency."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{rest:02d}"


def decimal(fen: int) -> str:
    """Return an amount as machines write it: ``1234.50``."""
    return yuan(fen).replace(",", "")


class NotAnAmount(ValueError):
    """The text is no amount of yuan with at most two decimals."""


def fen_of(text: str) -> int:
    """
    Read an amount of yuan as a person types it (``38``, ``38.5``, ``1,280.00``, ``¥38``) into fen.

    :raises NotAnAmount: for anything else: a third decimal is refused rather than rounded, a comma that does not part thousands
        (``38,50``) rather than guessed at.
    """
    read = AMOUNT.fullmatch(text.strip().removeprefix("¥").removeprefix("\uffe5").strip())
    if read is None:
        raise NotAnAmount(text)
    return int(read["whole"].replace(",", "")) * FEN_PER_YUAN + int((read["rest"] or "").ljust(2, "0"))
