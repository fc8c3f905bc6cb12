"""Selling before the harvest: what is sold so, beginning such a sale, declaring what was harvested; and what is late, for the centre."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.catalog.models import Offer
from teahorse.common.refusals import Malformed, Refusal
from teahorse.console.access import Acting, acts, number_of
from teahorse.console.nav import page
from teahorse.console.waiting import sellers_of_centre
from teahorse.orders import actions, queries
from teahorse.orders.models import HarvestSale
from teahorse.orders.rules import WHOLE
from teahorse.people.models import Organisation, Right
from teahorse.stock.models import StockLevel

SELLERS = Organisation.SELLERS
PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9]{1,2})?")
PER_PAGE = 30
FIELDS = ("offer", "capacity", "opens", "closes", "ship_by", "deposit", "note")
LOOKING, DECLARING = {"look", "look_failed"}, {"declare", "declare_failed"}
FAILED = {"look_failed", "declare_failed"}


@acts(Right.LIST_GOODS, kinds=SELLERS)
def harvests(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List what is, and was, sold before its harvest."""
    sales = Paginator(queries.harvest_sales_of([acting.organisation]), PER_PAGE).get_page(request.GET.get("page"))
    return page(request, acting, "harvests.html", {"sales": sales, "today": acting.now.date()})


@acts(Right.DESK_ORDERS)
def late(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the harvests of the centre's sellers that are overdue, with whom to call."""
    sales = queries.late_harvests(sellers_of_centre(acting, Right.DESK_ORDERS), now=acting.now)
    return page(request, acting, "late_harvests.html", {"sales": Paginator(sales, PER_PAGE).get_page(request.GET.get("page"))})


@dataclass
class SaleForm:
    """What was typed for a new sale, and what is wrong with it."""

    typed: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)

    def day(self, name: str) -> date:
        """Return a day; today, with a fault, where none was typed."""
        try:
            return date.fromisoformat(self.typed[name])
        except ValueError:
            self.faults[name] = _("Choose a day.")
            return date(2000, 1, 1)

    def basis_points(self) -> int:
        """Return the deposit as a share of ten thousand."""
        text = self.typed["deposit"].replace(",", ".")
        if not PERCENT.fullmatch(self.typed["deposit"]):
            self.faults["deposit"] = _("The deposit is more than 0 and at most 100 percent.")
            return WHOLE
        whole, _point, rest = text.partition(".")
        return int(whole) * 100 + int(rest.ljust(2, "0") or 0)


@acts(Right.LIST_GOODS, "GET", "POST", kinds=SELLERS)
def new(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Ask what is to be sold before its harvest and on which terms, and begin."""
    offers = _offers(acting.organisation)
    today = acting.now.date()
    form = SaleForm(
        {
            "offer": request.GET.get("offer", ""),
            "capacity": "",
            "opens": today.isoformat(),
            "closes": "",
            "ship_by": "",
            "deposit": "100",
            "note": "",
        }
    )
    if request.method == "POST":
        form = SaleForm({name: request.POST.get(name, "").strip() for name in FIELDS})
        sale = _opened(acting, form, offers)
        if sale is not None:
            messages.success(request, _("The sale is written down. Buyers see it from its first day."))
            return redirect("console:harvest", org=acting.organisation.key, sale_id=sale.pk)
    context = {"form": form, "offers": offers, "today": today}
    return page(request, acting, "harvest_new.html", context, status=422 if form.faults else 200)


def _offers(seller: Organisation) -> list[Offer]:
    """Return the offers that can be sold so: listed, with a place on the shelf, and not sold so already."""
    taken = HarvestSale.objects.filter(seller=seller, settled_at=None).values("offer_id")
    levels = StockLevel.objects.filter(offer__seller=seller, is_online=True).values("offer_id")
    offers = Offer.objects.filter(seller=seller, is_active=True, pk__in=levels, variant__withdrawn_at=None).exclude(pk__in=taken)
    listed = offers.filter(variant__product__published_at__isnull=False, variant__product__withdrawn_at=None)
    return list(listed.select_related("variant__product").order_by("variant__product__title", "variant__position", "pk"))


def _opened(acting: Acting, form: SaleForm, offers: list[Offer]) -> HarvestSale | None:
    offer = next((one for one in offers if str(one.pk) == form.typed["offer"]), None)
    if offer is None:
        form.faults["offer"] = _("Choose one of the list.")
    opens, closes, ship_by, basis_points = form.day("opens"), form.day("closes"), form.day("ship_by"), form.basis_points()
    if offer is None or form.faults:
        return None
    try:
        return actions.open_harvest_sale(
            level=StockLevel.objects.get(offer=offer, is_online=True),
            capacity=number_of(form.typed["capacity"]),
            opens_at=_midnight(acting.now, opens),
            closes_at=_midnight(acting.now, closes + timedelta(days=1)),
            ship_by_date=ship_by,
            deposit_basis_points=basis_points,
            note=form.typed["note"],
            by=acting.person,
            now=acting.now,
        )
    except Refusal as refusal:
        named = {"closes_at": "closes", "ship_by_date": "ship_by"}
        form.faults[named.get(refusal.field, refusal.field) or "offer"] = str(refusal)
        return None


def _midnight(now: datetime, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=now.tzinfo)


@acts(Right.LIST_GOODS, "GET", "POST", kinds=SELLERS)
def harvest(request: HttpRequest, acting: Acting, sale_id: UUID) -> HttpResponse:
    """Show a sale; ask what was harvested, show what that does to the orders that wait, then declare it."""
    sale = queries.harvest_sales_of([acting.organisation]).filter(pk=sale_id).first()
    if sale is None:
        raise Http404
    typed = request.POST.get("units", "").strip() if request.method == "POST" else ""
    context = {"sale": sale, "typed": typed, "level": StockLevel.objects.filter(offer=sale.offer_id, is_online=True).first()}
    if request.method != "POST":
        return page(request, acting, "harvest.html", context)
    do = request.POST.get("do", "")
    if do not in LOOKING | DECLARING:  # what cannot be undone is done by its own button alone
        raise Http404
    units = 0 if do in FAILED else number_of(typed, default=-1)
    if units < 0:
        return page(request, acting, "harvest.html", {**context, "fault": _("Write how many units, as a whole number.")}, status=422)
    if do in LOOKING and sale.state == HarvestSale.State.OPEN:
        outcome = actions.outcome_of(sale, units=units)
        return page(request, acting, "harvest.html", {**context, "outcome": outcome, "units": units})
    try:
        actions.declare_harvest(sale=sale, units=units, by=acting.person, now=acting.now)
    except actions.NotOpenAnyMore as refusal:
        messages.info(request, str(refusal))
    except Malformed as refusal:
        return page(request, acting, "harvest.html", {**context, "fault": str(refusal)}, status=422)
    else:
        messages.success(request, _("It is declared. The buyers are told within a few minutes."))
    return redirect("console:harvest", org=acting.organisation.key, sale_id=sale.pk)
