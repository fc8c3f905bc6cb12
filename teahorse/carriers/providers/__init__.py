"""
The port to partners who take parcels on, and to those who only follow them.

A provider speaks to the outside and writes nothing: an action asks it outside any transaction and writes down what came back. Every
call may be repeated: a consignment goes by our number, and a carrier keeps one for each. Grams, fen and aware times inside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import Protocol, TypeVar

from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.payments.providers.guarded import guarded
from teahorse.payments.providers.keys import KeyField

T = TypeVar("T")
CARRIERS = frozenset({"sf", "jd", "china_post"})
"""Who can be asked to take a parcel on."""
TRACKERS = CARRIERS | {"kuaidi100"}
"""Whose events parcels are followed by."""


class CarrierUnavailable(Refusal):
    """A carrier does not answer, or not in a way that can be believed; the same call may be tried again."""

    code = "carrier_unavailable"
    status = 503
    sentence = _("The carrier cannot be reached just now. It is tried again by itself.")


class CarrierRefuses(Refusal):
    """The carrier understood and said no; ``reason`` is its code, ``message`` its sentence."""

    code = "carrier_refuses"
    sentence = _("The carrier refuses: %(message)s (%(reason)s)")

    def __init__(self, *, reason: str, message: str) -> None:
        super().__init__(reason=reason, message=message)
        self.reason, self.message = reason, message


class AccessEnded(CarrierRefuses):
    """The token that an account asks with lets nobody in any more: it is renewed, and the same call tried again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Renewed:
    """Keys with a new token, as they are to be sealed, and until when it lets in."""

    keys: bytes
    until: datetime

    def __repr__(self) -> str:
        return f"Renewed(until {self.until:%F %T})"


class PushRefused(Exception):
    """A push that does not come from the partner, or cannot be read; carries the reason."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """Who sends or gets it; the address names province, city and county too."""

    name: str
    phone: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One parcel to be carried; the weight is the whole parcel's."""

    our_number: str
    sender: Party
    recipient: Party
    weight_grams: int
    volume_cm3: int = 0
    goods: str = "农产品"


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """What a carrier's service would cost and by when it promises to be there."""

    service: str
    fee_fen: int | None
    promised_by: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One event as a partner tells it; ``source`` says by whose table its code is read."""

    source: str
    number: str
    code: str
    words: str
    place: str
    happened_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PushRead:
    """
    A push that could be read.

    ``told`` may be believed. What is unsigned brings ``numbers`` only: they are asked about at once, and the answer is believed.
    """

    told: tuple[Told, ...] = ()
    numbers: tuple[str, ...] = ()


class ClaimState(StrEnum):
    """Our words for what became of a claim at the carrier."""

    RECEIVED = "received"
    GRANTED = "granted"
    REJECTED = "rejected"
    PAID = "paid"


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """A paper or photograph that shows what it was worth or what became of it."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What is asked for, under our number, which a carrier keeps once."""

    our_number: str
    parcel_number: str
    reason: str
    amount_fen: int
    words: str
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimTold:
    """What became of it; ``granted_fen`` is None until the carrier grants something."""

    state: ClaimState
    granted_fen: int | None
    words: str


class Tracker(Protocol):
    """Whoever tells what became of a number. Calls raise :class:`CarrierUnavailable` or :class:`CarrierRefuses`."""

    code: str

    def track(self, number: str, *, carrier: str, phone: str) -> list[Told]:
        """Return all that is known of a number, in any order; ``phone`` is the recipient's, of which some want the last four digits."""

    def subscribe(self, number: str, *, carrier: str, phone: str) -> bool:
        """Have events pushed from now on; False where the partner pushes without being asked. Twice does no harm."""

    def read_push(self, headers: Mapping[str, str], body: bytes) -> PushRead:
        """Read what claims to be a push. :raises PushRefused: unless it is genuine."""


class Carrier(Tracker, Protocol):
    """Whoever takes parcels on."""

    def rate(self, wanted: Wanted, *, now: datetime) -> list[Offered]:
        """Return what its services cost and promise."""

    def book(self, wanted: Wanted) -> str:
        """Have it taken on and return the carrier's number; twice under our number makes one."""

    def label(self, number: str) -> bytes:
        """Return the carrier's own label, a PDF."""

    def cancel(self, our_number: str, *, number: str) -> None:
        """Call a booking off; twice does no harm. ``number`` is the carrier's, empty if it never came."""

    def claim(self, claim: Claim) -> str:
        """Have a lost or damaged parcel's claim taken and return the carrier's number of it; twice under our number makes one."""

    def claim_told(self, claim_number: str) -> ClaimTold:
        """Return what became of a claim, by the carrier's number."""


class RenewingModule(Protocol):
    """A partner's module ``renewing``."""

    def renewed(self, keys: bytes, *, sandbox: str) -> Renewed:
        """See :func:`renewed`."""


class KeysModule(Protocol):
    """A partner's module: how it is made of what an account keeps, sealed, or of the sandbox's file."""

    FILE: str
    """The sandbox's file with keys."""
    FIELDS: tuple[KeyField, ...]
    """What the partner gives a customer; the first is the customer's number, which is no secret."""

    def made(self, keys: bytes, *, sandbox: str) -> Tracker:
        """Return the partner with keys (JSON); ``sandbox`` is the address of one, else empty. :raises Malformed: if they are none."""

    def answer(self, body: bytes, *, is_accepted: bool) -> dict[str, object]:
        """Return what the partner wants to hear to a push; what it hears as a refusal it sends again."""


RENEWING: frozenset[str] = frozenset({"jd"})
"""Whose tokens end and are renewed."""


def renewed(code: str, keys: bytes, *, sandbox: str) -> Renewed:
    """
    Have a partner of :data:`RENEWING` renew an account's token; the one before may let nobody in from then on.

    :raises CarrierRefuses: if it cannot be renewed: somebody has to log in there anew; :raises CarrierUnavailable: as every call.
    """
    module: RenewingModule = import_module(f"teahorse.carriers.providers.{code}.renewing")
    return module.renewed(keys, sandbox=sandbox)


def guarded_call(code: str, call: Callable[[], T]) -> T:
    """Call a partner unless it rests: five calls without an answer, and nobody waits for it (see ``payments.providers.guarded``)."""
    return guarded(f"carrier-{code}", call, unavailable=CarrierUnavailable)


def keys_module(code: str) -> KeysModule:
    """Return how a partner is made of its keys. :raises ValueError: for a code that nobody has."""
    if code not in TRACKERS:
        msg = f"no carrier is called {code!r}"
        raise ValueError(msg)
    module: KeysModule = import_module(f"teahorse.carriers.providers.{code}")
    return module
