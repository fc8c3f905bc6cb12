"""What Alipay says of trades and refunds, read strictly: a missing or odd value is an error."""

from collections.abc import Mapping
from datetime import datetime

from teahorse.common.times import HOME
from teahorse.payments.providers import Outcome
from teahorse.payments.providers.alipay.amounts import fen

STATES = frozenset({"WAIT_BUYER_PAY", "TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED"})
SAYS_PAID = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})


class Unreadable(ValueError):
    """Alipay said something that this module does not know; carries what."""


def moment(text: str) -> datetime:
    """Return a time as Alipay writes it, in Beijing. :raises Unreadable: if it is none."""
    try:
        return datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME)
    except ValueError as error:
        msg = f"no time: {text[:30]!r}"
        raise Unreadable(msg) from error


def outcome_of_trade(said: Mapping[str, str], *, now: datetime) -> Outcome | None:
    """
    Return what became of a trade, or None while it is open.

    ``TRADE_CLOSED`` is what Alipay says of a trade that was never paid and also of one whose money went back whole; the
    time of payment (``send_pay_date`` in a query, ``gmt_payment`` in a notification) tells them apart.

    :raises Unreadable: for another state, or money without number, time or amount.
    """
    state, number = said.get("trade_status", ""), said.get("out_trade_no", "")
    if state not in STATES or not 1 <= len(number) <= 64:
        msg = f"trade_status {state[:30]!r} of {number[:64]!r}"
        raise Unreadable(msg)
    if state == "WAIT_BUYER_PAY":
        return None
    try:
        amount_fen = fen(said.get("total_amount", ""))
    except ValueError as error:
        raise Unreadable(str(error)) from error
    paid_at = said.get("gmt_payment") or said.get("send_pay_date") or ""
    if state == "TRADE_CLOSED" and not paid_at:
        return Outcome(our_number=number, kind="closed", provider_number=number, amount_fen=amount_fen, occurred_at=now)
    trade_no = said.get("trade_no", "")
    if not 1 <= len(trade_no) <= 64:
        msg = "paid, but without trade_no"
        raise Unreadable(msg)
    return Outcome(our_number=number, kind="succeeded", provider_number=trade_no, amount_fen=amount_fen, occurred_at=moment(paid_at))
