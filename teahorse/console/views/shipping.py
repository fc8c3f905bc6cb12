"""From paid to packed: the list to ship, the pick list, packing, and the waybills of what is packed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teahorse.carriers.accounts import can_book
from teahorse.carriers.queries import newest_consignments
from teahorse.common.money import yuan
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.typed import grams_of
from teahorse.console.access import Acting, acts
from teahorse.console.ended_words import ended_unpaid
from teahorse.console.keys import keys_of
from teahorse.console.lots_to_pack import LotChoice, lot_choices
from teahorse.console.nav import page
from teahorse.logistics import carriers
from teahorse.logistics import queries as logistics
from teahorse.logistics.models import Parcel
from teahorse.logistics.rules import NO_MARKS, Marks
from teahorse.logistics.waybill import waybill_pdf
from teahorse.orders import actions, explaining, queries
from teahorse.orders.marking import bulk_of
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.people.models import Organisation, Right
from teahorse.trace import actions as trace
from teahorse.trace.queries.shelves import packed_lots

State = SellerOrder.State
HEAVIEST_GRAMS = 200_000
MOST_LABELS = 200
PER_PAGE = 50
SELLERS = Organisation.SELLERS


@acts(Right.SHIP_ORDERS, kinds=SELLERS)
def ship(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List what waits to be packed, the oldest promise first."""
    orders = Paginator(queries.to_ship(acting.organisation), PER_PAGE).get_page(request.GET.get("page"))
    return page(request, acting, "ship.html", {"orders": orders, "today": acting.now.date()})


@dataclass(frozen=True)
class Pick:
    """So many units of one variant, for some orders."""

    line: OrderLine
    quantity: int
    orders: list[SellerOrder]


@acts(Right.SHIP_ORDERS, kinds=SELLERS)
def pick(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show the goods of the chosen orders (of all that wait, where none is chosen) summed by variant, to be printed."""
    orders = _chosen(request, acting) or list(queries.to_ship(acting.organisation))
    return page(request, acting, "pick.html", {"orders": orders, "picks": _picks(orders)})


def _picks(orders: Sequence[SellerOrder]) -> list[Pick]:
    quantities: dict[UUID, int] = defaultdict(int)
    wanted_by: dict[UUID, list[SellerOrder]] = defaultdict(list)
    first: dict[UUID, OrderLine] = {}
    for order in orders:
        for line in order.lines.all():
            quantities[line.offer_id] += line.quantity
            wanted_by[line.offer_id].append(order)
            first.setdefault(line.offer_id, line)
    picks = [Pick(line, quantities[key], wanted_by[key]) for key, line in first.items()]
    return sorted(picks, key=lambda one: (str(one.line.product_id), str(one.line.offer_id)))


@dataclass
class OnTheScale:
    """A line that is sold by weight, with the kilograms that were typed for it and what is wrong with them."""

    line: OrderLine
    typed: str = ""
    fault: str = ""

    @property
    def grams(self) -> int | None:
        """What was typed, if it is a weight."""
        return grams_of(self.typed)

    def check(self) -> None:
        """Look whether such goods can be sent for what was ordered; say what is wrong."""
        try:
            actions.difference_of([self.line], {self.line.pk: self.grams} if self.grams else {})
        except Refusal as refusal:
            self.fault = str(refusal)


def number_of(carrier: str, typed: str, *, seller_id: UUID) -> str:
    """Return a carrier's number as it was typed; it may be left out where the carrier can be asked. :raises Malformed: if it is none."""
    if not typed and can_book(carrier=carrier, organisation_id=seller_id):
        return ""
    return carriers.number_typed(carrier, typed, field="carrier_number")


@dataclass
class Packing:
    """An order on the packing table, with what was typed for it and what is wrong with that."""

    order: SellerOrder
    weight: str
    carrier: str
    carrier_number: str
    weight_fault: str = ""
    number_fault: str = ""
    grams: int = 0
    scale: list[OnTheScale] = field(default_factory=list)
    asks_difference: bool = False
    lots: dict[UUID, LotChoice] = field(default_factory=dict)
    marks: Marks = NO_MARKS

    def check(self) -> bool:
        """Read the weight and the number; say what is wrong."""
        self.grams = grams_of(self.weight) or 0
        if not 1 <= self.grams <= HEAVIEST_GRAMS:
            self.weight_fault = _("The weight of the parcel in kilograms, at most 200.")
        try:
            carriers.chosen(self.carrier, carriers.FOR_SELLERS)
            self.carrier_number = number_of(self.carrier, self.carrier_number, seller_id=self.order.seller_id)
        except Malformed as refusal:
            self.number_fault = str(refusal)
        for one in self.scale:
            one.check()
        for choice in self.lots.values():
            if not choice.is_readable:
                choice.fault = _("Write how many units in digits.")
        has_faults = any(one.fault for one in self.scale) or any(choice.fault for choice in self.lots.values())
        return not (self.weight_fault or self.number_fault or has_faults)

    @property
    def weighed(self) -> dict[UUID, int]:
        """The grams of the lines that are sold by weight."""
        return {one.line.pk: one.grams for one in self.scale if one.grams}

    def difference_words(self) -> str:
        """Say what the weights that were typed do to the price; nothing where nothing is weighed."""
        if not self.scale:
            return ""
        fen = actions.difference_of([one.line for one in self.scale], self.weighed)
        words = (
            _("%(fen)s go back to the buyer.")
            if fen < 0
            else _("%(fen)s more: the buyer is asked for it.")
            if fen and self.asks_difference
            else _("%(fen)s more: your gift, the buyer is not asked.")
            if fen
            else _("It costs what was agreed.")
        )
        return words % {"fen": f"¥{yuan(abs(fen))}"}


def _scale(order: SellerOrder) -> list[OnTheScale]:
    return [OnTheScale(line) for line in order.lines.all() if line.nominal_grams is not None]


@acts(Right.SHIP_ORDERS, "GET", "POST", kinds=SELLERS)
def pack(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Ask for weight and carrier of the chosen orders, then put each into a parcel; what was packed before is left alone."""
    if request.method == "POST":
        return _pack(request, acting)
    chosen = _chosen(request, acting)
    bulk = bulk_of([order.pk for order in chosen])
    table = [
        Packing(
            order,
            f"{order.weight_grams / 1000:.2f}",
            carriers.NETWORK,
            "",
            scale=_scale(order),
            lots=lot_choices(order.lines.all(), today=acting.now.date()),
            marks=bulk[order.pk].marks(weight_grams=order.weight_grams),
        )
        for order in chosen
    ]
    if not table:
        messages.info(request, _("Choose the orders that you want to pack."))
        return redirect("console:ship", org=acting.organisation.key)
    return _table(request, acting, table)


def _table(request: HttpRequest, acting: Acting, table: Sequence[Packing], *, status: int = 200, **more: object) -> HttpResponse:
    is_weighed = any(packing.scale for packing in table)
    return page(
        request,
        acting,
        "pack.html",
        {"table": table, "carriers": dict(carriers.choices(carriers.FOR_SELLERS)), "is_weighed": is_weighed, **more},
        status=status,
    )


def _pack(request: HttpRequest, acting: Acting) -> HttpResponse:
    keys = keys_of(request.POST.getlist("order"))
    orders = SellerOrder.objects.filter(pk__in=keys, seller=acting.organisation).select_related("group").prefetch_related("lines")
    found = list(orders.order_by("promised_to_date", "paid_at", "pk"))
    if not found or len(found) != len(set(keys)):
        raise Http404
    table = [_packing(request, acting, order) for order in found if order.state in SellerOrder.TO_PACK]
    faulty = [packing for packing in table if not packing.check()]
    if faulty:
        return _table(request, acting, table, status=422)
    if request.POST.get("do") == "reckon" and table:
        return _table(request, acting, table, is_reckoned=True)
    packed = [packing for packing in table if _packed(request, acting, packing)]
    if packed:
        messages.success(
            request, ngettext("%(count)d order is packed.", "%(count)d orders are packed.", len(packed)) % {"count": len(packed)}
        )
    else:
        messages.info(request, _("These orders were packed before."))
    parcels = Parcel.objects.filter(reference__in=[order.pk for order in found]).values_list("pk", flat=True)
    return redirect(f"{reverse('console:packed', kwargs={'org': acting.organisation.key})}?{_query('new', parcels)}")


def _packing(request: HttpRequest, acting: Acting, order: SellerOrder) -> Packing:
    def typed(name: str) -> str:
        return request.POST.get(f"{name}.{order.pk}", "").strip()

    carrier = typed("carrier") or carriers.NETWORK
    scale = _scale(order)
    for one in scale:
        one.typed = request.POST.get(f"weighed.{one.line.pk}", "").strip()
    asks = request.POST.get(f"asks_difference.{order.pk}") == "1"
    lots = lot_choices(order.lines.all(), today=acting.now.date(), typed=request.POST)
    marks = Marks(*(request.POST.get(f"{mark}.{order.pk}") == "1" for mark in ("is_cold", "is_fragile", "is_large")))
    return Packing(order, typed("weight"), carrier, typed("carrier_number"), scale=scale, asks_difference=asks, lots=lots, marks=marks)


def _packed(request: HttpRequest, acting: Acting, packing: Packing) -> bool:
    try:
        with transaction.atomic():
            parcel = actions.pack_order(
                order=packing.order,
                weight_grams=packing.grams,
                by=acting.person,
                now=acting.now,
                carrier=packing.carrier,
                carrier_number=packing.carrier_number,
                weighed=packing.weighed,
                asks_difference=packing.asks_difference,
                asks_carrier=packing.carrier != carriers.NETWORK and not packing.carrier_number,
                marks=packing.marks,
            )
            chosen = {line: choice.chosen for line, choice in packing.lots.items()}
            trace.take_lots(order=packing.order, parcel=parcel, chosen=chosen, by_id=acting.person.pk, now=acting.now)
    except Refusal as refusal:
        messages.error(request, f"{packing.order.number}: {refusal}")
        return False
    if words := packing.difference_words():
        messages.info(request, f"{packing.order.number}: {words}")
    return True


@acts(Right.SHIP_ORDERS, kinds=SELLERS)
def packed(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the seller's parcels, the newest first, to print their waybills; ``?new=`` marks what was packed just now."""
    parcels = Parcel.objects.filter(sender=acting.organisation).select_related("pickup_point", "held_by").order_by("-packed_at", "-pk")
    shown = Paginator(parcels, PER_PAGE).get_page(request.GET.get("page"))
    orders = SellerOrder.objects.filter(seller=acting.organisation).in_bulk([parcel.reference for parcel in shown])
    new = set(keys_of(request.GET.getlist("new")))
    handed = newest_consignments([parcel.pk for parcel in shown])
    rows = [(parcel, orders.get(parcel.reference), parcel.pk in new, handed.get(parcel.pk)) for parcel in shown]
    context = {"rows": rows, "parcels": shown, "new_query": _query("parcel", new), "new_count": len(new)}
    return page(request, acting, "packed.html", context)


@acts(Right.SHIP_ORDERS, kinds=SELLERS)
def waybills(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Answer with the labels of the chosen parcels as a PDF."""
    keys = keys_of(request.GET.getlist("parcel"))[:MOST_LABELS]
    wanted = Parcel.objects.filter(pk__in=keys, sender=acting.organisation).select_related("sender", "pickup_point")
    parcels = list(wanted.order_by("packed_at", "pk"))
    if len(parcels) != len(set(keys)):
        raise Http404
    if not parcels:
        messages.info(request, _("Choose the parcels whose labels you want."))
        return redirect("console:packed", org=acting.organisation.key)
    orders = SellerOrder.objects.filter(pk__in=[parcel.reference for parcel in parcels], seller=acting.organisation)
    pdf = waybill_pdf(parcels, promised=dict(orders.values_list("pk", "promised_to_date")))
    name = parcels[0].number if len(parcels) == 1 else f"{acting.organisation.key}-{acting.now:%Y%m%d-%H%M}"
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}.pdf"'})


@acts(Right.SHIP_ORDERS, "GET", "POST", kinds=SELLERS)
def order(request: HttpRequest, acting: Acting, order_id: UUID) -> HttpResponse:
    """Show one order of the seller: goods, where it goes, its parcels; choose the carrier of one anew that a carrier refused."""
    wanted = SellerOrder.objects.filter(pk=order_id, seller=acting.organisation).select_related("group__pickup_point")
    lines = Prefetch("lines", OrderLine.objects.order_by("position"))
    found = wanted.prefetch_related(lines, "lines__weighing", "balances", "discounts").first()
    if found is None:
        raise Http404
    if request.method == "POST":
        return _handed_anew(request, acting, found)
    parcels = logistics.parcels_of([found.pk])
    handed = newest_consignments([parcel.pk for parcel in parcels])
    context = {
        "order": found,
        "parcels": [(parcel, handed.get(parcel.pk)) for parcel in parcels],
        "ended": ended_unpaid(found, parcels[0] if parcels else None),
        "carriers": dict(carriers.choices(carriers.FOR_SELLERS)),
        "packed_lots": packed_lots([found.pk])[found.pk],
        "price_lines": explaining.of_order(found, found.discounts.all()).lines,
    }
    return page(request, acting, "order.html", context)


def _handed_anew(request: HttpRequest, acting: Acting, found: SellerOrder) -> HttpResponse:
    keys = keys_of(request.POST.getlist("parcel"))
    parcel = Parcel.objects.filter(pk__in=keys, reference=found.pk, sender=acting.organisation).first()
    if parcel is None:
        raise Http404
    try:
        carrier = carriers.chosen(request.POST.get("carrier", ""), carriers.FOR_SELLERS)
        number = number_of(carrier, request.POST.get("carrier_number", "").strip(), seller_id=acting.organisation.pk)
        actions.hand_to_carrier(parcel=parcel, carrier=carrier, carrier_number=number, now=acting.now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is handed to %(carrier)s.") % {"carrier": carriers.name_of(carrier)})
    return redirect("console:order", org=acting.organisation.key, order_id=found.pk)


def _chosen(request: HttpRequest, acting: Acting) -> list[SellerOrder]:
    """Return the chosen orders that wait to be packed; what is not this seller's is not there."""
    keys = keys_of(request.GET.getlist("order"))
    if SellerOrder.objects.filter(pk__in=keys, seller=acting.organisation).count() != len(set(keys)):
        raise Http404
    return list(queries.to_ship(acting.organisation).filter(pk__in=keys))


def _query(name: str, keys: Iterable[UUID]) -> str:
    return "&".join(f"{name}={key}" for key in keys)
