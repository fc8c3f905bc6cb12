"""Areas: what a person chooses an address from."""

from typing import Annotated, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from teahorse.api.fields import NO_NUL, AreaCode, Level, PageSize, told
from teahorse.common.refusals import Malformed
from teahorse.people import queries as people
from teahorse.places import queries as places
from teahorse.places.models import Area
from teahorse.places.rules import prefixes

router = Router(tags=["areas"])
T = TypeVar("T")
SearchText = Annotated[str, StringConstraints(max_length=80, pattern=NO_NUL)]


class AreaName(Schema):
    """An area in a list; one that was searched for comes with its whole name."""

    code: str
    name: str
    level: Level
    full_name: str | None = None


class AreaShown(Schema):
    """One area, and the areas it lies in, from the region down."""

    code: str
    name: str
    level: Level
    full_name: str
    names: dict[str, str] = Field(description="by language; only those that are known")
    latitude: float | None
    longitude: float | None
    height_m: int | None
    path: list[AreaName]


class PickupPoint(Schema):
    """A service point at which parcels can be fetched."""

    id: str
    name: str
    area_code: str
    area_name: str
    address_line: str
    hours: str
    takes_cash: bool


@router.get("/areas", response=list[AreaName], exclude_none=True)
def list_areas(
    request: HttpRequest,  # noqa: ARG001
    response: HttpResponse,
    parent: Annotated[AreaCode | None, Field(description="the areas below this one; the regions where it is left out")] = None,
    q: Annotated[SearchText, Field(description="part of a name in Chinese, Tibetan or English")] = "",
    limit: Annotated[PageSize, Field(description="of a search")] = 20,
) -> list[AreaName]:
    """Return what a person chooses from below an area, or the areas that a text names, with their whole names."""
    if q and parent:
        raise Malformed(field="q", reason=_("Search everywhere, or choose below an area: not both."))
    if q.strip():
        return _keep(response, _with_full_names(places.find_areas(q, limit=limit)))
    found = [_named(area) for area in places.children(parent or "")]
    if not found and parent:
        places.area_by_code(parent)
    return _keep(response, found)


@router.get("/areas/{code}", response=AreaShown, exclude_none=False)
def show_area(request: HttpRequest, response: HttpResponse, code: AreaCode) -> AreaShown:  # noqa: ARG001
    """Return one area with its names, its place and what it lies in."""
    area = places.area_by_code(code)
    path = places.path(code)
    names = {"zh-hans": area.name, **{language: text for language in ("bo", "en") if (text := (area.i18n or {}).get(f"name_{language}"))}}
    shown = AreaShown(
        code=area.code,
        name=_name(area),
        level=area.level,
        full_name=places.full_name_of(path, _language()),
        names=names,
        latitude=area.latitude,
        longitude=area.longitude,
        height_m=area.height_m,
        path=[_named(above) for above in path],
    )
    return _keep(response, shown)


@router.get("/pickup-points", response=list[PickupPoint])
def list_pickup_points(
    request: HttpRequest,  # noqa: ARG001
    area: Annotated[AreaCode, Field(description="near this area")],
    limit: PageSize = 20,
) -> list[PickupPoint]:
    """Return the service points in the region of an area where parcels can be fetched, the nearest first."""
    return [
        PickupPoint(
            id=str(point.pk),
            name=told(point, "name"),
            area_code=point.area.code,
            area_name=_name(point.area),
            address_line=point.address_line,
            hours=point.hours,
            takes_cash=point.takes_cash,
        )
        for point in people.pickup_points_near(code=area)[:limit]
    ]


def _language() -> str:
    return translation.get_language() or "zh-hans"


def _name(area: Area) -> str:
    return places.name_in(area, _language())


def _named(area: Area, full_name: str | None = None) -> AreaName:
    return AreaName(code=area.code, name=_name(area), level=area.level, full_name=full_name)


def _with_full_names(areas: list[Area]) -> list[AreaName]:
    codes = {code for area in areas for code in prefixes(area.code)}
    known = {area.code: area for area in places.living().filter(code__in=codes)}
    paths = {area.code: [known[code] for code in prefixes(area.code) if code in known] for area in areas}
    return [_named(area, places.full_name_of(paths[area.code], _language())) for area in areas]


def _keep(response: HttpResponse, shown: T) -> T:
    """Let browsers keep what rarely changes for an hour; it differs by language."""
    response.headers["Cache-Control"] = "public, max-age=3600"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return shown
