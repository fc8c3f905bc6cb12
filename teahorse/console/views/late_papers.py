"""Invoices and red letters that somebody lets wait for too long, as the centre sees them."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.console.waiting import sellers_of_centre
from teahorse.invoices import actions, queries
from teahorse.people.models import Organisation, Right

A_PAGE = 30


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def late_papers(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List who keeps buyers waiting for an invoice, and the red letters that the tax office did not take."""
    sellers = sellers_of_centre(acting, Right.SETTLE)
    context = {
        "reds": list(queries.overdue_reds(sellers, now=acting.now)[:A_PAGE]),
        "late": Paginator(queries.overdue_invoices(sellers, now=acting.now), A_PAGE).get_page(request.GET.get("page")),
    }
    return page(request, acting, "late_papers.html", context)


@acts(Right.SETTLE, "POST", kinds=Organisation.CENTRES, back="console:late_papers")
def send_again(request: HttpRequest, acting: Acting, red_id: UUID) -> HttpResponse:
    """Send a refused red letter once more."""
    if not queries.overdue_reds(sellers_of_centre(acting, Right.SETTLE), now=acting.now).filter(pk=red_id).exists():
        raise Http404
    actions.retry_red(red_id=red_id, now=acting.now)
    messages.success(request, _("It is on its way through the tax office."))
    return redirect("console:late_papers", org=acting.organisation.key)
