"""What may be asked, until when, who has to answer by when, and how much goes back to whom. Plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from teahorse.common.money import allot
from teahorse.common.times import HOME

# --- Reasons

FAULTS = frozenset({"weight_short", "spoiled_on_the_way", "wrong_goods", "damaged", "not_as_described", "never_came"})
"""Reasons for which the seller or the carrier answers: they pay every way, and no exclusion holds."""

SHOWN_BY_PICTURE = FAULTS - {"never_came"}
"""Reasons that a photograph has to show."""

KINDS_OF_REASON = {
    "never_came": ("refund_only", "send_again"),
    "no_reason": ("return_refund",),
    "weight_short": ("compensation", "return_refund", "send_again"),
    "spoiled_on_the_way": ("refund_only", "send_again", "compensation"),
    "wrong_goods": ("return_refund", "exchange", "compensation"),
    "damaged": ("return_refund", "exchange", "refund_only", "compensation"),
    "not_as_described": ("return_refund", "exchange", "compensation"),
    "other": ("return_refund", "exchange", "compensation"),
}
"""What a buyer may ask for, by what is wrong; the first is proposed."""

SENT_BACK = frozenset({"return_refund", "exchange"})
"""Kinds for which the goods go back first."""

IN_GOODS = frozenset({"exchange", "send_again"})
"""Kinds that end with goods, not money."""


# --- Windows

NO_REASON_DAYS = 7
FAULT_WINDOW = timedelta(days=15)
FRESH_WINDOW = timedelta(hours=24)


def no_reason_ends_at(received_at: datetime) -> datetime:
    """Return when the right to send goods back without a reason ends: seven whole days, counted at home from the day after receipt."""
    first_day = received_at.astimezone(HOME).date() + timedelta(days=1)
    return datetime.combine(first_day + timedelta(days=NO_REASON_DAYS), time(), HOME)


def fault_ends_at(received_at: datetime, *, is_fresh: bool) -> datetime:
    """Return until when a fault may be told; what spoils soon has a day."""
    return received_at + (FRESH_WINDOW if is_fresh else FAULT_WINDOW)


# --- Who has to answer by when


@dataclass(frozen=True, slots=True)
class Wait:
    """Who has to act in a state, for how long, and what time decides when she does not."""

    owner: str
    within: timedelta
    default: str


WAITS = {
    "seller_review": Wait("seller", timedelta(hours=48), "agree"),
    "offered": Wait("buyer", timedelta(hours=72), "take_offer"),
    "refused": Wait("buyer", timedelta(days=7), "close"),
    "escalated": Wait("centre", timedelta(hours=72), "for_buyer"),
    "await_return": Wait("buyer", timedelta(days=7), "close"),
    "return_in_transit": Wait("station", timedelta(days=15), "escalate"),
    "inspect": Wait("seller", timedelta(hours=72), "agree_inspected"),
    "sending": Wait("seller", timedelta(hours=72), "refund"),
    "sent_again": Wait("station", timedelta(days=15), "escalate"),
    "refunding": Wait("centre", timedelta(days=3), ""),
}
"""Every waiting state. Money on its way has no default: it stands on the overdue list until it arrives."""

CENTRE_GRACE = timedelta(days=4)
"""How long a case stands on the centre's overdue list before time decides for the buyer."""

CASH_WAIT = timedelta(days=30)
"""How long cash lies at its counter for the buyer before the centre is asked to look."""


# --- Money


@dataclass(frozen=True, slots=True)
class Sold:
    """An order line as it was paid: its units, what the buyer paid for them, and what others bore of the price."""

    units: int
    buyer_fen: int
    others_fen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """What of a line is settled by earlier cases: units that went back, and fen by payer in the order of :class:`Sold`."""

    units: int = 0
    buyer_fen: int = 0
    others_fen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount by payer: the buyer's, and the others' in their order."""

    buyer_fen: int
    others_fen: tuple[int, ...] = ()

    @property
    def whole_fen(self) -> int:
        """All of it."""
        return self.buyer_fen + sum(self.others_fen)


def worth(sold: Sold, gone: Gone, *, units: int) -> Parts:
    """
    Return what some units of a line are worth, by payer: their share of what is not settled yet, by largest remainder.

    The last units take all that is left of every payer, so that the parts of any row of returns add up to the line.

    :raises ValueError: unless that many units are left.
    """
    units_left = sold.units - gone.units
    if not 1 <= units <= units_left:
        msg = f"{units} of {units_left} units"
        raise ValueError(msg)
    others_gone = gone.others_fen or (0,) * len(sold.others_fen)
    left = [sold.buyer_fen - gone.buyer_fen, *(fen - less for fen, less in zip(sold.others_fen, others_gone, strict=True))]
    whole = allot(sum(left), [units, units_left - units])[0]
    buyer_fen, *others_fen = allot(whole, left)
    return Parts(buyer_fen, tuple(others_fen))


def scaled(parts: Parts, buyer_fen: int) -> Parts:
    """
    Return what goes back to each payer when the buyer gets ``buyer_fen`` of her part: the others in the same proportion.

    :raises ValueError: if she would get more than her part.
    """
    if not 0 <= buyer_fen <= parts.buyer_fen:
        msg = f"{buyer_fen} of {parts.buyer_fen} fen"
        raise ValueError(msg)
    kept = parts.buyer_fen - buyer_fen
    if not kept:
        return parts
    return Parts(buyer_fen, tuple(allot(fen, [buyer_fen, kept])[0] for fen in parts.others_fen))


def shared_out(amount_fen: int, weights: Sequence[int]) -> list[int]:
    """Divide what was agreed among the lines (and the freight) by what each is worth; nobody gets more than that."""
    return allot(amount_fen, weights) if amount_fen else [0] * len(weights)


@dataclass(frozen=True, slots=True)
class Borne:
    """What somebody else than the buyer bore of a line's price: ``bearer`` is ``seller``, ``platform`` or ``budget``."""

    bearer: str
    bearer_id: UUID | None
    amount_fen: int
