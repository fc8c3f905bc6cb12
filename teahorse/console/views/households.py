"""The households that a seller buys from, and what of each product comes from whom."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.catalog.models import Product
from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.translated import translated
from teahorse.common.typed import form_key
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.settlement import actions, queries
from teahorse.settlement.models import Division
from teahorse.settlement.queries.earned import is_open

PER_PAGE = 50
MOST_BP = 10_000
BP_PER_PERCENT = 100


@acts(Right.SEE_MONEY, "GET", "POST", kinds=Organisation.SELLERS)
def households(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the households and the products with what comes from whom; the form adds a household."""
    typed, refusal = {}, None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "")[:limit] for name, limit in (("name", 80), ("note", 200))}
        try:
            actions.add_sub_seller(seller=acting.organisation, **typed, by=acting.person, now=acting.now)
        except Refusal as refused:
            refusal = refused
        else:
            return redirect("console:households", org=acting.organisation.key)
    products = Product.objects.filter(seller=acting.organisation, published_at__isnull=False).order_by("title", "pk")
    shown = Paginator(products, PER_PAGE).get_page(request.GET.get("page"))
    held = queries.divisions_on(seller_id=acting.organisation.pk, day=acting.now.date(), product_ids=[one.pk for one in shown])
    context = {
        "households": queries.sub_sellers_of(acting.organisation.pk),
        "rows": [{"product": one, "title": translated(one, "title"), "shares": _said(held.get(one.pk))} for one in shown],
        "shown": shown,
        "typed": typed,
        "errors": {refusal.field: refusal} if refusal else {},
    }
    return page(request, acting, "households.html", context, status=refusal.status if refusal else 200)


def _said(division: Division | None) -> list[tuple[str, str]]:
    """Return the shares of a product in words."""
    if division is None:
        return []
    shares = sorted(division.shares.all(), key=lambda share: (-share.share_bp, share.sub_seller.name))
    return [(share.sub_seller.name, _percent(share.share_bp)) for share in shares]


def _percent(points: int) -> str:
    return f"{Decimal(points) / BP_PER_PERCENT:f}".rstrip("0").rstrip(".") if points % BP_PER_PERCENT else str(points // BP_PER_PERCENT)


@acts(Right.SEE_MONEY, "POST", kinds=Organisation.SELLERS, back="console:households")
def end(request: HttpRequest, acting: Acting, sub_seller_id: UUID) -> HttpResponse:
    """Offer a household no more; its shares stay."""
    ended = actions.end_sub_seller(seller=acting.organisation, sub_seller_id=sub_seller_id, now=acting.now)
    messages.success(request, _("%(name)s is offered no more. Its shares stay until you enter others.") % {"name": ended.name})
    return redirect("console:households", org=acting.organisation.key)


@acts(Right.SEE_MONEY, "GET", "POST", kinds=Organisation.SELLERS)
def shares(request: HttpRequest, acting: Acting, product_id: UUID) -> HttpResponse:
    """Enter from whom a product comes from a day on; what was typed stays where something is wrong with it."""
    product = Product.objects.filter(pk=product_id, seller=acting.organisation).first()
    if product is None:
        raise Http404
    divisions = queries.divisions_of(seller_id=acting.organisation.pk, product_id=product_id)
    held = next((one for one in divisions if one.since_date <= acting.now.date()), None)
    before = {share.sub_seller_id: share.share_bp for share in held.shares.all()} if held else {}
    found = list(queries.sub_sellers_of(acting.organisation.pk))
    percents = {one.pk: _percent(before[one.pk]) if one.pk in before else "" for one in found}
    typed: Context = {"form_key": str(new_id()), "since": f"{acting.now:%F}"}
    refusal: Refusal | None = None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "")[:40].strip() for name in ("form_key", "since")}
        percents = {one.pk: request.POST.get(f"share.{one.pk}", "")[:20].strip() for one in found}
        try:
            actions.divide_product(
                key=form_key(typed["form_key"]),
                seller=acting.organisation,
                product_id=product_id,
                since_date=_date(typed["since"]),
                shares_bp={key: points for key, text in percents.items() if (points := _points(text))},
                by=acting.person,
                now=acting.now,
            )
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("Written down. The statements from that day on follow it."))
            return redirect("console:household_shares", org=acting.organisation.key, product_id=product_id)
    context = {
        "product": product,
        "title": translated(product, "title"),
        "rows": [(one, percents[one.pk]) for one in found],
        "history": [(one, _said(one)) for one in divisions],
        "held": held,
        "is_open": is_open(seller_id=acting.organisation.pk, product_id=product_id),
        "typed": typed,
        "refusal": refusal,
        "errors": {refusal.field: refusal} if refusal else {},
    }
    return page(request, acting, "household_shares.html", context, status=refusal.status if refusal else 200)


@acts(Right.SEE_MONEY, "POST", kinds=Organisation.SELLERS, back="console:households")
def book(request: HttpRequest, acting: Acting, product_id: UUID) -> HttpResponse:
    """Show buyers who scan a label how the price of a product divides, or show it no more."""
    if not Product.objects.filter(pk=product_id, seller=acting.organisation).exists():
        raise Http404
    if request.POST.get("show"):
        actions.open_book(seller=acting.organisation, product_id=product_id, by=acting.person, now=acting.now)
        messages.success(request, _("Whoever scans a label of it sees who earned what, in a quarter of an hour at the latest."))
    else:
        actions.close_book(seller=acting.organisation, product_id=product_id, now=acting.now)
        messages.success(request, _("It is shown no more, in a quarter of an hour at the latest."))
    return redirect("console:household_shares", org=acting.organisation.key, product_id=product_id)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(field="since", reason=_("Enter a day.")) from error


def _points(text: str) -> int:
    """Return a percentage as hundredths of a percent; an empty one is nothing."""
    plain = text.replace("\uff05", "%").removesuffix("%").strip().replace("\uff0e", ".").replace(",", ".")
    if not plain:
        return 0
    try:
        points = Decimal(plain) * BP_PER_PERCENT
    except ArithmeticError:
        points = Decimal("NaN")
    if not points.is_finite() or points != points.to_integral_value() or not 0 <= points <= MOST_BP:
        raise Malformed(field="shares", reason=_("A share is a percentage of more than nothing, with two decimals at most."))
    return int(points)
