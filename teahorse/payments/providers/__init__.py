"""
The port to whoever moves the money.

A provider speaks to the outside and writes nothing: an action asks it outside any transaction and writes down what
came back. Every call may be repeated with the same numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import msgspec
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.payments.models import Payment, Refund, ShareReturn, Sharing

CASH = "cash"
METHODS: Mapping[str, frozenset[str]] = {
    "wechat_pay": frozenset({"native", "jsapi", "h5"}),
    "alipay": frozenset({"page", "wap", "precreate"}),
    CASH: frozenset({"counter"}),
}
"""Every provider's code and the ways to pay that it knows."""

MOST_PARTS: Mapping[str, int] = {"wechat_pay": 50}
"""The providers at which sellers collect as the house's sub-merchants, and how many parts a combined payment has there at most."""

MOST_SHARED_BP: Mapping[str, int] = {"wechat_pay": 3000}
"""
What of a part that a seller collected all its receivers together get at most there, in basis points: as WeChat sets up its
sub-merchants. Books are kept by it from an order's end on, so that it is not another one when the part is shared out.
"""


class ProviderUnavailable(Refusal):
    """The provider does not answer, or not in a way that can be believed; the same call may be tried again."""

    code = "provider_unavailable"
    status = 503
    sentence = _("The payment service cannot be reached just now. Nothing was charged; please try again.")


class ProviderRefuses(Refusal):
    """The provider understood and said no: ``reason`` is its code, ``message`` its sentence."""

    code = "provider_refuses"
    sentence = _("The payment service refuses: %(message)s (%(reason)s)")

    def __init__(self, *, provider: str, reason: str, message: str) -> None:
        super().__init__(provider=provider, reason=reason, message=message)
        self.reason = reason


class NotificationRefused(Exception):
    """A message that does not come from the provider, or not from now, or is not for us; carries the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of one paid part of a combined payment; ``account_number`` is who collected it, empty for the house."""

    our_number: str
    provider_number: str
    amount_fen: int
    account_number: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a provider says became of a payment or of a refund of it (``refund_number``).

    ``our_number`` is the payment's; a refund may be told under the number of the part that it goes out of.
    """

    our_number: str
    refund_number: str = ""
    kind: str
    """As in ``PaymentEvent.Kind``."""
    provider_number: str
    amount_fen: int
    occurred_at: datetime
    trouble: str = ""
    is_number_spent: bool = False
    """A refund only: the provider closed it for good, so that a new try needs a new number."""
    account_number: str = ""
    """Who collected an undivided payment, or gave a refund, as the provider says; empty for the house."""
    parts: tuple[Part, ...] = ()
    """A combined payment's only."""


@dataclass(frozen=True, kw_only=True)
class NotificationRead:
    """A message that was found genuine; without an outcome it is of a kind that changes nothing here."""

    event_id: str
    event_type: str
    nonce: str
    outcome: Outcome | None


class BillRow(msgspec.Struct, frozen=True, kw_only=True):
    """
    One line of a provider's bill of a day: money that moved, as the provider has it.

    ``payment`` and ``refund`` carry our numbers; ``fund_in`` and ``fund_out`` are the account's own movements, whose
    ``provider_number`` is the flow's and whose ``our_number`` is the provider's number of what moved it.
    """

    kind: str
    our_number: str
    refund_number: str = ""
    provider_number: str
    amount_fen: int
    fee_fen: int = 0
    """What the provider kept of it; negative where it gave some back."""
    occurred_at: datetime
    account_number: str = ""
    """Who collected it; empty for the house."""


class BillNotReady(Refusal):
    """The provider has not made the bill of that day yet; ask again later."""

    code = "bill_not_ready"
    sentence = _("There is no bill of %(day)s yet.")


class CloseAnswer(Enum):
    """What a provider says when it is asked to take no more money for a payment."""

    CLOSED = "closed"
    PAID = "paid"
    PAYING = "paying"
    """The payer is just paying: ask again later."""


class Provider(Protocol):
    """Whoever moves the money. Network calls raise :class:`ProviderUnavailable` or :class:`ProviderRefuses`."""

    code: str
    is_remote: bool
    """Whether money may come in without anybody of ours being there."""

    def open(self, payment: Payment) -> dict[str, Any]:
        """Return what the payer's device needs in order to pay."""

    def query(self, payment: Payment, *, now: datetime) -> Outcome | None:
        """Return what became of a payment, or None while it is open or unknown there."""

    def close(self, payment: Payment) -> CloseAnswer:
        """Take no more money for a payment."""

    def refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        """Send money back; None while it is on its way."""

    def query_refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        """Return what became of a refund; None while it is on its way."""

    def billed_accounts(self) -> list[str]:
        """Return whose bills are made apart: the numbers of sellers' own apps, and nothing for the house with all the others."""

    def bill(self, day: date, *, account_number: str = "") -> list[BillRow]:
        """
        Return what moved on a day of Beijing that is over, by one of :meth:`billed_accounts`.

        :raises BillNotReady: if it was not made yet.
        """

    def read_notification(self, headers: Mapping[str, str], body: bytes, now: datetime) -> NotificationRead:
        """
        Read a message that claims to come from the provider; ``headers`` are looked up without regard to case.

        :raises NotificationRefused: unless it is genuine, fresh and for us.
        """


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of a share or of its return: done, failed, or neither while it is at it; ``trouble`` says why not."""

    our_number: str
    """The return's, or the receiver's account number."""
    done: bool = False
    failed: bool = False
    is_taken: bool = True
    """Whether the provider has it; what it did not take is sent again."""
    trouble: str = ""


class SharingTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of a sharing: finished, refused for good (then nothing was shared), or neither while it is at it."""

    is_finished: bool
    lines: tuple[Told, ...] = ()
    """Of a finished one, each line in the order of ``sharing.lines``, done or failed."""
    refusal: str = ""


@runtime_checkable
class Sharer(Protocol):
    """A provider that holds a sub-merchant's money until it was shared out. Network calls refuse as those of :class:`Provider`."""

    def share(self, sharing: Sharing) -> SharingTold:
        """Hand its lines out and release the rest to the seller; the receivers are made known first."""

    def query_sharing(self, sharing: Sharing) -> SharingTold:
        """Return what became of a sharing that was sent."""

    def take_back(self, back: ShareReturn) -> Told:
        """Take a part of a share back to the seller, so that it can be refunded."""

    def query_return(self, back: ShareReturn) -> Told:
        """Return what became of a return that was sent."""


@cache
def _maker(code: str) -> Callable[[], Provider]:
    module = import_module(f"teahorse.payments.providers.{code}")
    make: Callable[[], Provider] = module.provider
    return make


def provider_by_code(code: str) -> Provider:
    """
    Return the provider of that code; a remote one rests after it did not answer for a while (:mod:`.guarded`).

    :raises ProviderUnavailable: if it is not set up here.
    :raises ValueError: for a code that nobody has.
    """
    if code not in METHODS:
        msg = f"no payment provider is called {code!r}"
        raise ValueError(msg)
    made = _maker(code)()
    return _guard()(made) if made.is_remote else made


@cache
def _guard() -> Callable[[Provider], Provider]:
    """Return what lets a silent provider rest; it is loaded late because it knows this port."""
    guard: Callable[[Provider], Provider] = import_module("teahorse.payments.providers.guarded").Guarded
    return guard


def sharer_by_code(code: str) -> Sharer:
    """
    Return the provider of that code, which can share out what a seller collected.

    :raises ProviderUnavailable: if it is not set up here, or cannot.
    """
    provider = provider_by_code(code)
    if not isinstance(provider, Sharer):
        raise ProviderUnavailable(provider=code, trouble="it cannot share out")
    return provider
