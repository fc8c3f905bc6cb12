"""Looking around: home, kinds, search, a maker, a place."""

from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from teahorse.catalog import queries as catalog
from teahorse.catalog.models import Brand, CountyLine, SearchEntry, Story
from teahorse.catalog.queries import SearchPage, Sort
from teahorse.common.money import NotAnAmount, fen_of
from teahorse.common.refusals import NotThere
from teahorse.common.translated import translated
from teahorse.common.ui.plots import County
from teahorse.mall import checkout as desks
from teahorse.mall import cookies, goods
from teahorse.mall.guest_pages import kept_for_guests
from teahorse.mall.show import page, personal, refusals_told
from teahorse.people.models import Organisation, ServicePoint
from teahorse.places import queries as places
from teahorse.places.models import Area

PER_PAGE = 24
LONGEST_QUERY = 100
MAKERS_ON_HOME = 8
STORIES_ON_HOME = 3


@require_safe
@kept_for_guests
@refusals_told
def home(request: HttpRequest) -> HttpResponse:
    """Show what the plateau makes now, the kinds, the counties, stories and makers."""
    today = goods.today()
    season = catalog.search(on=today, in_season_on=today, per_page=8, sort="sold")
    new = catalog.search(on=today, per_page=8, sort="sold") if len(season.cards) < 4 else None
    counties = _counties()
    context = {
        "month": today,
        "season": goods.cards_html(season.cards, eager=4),
        "hero": season.cards[:3] or (new.cards[:3] if new else []),
        "popular": goods.cards_html(new.cards) if new else [],
        "kinds": catalog.categories(),
        "counties": counties,
        "lines": _season_lines(today.month),
        "stories": _stories(),
        "makers": _makers(Organisation.objects.all())[:MAKERS_ON_HOME],
    }
    return page(request, "home", context)


def _counties() -> list[County]:
    """Return the counties whose goods are on show, where they lie, and how many goods each has; two queries."""
    by_county = SearchEntry.objects.annotate(county=Left("area_code", 6)).values("county").annotate(goods=Count("pk"))
    counts = dict(by_county.order_by("county").values_list("county", "goods"))
    areas = Area.objects.filter(code__in=counts, until_date=None, latitude__isnull=False).order_by("code")
    language = goods.language()
    return [_county(area, counts[area.code], language) for area in areas]


def _county(area: Area, count: int, language: str) -> County:
    return County(places.name_in(area, language), area.latitude or 0, area.longitude or 0, count, reverse("mall:place", args=[area.code]))


def _stories() -> list[dict[str, Any]]:
    """Return the stories that are told now, each with where it leads."""
    told = Story.objects.filter(published_at__isnull=False).select_related("organisation", "area").order_by("position", "pk")
    return [_story(story) for story in told[:STORIES_ON_HOME]]


def _story(story: Story) -> dict[str, Any]:
    if story.organisation is not None:
        maker = story.organisation
        href = reverse("mall:maker", args=[maker.key]) if maker.is_seller else ""
        return {"story": story, "href": href, "code": maker.key, "whose": translated(maker, "name")}
    area = cast("Area", story.area)
    return {
        "story": story,
        "href": reverse("mall:place", args=[area.code]),
        "code": area.code,
        "whose": places.name_in(area, goods.language()),
    }


def _season_lines(month: int) -> list[CountyLine]:
    """Return what the counties make in the season of a month, in a line each."""
    season = CountyLine.Season.values[(month - 3) // 3 % 4]
    return list(CountyLine.objects.filter(season=season).select_related("area").order_by("area__code"))


def _makers(among: Any) -> list[dict[str, Any]]:
    """Return makers with goods on show, those with the most first; two queries."""
    rows = SearchEntry.objects.filter(seller__in=among.filter(left_at=None)).values("seller").annotate(goods=Count("pk"))
    counts = dict(rows.order_by("-goods", "seller").values_list("seller", "goods")[:60])
    found = Organisation.objects.filter(pk__in=counts).select_related("area")
    makers = [{"maker": maker, "goods": counts[maker.pk], "place": places.name_in(maker.area, goods.language())} for maker in found]
    return sorted(makers, key=lambda one: (-one["goods"], one["maker"].key))


@require_safe
@kept_for_guests
@refusals_told
def kinds(request: HttpRequest) -> HttpResponse:
    """Show all kinds of goods, each with how many there are and the names under which they are sold."""
    counts = dict(SearchEntry.objects.values_list("category").annotate(goods=Count("pk")).order_by("category"))
    brands = Brand.objects.filter(has_gi_mark=True).order_by("name", "pk")[:12]
    listed = [{"kind": kind, "goods": counts.get(kind.pk, 0)} for kind in catalog.categories()]
    return page(request, "kinds", {"kinds": listed, "brands": brands, "counties": sorted(_counties(), key=lambda county: -county.value)})


@require_safe
@kept_for_guests
@refusals_told
def kind(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the goods of a kind."""
    chosen = next((kind for kind in catalog.categories() if kind.slug == slug), None)
    if chosen is None:
        raise NotThere(field="kind")
    wish = Wish.read(request, category=slug)
    found = wish.find()
    return page(request, "kind", {"kind": chosen, **listing(wish, found)})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor looks for, as she typed it; what cannot be read is left out."""

    q: str = ""
    area: str = ""
    category: str = ""
    low: str = ""
    high: str = ""
    in_season: bool = False
    traceable: bool = False
    sort: str = ""
    page: int = 1

    @classmethod
    def read(cls, request: HttpRequest, *, category: str = "") -> "Wish":
        """Read the address."""
        data = request.GET
        area = data.get("area", "")
        number = data.get("page", "1")
        return cls(
            q=" ".join(data.get("q", "").replace("\0", " ").split())[:LONGEST_QUERY],
            area=area if area.isascii() and area.isdigit() and len(area) <= 12 else "",
            category=category or data.get("category", "")[:40].replace("\0", ""),
            low=data.get("low", "")[:12],
            high=data.get("high", "")[:12],
            in_season=data.get("in_season") == "1",
            traceable=data.get("traceable") == "1",
            sort=data["sort"] if data.get("sort") in SORTS else "",
            page=min(int(number), 1000) if number.isascii() and number.isdigit() and len(number) < 6 else 1,
        )

    @property
    def is_filtered(self) -> bool:
        """Whether something narrows the search besides its words."""
        return any((self.area, self.low, self.high, self.in_season, self.traceable))

    def find(self) -> SearchPage:
        """Ask the catalogue."""
        today = goods.today()
        return catalog.search(
            on=today,
            text=self.q,
            area_code=self.area,
            category=self.category,
            price_from=_fen(self.low),
            price_to=_fen(self.high),
            in_season_on=today if self.in_season else None,
            is_traceable=True if self.traceable else None,
            sort=cast("Sort", self.sort or "rank"),
            page=max(1, self.page),
            per_page=PER_PAGE,
        )


SORTS: tuple[Literal["sold", "new", "price", "price_desc"], ...] = ("sold", "new", "price", "price_desc")


def sort_words() -> list[tuple[str, str]]:
    """Return the orders in which goods can be listed."""
    return [
        ("", _("Best match")),
        ("sold", _("Most bought")),
        ("new", _("Newest")),
        ("price", _("Cheapest first")),
        ("price_desc", _("Dearest first")),
    ]


def _fen(text: str) -> int | None:
    try:
        return min(fen_of(text), 10**12) if text.strip() else None
    except NotAnAmount:
        return None


def listing(wish: Wish, found: SearchPage) -> dict[str, Any]:
    """Return what a list of goods shows: cards, pages, and what can be chosen."""
    area_name = ""
    if wish.area:
        named = next((facet.name for facet in found.counties if facet.key == wish.area), "")
        area_name = named or goods.area_name(wish.area, goods.language())
    return {
        "wish": wish,
        "found": found,
        "cards": goods.cards_html(found.cards, eager=4),
        "page": Paginator(range(found.total), PER_PAGE).get_page(wish.page),
        "sorts": sort_words(),
        "area_name": area_name,
    }


@require_safe
@kept_for_guests
@refusals_told
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found, and what to do where nothing was."""
    wish = Wish.read(request)
    found = wish.find()
    context = listing(wish, found)
    if not found.cards:
        context["suggestions"] = _suggested(wish.q) if wish.q else []
        context["kinds"] = catalog.categories()
    return page(request, "search", context)


def _suggested(text: str) -> list[dict[str, str]]:
    found = catalog.suggest(text=text)
    return [{"kind": one.kind, "text": one.text, "href": _leads_to(one)} for one in found]


def _leads_to(one: catalog.Suggestion) -> str:
    if one.kind == "category":
        return reverse("mall:kind", args=[one.key])
    if one.kind == "product":
        return reverse("mall:product", args=[UUID(one.key)])
    return f"{reverse('mall:search')}?{urlencode({'q': one.text})}"


@require_GET
@kept_for_guests
def suggest(request: HttpRequest) -> HttpResponse:
    """Answer what may be meant by what was typed so far."""
    text = request.GET.get("q", "").replace("\0", "")[:LONGEST_QUERY]
    return JsonResponse(_suggested(text), safe=False)


@require_safe
@kept_for_guests
@refusals_told
def maker(request: HttpRequest, key: str) -> HttpResponse:
    """Show a maker: its band, its words, where it is, its goods."""
    found = Organisation.objects.select_related("area").filter(key=key, kind__in=Organisation.SELLERS, left_at=None).first()
    if found is None:
        raise NotThere(field="maker")
    number = request.GET.get("page", "1")
    at = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
    listed = catalog.search(on=goods.today(), seller=found, sort="sold", page=max(1, at), per_page=PER_PAGE)
    context = {
        "maker": found,
        "brands": list(Brand.objects.filter(owner=found).order_by("name", "pk")),
        "places": goods.path_links(places.path(found.area.code)[1:]),
        "height_m": found.area.height_m,
        "found": listed,
        "cards": goods.cards_html(listed.cards, eager=4),
        "page": Paginator(range(listed.total), PER_PAGE).get_page(at),
    }
    return page(request, "maker", context)


@require_safe
@kept_for_guests
@refusals_told
def place(request: HttpRequest, code: str) -> HttpResponse:
    """Show what a village, township, county, prefecture or region makes, and who makes it."""
    if not (code.isascii() and code.isdigit()):
        raise NotThere(field="place")
    area = places.area_by_code(code)
    number = request.GET.get("page", "1")
    at = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
    listed = catalog.search(on=goods.today(), area_code=code, sort="sold", page=max(1, at), per_page=PER_PAGE)
    above = places.path(code)
    context = {
        "area": area,
        "name": places.name_in(area, goods.language()),
        "places": goods.path_links(above[:-1]),
        "makers": _makers(Organisation.objects.filter(area__code__startswith=code))[:12],
        "below": _below(code) if listed.total else [],
        "found": listed,
        "cards": goods.cards_html(listed.cards, eager=4),
        "page": Paginator(range(listed.total), PER_PAGE).get_page(at),
        "points": _points(code) if len(code) >= 6 else [],
    }
    return page(request, "place", context)


def _points(code: str) -> list[ServicePoint]:
    """Return some of the stations and points of a county or of what lies below it."""
    found = ServicePoint.objects.filter(area__code__startswith=code, organisation__left_at=None)
    return list(found.order_by("level", "area__code", "pk")[:6])


def _below(code: str) -> list[dict[str, Any]]:
    """Return the areas below from which goods come, with how many."""
    deeper = {2: 4, 4: 6, 6: 9, 9: 12}.get(len(code))
    if deeper is None:
        return []
    rows = SearchEntry.objects.filter(area_code__startswith=code).annotate(below=Left("area_code", deeper))
    counts = dict(rows.values("below").annotate(goods=Count("pk")).order_by("-goods", "below").values_list("below", "goods"))
    language = goods.language()
    areas = [area for area in Area.objects.filter(code__in=counts, until_date=None) if len(area.code) == deeper]
    named = [{"code": area.code, "name": places.name_in(area, language), "goods": counts[area.code]} for area in areas]
    return sorted(named, key=lambda one: (-one["goods"], one["code"]))


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def area(request: HttpRequest) -> HttpResponse:
    """Let a visitor say where she orders to, so that freight and arrival are shown for it."""
    given = request.POST if request.method == "POST" else request.GET
    wish = given.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wish, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    back = wish if is_ours else reverse("mall:home")
    typed = desks.Typed.read(given.dict())
    levels = desks.area_levels(typed.code or cookies.area_code(request))
    if request.method == "POST" and request.POST.get("do") != "look":
        chosen = next((level.chosen for level in reversed(levels) if level.chosen), "")
        if chosen:
            response = HttpResponseRedirect(back)
            cookies.keep_area(response, chosen)
            return response
        return page(request, "area", {"levels": levels, "next": back, "error": _("Choose a province or region.")}, status=422)
    return page(request, "area", {"levels": levels, "next": back, "error": ""})
