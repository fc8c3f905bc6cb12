"""The seller's day: what is to be done, and what happened."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from teahorse.common.push import address
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.orders import actions, queries
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation, Right

MOST_SHOWN = 6


@acts(Right.SHIP_ORDERS, kinds=Organisation.SELLERS)
def day(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show one screen: to ship, late, packed, waiting for payment, sold today, notices."""
    return page(request, acting, "day.html", {**_day(acting), "push_url": address(f"seller:{acting.organisation.pk}")})


@acts(Right.SHIP_ORDERS, kinds=Organisation.SELLERS)
def live(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Answer with the part of the day that changes, for the open page."""
    return render(request, "console/_day.html", {**_day(acting), "acting": acting, "organisation": acting.organisation})


@acts(Right.SHIP_ORDERS, "POST", kinds=Organisation.SELLERS)
def read(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Take the notices as read."""
    actions.mark_notices_read(seller_id=acting.organisation.pk, now=acting.now)
    messages.success(request, _("Taken as read."))
    return redirect("console:day", org=acting.organisation.key)


def _day(acting: Acting) -> Context:
    counted = queries.seller_day(acting.organisation, now=acting.now)
    numbers = {notice.order_id for notice in counted.notices}
    orders = {order.pk: order for order in SellerOrder.objects.filter(pk__in=numbers, seller=acting.organisation)}
    return {
        "day": counted,
        "notices": [(notice, orders.get(notice.order_id)) for notice in counted.notices],
        "next_orders": list(queries.to_ship(acting.organisation)[:MOST_SHOWN]),
        "today": acting.now.date(),
    }
