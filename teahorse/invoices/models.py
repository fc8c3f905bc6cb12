"""Titles, issuers, wishes for invoices and the red letters that take them back. What was asked for is frozen in the rows."""

from datetime import datetime

import pgtrigger
from django.db import models

from teahorse.common.models import CountyOwned, Keyed
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation, Person


class TitleKind(models.TextChoices):
    """To whom an invoice is made out."""

    PERSON = "person"
    COMPANY = "company"


A_COMPANY_HAS_A_NUMBER = models.Q(kind="person", tax_number="") | models.Q(kind="company", tax_number__regex="^[0-9A-HJ-NPQRTUWXY]{18}$")


class InvoiceTitle(Keyed):
    """An entry of a person's title book: to whom her invoices are made out."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=TitleKind.choices)
    name = models.CharField(max_length=100)
    tax_number = models.CharField(max_length=18, blank=True)
    email = models.EmailField(max_length=120, blank=True)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=A_COMPANY_HAS_A_NUMBER, name="a_company_in_the_book_has_a_tax_number"),
            models.UniqueConstraint(fields=["person", "name", "tax_number"], name="a_title_stands_once_in_a_book"),
        ]

    def __str__(self) -> str:
        return self.name


class InvoiceIssuer(CountyOwned):
    """
    A seller who is registered for tax and can issue invoices.

    A seller without such a row is one who sells what she grew or made herself and needs no registration (E-commerce Law,
    art. 10): her buyers are given receipts.
    """

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="+")
    name = models.CharField(max_length=100, help_text="as it is registered")
    tax_number = models.CharField(max_length=18)
    tax_rate = models.CharField(max_length=8, help_text="a key of rules.TAX_RATES")
    clerk = models.CharField(max_length=20, help_text="who stands on the invoice as the one who issued it")
    is_automatic = models.BooleanField(default=False, help_text="wishes are issued at once, without anybody of hers looking")
    is_active = models.BooleanField(default=True)
    changed_at = models.DateTimeField()
    changed_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(tax_number__regex="^[0-9A-HJ-NPQRTUWXY]{18}$"), name="an_issuer_has_a_tax_number"),
            models.CheckConstraint(
                condition=models.Q(tax_rate__in=("exempt", "1", "3", "6", "9", "13")), name="an_issuer_has_one_of_the_rates"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class State(models.TextChoices):
    """Where an invoice stands: ``requested -> sent -> issued | refused``."""

    REQUESTED = "requested"
    SENT = "sent"
    ISSUED = "issued"
    REFUSED = "refused"


WAITING = (State.REQUESTED, State.SENT)
STATES = [
    ("requested", "sent"),
    ("requested", "refused"),
    ("sent", "issued"),
    ("sent", "refused"),
]


class AtTheProvider(CountyOwned):
    """What an invoice and a red letter share: their way through the provider, by one number that is never another's."""

    our_number = models.CharField(max_length=40, unique=True, help_text="orderNo at Nuonuo; sending it twice makes one invoice")
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    amount_fen = models.BigIntegerField()
    requested_at = models.DateTimeField()
    deadline_at = models.DateTimeField(help_text="when whoever has to act is late")
    due_at = models.DateTimeField(help_text="when the provider is asked next")
    tries = models.SmallIntegerField(default=0)
    trouble = models.CharField(max_length=200, blank=True, help_text="what the provider said last, or why it was refused")
    number = models.CharField(max_length=40, blank=True, help_text="the invoice's own number, at the tax office")
    issued_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to act."""
        return self.state in WAITING

    def is_overdue(self, now: datetime) -> bool:
        """Whether whoever has to act is late."""
        return self.is_waiting and self.deadline_at <= now


class InvoiceRequest(AtTheProvider):
    """
    A wish for an invoice over one seller order: an ordinary electronic one, over what the buyer really paid.

    ``requested`` waits for the seller, ``sent`` for the provider; a refused one can be asked for anew, with a better title.
    What is paid for the order after its invoice was issued stands on an addition to it, over the difference alone.
    """

    order = models.ForeignKey(SellerOrder, models.DO_NOTHING, related_name="+", db_constraint=False)
    adds_to = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="additions",
        help_text="the issued invoice; nothing: it is the first",
    )
    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person_id = models.UUIDField(null=True, help_text="who asked; nobody for a guest")
    title_kind = models.CharField(max_length=8, choices=TitleKind.choices)
    title_name = models.CharField(max_length=100)
    tax_number = models.CharField(max_length=18, blank=True)
    email = models.EmailField(max_length=120, blank=True)
    lines = models.JSONField(help_text="name, form, quantity (0: a difference), amount_fen, tax_fen; they add up to the amount")
    tax_rate = models.CharField(max_length=8)
    issuer_name = models.CharField(max_length=100)
    issuer_tax_number = models.CharField(max_length=18)
    clerk = models.CharField(max_length=20)
    refused_by = models.CharField(max_length=8, blank=True, help_text="seller, provider or house")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(state__in=("requested", "sent", "issued"), adds_to=None),
                name="one_living_invoice_per_order",
            ),
            models.UniqueConstraint(
                fields=["adds_to"], condition=models.Q(state__in=("requested", "sent")), name="one_addition_to_an_invoice_at_a_time"
            ),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="an_invoice_is_over_something"),
            models.CheckConstraint(
                condition=models.Q(title_kind="person", tax_number="")
                | models.Q(title_kind="company", tax_number__regex="^[0-9A-HJ-NPQRTUWXY]{18}$"),
                name="an_invoice_to_a_company_has_its_tax_number",
            ),
            models.CheckConstraint(condition=~models.Q(state="issued") | ~models.Q(number=""), name="an_issued_invoice_has_a_number"),
        ]
        indexes = [
            models.Index(fields=["seller", "state", "deadline_at"], name="invoice_of_seller"),
            models.Index(fields=["due_at"], name="invoice_to_send", condition=models.Q(state="sent")),
            models.Index(fields=["adds_to"], name="addition_to_invoice", condition=models.Q(adds_to__isnull=False)),
        ]
        triggers = [
            pgtrigger.FSM(name="invoice_states", field="state", transitions=STATES),
            pgtrigger.Protect(name="an_invoice_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="an_invoice_stays_as_asked",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    if (new.order_id, new.adds_to_id, new.seller_id, new.our_number, new.title_kind, new.title_name, new.tax_number,
                        new.issuer_tax_number)
                        is distinct from
                        (old.order_id, old.adds_to_id, old.seller_id, old.our_number, old.title_kind, old.title_name, old.tax_number,
                        old.issuer_tax_number)
                        or (old.state <> 'requested' and (new.amount_fen, new.lines) is distinct from (old.amount_fen, old.lines))
                    then
                        raise check_violation using message = 'an invoice stays as it was asked for';
                    end if;
                    return new;
                """,
            ),
            pgtrigger.Trigger(
                name="lines_add_up_to_the_invoice",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    if new.amount_fen is distinct from (
                        select sum((line ->> 'amount_fen')::bigint) from jsonb_array_elements(new.lines) line
                    ) then
                        raise check_violation using message = 'the lines do not add up to the invoice';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.our_number} {self.state}"

    @property
    def owner(self) -> str:
        """Who has to act: ``seller``, ``house``; ``buyer`` where she may ask anew, nobody once it is issued."""
        return {State.REQUESTED: "seller", State.SENT: "house", State.REFUSED: "buyer"}.get(State(self.state), "")

    @property
    def tax_fen(self) -> int:
        """The tax that the amount holds."""
        return sum(int(line["tax_fen"]) for line in self.lines)


class RedInvoice(AtTheProvider):
    """A red-letter invoice: takes back, of an issued one, what went back to the buyer by one refund."""

    invoice = models.ForeignKey(InvoiceRequest, models.PROTECT, related_name="reds")
    refund_id = models.UUIDField(help_text="the refund for which it was made")
    tax_fen = models.BigIntegerField(help_text="the tax in the amount: its share of what was not taken back yet, so that all add up")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "refund_id"], name="one_red_letter_per_refund"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_red_letter_is_over_something"),
            models.CheckConstraint(
                condition=models.Q(tax_fen__gte=0, tax_fen__lte=models.F("amount_fen")), name="a_red_letter_holds_its_tax"
            ),
            models.CheckConstraint(condition=~models.Q(state="issued") | ~models.Q(number=""), name="an_issued_red_letter_has_a_number"),
        ]
        indexes = [models.Index(fields=["due_at"], name="red_letter_to_send", condition=models.Q(state__in=("requested", "sent")))]
        triggers = [
            pgtrigger.FSM(name="red_letter_states", field="state", transitions=[*STATES, ("refused", "requested")]),
            pgtrigger.ReadOnly(name="a_red_letter_stays_as_asked", fields=["invoice", "refund_id", "our_number", "amount_fen", "tax_fen"]),
            pgtrigger.Protect(name="a_red_letter_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="never_take_back_more_than_was_invoiced",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("blue", "bigint")],
                func="""
                    select amount_fen into blue from invoices_invoicerequest where id = new.invoice_id for update;
                    if new.amount_fen + (
                        select coalesce(sum(amount_fen), 0) from invoices_redinvoice where invoice_id = new.invoice_id
                    ) > blue then
                        raise check_violation using message = 'more would be taken back than was invoiced';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.our_number} {self.state}"

    @property
    def owner(self) -> str:
        """Who has to act; ``house`` also where the provider refused it: money is back, so the red letter must come."""
        return "" if self.state == State.ISSUED else "house"


class InvoicePaper(Keyed):
    """The document of an issued invoice or red letter, as the provider gave it; never changed."""

    subject_id = models.UUIDField(unique=True, help_text="the InvoiceRequest or RedInvoice")
    content = models.BinaryField()
    kept_at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="invoice_papers_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.subject_id)
