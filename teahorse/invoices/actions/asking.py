"""A buyer's side: her title book, and asking for an invoice."""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.invoices import queries
from teahorse.invoices.actions.adding import TitleWanted, add_to, ask_for
from teahorse.invoices.actions.tax_numbers import tax_number_typed
from teahorse.invoices.models import WAITING, InvoiceRequest, InvoiceTitle, State, TitleKind
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Person

LONGEST_NAME = 100
MOST_TITLES = 20


class NotAnIssuer(Refusal):
    """The seller sells what she made herself and is not registered; she gives receipts."""

    code = "not_an_issuer"
    sentence = _(
        "This seller sells what she grew or made herself and needs no registration, so she cannot issue invoices. You get a receipt."
    )


class NothingPaid(Refusal):
    """The order is not paid, or all of it went back."""

    code = "nothing_paid"
    sentence = _("Nothing stands paid for this order, so there is nothing to invoice.")


class InvoiceAsked(Refusal):
    """An invoice to another title is asked for, or issued, already."""

    code = "invoice_asked"
    sentence = _("For this order an invoice to “%(title)s” was asked for already.")


class BookFull(Refusal):
    """The title book has no room left."""

    code = "title_book_full"
    sentence = _("Your book holds %(most)d titles. Take one out first.")


def title_typed(*, kind: str, name: str, tax_number: str = "", email: str = "") -> TitleWanted:
    """
    Return a title as it is stored, however it was typed.

    :raises Malformed: with the field to mend: a missing name, a tax number whose check character does not fit, a broken address.
    """
    if kind not in TitleKind.values:
        raise Malformed(field="kind", reason=_("Choose whether the invoice is for a person or a company."))
    name, email = " ".join(name.split()), email.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Malformed(field="title_name", reason=_("Write to whom the invoice is made out."))
    number = ""
    if kind == TitleKind.COMPANY:
        number = tax_number_typed(tax_number)
    if email:
        try:
            validate_email(email)
        except ValidationError as fault:
            raise Malformed(field="email", reason=_("This is no e-mail address.")) from fault
    return TitleWanted(kind=kind, name=name, tax_number=number, email=email[:120])


@transaction.atomic
def keep_title(*, person: Person, title: TitleWanted, now: datetime) -> InvoiceTitle:
    """
    Write a title into a person's book; the same name and number again only moves it to the front.

    :raises BookFull: if there is no room.
    """
    Person.objects.select_for_update().get(pk=person.pk)  # so that two tabs together do not pass the limit
    known = InvoiceTitle.objects.filter(person=person, name=title.name, tax_number=title.tax_number).first()
    if known is None and InvoiceTitle.objects.filter(person=person).count() >= MOST_TITLES:
        raise BookFull(most=MOST_TITLES)
    kept, _is_new = InvoiceTitle.objects.update_or_create(
        person=person, name=title.name, tax_number=title.tax_number, defaults={"kind": title.kind, "email": title.email, "used_at": now}
    )
    return kept


def take_out_title(*, person: Person, title_id: UUID) -> None:
    """Take a title out of a person's book; invoices keep what they were made out to. Harmless twice."""
    InvoiceTitle.objects.filter(person=person, pk=title_id).delete()


@transaction.atomic
def request_invoice(*, order: SellerOrder, title: TitleWanted, person: Person | None, now: datetime) -> InvoiceRequest:
    """
    Ask for an invoice over what an order really cost its buyer; the same title twice is the same wish.

    The amount is what was paid and did not go back; the lines are frozen and add up to it. An automatic issuer's goes to
    the provider at once, another seller has three days to look. Asked again once it is issued, what was paid since and stands
    on no invoice is asked for besides.

    :raises NotAnIssuer: if the seller is not registered for tax.
    :raises NothingPaid: if nothing stands paid.
    :raises InvoiceAsked: if there is a living one to another title. Nothing is changed in any of these.
    """
    order = SellerOrder.objects.select_for_update().get(pk=order.pk)
    living = InvoiceRequest.objects.select_for_update(of=("self",)).filter(order=order, adds_to=None, state__in=(*WAITING, State.ISSUED))
    known = living.select_related("order").first()
    if known is not None:
        if (known.title_name, known.tax_number) != (title.name, title.tax_number):
            raise InvoiceAsked(title=known.title_name)
        add_to(known, now=now)
        return known
    issuer = queries.issuer_of(order.seller_id)
    if issuer is None:
        raise NotAnIssuer
    amount_fen = queries.to_invoice_fen(order) if order.state in queries.PAID else 0
    if amount_fen <= 0:
        raise NothingPaid
    return ask_for(order, issuer=issuer, title=title, amount_fen=amount_fen, person_id=person.pk if person else None, now=now)
