"""The sandbox as WeChat for sub-merchants: partner orders, sharing and its limits, returns, bills, keys that change."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from wechatpayv3 import WeChatPay, WeChatPayType

from sandbox import keys as key_store

from .conftest import Sandbox, wait_until
from .driving import SELLER, numbers, paid

FROZEN = {"profit_sharing": True}


@pytest.fixture
def partner(sandbox: Sandbox, client: WeChatPay) -> WeChatPay:
    """The same merchant, speaking for her sub-merchants."""
    keys = sandbox.keys
    made = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=keys["mchid"],
        private_key=keys["merchant_private_key"],
        cert_serial_no=keys["merchant_serial"],
        apiv3_key=keys["api_v3_key"],
        appid=keys["appid"],
        notify_url=client._notify_url,
        public_key=keys["platform_public_key"],
        public_key_id=keys["platform_key_id"],
        partner_mode=True,
        timeout=(3, 10),
    )
    made._core._gate_way = f"{sandbox.address}/wechatpay"
    return made


def sold(sandbox: Sandbox, partner: WeChatPay, *, fen: int = 10_000, settle_info: dict[str, Any] | None = FROZEN) -> dict[str, Any]:
    """A paid order that a sub-merchant collected."""
    number = next(numbers)
    status, answer = partner.pay(
        description="藏茶", out_trade_no=number, amount={"total": fen, "currency": "CNY"}, sub_mchid=SELLER, settle_info=settle_info
    )
    assert status == 200, answer
    sandbox.act(code_url=json.loads(answer)["code_url"], action="pay")
    return dict(json.loads(partner.query(out_trade_no=number, sub_mchid=SELLER)[1]))


def receiving(partner: WeChatPay, account: str) -> None:
    status, answer = partner.profitsharing_add_receiver("MERCHANT_ID", account, "PARTNER", name="驿站合作社", sub_mchid=SELLER)
    assert status == 200, answer


def share(partner: WeChatPay, order: dict[str, Any], *parts: tuple[str, int], number: str = "", is_last: bool = True) -> tuple[int, Any]:
    receivers = [{"type": "MERCHANT_ID", "account": account, "amount": fen, "description": "服务费"} for account, fen in parts]
    status, answer = partner.profitsharing_order(
        order["transaction_id"], number or next(numbers), receivers, unfreeze_unsplit=is_last, sub_mchid=SELLER
    )
    return status, json.loads(answer)


def finished(partner: WeChatPay, order: dict[str, Any], number: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def is_finished() -> bool:
        found.update(json.loads(partner.profitsharing_order_query(order["transaction_id"], number, sub_mchid=SELLER)[1]))
        return found["state"] == "FINISHED"

    wait_until(is_finished)
    return found


def test_an_order_of_a_sub_merchant_is_found_in_her_name_only(sandbox: Sandbox, client: WeChatPay, partner: WeChatPay) -> None:
    order = sold(sandbox, partner)

    assert (order["sp_mchid"], order["sub_mchid"], order["trade_state"]) == (sandbox.keys["mchid"], SELLER, "SUCCESS")
    assert "mchid" not in order
    assert client.query(out_trade_no=order["out_trade_no"])[0] == 404
    assert partner.query(out_trade_no=order["out_trade_no"], sub_mchid="1900100009")[0] == 404


@pytest.mark.parametrize(("fen", "code"), [(3000, ""), (3001, "RULE_LIMIT")], ids=["thirty percent", "a fen more"])
def test_thirty_percent_at_most_is_shared(sandbox: Sandbox, partner: WeChatPay, fen: int, code: str) -> None:
    order, account = sold(sandbox, partner), "1900200001"
    receiving(partner, account)

    status, answer = share(partner, order, (account, fen))

    assert (status, answer.get("code", "")) == (403 if code else 200, code)


def test_fifty_receivers_at_most_share(sandbox: Sandbox, partner: WeChatPay) -> None:
    order = sold(sandbox, partner)

    status, answer = share(partner, order, *((f"19003{place:05}", 1) for place in range(51)))

    assert (status, answer["code"], answer["detail"]["field"]) == (400, "PARAM_ERROR", "/receivers")


def test_what_is_not_paid_not_held_or_not_known_is_not_shared(sandbox: Sandbox, partner: WeChatPay) -> None:
    free, held = sold(sandbox, partner, settle_info=None), sold(sandbox, partner)
    receiving(partner, "1900200002")

    refusals = [
        share(partner, {"transaction_id": "4200000000"}, ("1900200002", 1)),
        share(partner, free, ("1900200002", 1)),
        share(partner, held, ("1900299999", 1)),
    ]

    assert [(status, answer["code"]) for status, answer in refusals] == [
        (404, "RESOURCE_NOT_EXISTS"),
        (400, "INVALID_REQUEST"),
        (400, "INVALID_REQUEST"),
    ]


def test_a_receivers_name_must_be_encrypted(sandbox: Sandbox, partner: WeChatPay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partner._core, "encrypt", lambda text: text)

    status, answer = partner.profitsharing_add_receiver("MERCHANT_ID", "1900200003", "PARTNER", name="plain", sub_mchid=SELLER)

    assert (status, json.loads(answer)["detail"]["field"]) == (400, "/name")


def test_the_same_sharing_is_one_and_after_the_last_there_is_no_other(sandbox: Sandbox, partner: WeChatPay) -> None:
    order, number = sold(sandbox, partner), next(numbers)
    receiving(partner, "1900200004")

    first, again = (share(partner, order, ("1900200004", 100), number=number) for _ in range(2))
    other = share(partner, order, ("1900200004", 101), number=number)
    later = share(partner, order, ("1900200004", 100))

    assert first[1]["order_id"] == again[1]["order_id"]
    assert [answer["code"] for _status, answer in (other, later)] == ["INVALID_REQUEST"] * 2
    assert [one["result"] for one in finished(partner, order, number)["receivers"]] == ["SUCCESS"]


def test_what_was_shared_is_refunded_after_it_came_back_and_not_before(sandbox: Sandbox, partner: WeChatPay) -> None:
    order, number = sold(sandbox, partner), next(numbers)
    receiving(partner, "1900200005")
    share(partner, order, ("1900200005", 1000), number=number)
    finished(partner, order, number)

    def refund(fen: int) -> tuple[int, dict[str, Any]]:
        status, answer = partner.refund(
            next(numbers), {"refund": fen, "total": 10_000, "currency": "CNY"}, out_trade_no=order["out_trade_no"], sub_mchid=SELLER
        )
        return status, json.loads(answer)

    def back(fen: int, out_return_no: str) -> tuple[int, dict[str, Any]]:
        status, answer = partner.profitsharing_return(out_return_no, "1900200005", fen, "退款", out_order_no=number, sub_mchid=SELLER)
        return status, json.loads(answer)

    early = refund(9_001)
    too_much, name = back(1001, next(numbers)), next(numbers)
    assert back(1000, name)[0] == 200
    wait_until(lambda: json.loads(partner.profitsharing_return_query(number, name, sub_mchid=SELLER)[1])["result"] == "SUCCESS")
    late = refund(10_000)

    assert (early[0], early[1]["code"]) == (403, "NOT_ENOUGH")
    assert (too_much[0], too_much[1]["code"]) == (400, "INVALID_REQUEST")
    assert (late[0], late[1]["status"]) == (200, "PROCESSING")


def test_a_bill_has_its_totals_and_the_hash_of_the_unpacked_file(sandbox: Sandbox, client: WeChatPay, partner: WeChatPay) -> None:
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    hers, ours = sold(sandbox, partner), paid(sandbox, client)
    too_early = client.trade_bill(day)
    sandbox.control(advance_seconds=86_400)

    promised = json.loads(client.trade_bill(day)[1])
    status, packed = client.download_bill(promised["download_url"])

    plain = gzip.decompress(packed)
    lines = plain.decode("utf-8-sig").splitlines()
    rows = [line.removeprefix("`").split(",`") for line in lines[1:-2]]
    assert (too_early[0], status) == (400, 200)
    assert hashlib.sha1(plain, usedforsecurity=False).hexdigest() == promised["hash_value"]
    assert {hers["out_trade_no"]: SELLER, ours: "0"}.items() <= {row[6]: row[3] for row in rows}.items()
    assert lines[-1].split(",")[0] == f"`{len(rows)}"
    assert client.trade_bill("2020-01-01")[0] == 400


def test_the_platforms_keys_change_and_the_merchants_stay(tmp_path: Path) -> None:
    old = key_store.ensure(tmp_path)

    new = key_store.rotate(tmp_path, old)

    assert key_store.ensure(tmp_path) == new
    assert (new.mchid, new.merchant_private_key, new.api_v3_key) == (old.mchid, old.merchant_private_key, old.api_v3_key)
    changed = ("platform_key_id", "platform_public_key", "platform_private_key", "platform_serial", "platform_certificate")
    assert all(getattr(new, name) != getattr(old, name) for name in changed)
