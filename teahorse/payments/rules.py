"""How a payment's state follows from what is known of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Split:
    """Whose part of a payment how much is; ``reference`` is what that payee sold."""

    payee_id: UUID
    reference: UUID
    amount_fen: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """What somebody else gets of what a seller collected; without a payee it is the house's."""

    payee_id: UUID | None
    amount_fen: int
    description: str


@dataclass(frozen=True, kw_only=True)
class Payer:
    """Who pays, as a provider is told: where the request came from, her WeChat account, and where her browser goes afterwards."""

    ip: str
    openid: str = ""
    back_url: str = ""

    def as_asked(self) -> dict[str, str]:
        """Return what is kept with the payment, so that asking again says the same."""
        return {"payer_ip": self.ip, "openid": self.openid, "back_url": self.back_url}


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a payment: its kind as in ``PaymentEvent.Kind``, and the amount that it speaks of."""

    kind: str
    amount_fen: int


def payment_state(facts: Iterable[Fact], *, due_fen: int, otherwise: str) -> str:
    """
    Return the state that a set of facts makes, whatever their order and number.

    Money counts when it is exactly what was due. Money for a payment that had also failed or been closed is late:
    the app above was, or may have been, told that none would come. Without a deciding fact it is ``otherwise``.
    """
    kinds = {fact.kind for fact in facts if fact.kind != "succeeded" or fact.amount_fen == due_fen}
    is_ended = bool(kinds & {"failed", "closed"})
    if "succeeded" in kinds:
        return "late_succeeded" if is_ended else "succeeded"
    if "failed" in kinds:
        return "failed"
    return "closed" if is_ended else otherwise


def renewed(number: str) -> str:
    """Return the number of the next try of what a provider closed under this one: ``x``, ``x-2``, ``x-3``."""
    head, _dash, turn = number.partition("-")
    return f"{head}-{int(turn or 1) + 1}"


SHORTEST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=30)


def wait_after(tries: int) -> timedelta:
    """Return how long to wait before the next try: 5 s, 10 s, 20 s ... half an hour."""
    return min(SHORTEST_WAIT * (1 << min(tries, 16)), LONGEST_WAIT)


FAILURES_TO_REST = 5
SHORTEST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=15)
PROBE_MAY_TAKE = timedelta(seconds=60)


def rest_after(rests: int) -> timedelta:
    """Return how long a provider that did not answer is left alone: 30 s, 1 min, 2 min ... a quarter of an hour."""
    return min(SHORTEST_REST * (1 << min(rests, 16)), LONGEST_REST)


SLOW_AFTER = timedelta(days=3)
"""A refund that has not reached the payer by then is shown to a person."""
UNMATCHED_DUE = timedelta(days=3)
"""How long whoever first owns unmatched money has, before it is the region centre's."""
