"""What an organisation gets of others' sales: which fee of which order, what of it is collected, and when it was paid."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.console.views.money import fact_name, fee_name
from teahorse.people.models import Organisation, Right
from teahorse.settlement import queries

ON_A_PAGE = 50
PAYOUTS = 12


@acts(Right.TAKE_CASH, kinds=Organisation.GETTING_FEES)
def fees_got(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show a centre's, a station's or a point's fees to who works there."""
    return _shown(request, acting)


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def sellers(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show a seller what she gets because she runs a pickup point."""
    return _shown(request, acting)


def _shown(request: HttpRequest, acting: Acting) -> HttpResponse:
    organisation = acting.organisation
    shown = Paginator(queries.fee_postings_of(organisation.pk), ON_A_PAGE).get_page(request.GET.get("page"))
    sales = queries.sales_of_entries(one.entry for one in shown)
    context = {
        "got": next(iter(queries.fees_to_collect([organisation.pk])), None),
        "standing": queries.standing_of_seller(organisation.pk),
        "shown": shown,
        "rows": [
            {
                "at": one.occurred_at,
                "what": fact_name(one.entry.kind),
                "kind": fee_name(one.account.purpose.removeprefix("fees:")),
                "sale": sales.get(one.entry_id),
                "fen": -one.amount_fen,
            }
            for one in shown
        ],
        "payouts": list(queries.payouts_of([organisation.pk])[:PAYOUTS]),
        "may_tell_account": Right.MANAGE_MEMBERS in acting.rights,
    }
    return page(request, acting, "fees_got.html", context)
