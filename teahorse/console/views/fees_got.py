"""What an organisation gets of others' sales: which fee of which order, what of it is collected, and when it was paid."""

from collections.abc import Mapping
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.views.money import as_file, fact_name, fee_name, month_asked, month_wanted
from teahorse.ledger.models import Posting
from teahorse.people.models import Organisation, Right
from teahorse.settlement import queries
from teahorse.settlement.fees_statement import StatementOfFees, statement_of_fees
from teahorse.settlement.models import FeeLine, Sale
from teahorse.settlement.paper import statement_pdf, statement_xlsx
from teahorse.settlement.papers import XLSX
from teahorse.settlement.rules import Month, months_until
from teahorse.settlement.statement import frozen_fees

ON_A_PAGE = 50
PAYOUTS = 12


_to_who_serves = acts(Right.TAKE_CASH, kinds=Organisation.GETTING_FEES)
"""Centres, stations and points get fees of others' sales."""
_to_sellers = acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
"""So does a seller who runs a pickup point."""


def _shown(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what fees of a month's orders came, and what is still to come of them."""
    organisation, side = acting.organisation, "sellers_" if acting.organisation.is_seller else ""
    months = months_until(acting.now)
    chosen, starts_at, ends_at = month_wanted(request, months) or months[0]
    moved = queries.fee_postings_of(organisation.pk).filter(occurred_at__gte=starts_at, occurred_at__lt=ends_at)
    shown = Paginator(moved, ON_A_PAGE).get_page(request.GET.get("page"))
    sales = queries.sales_of_entries(one.entry for one in shown)
    frozen = frozen_fees(sale.pk for sale in sales.values())
    context = {
        "months": [(name, name) for name, *_ in months],
        "chosen": chosen,
        "statement_url": reverse(f"console:{side}fees_statement", kwargs={"org": organisation.key}),
        "table_url": reverse(f"console:{side}fees_table", kwargs={"org": organisation.key}),
        "got": next(iter(queries.fees_to_collect([organisation.pk])), None),
        "standing": queries.standing_of_seller(organisation.pk),
        "shown": shown,
        "rows": [_row(one, sales.get(one.entry_id), frozen) for one in shown],
        "payouts": list(queries.payouts_of([organisation.pk])[:PAYOUTS]),
        "may_tell_account": Right.MANAGE_MEMBERS in acting.rights,
    }
    return page(request, acting, "fees_got.html", context)


def _row(one: Posting, sale: Sale | None, frozen: Mapping[tuple[UUID | None, str], FeeLine]) -> Context:
    kind = one.account.purpose.removeprefix("fees:")
    line = frozen.get((sale.pk, kind)) if sale else None
    return {
        "at": one.occurred_at,
        "what": fact_name(one.entry.kind),
        "kind": fee_name(kind),
        "rule": line.rule.name if line else "",
        "sale": sale,
        "fen": -one.amount_fen,
    }


def _pdf(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Answer a month's statement of fees as a PDF."""
    month = month_asked(request, acting)
    return as_file(
        statement_pdf(_told(acting, month), made_at=acting.now), "application/pdf", f"{acting.organisation.key}-fees-{month[0]}.pdf"
    )


def _table(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Answer it as a workbook."""
    month = month_asked(request, acting)
    return as_file(statement_xlsx(_told(acting, month)), XLSX, f"{acting.organisation.key}-fees-{month[0]}.xlsx")


def _told(acting: Acting, month: Month) -> StatementOfFees:
    _, starts_at, ends_at = month
    return statement_of_fees(beneficiary=acting.organisation, starts_at=starts_at, ends_at=ends_at)


fees_got, sellers = _to_who_serves(_shown), _to_sellers(_shown)
statement, sellers_statement = _to_who_serves(_pdf), _to_sellers(_pdf)
statement_table, sellers_statement_table = _to_who_serves(_table), _to_sellers(_table)
