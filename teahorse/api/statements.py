"""A seller's monthly statements: which there are, and each as a paper or a table."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import StringConstraints

from teahorse.api.capabilities import OrganisationToken
from teahorse.api.fields import file_described, pdf, private
from teahorse.common.refusals import NotThere
from teahorse.people.models import Organisation
from teahorse.settlement.paper import statement_pdf, statement_xlsx
from teahorse.settlement.papers import XLSX
from teahorse.settlement.rules import months_until
from teahorse.settlement.statement import StatementOfSeller, statement_of

router = Router(tags=["seller statements"], auth=OrganisationToken())
MonthName = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}$")]


class StatementMonth(Schema):
    """A month that can be told: from the one moment up to the other."""

    month: str
    starts_at: datetime
    ends_at: datetime


@router.get("/seller/statements", response=list[StatementMonth])
def list_statements(request: HttpRequest, response: HttpResponse) -> list[StatementMonth]:  # noqa: ARG001 - the same for every seller
    """Return the months that can be told, this one first; this month's grows until it ends."""
    private(response)
    return [StatementMonth(month=name, starts_at=start, ends_at=end) for name, start, end in months_until(timezone.localtime())]


@router.get("/seller/statements/{month}/paper", response={200: None}, openapi_extra=file_described("application/pdf"))
def show_statement_paper(request: HttpRequest, month: MonthName) -> HttpResponse:
    """Return a month's statement as a PDF."""
    told = _told(request, month)
    return pdf(statement_pdf(told, made_at=timezone.now()), name=f"{told.seller.key}-{month}")


@router.get("/seller/statements/{month}/table", response={200: None}, openapi_extra=file_described(XLSX))
def show_statement_table(request: HttpRequest, month: MonthName) -> HttpResponse:
    """Return a month's statement as a workbook."""
    return private(HttpResponse(statement_xlsx(_told(request, month)), content_type=XLSX))


def _told(request: HttpRequest, month: str) -> StatementOfSeller:
    seller: Organisation = request.auth  # type: ignore[attr-defined]  # ninja puts there what the token's check returned
    found = next((one for one in months_until(timezone.localtime()) if one[0] == month), None)
    if found is None or not seller.is_seller:
        raise NotThere(field="month")
    return statement_of(seller=seller, starts_at=found[1], ends_at=found[2])
