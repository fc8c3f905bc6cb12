"""What is said about a payment: as one order of the house or of a sub-merchant, or combined of several."""

from dataclasses import dataclass
from typing import Any

from wechatpayv3.type import WeChatPayType

from teahorse.common.times import HOME
from teahorse.payments.models import Payment, PaymentSplit

TYPES = {"native": WeChatPayType.NATIVE, "jsapi": WeChatPayType.JSAPI, "h5": WeChatPayType.H5}
FROZEN = {"profit_sharing": True}
"""What a seller collects is held by WeChat until it was shared out."""


@dataclass(frozen=True)
class Call:
    """The arguments of a call, and whether the house speaks for a sub-merchant in it."""

    is_partner: bool
    words: dict[str, Any]


def collector(split: PaymentSplit) -> str:
    """Return the sub-merchant who collects a part; empty for the house."""
    return split.account.number if split.account else ""


def sole_collector(payment: Payment) -> str:
    """Return the sub-merchant who collects an undivided payment; empty for the house."""
    return next((collector(split) for split in payment.splits.all() if split.amount_fen), "")


def parts(payment: Payment) -> list[PaymentSplit]:
    """Return the parts of a combined payment that are orders of their own at WeChat, in key order."""
    return [split for split in payment.splits.all() if split.our_number]


def for_collector(number: str, **words: Any) -> Call:
    """Return a call about something that is the house's, or a sub-merchant's."""
    return Call(bool(number), {**words, "sub_mchid": number} if number else words)


def single_order(payment: Payment, *, notify_url: str) -> Call:
    """Return the order of an undivided payment."""
    seller = sole_collector(payment)
    order: dict[str, Any] = {
        "description": payment.subject,
        "out_trade_no": payment.our_number,
        "amount": {"total": payment.amount_fen, "currency": "CNY"},
        **_circumstances(payment, notify_url),
    }
    if seller:
        order["settle_info"] = FROZEN
    if payment.method == "jsapi":
        order["payer"] = {"sp_openid" if seller else "openid": payment.asked["openid"]}
    return for_collector(seller, **order)


def combined_order(payment: Payment, *, notify_url: str, mchid: str) -> Call:
    """Return the order of a combined payment, each part an order of its collector's."""
    order: dict[str, Any] = {
        "combine_out_trade_no": payment.our_number,
        "sub_orders": [_sub_order(payment, split, mchid) for split in parts(payment)],
        **_circumstances(payment, notify_url),
    }
    if payment.method == "jsapi":
        order["combine_payer_info"] = {"openid": payment.asked["openid"]}
    return Call(is_partner=False, words=order)


def named_parts(payment: Payment, *, mchid: str) -> list[dict[str, str]]:
    """Return the parts as closing a combined payment must name them."""
    return [
        {"mchid": mchid, "out_trade_no": split.our_number, **({"sub_mchid": collector(split)} if split.account else {})}
        for split in parts(payment)
    ]


def _sub_order(payment: Payment, split: PaymentSplit, mchid: str) -> dict[str, Any]:
    order: dict[str, Any] = {
        "mchid": mchid,
        "attach": split.reference.hex,
        "amount": {"total_amount": split.amount_fen, "currency": "CNY"},
        "out_trade_no": split.our_number,
        "description": payment.subject,
    }
    if split.account:
        order |= {"sub_mchid": split.account.number, "settle_info": FROZEN}
    return order


def _circumstances(payment: Payment, notify_url: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "time_expire": payment.expires_at.astimezone(HOME).isoformat(timespec="seconds"),
        "notify_url": notify_url,
        "pay_type": TYPES[payment.method],
    }
    if payment.method == "h5":
        said["scene_info"] = {"payer_client_ip": payment.asked["payer_ip"], "h5_info": {"type": "Wap"}}
    return said
