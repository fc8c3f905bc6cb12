"""Sharing out what a sub-merchant collected (分账), taking shares back (回退), and WeChat's limits on both."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Mapping
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sandbox.keys import KNOWN_MERCHANT
from sandbox.wechatpay.errors import Refusal, wrong_field
from sandbox.wechatpay.fields import OUT_REFUND_NO, Fields, canonical
from sandbox.wechatpay.gateway import Gateway, moment

LARGEST_SHARE = 3000
"""Of ten thousand: all receivers together get at most 30 % of an order."""

MOST_RECEIVERS = 50
RELATIONS = {
    "SERVICE_PROVIDER", "STORE", "STAFF", "STORE_OWNER", "PARTNER", "HEADQUARTER", "BRAND", "DISTRIBUTOR", "USER", "SUPPLIER", "CUSTOM",
}  # fmt: skip


def add_receiver(gateway: Gateway, body: Fields) -> dict[str, Any]:
    """Let a merchant receive shares of a sub-merchant; the same one again is harmless. Names come encrypted with the platform's key."""
    seller = _seller(body)
    kind = body.text("type", longest=32)
    if kind != "MERCHANT_ID":
        raise wrong_field(field="/type", issue="沙箱只支持MERCHANT_ID (only MERCHANT_ID)", value=kind)
    account, relation = body.text("account", longest=64), body.text("relation_type", longest=32)
    if not KNOWN_MERCHANT.fullmatch(account):
        raise Refusal(code="INVALID_REQUEST", message="分账接收方账号不存在", detail={"field": "/account", "value": account})
    if relation not in RELATIONS:
        raise wrong_field(field="/relation_type", issue="枚举值错误 (unknown)", value=relation)
    name = _decrypted(gateway, body.text("name", longest=1024))
    gateway.state.run(
        "insert into receivers values (?, ?, ?, ?) on conflict (sub_mchid, account) do update set name = excluded.name,"
        " relation = excluded.relation",
        seller, account, name, relation,
    )  # fmt: skip
    return {"sub_mchid": seller, "type": kind, "account": account, "relation_type": relation}


def share(gateway: Gateway, body: Fields) -> dict[str, Any]:
    """
    Take a request to share, or return the one with the same number and content.

    :raises Refusal: RESOURCE_NOT_EXISTS (no such paid order), INVALID_REQUEST (not to be shared, finished, an unknown receiver, or the
        number was used for something else), RULE_LIMIT (more than 30 %), NOT_ENOUGH (more than there is), PARAM_ERROR.
    """
    order = _order(gateway, body)
    number, content = body.matching("out_order_no", OUT_REFUND_NO, longest=64), canonical(body.values)
    is_unfreezing = body.flag("unfreeze_unsplit", is_required=True)
    wanted = [_wanted(part) for part in body.parts("receivers", fewest=1, most=MOST_RECEIVERS)]
    if known := _known(gateway, number, content):
        return describe(gateway, known)
    _check_open(gateway, order)
    for account, _fen, _description in wanted:
        if not gateway.state.one("select 1 from receivers where sub_mchid = ? and account = ?", order["sub_mchid"], account):
            raise Refusal(code="INVALID_REQUEST", message="分账接收方关系不存在", detail={"field": "/receivers", "value": account})
    asked = sum(fen for _account, fen, _description in wanted)
    given = _given_fen(gateway, order)
    if (given + asked) * 10_000 > order["total_fen"] * LARGEST_SHARE:
        raise Refusal(code="RULE_LIMIT", detail={"field": "/receivers", "value": given + asked})
    if asked > _left_fen(gateway, order):
        raise Refusal(code="NOT_ENOUGH", message="分账金额大于订单可分金额")
    return _begun(gateway, order, number=number, content=content, is_unfreezing=is_unfreezing, wanted=wanted)


def unfreeze(gateway: Gateway, body: Fields) -> dict[str, Any]:
    """Release what was not shared to the seller. :raises Refusal: as `share`."""
    order = _order(gateway, body)
    number, content = body.matching("out_order_no", OUT_REFUND_NO, longest=64), canonical(body.values)
    body.text("description", longest=80)
    if known := _known(gateway, number, content):
        return describe(gateway, known)
    _check_open(gateway, order)
    return _begun(gateway, order, number=number, content=content, is_unfreezing=True, wanted=[])


def find(gateway: Gateway, number: str, query: Mapping[str, str]) -> dict[str, Any]:
    """A sharing by the merchant's number. :raises Refusal: RESOURCE_NOT_EXISTS."""
    sharing = gateway.state.one(
        "select s.* from sharings s join orders o on o.id = order_id where out_order_no = ? and transaction_id = ? and sub_mchid = ?",
        number, query.get("transaction_id", ""), query.get("sub_mchid", ""),
    )  # fmt: skip
    if sharing is None:
        raise Refusal(code="RESOURCE_NOT_EXISTS", message="分账单不存在")
    return describe(gateway, sharing)


def take_back(gateway: Gateway, body: Fields) -> dict[str, Any]:
    """
    Take a return of a share, or return the one with the same number and content.

    :raises Refusal: RESOURCE_NOT_EXISTS, INVALID_REQUEST (more than was given, not given yet), NOT_ENOUGH (the receiver's account).
    """
    state, seller = gateway.state, _seller(body)
    number, content = body.matching("out_return_no", OUT_REFUND_NO, longest=64), canonical(body.values)
    account, fen = body.text("return_mchid", longest=32), body.fen("amount")
    description = body.text("description", longest=80)
    given = state.one(
        "select h.* from shares h join sharings s on s.id = h.sharing_id join orders o on o.id = order_id"
        " where out_order_no = ? and sub_mchid = ? and account = ?",
        body.text("out_order_no", longest=64), seller, account,
    )  # fmt: skip
    if given is None:
        raise Refusal(code="RESOURCE_NOT_EXISTS", message="分账单不存在")
    known = state.one("select * from share_returns where out_return_no = ?", number)
    if known is not None:
        if known["content"] != content:
            raise Refusal(code="INVALID_REQUEST", message="回退单号重复，且请求参数与首次不一致", detail={"field": "/out_return_no"})
        return _describe_return(gateway, known)
    if given["result"] != "SUCCESS":
        raise Refusal(code="INVALID_REQUEST", message="分账未完成，不能回退")
    back = state.number("select sum(amount_fen) from share_returns where share_id = ? and result != 'FAILED'", given["id"])
    if back + fen > given["amount_fen"]:
        raise Refusal(code="INVALID_REQUEST", message="回退金额超过可回退金额", detail={"field": "/amount", "value": fen})
    knobs = gateway.knobs.sharing
    if 0 <= knobs.receiver_fen < fen:
        raise Refusal(code="NOT_ENOUGH", message="回退方余额不足")
    state.run(
        "insert into share_returns (return_id, share_id, out_return_no, content, amount_fen, description, result, outcome, created_at,"
        " settles_at) values (?, ?, ?, ?, ?, ?, 'PROCESSING', ?, ?, ?)",
        gateway.sharing_id(), given["id"], number, content, fen, description, knobs.return_outcome, gateway.now(),
        gateway.now() + knobs.delay,
    )  # fmt: skip
    gateway.ring()
    return _describe_return(gateway, state.the("select * from share_returns where out_return_no = ?", number))


def find_return(gateway: Gateway, number: str, query: Mapping[str, str]) -> dict[str, Any]:
    """A return by the merchant's number. :raises Refusal: RESOURCE_NOT_EXISTS."""
    back = gateway.state.one(
        "select r.* from share_returns r join shares h on h.id = share_id join sharings s on s.id = h.sharing_id"
        " join orders o on o.id = order_id where out_return_no = ? and out_order_no = ? and sub_mchid = ?",
        number, query.get("out_order_no", ""), query.get("sub_mchid", ""),
    )  # fmt: skip
    if back is None:
        raise Refusal(code="RESOURCE_NOT_EXISTS", message="回退单不存在")
    return _describe_return(gateway, back)


def limits(number: str) -> dict[str, Any]:
    """How much of an order may be shared, in ten-thousandths."""
    return {"sub_mchid": number, "max_ratio": LARGEST_SHARE}


def amounts(gateway: Gateway, transaction_id: str) -> dict[str, Any]:
    """What of an order is still held to be shared. :raises Refusal: RESOURCE_NOT_EXISTS."""
    order = gateway.state.one("select * from orders where transaction_id = ? and is_frozen", transaction_id)
    if order is None:
        raise Refusal(code="RESOURCE_NOT_EXISTS", message="订单不存在")
    return {"transaction_id": transaction_id, "unsplit_amount": 0 if _is_finished(gateway, order) else _left_fen(gateway, order)}


def out_fen(gateway: Gateway, order: sqlite3.Row) -> int:
    """How much of an order receivers have, or are about to get: it cannot be refunded until it was taken back."""
    back = gateway.state.number(
        "select sum(r.amount_fen) from shares h join sharings s on s.id = h.sharing_id join share_returns r on r.share_id = h.id"
        " where s.order_id = ? and r.result = 'SUCCESS'",
        order["id"],
    )
    return _given_fen(gateway, order) - back


def settle_due(gateway: Gateway) -> None:
    """What the clock does: sharings and returns in work reach their outcome. WeChat does not tell of them, it must be asked."""
    state, now = gateway.state, gateway.now()
    closed = {number.strip() for number in gateway.knobs.sharing.closed.split(",")}
    for sharing in state.all("select * from sharings where settled_at is null and settles_at <= ?", now):
        with state.transaction():
            for given in state.all("select * from shares where sharing_id = ?", sharing["id"]):
                result = "CLOSED" if given["account"] in closed else "SUCCESS"
                state.run("update shares set result = ? where id = ?", result, given["id"])
            state.run("update sharings set settled_at = ? where id = ?", now, sharing["id"])
    state.run("update share_returns set result = outcome, settled_at = ? where settled_at is null and settles_at <= ?", now, now)


def describe(gateway: Gateway, sharing: sqlite3.Row) -> dict[str, Any]:
    """A sharing as request and query show it."""
    order = gateway.state.the("select * from orders where id = ?", sharing["order_id"])
    return {
        "sub_mchid": order["sub_mchid"],
        "transaction_id": order["transaction_id"],
        "out_order_no": sharing["out_order_no"],
        "order_id": sharing["sharing_id"],
        "state": "PROCESSING" if sharing["settled_at"] is None else "FINISHED",
        "receivers": [
            {
                "amount": given["amount_fen"],
                "description": given["description"],
                "type": "MERCHANT_ID",
                "account": given["account"],
                "result": given["result"],
                **({"fail_reason": "ACCOUNT_ABNORMAL"} if given["result"] == "CLOSED" else {}),
                "detail_id": given["detail_id"],
                "create_time": moment(sharing["created_at"]),
                "finish_time": moment(sharing["settled_at"] or sharing["created_at"]),
            }
            for given in gateway.state.all("select * from shares where sharing_id = ? order by id", sharing["id"])
        ],
    }


def _begun(
    gateway: Gateway, order: sqlite3.Row, *, number: str, content: str, is_unfreezing: bool, wanted: list[tuple[str, int, str]]
) -> dict[str, Any]:
    state, now = gateway.state, gateway.now()
    with state.transaction():
        state.run(
            "insert into sharings (order_id, out_order_no, sharing_id, content, is_unfreezing, created_at, settles_at)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            order["id"], number, gateway.sharing_id(), content, is_unfreezing, now, now + gateway.knobs.sharing.delay,
        )  # fmt: skip
        sharing = state.the("select * from sharings where out_order_no = ?", number)
        for account, fen, description in wanted:
            state.run(
                "insert into shares (sharing_id, account, amount_fen, description, result, detail_id) values (?, ?, ?, ?, 'PENDING', ?)",
                sharing["id"], account, fen, description, gateway.sharing_id(),
            )  # fmt: skip
    gateway.ring()
    return describe(gateway, sharing)


def _describe_return(gateway: Gateway, back: sqlite3.Row) -> dict[str, Any]:
    given = gateway.state.the("select * from shares where id = ?", back["share_id"])
    sharing = gateway.state.the("select * from sharings where id = ?", given["sharing_id"])
    return {
        "order_id": sharing["sharing_id"],
        "out_order_no": sharing["out_order_no"],
        "out_return_no": back["out_return_no"],
        "return_id": back["return_id"],
        "return_mchid": given["account"],
        "amount": back["amount_fen"],
        "description": back["description"],
        "result": back["result"],
        **({"fail_reason": "PAYER_ACCOUNT_ABNORMAL"} if back["result"] == "FAILED" else {}),
        "create_time": moment(back["created_at"]),
        "finish_time": moment(back["settled_at"] or back["created_at"]),
    }


def _known(gateway: Gateway, number: str, content: str) -> sqlite3.Row | None:
    known = gateway.state.one("select * from sharings where out_order_no = ?", number)
    if known is not None and known["content"] != content:
        raise Refusal(code="INVALID_REQUEST", message="分账单号重复，且请求参数与首次不一致", detail={"field": "/out_order_no"})
    return known


def _check_open(gateway: Gateway, order: sqlite3.Row) -> None:
    if not order["is_frozen"]:
        raise Refusal(code="INVALID_REQUEST", message="非分账订单不支持分账")
    if _is_finished(gateway, order):
        raise Refusal(code="INVALID_REQUEST", message="订单已完结分账")


def _is_finished(gateway: Gateway, order: sqlite3.Row) -> bool:
    return bool(gateway.state.number("select count(*) from sharings where order_id = ? and is_unfreezing", order["id"]))


def _left_fen(gateway: Gateway, order: sqlite3.Row) -> int:
    refunded = gateway.state.number("select sum(refund_fen) from refunds where order_id = ? and status != 'CLOSED'", order["id"])
    return int(order["total_fen"]) - refunded - out_fen(gateway, order)


def _given_fen(gateway: Gateway, order: sqlite3.Row) -> int:
    return gateway.state.number(
        "select sum(h.amount_fen) from shares h join sharings s on s.id = h.sharing_id where s.order_id = ? and h.result != 'CLOSED'",
        order["id"],
    )


def _order(gateway: Gateway, body: Fields) -> sqlite3.Row:
    order = gateway.state.one(
        "select o.* from orders o join payments p using (pr) where o.transaction_id = ? and o.sub_mchid = ? and p.trade_state = 'SUCCESS'",
        body.text("transaction_id", longest=32), _seller(body),
    )  # fmt: skip
    if order is None:
        raise Refusal(code="RESOURCE_NOT_EXISTS", message="订单不存在或未支付")
    return order


def _seller(body: Fields) -> str:
    return body.text("sub_mchid", longest=32)


def _wanted(part: Fields) -> tuple[str, int, str]:
    if part.text("type", longest=32) != "MERCHANT_ID":
        raise wrong_field(field=part.where("type"), issue="沙箱只支持MERCHANT_ID (only MERCHANT_ID)")
    return part.text("account", longest=64), part.fen("amount"), part.text("description", longest=80)


def _decrypted(gateway: Gateway, sealed: str) -> str:
    """A field that the merchant encrypted with the platform's public key (RSAES-OAEP, SHA-1, as WeChat's)."""
    key = cast("RSAPrivateKey", load_pem_private_key(gateway.keys.platform_private_key.encode(), None))
    try:
        return key.decrypt(base64.b64decode(sealed, validate=True), OAEP(MGF1(SHA1()), SHA1(), None)).decode()  # noqa: S303 - WeChat's
    except ValueError:
        raise wrong_field(field="/name", issue="敏感信息解密失败 (not encrypted with this platform's key)") from None
