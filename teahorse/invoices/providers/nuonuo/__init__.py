"""Invoices by a provider that speaks like Nuonuo's open platform: fully digital ordinary invoices (``pc``) and their red letters."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from teahorse.common.times import HOME
from teahorse.invoices.models import InvoiceRequest, RedInvoice
from teahorse.invoices.providers import Answer, ProviderRefuses, ProviderUnavailable
from teahorse.invoices.providers.nuonuo.client import Client, Said
from teahorse.invoices.providers.nuonuo.credentials import Credentials, NoCredentials, credentials
from teahorse.invoices.rules import TAX_RATES

CODE = "nuonuo"
BILLING = "nuonuo.OpeMplatform.requestBillingNew"
RESULT = "nuonuo.OpeMplatform.queryInvoiceResult"
LINE = "pc"
BLUE, RED = "1", "2"
TAKEN_ALREADY = "E9106"
"""The number was sent before: that invoice is asked for."""
UNKNOWN = "E9108"
BUSY = frozenset({"E9999", "070601", "070602"})
"""The platform's own trouble; the same call is tried again later."""
ISSUED, REFUSED = {"2"}, {"22", "24"}


class Told(msgspec.Struct, frozen=True, rename="camel"):
    """What ``queryInvoiceResult`` tells of an invoice, as far as it is read here."""

    order_no: str
    status: str
    status_msg: str = ""
    fail_cause: str = ""
    invoice_no: str = ""
    all_electronic_invoice_number: str = ""
    invoice_time: int = 0
    """Milliseconds."""
    order_amount: str = ""
    pdf_url: str = ""


class NuonuoProvider:
    """One account at the platform, by which every registered seller's invoices are issued."""

    code = CODE

    def __init__(self, client: Client) -> None:
        self.client = client

    def issue(self, invoice: InvoiceRequest) -> Answer:
        order = {
            **_head(invoice, our_number=invoice.our_number, at=invoice.requested_at),
            "invoiceType": BLUE,
            "invoiceDetail": [_line(line, tax_rate=invoice.tax_rate) for line in invoice.lines],
            **({"remark": f"补开差额，原发票号码 {invoice.adds_to.number}"} if invoice.adds_to else {}),
        }
        return self._send(invoice, order)

    def query(self, invoice: InvoiceRequest) -> Answer:
        return self._result(invoice, our_number=invoice.our_number, amount_fen=invoice.amount_fen)

    def red_issue(self, red: RedInvoice, *, invoice: InvoiceRequest) -> Answer:
        order = {
            **_head(invoice, our_number=red.our_number, at=red.requested_at),
            "invoiceType": RED,
            "invoiceNum": invoice.number,
            "redReason": "1",  # goods came back, or part of the money
            "invoiceDetail": [_red_line(red, invoice)],
        }
        return self._send(invoice, order)

    def query_red(self, red: RedInvoice, *, invoice: InvoiceRequest) -> Answer:
        return self._result(invoice, our_number=red.our_number, amount_fen=-red.amount_fen)

    def _send(self, invoice: InvoiceRequest, order: dict[str, Any]) -> Answer:
        said = self.client.ask(method=BILLING, content={"order": order}, tax_number=invoice.issuer_tax_number)
        if said.is_good or said.code == TAKEN_ALREADY:
            return Answer()
        raise _refuses(said)

    def _result(self, invoice: InvoiceRequest, *, our_number: str, amount_fen: int) -> Answer:
        content = {"orderNos": [our_number], "isOfferInvoiceDetail": "0"}
        said = self.client.ask(method=RESULT, content=content, tax_number=invoice.issuer_tax_number)
        if said.code == UNKNOWN or (said.is_good and not said.result):
            return Answer(is_unknown=True)
        if not said.is_good:
            raise _refuses(said)
        try:
            told = msgspec.convert(said.result, list[Told])[0]
        except msgspec.ValidationError as error:
            raise ProviderUnavailable(trouble=f"it answered in another form: {error}") from error
        if told.order_no != our_number:
            raise ProviderUnavailable(trouble="it answered for another invoice")
        if told.status in REFUSED:
            return Answer(state="refused", trouble=told.fail_cause or told.status_msg or told.status)
        if told.status not in ISSUED:
            return Answer(trouble=told.status_msg)
        number = told.all_electronic_invoice_number or told.invoice_no
        if not number or told.order_amount != _yuan(amount_fen):
            raise ProviderUnavailable(trouble=f"it issued {told.order_amount or 'nothing'} instead of {_yuan(amount_fen)}")
        return Answer(
            state="issued",
            number=number,
            issued_at=datetime.fromtimestamp(told.invoice_time / 1000, HOME),
            document=self.client.fetch(told.pdf_url),
        )


def _head(invoice: InvoiceRequest, *, our_number: str, at: datetime) -> dict[str, Any]:
    return {
        "orderNo": our_number,
        "invoiceDate": f"{at.astimezone(HOME):%Y-%m-%d %H:%M:%S}",
        "invoiceLine": LINE,
        "salerTaxNum": invoice.issuer_tax_number,
        "clerk": invoice.clerk,
        "buyerName": invoice.title_name,
        "buyerTaxNum": invoice.tax_number,
        "email": invoice.email,
        "pushMode": "0" if invoice.email else "-1",
    }


def _line(line: dict[str, Any], *, tax_rate: str) -> dict[str, str]:
    amount_fen, tax_fen = int(line["amount_fen"]), int(line["tax_fen"])
    return {
        "goodsName": str(line["name"])[:90],
        "specType": str(line["form"])[:40],
        **({"num": str(line["quantity"])} if line["quantity"] else {}),
        "withTaxFlag": "1",
        **_rate(tax_rate),
        "tax": _yuan(tax_fen),
        "taxIncludedAmount": _yuan(amount_fen),
        "taxExcludedAmount": _yuan(amount_fen - tax_fen),
    }


def _red_line(red: RedInvoice, invoice: InvoiceRequest) -> dict[str, str]:
    """A red letter over a sum is one line with the tax in it; it has no quantity."""
    return {
        "goodsName": str(invoice.lines[0]["name"])[:90],
        "withTaxFlag": "1",
        **_rate(invoice.tax_rate),
        "tax": _yuan(-red.tax_fen),
        "taxIncludedAmount": _yuan(-red.amount_fen),
        "taxExcludedAmount": _yuan(red.tax_fen - red.amount_fen),
    }


def _rate(tax_rate: str) -> dict[str, str]:
    if tax_rate == "exempt":
        return {"taxRate": "0", "zeroRateFlag": "1", "favouredPolicyFlag": "01", "favouredPolicyName": "免税"}
    return {"taxRate": f"0.{TAX_RATES[tax_rate]:02d}", "favouredPolicyFlag": "0"}


def _yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _refuses(said: Said) -> Exception:
    if said.code in BUSY:
        return ProviderUnavailable(trouble=f"{said.code} {said.describe}")
    return ProviderRefuses(reason=said.describe or said.code)


def provider() -> NuonuoProvider:
    """
    Return the platform with the account that is set up here.

    :raises ProviderUnavailable: if none is.
    """
    try:
        return _provider(credentials())
    except NoCredentials as missing:
        raise ProviderUnavailable(trouble=f"not set up: {missing}") from missing


@lru_cache(maxsize=4)
def _provider(keys: Credentials) -> NuonuoProvider:
    return NuonuoProvider(Client(keys))
