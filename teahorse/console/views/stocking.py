"""Units on the shelf: receiving, counting, spoiling, and why each level is what it is."""

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.catalog.models import Offer, Product
from teahorse.common.ids import new_id
from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Person, Right
from teahorse.stock import actions, queries
from teahorse.stock.models import StockLevel, StockMovement, StockPlace

Reason = StockMovement.Reason
MOST_UNITS = 1_000_000
MOST_MOVEMENTS = 20
SELLERS = Organisation.SELLERS
ACTS = ("received", "counted", "spoiled")


@dataclass
class Shelf:
    """One form of a product with its level, its last movements, and what was typed for it."""

    offer: Offer
    level: StockLevel | None
    movements: list[tuple[StockMovement, str]]
    typed: dict[str, str] = field(default_factory=dict)
    fault: str = ""


@acts(Right.LIST_GOODS, "GET", "POST", kinds=SELLERS)
def shelf(request: HttpRequest, acting: Acting, product_id: UUID) -> HttpResponse:
    """Show the levels of a product's forms; write down what came, what was counted, what spoiled."""
    product = Product.objects.filter(pk=product_id, seller=acting.organisation).first()
    if product is None:
        raise Http404
    offers = list(
        Offer.objects.filter(variant__product=product, seller=acting.organisation, is_active=True)
        .select_related("variant")
        .order_by("variant__position", "pk")
    )
    typed: dict[str, str] = {}
    fault = ""
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in ("offer", "act", "quantity", "note", "once")}
        offer = next((one for one in offers if str(one.pk) == typed["offer"]), None)
        if offer is None:
            raise Http404
        fault = _move(request, acting, offer, typed)
        if not fault:
            return redirect("console:stock", org=acting.organisation.key, product_id=product.pk)
    shelves = _shelves(acting.organisation, offers)
    for one in shelves:
        if fault and str(one.offer.pk) == typed["offer"]:
            one.typed, one.fault = typed, fault
    context = {"product": product, "shelves": shelves, "once": new_id(), "open": request.GET.get("history", "")}
    return page(request, acting, "stock.html", context, status=422 if fault else 200)


def _move(request: HttpRequest, acting: Acting, offer: Offer, typed: dict[str, str]) -> str:
    """Carry out what was typed; return what is wrong with it. A page sent twice moves once."""
    text = typed["quantity"]
    if typed["act"] not in ACTS or not (text.isascii() and text.isdigit() and len(text) < 8):
        return _("Write how many units, as a whole number.")
    units = int(text)
    if units > MOST_UNITS or (units == 0 and typed["act"] != "counted"):
        return _("Write how many units, as a whole number.")
    try:
        once = UUID(typed["once"])
    except ValueError:
        once = new_id()
    try:
        with transaction.atomic():
            _write(acting, offer, typed, units, once)
    except IntegrityError:
        messages.info(request, _("This was written down before."))
    except Refusal as refusal:
        return str(refusal)
    else:
        messages.success(request, _("Written down."))
    return ""


def _write(acting: Acting, offer: Offer, typed: dict[str, str], units: int, once: UUID) -> None:
    level = StockLevel.objects.filter(offer=offer, is_online=True).first()
    level = level or actions.open_level(offer=offer, place=_place(acting.organisation))
    note, by, now = typed["note"][:200], acting.person, acting.now
    if typed["act"] == "counted":
        actions.count(level=level, counted=units, by=by, now=now, note=note)
    else:
        reason = Reason.RECEIVED if typed["act"] == "received" else Reason.SPOILED
        delta = units if reason == Reason.RECEIVED else -units
        actions.move(level=level, delta=delta, reason=reason, by=by, now=now, note=note, reference=once)


def _place(seller: Organisation) -> StockPlace:
    """Return the seller's warehouse; its first one is made when the first units come."""
    places = StockPlace.objects.filter(organisation=seller, kind=StockPlace.Kind.WAREHOUSE).order_by("pk")
    return places.first() or StockPlace.objects.create(
        county_id=seller.county_id, organisation=seller, kind=StockPlace.Kind.WAREHOUSE, name=seller.name[:80]
    )


def _shelves(seller: Organisation, offers: list[Offer]) -> list[Shelf]:
    levels = {level.offer_id: level for level in queries.levels_of(seller).filter(offer__in=offers, is_online=True)}
    moved = {key: list(queries.movements_of(level)[:MOST_MOVEMENTS]) for key, level in levels.items()}
    names = {
        person.pk: str(person) for person in Person.objects.filter(pk__in={m.by_id for each in moved.values() for m in each if m.by_id})
    }
    return [
        Shelf(
            offer,
            levels.get(offer.pk),
            [(movement, names.get(movement.by_id, "") if movement.by_id else "") for movement in moved.get(offer.pk, [])],
        )
        for offer in offers
    ]
