"""What WeChat Pay says of payments and refunds, read strictly: a missing or wrongly typed field is an error."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from teahorse.payments.providers import Outcome, Part

Number = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Fen = Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]

SAYS_PAID = frozenset({"SUCCESS", "REFUND"})
SAYS_ENDED = {"CLOSED": "closed", "REVOKED": "closed"}
"""``PAYERROR`` and ``USERPAYING`` are no end: the payer may try again until the expiry."""


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    total: Fen
    currency: str = "CNY"


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    """Whose it is: ``mchid`` of an ordinary merchant, or ``sp_mchid`` of the house and ``sub_mchid`` of her sub-merchant."""

    mchid: str = ""
    appid: str = ""
    sp_mchid: str = ""
    sp_appid: str = ""
    sub_mchid: str = ""

    @property
    def owner(self) -> str:
        return self.sp_mchid or self.mchid

    @property
    def app(self) -> str:
        return self.sp_appid or self.appid


class Transaction(Owned, frozen=True, kw_only=True):
    """A payment, as query and notification show it; ``total`` is what was due, whatever coupons the payer used."""

    out_trade_no: Number
    trade_state: str
    amount: Paid
    transaction_id: str = ""
    success_time: datetime | None = None


class PaidPart(msgspec.Struct, frozen=True, kw_only=True):
    total_amount: Fen
    currency: str = "CNY"


class SubOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a combined payment; ``sub_mchid`` is empty where the house collects."""

    mchid: str
    out_trade_no: Number
    trade_state: str
    amount: PaidPart
    sub_mchid: str = ""
    transaction_id: str = ""
    success_time: datetime | None = None


class Combined(msgspec.Struct, frozen=True, kw_only=True):
    """A combined payment, as query and notification show it; WeChat gives its parts numbers, not the whole."""

    combine_appid: str
    combine_mchid: str
    combine_out_trade_no: Number
    sub_orders: Annotated[tuple[SubOrder, ...], msgspec.Meta(min_length=1, max_length=50)]


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


class RefundNotice(Owned, frozen=True, kw_only=True):
    """A refund, as a notification shows it."""

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
            account_number=said.sub_mchid,
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


def outcome_of_combined(said: Combined, *, now: datetime) -> Outcome | None:
    """
    Return what became of a combined payment, or None while it is open.

    All parts are paid or none; were it otherwise, the outcome is of the paid ones and does not fit what was due. Its
    number is that of its first part.

    :raises msgspec.ValidationError: for money without number, or in another currency, or a part that is another merchant's.
    """
    paid = sorted((part for part in said.sub_orders if part.trade_state in SAYS_PAID), key=lambda part: part.out_trade_no)
    if not paid:
        ends = {SAYS_ENDED.get(part.trade_state, "") for part in said.sub_orders}
        total = sum(part.amount.total_amount for part in said.sub_orders)
        number = said.combine_out_trade_no
        if ends == {"closed"}:
            return Outcome(our_number=number, kind="closed", provider_number=number, amount_fen=total, occurred_at=now)
        return None
    for part in paid:
        _check_currency(part.amount.currency)
        if part.mchid != said.combine_mchid:
            msg = f"a part of merchant {part.mchid[:40]!r}"
            raise msgspec.ValidationError(msg)
        if not part.transaction_id or part.success_time is None:
            msg = "paid, but without transaction_id or success_time"
            raise msgspec.ValidationError(msg)
    return Outcome(
        our_number=said.combine_out_trade_no,
        kind="succeeded",
        provider_number=paid[0].transaction_id,
        amount_fen=sum(part.amount.total_amount for part in paid),
        occurred_at=max(part.success_time for part in paid if part.success_time),
        parts=tuple(
            Part(
                our_number=part.out_trade_no,
                provider_number=part.transaction_id,
                amount_fen=part.amount.total_amount,
                account_number=part.sub_mchid,
            )
            for part in paid
        ),
    )


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
        account_number="" if isinstance(said, RefundAnswer) else said.sub_mchid,
    )


def read(said: Any, kind: type[Any]) -> Any:
    """Return a JSON object as one of the kinds above. :raises msgspec.ValidationError: if it is none."""
    return msgspec.convert(said, kind)


def _check_currency(currency: str) -> None:
    if currency != "CNY":
        msg = f"currency {currency[:8]}"
        raise msgspec.ValidationError(msg)
