"""Who of the demo region can issue invoices: companies and department stores; cooperatives sell what their households made."""

import hashlib
from datetime import datetime

from teahorse.invoices import actions as invoices
from teahorse.invoices.models import InvoiceIssuer
from teahorse.invoices.rules import TAX_SIGNS, check_sign
from teahorse.people import queries as people
from teahorse.people.models import Membership, Organisation

REGISTERED = (Organisation.Kind.COMPANY, Organisation.Kind.DEPARTMENT_STORE)
BODY_LENGTH = 9


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
