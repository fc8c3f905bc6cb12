"""
Papers of the demo region: who can issue invoices (companies and department stores; cooperatives sell what their households made),
an invoice that a buyer has asked for, and a dossier that a seller has signed. Both are made when the house runs.
"""

import hashlib
from datetime import datetime

from teahorse.demo.keys import key_of
from teahorse.demo.routes import staff_of
from teahorse.dossiers import actions as dossiers
from teahorse.invoices import actions as invoices
from teahorse.invoices.models import InvoiceIssuer
from teahorse.invoices.rules import TAX_SIGNS, check_sign
from teahorse.orders.models import SellerOrder
from teahorse.people import queries as people
from teahorse.people.models import Membership, Organisation, Person

REGISTERED = (Organisation.Kind.COMPANY, Organisation.Kind.DEPARTMENT_STORE)
BODY_LENGTH = 9
INVOICED, INVOICED_BY = "wine-for-shanghai", "buyer-shanghai"
BANK, PURPOSE = "演示银行 琼结县支行", "秋收流动资金贷款"


def load_issuers(*, now: datetime) -> None:
    """Register the demo's companies with invented tax numbers whose check character is right; who is registered stays as she is."""
    missing = Organisation.objects.filter(kind__in=REGISTERED).exclude(pk__in=InvoiceIssuer.objects.values("organisation"))
    for company in missing.select_related("area").order_by("key"):
        manager = Membership.objects.filter(people.lives(now), organisation=company).select_related("person").order_by("role", "pk").first()
        if manager is not None:
            invoices.register_issuer(
                organisation=company,
                name=company.name,
                tax_number=invented_tax_number(company),
                tax_rate="1",
                clerk=manager.person.name[:20] or company.name[:20],
                is_automatic=True,
                by=manager.person,
                now=now,
            )


def invented_tax_number(company: Organisation) -> str:
    """Return a unified social credit code that nobody has: of a company (91) at its county, the rest from its key."""
    digest = hashlib.sha256(company.key.encode()).digest()
    first = f"91{company.area.code[:6]}" + "".join(TAX_SIGNS[byte % len(TAX_SIGNS)] for byte in digest[:BODY_LENGTH])
    return first + check_sign(first)


def ask_for_papers(*, now: datetime) -> None:
    """Have a buyer ask for an invoice and the seller of these goods for a dossier; the workers make them."""
    order = SellerOrder.objects.select_related("group", "seller").get(group__idempotency_key=key_of("order", INVOICED))
    buyer = Person.objects.get(pk=key_of("person", INVOICED_BY))
    title = invoices.title_typed(kind="person", name=buyer.name)
    invoices.keep_title(person=buyer, title=title, now=now)
    invoices.request_invoice(order=order, title=title, person=buyer, now=now)
    signer = staff_of(order.seller)
    dossiers.ask_dossier(
        organisation=order.seller,
        by=signer,
        form_key=key_of("dossier", order.seller.key),
        months=6,
        days=30,
        bank_name=BANK,
        purpose=PURPOSE,
        signed_name=signer.name,
        is_agreed=True,
        now=now,
    )
