"""The daily bill: a zip of two GBK files, every value with a tab behind it, as Alipay's `trade` bill has them."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from datetime import UTC, datetime, timedelta

from sandbox.alipay.errors import Refusal
from sandbox.alipay.gateway import SHANGHAI, Gateway, moment, yuan

COLUMNS = [
    "支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "门店编号", "门店名称", "操作员", "终端号",
    "对方账户", "订单金额（元）", "商家实收（元）", "支付宝红包（元）", "集分宝（元）", "支付宝优惠（元）", "商家优惠（元）",
    "券核销金额（元）", "券名称", "商家红包消费金额（元）", "卡消费金额（元）", "退款批次号/请求号", "服务费（元）", "分润（元）", "备注",
]  # fmt: skip
RATE = (6, 1000)
"""Alipay's fee: 0.6 per cent, rounded half up to the fen; a refund gives its part back."""


def fee_fen(fen: int) -> int:
    """What Alipay keeps of a sum."""
    return (fen * RATE[0] * 2 + RATE[1]) // (RATE[1] * 2)


def check_day(gateway: Gateway, day: str) -> tuple[float, float]:
    """The seconds of a day that is over in Beijing. :raises Refusal: isp.bill_not_exist."""
    try:
        start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=SHANGHAI)
    except ValueError:
        raise Refusal(code="ACQ.INVALID_PARAMETER", message="参数有误：bill_date") from None
    if start + timedelta(days=1) > datetime.fromtimestamp(gateway.now(), UTC):
        raise Refusal(code="isp.bill_not_exist")
    return start.timestamp(), (start + timedelta(days=1)).timestamp()


def bill(gateway: Gateway, app_id: str, day: str) -> bytes:
    """The zip of a day. :raises Refusal: isp.bill_not_exist, where nothing happened on it."""
    since, until = check_day(gateway, day)
    paid = gateway.state.all(
        "select * from alipay_trades where app_id = ? and paid_at >= ? and paid_at < ? order by paid_at, id", app_id, since, until
    )
    back = gateway.state.all(
        "select r.*, t.trade_no, t.out_trade_no, t.subject from alipay_refunds r join alipay_trades t on t.id = r.trade"
        " where t.app_id = ? and r.settled_at >= ? and r.settled_at < ? order by r.settled_at, r.id",
        app_id, since, until,
    )  # fmt: skip
    if not (paid or back):
        raise Refusal(code="isp.bill_not_exist")
    rows = [_line(row, "交易", row["total_fen"], row["created_at"], row["paid_at"]) for row in paid]
    rows += [_line(row, "退款", -row["refund_fen"], row["created_at"], row["settled_at"], row["out_request_no"]) for row in back]
    account = gateway.apps[app_id].seller_id
    head = [
        "#支付宝业务明细查询",
        f"#账号：[{account}0156]",
        f"#起始日期：[{day} 00:00:00]   终止日期：[{day} 24:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        ",".join(COLUMNS),
    ]
    tail = [
        "#-----------------------------------------业务明细列表结束------------------------------------",
        f"#交易合计：{len(paid)}笔，商家实收共{yuan(sum(row['total_fen'] for row in paid))}元",
        f"#退款合计：{len(back)}笔，商家实收退款共{yuan(-sum(row['refund_fen'] for row in back))}元",
        f"#导出时间：[{moment(gateway.now())}]",
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        name = f"{account}0156_{day.replace('-', '')}_业务明细"
        archive.writestr(f"{name}.csv", "\r\n".join([*head, *rows, *tail, ""]).encode("gbk", "replace"))
        archive.writestr(f"{name}(汇总).csv", "#支付宝业务汇总查询\r\n".encode("gbk"))
    return packed.getvalue()


def _line(row: sqlite3.Row, kind: str, fen: int, created_at: float, done_at: float, request_no: str = "") -> str:
    fee = -fee_fen(fen) if fen > 0 else fee_fen(-fen)
    values = [
        row["trade_no"], row["out_trade_no"], kind, row["subject"].replace(",", " "), moment(created_at), moment(done_at), "", "", "", "",
        "pay***@sandbox.example", yuan(fen), yuan(fen), "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00", request_no,
        yuan(fee), "0.00", "",
    ]  # fmt: skip
    return ",".join(f"{value}\t" for value in values)
