"""What happened to money."""

from dataclasses import dataclass
from uuid import UUID

from teahorse.common.events import Event


@dataclass(frozen=True, kw_only=True)
class PaymentsSucceeded(Event):
    """Money has come in for these payments, in time as the provider sees it."""

    payment_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class PaymentsSucceededLate(Event):
    """Money has come in for payments that had failed or been closed."""

    payment_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class PaymentsFailed(Event):
    """These payments will bring no money."""

    payment_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class RefundsRequested(Event):
    """It was decided that this money goes back; it has not moved yet."""

    refund_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class SharingsSettled(Event):
    """What sellers collected was shared out, or refused to be; each line says whether its receiver got it (``ShareLine.state``)."""

    sharing_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class ShareReturnsSettled(Event):
    """Shares came back to the sellers for refunds, or could not be taken back (``ShareReturn.state``)."""

    return_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class RefundsSettled(Event):
    """These refunds reached the payer, or the provider refused them for good."""

    refund_ids: tuple[UUID, ...]
