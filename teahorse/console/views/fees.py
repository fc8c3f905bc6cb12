"""What is taken of a sale, by whom and since when: the region's centre writes it, everybody concerned reads it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.ids import new_id
from teahorse.common.money import NotAnAmount, fen_of
from teahorse.common.refusals import Malformed, Refusal
from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.console.views.money import fee_name
from teahorse.console.waiting import sellers_of_centre
from teahorse.console.words import named
from teahorse.payments.words import provider_names
from teahorse.people.models import Organisation, Right, ServicePoint
from teahorse.places.models import Area
from teahorse.settlement import actions, queries
from teahorse.settlement.models import FeeRule

REGION = (Organisation.Kind.REGION_CENTRE,)
TEXTS = (
    *("once", "name", "kind", "basis", "rate", "beneficiary", "seller", "county", "seller_kind", "provider", "pickup_level"),
    *("since", "until"),
)
A_PAGE = 30


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def fees(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the fees that hold or will hold, in the order in which they are tried, for all sales or for those of one seller."""
    sellers = sellers_of_centre(acting, Right.SETTLE).order_by("name", "pk")
    key = request.GET.get("seller", "")
    seller = sellers.filter(key=key).first() if key else None
    today = acting.now.date()
    own = _own_rules(acting) if acting.organisation.kind in REGION else FeeRule.objects.none()
    context = {
        "groups": _groups(queries.fee_rules_in_order(sellers, day=today, seller=seller), today, set(own.values_list("pk", flat=True))),
        "ended": Paginator(queries.ended_fee_rules(sellers, day=today), A_PAGE).get_page(request.GET.get("page")),
        "sellers": [("", _("All sellers")), *((one.key, named(one)) for one in sellers)],
        "chosen": seller.key if seller else "",
        "may_write": acting.organisation.kind in REGION,
        "tomorrow": f"{today + timedelta(days=1):%F}",
    }
    return page(request, acting, "fees.html", context)


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def own_fees(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the fees that hold for the seller's own sales."""
    today = acting.now.date()
    herself = Organisation.objects.filter(pk=acting.organisation.pk)
    found = queries.fee_rules_in_order(herself, day=today, seller=acting.organisation)
    return page(request, acting, "fees_own.html", {"groups": _groups(found, today, set())})


@acts(Right.SETTLE, "GET", "POST", kinds=REGION)
def new(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Let a fee hold from a day on; what was typed stays where something is wrong with it, and a page that is sent twice writes once."""
    sellers = sellers_of_centre(acting, Right.SETTLE).order_by("name", "pk")
    typed = {"once": str(new_id()), "since": f"{acting.now.date() + timedelta(days=1):%F}", "basis": FeeRule.Basis.GOODS.value}
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in TEXTS}
        try:
            rule = _read(typed, list(sellers))
            if rule.seller is None and rule.county_id is None and not _is_for_all(acting):
                raise Malformed(field="county", reason=_("Choose a county or a seller: other regions have fees of their own."))
            actions.add_fee_rule(rule=rule, now=acting.now)
        except Refusal as refusal:
            errors[refusal.field or "name"] = str(refusal)
        else:
            messages.success(request, _("Written down. It holds for orders placed from that day on."))
            return redirect("console:fees", org=acting.organisation.key)
    anyone = ("", _("any"))
    counties = Area.objects.filter(pk__in=sellers.values("county_id")).order_by("code")
    context = {
        "typed": typed,
        "errors": errors,
        "kinds": [(kind.value, fee_name(kind)) for kind in FeeRule.Kind],
        "bases": list(basis_names().items()),
        "beneficiaries": list(beneficiary_names().items()),
        "sellers": [anyone, *((str(one.pk), named(one)) for one in sellers)],
        "counties": [anyone, *((str(one.pk), named(one)) for one in counties)],
        "seller_kinds": [anyone, *seller_kinds().items()],
        "ways": [anyone, *ways_of_paying().items()],
        "levels": [anyone, *levels().items()],
    }
    return page(request, acting, "fee_new.html", context, status=422 if errors else 200)


@acts(Right.SETTLE, "POST", kinds=REGION, back="console:fees")
def end(request: HttpRequest, acting: Acting, rule_id: UUID) -> HttpResponse:
    """Let a fee hold no more from a day on."""
    rule = _own_rules(acting).filter(pk=rule_id).first()
    if rule is None:
        raise Http404
    until = _day(request.POST.get("until", ""), "until")
    if until is None:
        raise Malformed(field="until", reason=_("Write down the first day on which it holds no more."))
    actions.end_fee_rule(rule=rule, until_date=until, now=acting.now)
    messages.success(request, _("It ends. Orders placed before that day keep it."))
    return redirect("console:fees", org=acting.organisation.key)


def _own_rules(acting: Acting) -> QuerySet[FeeRule]:
    """Return the fees that the centre may end: of its own sellers and counties, and everybody's where all sellers are its own."""
    found = queries.fee_rules_of(sellers_of_centre(acting, Right.SETTLE))
    return found if _is_for_all(acting) else found.exclude(seller=None, county_id=None)


def _is_for_all(acting: Acting) -> bool:
    own = sellers_of_centre(acting, Right.SETTLE)
    return not Organisation.objects.filter(kind__in=Organisation.SELLERS).exclude(pk__in=own.values("pk")).exists()


def _read(typed: dict[str, str], sellers: list[Organisation]) -> FeeRule:
    since = _day(typed["since"], "since")
    if since is None:
        raise Malformed(field="since", reason=_("Write down the first day on which it holds."))
    known = {str(one.pk): one for one in sellers}
    if typed["seller"] and typed["seller"] not in known:
        raise Malformed(field="seller", reason=_("Choose one of the sellers."))
    if typed["county"] and typed["county"] not in {str(one.county_id) for one in sellers}:
        raise Malformed(field="county", reason=_("Choose one of the counties."))
    for name, choices in (("seller_kind", seller_kinds()), ("provider", ways_of_paying()), ("pickup_level", levels())):
        if typed[name] and typed[name] not in choices:
            raise Malformed(field=name, reason=_("Choose one of the list."))
    return FeeRule(
        pk=_once(typed["once"]),
        name=typed["name"][:80],
        kind=typed["kind"],
        basis=typed["basis"],
        rate=_rate(typed["rate"]),
        beneficiary=typed["beneficiary"],
        seller=known.get(typed["seller"]),
        county_id=UUID(typed["county"]) if typed["county"] else None,
        seller_kind=typed["seller_kind"],
        provider=typed["provider"],
        pickup_level=typed["pickup_level"],
        since_date=since,
        until_date=_day(typed["until"], "until"),
    )


def _once(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return new_id()


def _rate(text: str) -> int:
    """Return a percentage as basis points, or a sum of yuan as fen: both are the figure with two decimals."""
    try:
        return fen_of(text.removesuffix("%").strip())
    except NotAnAmount as error:
        raise Malformed(field="rate", reason=_("A percentage, or a sum of yuan, is needed here.")) from error


def _day(text: str, name: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Malformed(field=name, reason=_("A day is written like 2026-08-15.")) from error


# --- Words


def _groups(found: list[FeeRule], today: date, own: set[UUID]) -> list[dict[str, Any]]:
    """Return the rules by kind, each with its terms in words, and whether it may be ended here."""
    counties = {area.pk: named(area) for area in Area.objects.filter(pk__in=[row.county_id for row in found if row.county_id])}
    rows: dict[str, list[dict[str, Any]]] = {}
    for rule in found:
        rows.setdefault(rule.kind, []).append(
            {
                "rule": rule,
                "takes": takes(rule),
                "beneficiary": beneficiary_names().get(rule.beneficiary, rule.beneficiary),
                "conditions": list(_conditions(rule, counties)),
                "may_end": rule.pk in own,
                "is_later": rule.since_date > today,
            }
        )
    return [{"kind": kind, "name": fee_name(kind), "rows": rows[kind]} for kind in rows]


def _conditions(rule: FeeRule, counties: dict[UUID, str]) -> list[str]:
    return [
        *([named(rule.seller)] if rule.seller else []),
        *([counties.get(rule.county_id, "")] if rule.county_id else []),
        *([seller_kinds().get(rule.seller_kind, rule.seller_kind)] if rule.seller_kind else []),
        *([ways_of_paying().get(rule.provider, rule.provider)] if rule.provider else []),
        *([levels().get(rule.pickup_level, rule.pickup_level)] if rule.pickup_level else []),
    ]


def takes(rule: FeeRule) -> str:
    """Return what a rule takes: ``1.5 % of the goods``, ``¥2.00 an order``."""
    amount = f"{rule.rate / 100:.2f}".rstrip("0").rstrip(".") if rule.basis in FeeRule.PARTS else f"¥{rule.rate / 100:.2f}"
    sentence = {
        FeeRule.Basis.GOODS: _("%(rate)s %% of the goods"),
        FeeRule.Basis.PAID: _("%(rate)s %% of goods and freight"),
        FeeRule.Basis.ORDER: _("%(rate)s an order"),
        FeeRule.Basis.KG: _("%(rate)s a kilogram begun"),
        FeeRule.Basis.FREIGHT: _("%(rate)s %% of what sending costs"),
    }[FeeRule.Basis(rule.basis)]
    return sentence % {"rate": amount}


def basis_names() -> dict[str, str]:
    """Return by what a fee can be reckoned."""
    return {
        FeeRule.Basis.GOODS.value: _("percent of the goods"),
        FeeRule.Basis.PAID.value: _("percent of goods and freight"),
        FeeRule.Basis.ORDER.value: _("yuan an order"),
        FeeRule.Basis.KG.value: _("yuan a kilogram begun"),
        FeeRule.Basis.FREIGHT.value: _("percent of what sending costs"),
    }


def beneficiary_names() -> dict[str, str]:
    """Return who can get a fee."""
    return {
        FeeRule.Beneficiary.PLATFORM.value: _("the region's centre"),
        FeeRule.Beneficiary.CENTRE.value: _("the county's centre"),
        FeeRule.Beneficiary.PICKUP.value: _("who runs the pickup point"),
        FeeRule.Beneficiary.PROVIDER.value: _("the payment provider"),
    }


def seller_kinds() -> dict[str, str]:
    """Return the kinds of sellers."""
    names = {
        Organisation.Kind.COOPERATIVE: _("Cooperatives"),
        Organisation.Kind.COMPANY: _("Companies"),
        Organisation.Kind.DEPARTMENT_STORE: _("Department stores"),
    }
    return {kind.value: names[kind] for kind in Organisation.SELLERS}


def ways_of_paying() -> dict[str, str]:
    """Return the ways of paying."""
    return {**provider_names(), "cash": _("Cash")}


def levels() -> dict[str, str]:
    """Return the kinds of pickup points."""
    names = {
        ServicePoint.Level.CENTRE: _("County centre"),
        ServicePoint.Level.STATION: _("Township station"),
        ServicePoint.Level.POINT: _("Village point"),
    }
    return {level.value: name for level, name in names.items()}
