"""Questions about invoices; nothing is changed."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Sum, Value, When

from teahorse.invoices import rules
from teahorse.invoices.models import WAITING, InvoiceIssuer, InvoicePaper, InvoiceRequest, InvoiceTitle, RedInvoice, State
from teahorse.invoices.rules import Charged
from teahorse.orders import owing
from teahorse.orders.models import BalanceDue, OrderLine, SellerOrder
from teahorse.payments.models import Payment, PaymentSplit, Refund
from teahorse.people.models import Organisation, Person

PAID = (SellerOrder.State.PAID, SellerOrder.State.PREPARING, SellerOrder.State.CLOSED)
FREIGHT = "运费"
BASE_LANGUAGE = "zh-hans"


def issuer_of(seller_id: UUID) -> InvoiceIssuer | None:
    """Return how a seller is registered for tax; nothing for one who is not, and gives receipts."""
    return InvoiceIssuer.objects.filter(organisation=seller_id, is_active=True).first()


def titles_of(person: Person) -> QuerySet[InvoiceTitle]:
    """Return a person's title book, what she used last first."""
    return InvoiceTitle.objects.filter(person=person).order_by("-used_at", "pk")


def invoice_of(order_id: UUID) -> InvoiceRequest | None:
    """Return the living invoice of an order, else the last one that was refused; what adds to it says :func:`additions_to`."""
    living = Case(When(state=State.REFUSED, then=Value(1)), default=Value(0), output_field=IntegerField())
    return InvoiceRequest.objects.filter(order=order_id, adds_to=None).order_by(living, "-requested_at", "-pk").first()


def additions_to(invoice: InvoiceRequest) -> QuerySet[InvoiceRequest]:
    """Return what was asked for besides an issued invoice because more was paid, the first one first."""
    return InvoiceRequest.objects.filter(adds_to=invoice).order_by("requested_at", "pk")


def reds_of(invoice: InvoiceRequest) -> QuerySet[RedInvoice]:
    """Return the red letters of an invoice, the first one first."""
    return RedInvoice.objects.filter(invoice=invoice).order_by("requested_at", "pk")


def invoices_of_seller(seller: Organisation) -> QuerySet[InvoiceRequest]:
    """Return the wishes that were made to a seller: those that wait first, by deadline, then the newest."""
    waits = Case(When(state=State.REQUESTED, then=Value(0)), When(state=State.SENT, then=Value(1)), default=Value(2))
    found = InvoiceRequest.objects.filter(seller=seller).select_related("order").prefetch_related("reds")
    return found.annotate(waits=waits).order_by("waits", "deadline_at", "pk")


def overdue_invoices(sellers: QuerySet[Organisation], *, now: datetime) -> QuerySet[InvoiceRequest]:
    """Return the invoices of some sellers that somebody lets wait for too long, the longest first; ``owner`` says who."""
    late = InvoiceRequest.objects.filter(seller__in=sellers.values("pk"), state__in=WAITING, deadline_at__lte=now)
    return late.select_related("seller", "order").order_by("deadline_at", "pk")


def overdue_reds(sellers: QuerySet[Organisation], *, now: datetime) -> QuerySet[RedInvoice]:
    """Return the red letters of some sellers that should be there and are not: refused, or late, the longest first."""
    is_late = Q(state=State.REFUSED) | Q(state__in=WAITING, deadline_at__lte=now)
    late = RedInvoice.objects.filter(is_late, invoice__seller__in=sellers.values("pk"))
    return late.select_related("invoice__seller", "invoice__order").order_by("deadline_at", "pk")


def paper_of(subject_id: UUID) -> bytes | None:
    """Return the document of an issued invoice or red letter."""
    paper = InvoicePaper.objects.filter(subject_id=subject_id).first()
    return bytes(paper.content) if paper else None


def document_of(asked: InvoiceRequest, *, other: str = "") -> tuple[str, bytes] | None:
    """Return the number and the document of an invoice, or by its key of another paper of it: an addition, a red letter of either."""
    subject: InvoiceRequest | RedInvoice | None = asked
    if other:
        blue = [asked, *additions_to(asked)]
        papers: list[InvoiceRequest | RedInvoice] = [*blue, *(red for one in blue for red in reds_of(one))]
        subject = next((one for one in papers if str(one.pk) == other), None)
    document = paper_of(subject.pk) if subject else None
    return (subject.number, document) if subject and document else None


def papers_there(subject_ids: Iterable[UUID]) -> set[UUID]:
    """Return of which invoices the document is here."""
    return set(InvoicePaper.objects.filter(subject_id__in=list(subject_ids)).values_list("subject_id", flat=True))


def paid_parts(order: SellerOrder) -> list[PaymentSplit]:
    """Return the parts of payments that paid an order, the first one first: its own, and those of what was owed for it besides."""
    parts = PaymentSplit.objects.filter(reference=order.pk).select_related("payment")
    first = parts.filter(payment__reference=order.group_id, payment__state__in=Payment.TAKEN)
    if order.paid_by_id is not None:
        first = first.filter(payment=order.paid_by_id)
    owed = BalanceDue.objects.filter(order=order, state=BalanceDue.State.PAID)
    more = parts.filter(payment__in=owed.values("paid_by_id"))
    return [*first.order_by("payment__attempt", "pk")[:1], *more.order_by("payment__created_at", "pk")]


def kept_fen(parts: Iterable[PaymentSplit], *, is_all_that_arrived: bool = False) -> int:
    """
    Return what of some parts of payments did not go back.

    A refund on its way counts as gone; with ``is_all_that_arrived`` only those count that have reached the payer.
    """
    paid = list(parts)
    gone = Refund.objects.filter(split__in=paid)
    gone = gone.filter(state=Refund.State.SUCCEEDED) if is_all_that_arrived else gone.exclude(state=Refund.State.FAILED)
    return sum(part.amount_fen for part in paid) - int(gone.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def charged_in(order: SellerOrder) -> list[Charged]:
    """Return what an order charged for in the end: its lines under their Chinese names, and freight."""
    lines = list(OrderLine.objects.filter(order=order).select_related("weighing").order_by("position"))
    cost_fen = owing.settled_fen(lines)
    goods = [
        Charged(
            name=_named(line.titles, "title") or "商品",
            form=_named(line.titles, "variant"),
            quantity=line.quantity,
            amount_fen=cost_fen[line.pk],
        )
        for line in lines
    ]
    freight = [Charged(name=FREIGHT, form="", quantity=1, amount_fen=order.freight_fen)] if order.freight_fen else []
    return goods + freight


def to_invoice_fen(order: SellerOrder, *, beside: UUID | None = None) -> int:
    """
    Return what an order's buyer paid and kept that stands on no invoice yet; below nothing where red letters are still to come.

    What is asked for and not decided counts as invoiced, ``beside`` the one that is being made.
    """
    return kept_fen(paid_parts(order)) - sum(standing_fen(one) for one in _living(order, beside))


def _living(order: SellerOrder, beside: UUID | None) -> QuerySet[InvoiceRequest]:
    living = InvoiceRequest.objects.filter(order=order, state__in=(*WAITING, State.ISSUED))
    return living if beside is None else living.exclude(pk=beside)


def missing_fen(invoice: InvoiceRequest) -> int:
    """Return what was paid after an invoice was issued, stands on none, and is asked for by nobody."""
    return max(0, to_invoice_fen(invoice.order)) if invoice.state == State.ISSUED else 0


def to_charge(order: SellerOrder, *, beside: UUID | None = None) -> list[Charged]:
    """Return what the lines of an order's next invoice are made of: all that was charged, or what no living invoice says."""
    charged = charged_in(order)
    lines = [line for one in _living(order, beside) for line in one.lines]
    if not lines:
        return charged
    left = rules.not_invoiced(charged, lines)
    return left if any(one.amount_fen for one in left) else charged


def _named(titles: dict[str, dict[str, str]], field: str) -> str:
    texts = titles.get(field) or {}
    return texts.get(BASE_LANGUAGE) or next(iter(texts.values()), "")


def standing_fen(invoice: InvoiceRequest) -> int:
    """Return what stands invoiced: the invoice less its red letters, those on their way too."""
    return standing_with_tax(invoice)[0]


def standing_with_tax(invoice: InvoiceRequest) -> tuple[int, int]:
    """Return what stands invoiced, and the tax in it."""
    back = RedInvoice.objects.filter(invoice=invoice).aggregate(fen=Sum("amount_fen"), tax_fen=Sum("tax_fen"))
    return invoice.amount_fen - int(back["fen"] or 0), invoice.tax_fen - int(back["tax_fen"] or 0)
