"""Refunds that do not reach their payer: what their provider says, and another try."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales.models import AfterSaleCase
from teahorse.console.access import Acting, acts, number_of
from teahorse.console.nav import page
from teahorse.console.waiting import of_area
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments import queries
from teahorse.payments.models import Refund
from teahorse.payments.words import provider_names
from teahorse.people.models import Organisation, Right

A_PAGE = 50


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def refunds(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List those that only move when somebody has them tried again, and those that are slow."""
    stuck = Paginator(of_area(queries.stuck_refunds(), acting), A_PAGE)
    page_of = stuck.get_page(number_of(request.GET.get("page"), default=1))
    slow = list(of_area(queries.slow_refunds(now=acting.now), acting)[:A_PAGE])
    shown = [*page_of.object_list, *slow]
    context = {
        "page_of": page_of,
        "slow": slow,
        "orders": SellerOrder.objects.in_bulk([one.split.reference for one in shown]),
        "cases": AfterSaleCase.objects.in_bulk([one.reference for one in shown]),
        "names": provider_names(),
    }
    return page(request, acting, "refunds.html", context)


@acts(Right.SETTLE, "POST", back="console:refunds", kinds=Organisation.CENTRES)
def retry(request: HttpRequest, acting: Acting, refund_id: UUID) -> HttpResponse:
    """Have one sent once more; the second click changes nothing."""
    mine = of_area(Refund.objects.order_by("pk"), acting)
    refund = mine.filter(pk=refund_id).select_related("payment").first()
    if refund is None:
        raise Http404
    try:
        _retry(acting, refund)
    except payments.RefundNotFailed:
        messages.info(request, _("It is on its way already."))
    else:
        messages.success(request, _("It is sent once more."))
    return redirect("console:refunds", org=acting.organisation.key)


def _retry(acting: Acting, refund: Refund) -> None:
    case = AfterSaleCase.objects.filter(pk=refund.reference, state=AfterSaleCase.State.REFUNDING).first()
    if case is not None:
        aftersales.retry_refund(case=case, by=acting.person, now=acting.now)
    else:
        payments.retry_refund(refund_id=refund.pk, now=acting.now)
