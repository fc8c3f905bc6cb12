"""Placing a payment, single or combined: every field is checked, the same request gets the same answer."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass

from sandbox.keys import KNOWN_MERCHANT
from sandbox.wechatpay.errors import Refusal
from sandbox.wechatpay.fields import OUT_TRADE_NO, Fields, canonical
from sandbox.wechatpay.gateway import Gateway

DEFAULT_LIFE_SECONDS = 7 * 86400
SHORTEST_LIFE_SECONDS = 60
"""WeChat moves an earlier `time_expire` to one minute after placing."""

FEWEST_PARTS, MOST_PARTS = 2, 50


@dataclass(frozen=True)
class OrderDraft:
    """One order of a payment; a single payment has one, a combined one has two to fifty; `sub_mchid` collects it, else `mchid`."""

    mchid: str
    out_trade_no: str
    description: str
    attach: str
    total_fen: int
    sub_mchid: str = ""
    is_frozen: bool = False


@dataclass(frozen=True)
class PaymentDraft:
    """What a merchant asked for, checked."""

    is_combined: bool
    trade_type: str
    number: str
    notify_url: str
    openid: str
    expires_at: float | None
    orders: tuple[OrderDraft, ...]
    content: str


def read_single(gateway: Gateway, *, trade_type: str, body: Fields) -> PaymentDraft:
    """A `/v3/pay/transactions/…` request, or a Refusal that names the field."""
    _own(gateway, mchid=body.text("mchid", longest=32), appid=body.text("appid", longest=32), prefix="")
    description = body.text("description", longest=127)
    number = body.matching("out_trade_no", OUT_TRADE_NO, longest=32)
    expires_at = body.future("time_expire", now=gateway.now())
    attach = body.optional_text("attach", longest=128)
    notify_url = body.notify_url(is_required=True)
    amount = body.part("amount")
    total_fen = amount.fen("total")
    amount.currency()
    return PaymentDraft(
        is_combined=False,
        trade_type=trade_type,
        number=number,
        notify_url=notify_url,
        openid=_payer(gateway, body, trade_type, "payer"),
        expires_at=expires_at,
        orders=(OrderDraft(gateway.keys.mchid, number, description, attach, total_fen),),
        content=canonical({"trade_type": trade_type, **body.values}),
    )


def read_partner(gateway: Gateway, *, trade_type: str, body: Fields) -> PaymentDraft:
    """A `/v3/pay/partner/transactions/…` request of the merchant for a sub-merchant, or a Refusal that names the field."""
    _own(gateway, mchid=body.text("sp_mchid", longest=32), appid=body.text("sp_appid", longest=32), prefix="sp_")
    seller = _known(body, "sub_mchid")
    description = body.text("description", longest=127)
    number = body.matching("out_trade_no", OUT_TRADE_NO, longest=32)
    expires_at = body.future("time_expire", now=gateway.now())
    attach = body.optional_text("attach", longest=128)
    notify_url = body.notify_url(is_required=True)
    amount = body.part("amount")
    total_fen = amount.fen("total")
    amount.currency()
    return PaymentDraft(
        is_combined=False,
        trade_type=trade_type,
        number=number,
        notify_url=notify_url,
        openid=_payer(gateway, body, trade_type, "payer", openid="sp_openid"),
        expires_at=expires_at,
        orders=(OrderDraft(gateway.keys.mchid, number, description, attach, total_fen, seller, _is_frozen(body)),),
        content=canonical({"trade_type": trade_type, **body.values}),
    )


def read_combined(gateway: Gateway, *, trade_type: str, body: Fields) -> PaymentDraft:
    """
    A `/v3/combine-transactions/…` request, or a Refusal that names the field.

    Each order is an ordinary merchant's, or with `sub_mchid` one of the merchant's own sub-merchants.
    """
    mchid, appid = body.text("combine_mchid", longest=32), body.text("combine_appid", longest=32)
    _own(gateway, mchid=mchid, appid=appid, prefix="combine_")
    number = body.matching("combine_out_trade_no", OUT_TRADE_NO, longest=32)
    body.future("time_start", now=0)
    expires_at = body.future("time_expire", now=gateway.now())
    notify_url = body.notify_url(is_required=True)
    orders = []
    for part in body.parts("sub_orders", fewest=FEWEST_PARTS, most=MOST_PARTS):
        seller = _known(part, "mchid")
        collector = _known(part, "sub_mchid") if part.values.get("sub_mchid") is not None else ""
        if collector and seller != mchid:
            raise Refusal(code="NO_AUTH", message="特约商户不属于该商户", detail={"field": part.where("sub_mchid"), "value": collector})
        amount = part.part("amount")
        total_fen = amount.fen("total_amount")
        amount.currency(is_required=True)
        orders.append(
            OrderDraft(
                mchid=seller,
                out_trade_no=part.matching("out_trade_no", OUT_TRADE_NO, longest=32),
                description=part.text("description", longest=127),
                attach=part.text("attach", longest=128),
                total_fen=total_fen,
                sub_mchid=collector,
                is_frozen=_is_frozen(part),
            )
        )
    names = [(order.mchid, order.out_trade_no) for order in orders]
    if len(set(names)) < len(names):
        raise Refusal(
            code="INVALID_REQUEST",
            message="子单商户订单号重复",
            detail={"field": "/sub_orders", "issue": "out_trade_no"},
        )
    return PaymentDraft(
        is_combined=True,
        trade_type=trade_type,
        number=number,
        notify_url=notify_url,
        openid=_payer(gateway, body, trade_type, "combine_payer_info"),
        expires_at=expires_at,
        orders=tuple(orders),
        content=canonical({"trade_type": trade_type, **body.values}),
    )


def place(gateway: Gateway, draft: PaymentDraft, *, with_certificate: bool) -> sqlite3.Row:
    """
    Open a payment, or return the one that the same request opened before.

    :raises Refusal: OUT_TRADE_NO_USED (other content), ORDERPAID, ORDER_CLOSED.
    """
    state, mchid = gateway.state, gateway.keys.mchid
    known = state.one(
        "select * from payments where mchid = ? and is_combined = ? and number = ?",
        mchid, draft.is_combined, draft.number,
    )  # fmt: skip
    if known is not None:
        _refuse_other_content(known, draft)
        return known
    for order in draft.orders:
        if state.one("select 1 from orders where mchid = ? and out_trade_no = ?", order.mchid, order.out_trade_no):
            raise Refusal(code="OUT_TRADE_NO_USED", detail={"field": "out_trade_no", "value": order.out_trade_no})
    now = gateway.now()
    expires_at = now + DEFAULT_LIFE_SECONDS
    if draft.expires_at is not None:
        expires_at = max(draft.expires_at, now + SHORTEST_LIFE_SECONDS)
    pr = secrets.token_urlsafe(9)
    with state.transaction():
        state.run(
            "insert into payments (pr, prepay_id, is_combined, trade_type, appid, mchid, number, content, notify_url,"
            " openid, created_at, expires_at, trade_state, with_certificate)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'NOTPAY', ?)",
            pr, gateway.prepay_id(), draft.is_combined, draft.trade_type, gateway.keys.appid, mchid, draft.number,
            draft.content, draft.notify_url, draft.openid, now, expires_at, with_certificate,
        )  # fmt: skip
        for order in draft.orders:
            state.run(
                "insert into orders (pr, mchid, out_trade_no, description, attach, total_fen, sub_mchid, is_frozen)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                pr, order.mchid, order.out_trade_no, order.description, order.attach, order.total_fen, order.sub_mchid, order.is_frozen,
            )  # fmt: skip
    gateway.ring()
    return state.the("select * from payments where pr = ?", pr)


def _refuse_other_content(known: sqlite3.Row, draft: PaymentDraft) -> None:
    if known["content"] != draft.content:
        raise Refusal(
            code="OUT_TRADE_NO_USED", message="商户订单号重复，且请求参数与首次下单不一致",
            detail={"field": "combine_out_trade_no" if draft.is_combined else "out_trade_no", "value": draft.number},
        )  # fmt: skip
    if known["trade_state"] == "SUCCESS":
        raise Refusal(code="ORDERPAID")
    if known["trade_state"] == "CLOSED":
        raise Refusal(code="ORDER_CLOSED")


def _own(gateway: Gateway, *, mchid: str, appid: str, prefix: str) -> None:
    """The body speaks for the merchant who signed, with the appid that is bound to it."""
    if not KNOWN_MERCHANT.fullmatch(mchid):
        raise Refusal(code="MCH_NOT_EXISTS", detail={"field": f"/{prefix}mchid", "value": mchid})
    if mchid != gateway.keys.mchid:
        raise Refusal(code="NO_AUTH", message="签名商户号与请求商户号不一致", detail={"field": f"/{prefix}mchid", "value": mchid})
    if appid != gateway.keys.appid:
        raise Refusal(code="APPID_MCHID_NOT_MATCH", detail={"field": f"/{prefix}appid", "value": appid})


def _known(body: Fields, name: str) -> str:
    number = body.text(name, longest=32)
    if not KNOWN_MERCHANT.fullmatch(number):
        raise Refusal(code="MCH_NOT_EXISTS", detail={"field": body.where(name), "value": number})
    return number


def _is_frozen(body: Fields) -> bool:
    """Whether the money is held until it was shared out."""
    return body.values.get("settle_info") is not None and body.part("settle_info").flag("profit_sharing")


def _payer(gateway: Gateway, body: Fields, trade_type: str, name: str, *, openid: str = "openid") -> str:
    """The payer's openid: given for JSAPI; otherwise the sandbox's one payer. H5 must tell its scene."""
    if trade_type == "JSAPI":
        return body.part(name).text(openid, longest=128)
    if trade_type == "MWEB":
        scene = body.part("scene_info")
        scene.text("payer_client_ip", longest=45)
        scene.part("h5_info").text("type", longest=32)
    return gateway.openid()
