"""What moved one account of the books, for who has to explain why it differs."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse

from teahorse.common.translated import translated
from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.console.views.money import account_name, fact_name, month_wanted
from teahorse.console.waiting import payees_of_centre, payers_of_centre
from teahorse.ledger import queries as books
from teahorse.ledger.models import LedgerAccount
from teahorse.people.models import Organisation, Right
from teahorse.settlement import queries
from teahorse.settlement.accounts import is_kept_for_us
from teahorse.settlement.rules import months_until

ON_A_PAGE = 50


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def account(request: HttpRequest, acting: Acting, ledger_account_id: UUID) -> HttpResponse:
    """Show an account of whom the centre pays, or claims of, with what moved it in a month; at a region's the house's own too."""
    found = LedgerAccount.objects.filter(pk=ledger_account_id).first()
    if found is None or not _is_hers(acting, found.owner_id):
        raise Http404
    owner = Organisation.objects.filter(pk=found.owner_id).first() if found.owner_id else None
    months = months_until(acting.now)
    chosen, starts_at, ends_at = month_wanted(request, months) or months[0]
    moved = books.postings_of(found, starts_at=starts_at, ends_at=ends_at)
    shown = Paginator(moved, ON_A_PAGE).get_page(request.GET.get("page"))
    sales = queries.sales_of_entries(one.entry for one in shown)
    sign = 1 if is_kept_for_us(found.purpose) else -1
    context = {
        "name": account_name(found.purpose, translated(owner, "name") if owner else ""),
        "months": [(name, name) for name, *_ in months],
        "chosen": chosen,
        "balance_fen": sign * found.balance_fen,
        "shown": shown,
        "rows": [(one, fact_name(one.entry.kind), sales.get(one.entry_id), sign * one.amount_fen) for one in shown],
    }
    return page(request, acting, "ledger_account.html", context)


def _is_hers(acting: Acting, owner_id: UUID | None) -> bool:
    if owner_id is None:
        return acting.organisation.kind == Organisation.Kind.REGION_CENTRE
    return any(whose.filter(pk=owner_id).exists() for whose in (payees_of_centre(acting), payers_of_centre(acting)))
