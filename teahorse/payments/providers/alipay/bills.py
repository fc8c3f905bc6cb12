"""Alipay's daily bill (``trade``): a zip with a CSV in GBK, a head and a foot of lines that begin with #, a tab behind each value."""

import csv
import io
import zipfile
from collections.abc import Iterator

from teahorse.payments.providers import BillRow
from teahorse.payments.providers.alipay.amounts import fen
from teahorse.payments.providers.alipay.messages import Unreadable, moment

KINDS = {"交易": "payment", "退款": "refund"}
SUMMARY = "汇总"
NAMES = ("支付宝交易号", "商户订单号", "业务类型", "完成时间", "订单金额（元）", "退款批次号/请求号", "服务费（元）")


def rows_of(packed: bytes, *, account_number: str) -> list[BillRow]:
    """
    Return the rows of a bill, amounts and Alipay's fees in fen; a refund's amount is positive, a fee given back negative.

    :raises Unreadable: if it is no such bill; a row that nobody understands is never left out.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            detailed = [entry for entry in archive.infolist() if entry.filename.endswith(".csv") and SUMMARY not in _name(entry)]
            if len(detailed) != 1:
                msg = f"a bill of {len(detailed)} files"
                raise Unreadable(msg)
            text = archive.read(detailed[0]).decode("gbk")
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        msg = f"no bill: {type(error).__name__}"
        raise Unreadable(msg) from error
    return [_row(values, account_number) for values in _lines(text)]


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a file's name; Alipay writes GBK where the standard's default is code page 437."""
    if entry.flag_bits & 0x800:
        return entry.filename
    return entry.filename.encode("cp437", "replace").decode("gbk", "replace")


def _lines(text: str) -> Iterator[dict[str, str]]:
    lines = csv.reader(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    head = [name.strip() for name in next(lines, [])]
    if missing := [name for name in NAMES if name not in head]:
        msg = f"a bill without {missing[0]}"
        raise Unreadable(msg)
    for values in lines:
        if len(values) < len(head):
            msg = f"a line of {len(values)} values instead of {len(head)}"
            raise Unreadable(msg)
        yield {name: value.strip() for name, value in zip(head, values, strict=False)}


def _row(values: dict[str, str], account_number: str) -> BillRow:
    kind = KINDS.get(values["业务类型"])
    if kind is None:
        msg = f"a line of the kind {values['业务类型'][:20]!r}"
        raise Unreadable(msg)
    try:
        amount_fen, kept_fen = fen(values["订单金额（元）"]), -fen(values["服务费（元）"])
    except ValueError as error:
        raise Unreadable(str(error)) from error
    refund_number = values["退款批次号/请求号"] if kind == "refund" else ""
    return BillRow(
        kind=kind,
        our_number=values["商户订单号"],
        refund_number=refund_number,
        # refunds have no number of Alipay's own, and one trade may be refunded several times a day
        provider_number=refund_number or values["支付宝交易号"],
        amount_fen=abs(amount_fen),
        fee_fen=kept_fen,
        occurred_at=moment(values["完成时间"]),
        account_number=account_number,
    )
