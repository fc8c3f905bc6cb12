"""A buyer's invoices, opened by her order's access token: asking for a fapiao, reading it with all that belongs to it, its papers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field, StringConstraints

from teahorse.api.capabilities import OrderLink, OrderToken
from teahorse.api.fields import NO_NUL, Asked, Named, choice, file_described, named, pdf, private
from teahorse.api.showing import buyers_group, buyers_part
from teahorse.common.refusals import NotThere
from teahorse.invoices import actions, queries
from teahorse.invoices.models import InvoiceRequest, RedInvoice, State, TitleKind
from teahorse.invoices.receipt import NotPaid, receipt_pdf
from teahorse.orders.models import SellerOrder

router = Router(tags=["invoices"])
READ, WRITE = [OrderToken(), OrderLink()], OrderToken()
Kind = Annotated[str, choice(*TitleKind.values)]
Standing = Annotated[str, choice(*State.values)]


class InvoiceLineShown(Schema):
    """A line of an invoice; the amount holds the tax."""

    name: str
    form: str
    quantity: int = Field(description="0: a difference of the price")
    amount_fen: int
    tax_fen: int


class PaperShown(Schema):
    """What an invoice and a red letter share: where it stands, and its number at the tax office."""

    id: UUID
    state: Standing
    amount_fen: int
    tax_fen: int
    number: str
    requested_at: datetime
    issued_at: datetime | None
    trouble: str = Field(description="why it was refused, or what the tax office said last")
    has_paper: bool


class RedLetterShown(PaperShown):
    """What an invoice is taken back by after money went back."""


class AdditionShown(PaperShown):
    """An invoice over what was paid after the first was issued."""

    lines: list[InvoiceLineShown]
    red_letters: list[RedLetterShown]


class InvoiceShown(AdditionShown):
    """An invoice with its red letters and what was added to it."""

    seller_order_id: UUID
    kind: Kind
    title_name: str
    tax_number: str
    email: str
    issuer_name: str
    issuer_tax_number: str
    deadline_at: datetime
    additions: list[AdditionShown]


class PartToInvoice(Schema):
    """One seller's part of an order: whether she issues invoices, what could be asked for now, and what was."""

    seller_order_id: UUID
    number: str
    seller: Named
    can_issue: bool = Field(description="false: she sells what she grew or made herself; there is a receipt")
    to_invoice_fen: int = Field(description="what is paid, was kept, and stands on no invoice")
    invoice: InvoiceShown | None


class InvoiceAsked(Asked):
    """For which part an invoice is asked, and to whom it is made out; a company has its tax number."""

    seller_order_id: UUID
    kind: TitleKind
    title_name: Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)]
    tax_number: Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)] = ""
    email: Annotated[str, StringConstraints(max_length=120, pattern=NO_NUL)] = ""


@router.get("/orders/{order_id}/invoices", response=list[PartToInvoice], auth=READ)
def list_invoices(request: HttpRequest, response: HttpResponse, order_id: UUID) -> list[PartToInvoice]:
    """Return for each seller's part of an order what can be invoiced, and its invoice."""
    group = buyers_group(request, order_id)
    private(response)
    return [_part(order) for order in SellerOrder.objects.filter(group=group).select_related("seller").order_by("pk")]


@router.post("/orders/{order_id}/invoices", response={201: InvoiceShown, 200: InvoiceShown}, auth=WRITE)
def ask_invoice(request: HttpRequest, response: HttpResponse, order_id: UUID, asked: InvoiceAsked) -> Status[InvoiceShown]:
    """Ask for an invoice (201); the same title again is the same wish (200), and asks for what was paid since it was issued."""
    order, now = buyers_part(request, order_id, asked.seller_order_id), timezone.now()
    title = actions.title_typed(kind=asked.kind, name=asked.title_name, tax_number=asked.tax_number, email=asked.email)
    wish = actions.request_invoice(order=order, title=title, person=None, now=now)
    private(response)
    return Status(201 if wish.requested_at == now else 200, _invoice(wish))


@router.get("/orders/{order_id}/invoices/{invoice_id}", response=InvoiceShown, auth=READ)
def show_invoice(request: HttpRequest, response: HttpResponse, order_id: UUID, invoice_id: UUID) -> InvoiceShown:
    """Return an invoice with its red letters and additions."""
    private(response)
    return _invoice(_asked(request, order_id, invoice_id))


@router.get(
    "/orders/{order_id}/invoices/{invoice_id}/paper", response={200: None}, auth=READ, openapi_extra=file_described("application/pdf")
)
def show_invoice_paper(
    request: HttpRequest,
    order_id: UUID,
    invoice_id: UUID,
    other: Annotated[UUID | None, Field(description="the key of an addition or a red letter of it")] = None,
) -> HttpResponse:
    """Return the document of an issued invoice, of an addition to it, or of a red letter."""
    found = queries.document_of(_asked(request, order_id, invoice_id), other=str(other or ""))
    if found is None:
        raise NotThere(field="other" if other else "invoice_id")
    number, document = found
    return pdf(document, name=f"fapiao-{number}")


@router.get(
    "/orders/{order_id}/receipts/{seller_order_id}", response={200: None}, auth=READ, openapi_extra=file_described("application/pdf")
)
def show_receipt(request: HttpRequest, order_id: UUID, seller_order_id: UUID) -> HttpResponse:
    """Return the receipt of a paid part, which needs nobody's registration."""
    order = buyers_part(request, order_id, seller_order_id)
    try:
        return pdf(receipt_pdf(order, now=timezone.now()), name=f"receipt-{order.number}")
    except NotPaid as nothing:
        raise NotThere(field="seller_order_id") from nothing


def _asked(request: HttpRequest, order_id: UUID, invoice_id: UUID) -> InvoiceRequest:
    group = buyers_group(request, order_id)
    found = InvoiceRequest.objects.filter(pk=invoice_id, order__group=group, adds_to=None).first()
    if found is None:
        raise NotThere(field="invoice_id")
    return found


def _part(order: SellerOrder) -> PartToInvoice:
    asked, can_issue = queries.invoice_of(order.pk), queries.issuer_of(order.seller_id) is not None
    return PartToInvoice(
        seller_order_id=order.pk,
        number=order.number,
        seller=named(order.seller),
        can_issue=can_issue,
        to_invoice_fen=max(0, queries.to_invoice_fen(order)) if can_issue and order.state in queries.PAID else 0,
        invoice=_invoice(asked) if asked else None,
    )


def _invoice(asked: InvoiceRequest) -> InvoiceShown:
    additions = list(queries.additions_to(asked))
    reds = {one.pk: list(queries.reds_of(one)) for one in (asked, *additions)}
    there = queries.papers_there([*reds, *(red.pk for some in reds.values() for red in some)])
    return InvoiceShown(
        **dict(_blue(asked, reds[asked.pk], there)),
        seller_order_id=asked.order_id,
        kind=asked.title_kind,
        title_name=asked.title_name,
        tax_number=asked.tax_number,
        email=asked.email,
        issuer_name=asked.issuer_name,
        issuer_tax_number=asked.issuer_tax_number,
        deadline_at=asked.deadline_at,
        additions=[_blue(one, reds[one.pk], there) for one in additions],
    )


def _blue(one: InvoiceRequest, reds: list[RedInvoice], there: set[UUID]) -> AdditionShown:
    return AdditionShown(
        **dict(_paper(one, there)),
        lines=[InvoiceLineShown(**line) for line in one.lines],
        red_letters=[RedLetterShown(**dict(_paper(red, there))) for red in reds],
    )


def _paper(one: InvoiceRequest | RedInvoice, there: set[UUID]) -> PaperShown:
    return PaperShown(
        id=one.pk,
        state=one.state,
        amount_fen=one.amount_fen,
        tax_fen=one.tax_fen,
        number=one.number,
        requested_at=one.requested_at,
        issued_at=one.issued_at,
        trouble=one.trouble,
        has_paper=one.pk in there,
    )
