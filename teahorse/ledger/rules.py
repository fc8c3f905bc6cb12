"""Entries as they are asked for: whose account, how much, why. Debits are positive, credits negative, and an entry sums to nothing."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Self
from uuid import UUID, uuid5

ACCOUNTS = UUID("0b8f5f7e-3f0e-5c1b-9a59-6a1f5a0d7c11")
FEWEST_LINES = 2


class Account(NamedTuple):
    """A party and a purpose; nobody (``None``) is the house. The county is where it belongs in reports, not who it is."""

    purpose: str
    owner_id: UUID | None = None
    county_id: UUID | None = None

    @property
    def id(self) -> UUID:
        """The account's key, the same on every deployment, so that nobody has to look it up before writing."""
        return account_id(self.purpose, self.owner_id)


@lru_cache(maxsize=65536)
def account_id(purpose: str, owner_id: UUID | None) -> UUID:
    """Return the key of the account of a party and a purpose."""
    return uuid5(ACCOUNTS, f"{purpose} {owner_id or ''}")


class Line(NamedTuple):
    """So many fen on one account: to its debit where positive, to its credit where negative."""

    account: Account
    amount_fen: int


class NotBalanced(ValueError):
    """The lines of an entry do not sum to nothing, or one of them is nothing."""


class _Entry(NamedTuple):
    kind: str
    source_id: UUID
    occurred_at: datetime
    lines: Sequence[Line]
    memo: str


class Entry(_Entry):
    """
    One fact in the books; ``kind`` and ``source_id`` say which, and are booked once.

    A tuple, because a busy day makes hundreds of thousands.

    :raises NotBalanced: unless it has two lines or more, none of them nothing, that sum to nothing.
    """

    __slots__ = ()

    def __new__(cls, kind: str, source_id: UUID, occurred_at: datetime, lines: Sequence[Line], memo: str = "") -> Self:
        """Refuse here what the database would refuse at its end, where nobody knows any more which entry it was."""
        fen = [line[1] for line in lines]
        if len(fen) < FEWEST_LINES or sum(fen) != 0 or 0 in fen:
            raise NotBalanced(kind, source_id, fen)
        return tuple.__new__(cls, (kind, source_id, occurred_at, lines, memo))


def lines(*wanted: tuple[Account, int]) -> tuple[Line, ...]:
    """Return the lines that are not nothing."""
    return tuple([Line._make(pair) for pair in wanted if pair[1]])
