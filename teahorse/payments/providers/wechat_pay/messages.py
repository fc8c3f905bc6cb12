"""What WeChat Pay says of payments and refunds, read strictly: a missing or wrongly typed field is an error."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from teahorse.payments.providers import Outcome

Number = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Fen = Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]

SAYS_PAID = frozenset({"SUCCESS", "REFUND"})
SAYS_ENDED = {"CLOSED": "closed", "REVOKED": "closed"}
"""``PAYERROR`` and ``USERPAYING`` are no end: the payer may try again until the expiry."""


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    total: Fen
    currency: str = "CNY"


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A payment, as query and notification show it; ``total`` is what was due, whatever coupons the payer used."""

    mchid: str
    appid: str
    out_trade_no: Number
    trade_state: str
    amount: Paid
    transaction_id: str = ""
    success_time: datetime | None = None


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    refund: Fen
    total: Fen
    currency: str = "CNY"


class RefundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A refund, as the answer to a request and to a query shows it."""

    refund_id: Number
    out_refund_no: Number
    out_trade_no: Number
    status: str
    amount: Returned
    success_time: datetime | None = None


class RefundNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A refund, as a notification shows it."""

    mchid: str
    refund_id: Number
    out_refund_no: Number
    out_trade_no: Number
    refund_status: str
    amount: Returned
    success_time: datetime | None = None


def outcome_of_payment(said: Transaction, *, now: datetime) -> Outcome | None:
    """
    Return what became of a payment, or None while it is open.

    :raises msgspec.ValidationError: for money without number, or in another currency.
    """
    if said.trade_state in SAYS_PAID:
        _check_currency(said.amount.currency)
        if not said.transaction_id or said.success_time is None:
            msg = "paid, but without transaction_id or success_time"
            raise msgspec.ValidationError(msg)
        return Outcome(
            our_number=said.out_trade_no,
            kind="succeeded",
            provider_number=said.transaction_id,
            amount_fen=said.amount.total,
            occurred_at=said.success_time,
        )
    if kind := SAYS_ENDED.get(said.trade_state):
        return Outcome(
            our_number=said.out_trade_no,
            kind=kind,
            provider_number=said.out_trade_no,
            amount_fen=said.amount.total,
            occurred_at=now,
        )
    return None


def outcome_of_refund(said: RefundAnswer | RefundNotice, *, now: datetime) -> Outcome | None:
    """Return what became of a refund, or None while it is on its way."""
    status = said.status if isinstance(said, RefundAnswer) else said.refund_status
    if status == "PROCESSING":
        return None
    _check_currency(said.amount.currency)
    return Outcome(
        our_number=said.out_trade_no,
        refund_number=said.out_refund_no,
        kind="refunded" if status == "SUCCESS" else "refund_failed",
        provider_number=said.refund_id,
        amount_fen=said.amount.refund,
        occurred_at=said.success_time or now,
        trouble="" if status == "SUCCESS" else f"WeChat Pay: {status}"[:200],
        is_number_spent=status == "CLOSED",
    )


def read(said: Any, kind: type[Any]) -> Any:
    """Return a JSON object as one of the kinds above. :raises msgspec.ValidationError: if it is none."""
    return msgspec.convert(said, kind)


def _check_currency(currency: str) -> None:
    if currency != "CNY":
        msg = f"currency {currency[:8]}"
        raise msgspec.ValidationError(msg)
