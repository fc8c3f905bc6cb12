"""Writing a wish for an invoice down, and another one over what was paid after the first was issued."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from teahorse.common.ids import new_id
from teahorse.invoices import queries
from teahorse.invoices.actions.issuing import begin_sending
from teahorse.invoices.models import WAITING, InvoiceIssuer, InvoiceRequest, State
from teahorse.invoices.rules import SELLER_HAS, lines_of
from teahorse.orders.models import BalanceDue, SellerOrder

LOOKS_BACK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class TitleWanted:
    """To whom an invoice is made out; checked by :func:`title_typed`."""

    kind: str
    name: str
    tax_number: str = ""
    email: str = ""


def ask_for(
    order: SellerOrder,
    *,
    issuer: InvoiceIssuer,
    title: TitleWanted,
    amount_fen: int,
    person_id: UUID | None,
    now: datetime,
    adds_to: InvoiceRequest | None = None,
) -> InvoiceRequest:
    """Write a wish for an invoice down; an automatic issuer's goes to the provider. The order's or the first invoice's row is held."""
    key = new_id()
    lines = lines_of(queries.to_charge(order), amount_fen=amount_fen, tax_rate=issuer.tax_rate)
    asked = InvoiceRequest.objects.create(
        pk=key,
        county_id=order.county_id,
        order=order,
        adds_to=adds_to,
        seller_id=order.seller_id,
        our_number=key.hex,
        amount_fen=amount_fen,
        lines=[asdict(line) for line in lines],
        person_id=person_id,
        title_kind=title.kind,
        title_name=title.name,
        tax_number=title.tax_number,
        email=title.email,
        tax_rate=issuer.tax_rate,
        issuer_name=issuer.name,
        issuer_tax_number=issuer.tax_number,
        clerk=issuer.clerk,
        requested_at=now,
        deadline_at=now + SELLER_HAS,
        due_at=now,
    )
    if issuer.is_automatic:
        begin_sending(asked, now=now)
    return asked


@transaction.atomic
def add_what_was_paid(*, balance_ids: Iterable[UUID], now: datetime) -> list[InvoiceRequest]:
    """
    Ask for additions to invoices that were issued before something more was paid for their orders; harmless twice.

    One that is not issued yet takes it in when it is sent, or is looked at when it is issued.
    """
    orders = BalanceDue.objects.filter(pk__in=list(balance_ids), state=BalanceDue.State.PAID).values("order_id")
    issued = InvoiceRequest.objects.select_for_update(of=("self",)).filter(order__in=orders, adds_to=None, state=State.ISSUED)
    made = [add_to(invoice, now=now) for invoice in issued.select_related("order").order_by("pk")]
    return [one for one in made if one is not None]


def add_to(invoice: InvoiceRequest, *, now: datetime) -> InvoiceRequest | None:
    """
    Ask, besides an issued invoice whose row is held, for one to the same title over what was paid and stands on none.

    Nothing where nothing is missing, or an addition is being made already: it is looked at again when that is issued.
    """
    issuer = queries.issuer_of(invoice.seller_id)
    if issuer is None or invoice.state != State.ISSUED or queries.additions_to(invoice).filter(state__in=WAITING).exists():
        return None
    amount_fen = queries.to_invoice_fen(invoice.order)
    if amount_fen <= 0:
        return None
    title = TitleWanted(kind=invoice.title_kind, name=invoice.title_name, tax_number=invoice.tax_number, email=invoice.email)
    return ask_for(invoice.order, issuer=issuer, title=title, amount_fen=amount_fen, person_id=invoice.person_id, now=now, adds_to=invoice)


def add_forgotten(*, now: datetime) -> int:
    """Ask for the additions of what was paid in the last days and whose reaction did not come through; return how many were made."""
    late = BalanceDue.objects.filter(state=BalanceDue.State.PAID, settled_at__range=(now - LOOKS_BACK, now - timedelta(minutes=5)))
    issued = InvoiceRequest.objects.filter(
        order=OuterRef("order"), adds_to=None, state=State.ISSUED, requested_at__lte=OuterRef("settled_at")
    )
    added = InvoiceRequest.objects.filter(order=OuterRef("order"), adds_to__isnull=False, requested_at__gte=OuterRef("settled_at"))
    found = late.filter(Exists(issued), ~Exists(added)).order_by("settled_at", "pk").values_list("pk", flat=True)
    return len(add_what_was_paid(balance_ids=list(found), now=now))
