"""Promotions of a seller or a centre, and what an offer costs for a time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from teahorse.catalog import actions as catalog
from teahorse.catalog import queries as goods
from teahorse.catalog.models import Offer, OfferPrice, Product
from teahorse.common.ids import new_id
from teahorse.common.money import NotAnAmount, fen_of
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.translated import translated
from teahorse.common.typed import fen_at, form_key
from teahorse.console.access import Acting, acts
from teahorse.console.keys import keys_of
from teahorse.console.nav import page
from teahorse.orders import queries as orders
from teahorse.people.models import Organisation, Right
from teahorse.places.models import Area
from teahorse.promotions import actions, queries
from teahorse.promotions.models import Promotion
from teahorse.promotions.words import gives

Kind, Scope, Organisations = Promotion.Kind, Promotion.Scope, Organisation.Kind
SELLERS = frozenset(Organisation.SELLERS)
OFFERERS = SELLERS | {Organisations.COUNTY_CENTRE, Organisations.REGION_CENTRE}
PER_PAGE = 30
MOST_PRODUCTS = 200
TEXTS = (
    *("kind", "title_zh", "title_bo", "title_en", "percent", "off", "threshold", "scope", "starts", "ends"),
    *("per_person", "most_uses", "budget", "code", "bearer", "once"),
)


@dataclass(frozen=True)
class Row:
    """A promotion with its state in words and what came of it."""

    promotion: Promotion
    state: str
    gives: str
    used: orders.Used

    @property
    def words(self) -> str:
        """The state in words."""
        return {
            "over": _("Over"),
            "paused": _("Paused"),
            "later": _("Begins later"),
            "spent": _("Used up"),
            "runs": pgettext("promotion", "Runs"),
        }[self.state]

    @property
    def tone(self) -> str:
        """The badge's tone."""
        return {"runs": "good", "later": "info", "paused": "warn", "spent": "warn"}.get(self.state, "")


def _row(promotion: Promotion, used: orders.Used, now: datetime) -> Row:
    is_used_up = promotion.left_fen == 0 or (promotion.most_uses is not None and promotion.uses >= promotion.most_uses)
    state = (
        "over" if promotion.ends_at <= now
        else "paused" if promotion.paused_at
        else "later" if promotion.starts_at > now
        else "spent" if is_used_up
        else "runs"
    )  # fmt: skip
    told = gives(percent_bp=promotion.percent_bp, off_fen=promotion.off_fen, threshold_fen=promotion.threshold_fen)
    return Row(promotion, state, told, used)


@acts(Right.PROMOTE, kinds=OFFERERS)
def promotions(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List what the organisation offers, what is left of each budget, and how often it was used."""
    shown = Paginator(queries.promotions_of(acting.organisation), PER_PAGE).get_page(request.GET.get("page"))
    used = orders.used(list(shown))
    rows = [_row(one, used[one.pk], acting.now) for one in shown]
    return page(request, acting, "promotions.html", {"rows": rows, "shown": shown})


@acts(Right.PROMOTE, "GET", "POST", kinds=OFFERERS)
def new(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Offer a promotion; what was typed stays where something is wrong with it, and a page that is sent twice offers once."""
    typed = {"kind": Kind.AUTOMATIC, "scope": Scope.ALL, "starts": f"{acting.now:%F}", "once": str(new_id())}
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in TEXTS}
        try:
            made = _offer(request, acting, typed)
        except Refusal as refusal:
            errors[refusal.field or "kind"] = str(refusal)
        else:
            return redirect("console:promotion", org=acting.organisation.key, promotion_id=made)
    is_seller, is_county = acting.organisation.kind in SELLERS, acting.organisation.kind == Organisations.COUNTY_CENTRE
    chosen = set(request.POST.getlist("scope_id"))
    context = {
        "typed": typed,
        "errors": errors,
        "is_seller": is_seller,
        "is_county": is_county,
        "kinds": [(kind.value, kind.label) for kind in Kind if not (is_seller and kind == Kind.VOUCHER)],
        "scopes": [] if is_county else _scopes(acting.organisation, chosen),
    }
    return page(request, acting, "promotion_new.html", context, status=422 if errors else 200)


def _scopes(organisation: Organisation, chosen: set[str]) -> list[dict[str, Any]]:
    """Return for which goods it may be: each scope with what can be chosen in it."""

    def scope(name: Promotion.Scope, label: str, found: list[tuple[UUID, str]]) -> dict[str, Any]:
        return {"name": name.value, "label": label, "options": [(str(key), text, str(key) in chosen) for key, text in found]}

    kinds = scope(Scope.CATEGORY, _("Kinds of goods"), [(one.pk, translated(one, "name")) for one in goods.categories()])
    if organisation.kind in SELLERS:
        own = Product.objects.filter(seller=organisation, published_at__isnull=False, withdrawn_at=None).order_by("title", "pk")
        found = [(one.pk, translated(one, "title")) for one in own[:MOST_PRODUCTS]]
        return [scope(Scope.ALL, _("All our goods"), []), kinds, scope(Scope.PRODUCTS, _("Single goods"), found)]
    counties = Area.objects.filter(pk__in=Organisation.objects.filter(kind__in=SELLERS).values("county_id")).order_by("code")
    found = [(one.pk, translated(one, "name")) for one in counties]
    return [scope(Scope.ALL, _("All goods"), []), kinds, scope(Scope.COUNTY, _("Goods of a county"), found)]


def _offer(request: HttpRequest, acting: Acting, typed: dict[str, str]) -> UUID:
    draft = actions.Draft(
        kind=typed["kind"],
        titles={"zh-hans": typed["title_zh"], "bo": typed["title_bo"], "en": typed["title_en"]},
        percent_bp=_percent(typed["percent"]),
        off_fen=_fen(typed, "off") or 0,
        threshold_fen=_fen(typed, "threshold") or 0,
        scope=typed["scope"] or Scope.ALL,
        scope_ids=keys_of(request.POST.getlist("scope_id")) if typed["scope"] not in {"", Scope.ALL} else [],
        starts_at=max(acting.now, _day(typed, "starts")),
        ends_at=_day(typed, "ends") + timedelta(days=1),
        per_person=_number(typed, "per_person"),
        most_uses=_number(typed, "most_uses"),
        budget_fen=_fen(typed, "budget"),
        is_public_budget=typed["bearer"] == Promotion.Bearer.BUDGET,
        code=typed["code"],
    )
    key = form_key(typed["once"])
    made = actions.offer_promotion(owner=acting.organisation, draft=draft, by=acting.person, now=acting.now, key=key)
    messages.success(request, _("Offered."))
    return made.pk


def _percent(text: str) -> int:
    """Return a percentage as hundredths of a percent."""
    if not text:
        return 0
    try:
        return fen_of(text.removesuffix("%").strip())  # two decimals, as a sum of yuan has
    except NotAnAmount as error:
        raise Malformed(field="off", reason=_("Either a percentage up to 90, or a sum of yuan is taken off.")) from error


def _fen(typed: dict[str, str], name: str) -> int | None:
    return fen_at(typed[name], field=name) if typed[name] else None


def _number(typed: dict[str, str], name: str) -> int | None:
    text = typed[name]
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Malformed(field=name, reason=_("Write a number from 1 on, or leave it empty."))
    return int(text)


def _day(typed: dict[str, str], name: str) -> datetime:
    """Return the beginning of a day here."""
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(typed[name]), time()))
    except (ValueError, OverflowError) as error:
        raise Malformed(field=name, reason=_("Choose a day.")) from error


@acts(Right.PROMOTE, "GET", "POST", kinds=OFFERERS)
def promotion(request: HttpRequest, acting: Acting, promotion_id: UUID) -> HttpResponse:
    """Show one promotion; pause it, let it run again, give it more money."""
    found = queries.promotions_of(acting.organisation).filter(pk=promotion_id).first()
    if found is None:
        raise Http404
    typed, fault = request.POST.get("budget", "").strip(), ""
    if request.method == "POST":
        try:
            _change(found, request.POST.get("do", ""), typed, now=acting.now)
        except Refusal as refusal:
            fault = str(refusal)
        else:
            return redirect("console:promotion", org=acting.organisation.key, promotion_id=found.pk)
    row = _row(found, orders.used([found])[found.pk], acting.now)
    context = {"row": row, "promotion": found, "coupon": found.coupons.filter(phone="").first(), "fault": fault, "typed_budget": typed}
    return page(request, acting, "promotion.html", context, status=422 if fault else 200)


def _change(found: Promotion, do: str, budget: str, *, now: datetime) -> None:
    match do:
        case "pause":
            actions.pause_promotion(promotion=found, now=now)
        case "resume":
            actions.resume_promotion(promotion=found, now=now)
        case "raise":
            actions.raise_budget(promotion=found, to_fen=fen_at(budget or "0", field="budget"), now=now)
        case _:
            raise Http404


@acts(Right.LIST_GOODS, "GET", "POST", kinds=SELLERS)
def prices(request: HttpRequest, acting: Acting, product_id: UUID) -> HttpResponse:
    """Show what a product's forms cost and when they cost something else; plan a price for some days, or end one."""
    product = Product.objects.filter(pk=product_id, seller=acting.organisation).first()
    if product is None:
        raise Http404
    own = Offer.objects.filter(variant__product=product, seller=acting.organisation, is_active=True)
    offers = list(own.select_related("variant").order_by("variant__position", "pk"))
    planned = list(OfferPrice.objects.filter(offer__in=offers).order_by("-starts_at", "pk"))
    typed = {name: request.POST.get(name, "").strip() for name in ("offer", "price", "starts", "ends", "reason", "end")}
    error: Refusal | None = None
    if request.method == "POST":
        try:
            _plan(request, acting, offers, planned, typed)
        except Refusal as refusal:
            error = refusal
        else:
            return redirect("console:prices", org=acting.organisation.key, product_id=product.pk)
    rows = [
        {
            "offer": offer,
            "typed": typed if str(offer.pk) == typed["offer"] else {"starts": f"{acting.now:%F}"},
            "error": error if str(offer.pk) == typed["offer"] else None,
            "windows": [(one, _window_state(one, acting.now)) for one in planned if one.offer_id == offer.pk],
        }
        for offer in offers
    ]
    context = {"product": product, "rows": rows, "error": error}
    return page(request, acting, "prices.html", context, status=422 if error else 200)


def _window_state(planned: OfferPrice, now: datetime) -> str:
    if planned.ends_at <= now:
        return "over"
    return "runs" if planned.starts_at <= now else "later"


def _plan(request: HttpRequest, acting: Acting, offers: list[Offer], planned: list[OfferPrice], typed: dict[str, str]) -> None:
    """Carry out what was typed. A page that is sent twice meets its own window the second time, which is then said."""
    if typed["end"]:
        window = next((one for one in planned if str(one.pk) == typed["end"]), None)
        if window is None:
            raise Http404
        catalog.end_price(planned=window, now=acting.now)
        messages.success(request, _("Ended."))
        return
    offer = next((one for one in offers if str(one.pk) == typed["offer"]), None)
    if offer is None:
        raise Http404
    catalog.plan_price(
        offer=offer,
        price_fen=_fen(typed, "price") or 0,
        starts_at=max(acting.now, _day(typed, "starts")),
        ends_at=_day(typed, "ends") + timedelta(days=1),
        by=acting.person,
        now=acting.now,
        reason=typed["reason"],
    )
    messages.success(request, _("Written down."))
