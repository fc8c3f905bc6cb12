"""Questions about areas: the tree that the official codes make."""

from collections.abc import Iterable

from django.db.models import Case, CharField, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Left, Length, Lower

from teahorse.common.keeping import kept_for
from teahorse.common.refusals import NotThere
from teahorse.places import rules
from teahorse.places.models import Area

KEPT_SECONDS = 60
"""Nearly every page asks for areas, and they change once a year."""


class NoSuchArea(NotThere):
    """No living area bears this code."""

    code = "no_such_area"


def living() -> QuerySet[Area]:
    """Return the areas that exist today."""
    return Area.objects.filter(until_date=None)


def area_by_code(code: str) -> Area:
    """
    Return the living area of an official code.

    :raises NoSuchArea: if there is none.
    """
    area = living().filter(code=code).first()
    if area is None:
        raise NoSuchArea(field="area", code=code)
    return area


def within(code: str, *, path: str = "code") -> Q:
    """Return the condition that the code at ``path`` (``"area__code"``) is ``code`` or lies below it; an index answers it."""
    return Q((f"{path}__startswith", code))


def children(code: str = "") -> QuerySet[Area]:
    """
    Return what a person chooses from below an area (below nothing: the regions), by code.

    Areas that only fill a level of the codes are stepped over: below Beijing stand its districts, below
    Dongguan its townships, below Hubei its prefectures and the cities that belong to none.
    """
    if not code:
        return living().filter(code__in=[f"{number:02}" for number in range(10, 100)]).order_by("code")
    depth = rules.CODE_LENGTHS.index(len(code)) + 1 if len(code) in rules.CODE_LENGTHS else len(rules.CODE_LENGTHS)
    lengths = rules.CODE_LENGTHS[depth : depth + 2]
    if not lengths:
        return living().none()
    below = living().filter(within(code)).alias(length=Length("code"))
    direct = Q(length=lengths[0])
    if len(code) <= 4:
        above = living().filter(code=code, name=OuterRef("name"))
        stand_in = Q(name__in=rules.STAND_INS) | Q(Exists(above))
        direct &= ~stand_in
        stand_ins = below.filter(Q(length=lengths[0]) & stand_in)
        direct |= Q(Exists(stand_ins.filter(code=Left(OuterRef("code"), lengths[0]))), length=lengths[1])
    return below.filter(direct).order_by("code")


def choices(code: str, language: str) -> list[tuple[str, str]]:
    """Return code and name of each of an area's :func:`children`; up to a minute old."""
    return list(_kept_choices(code, language))


def path(code: str) -> list[Area]:
    """
    Return the living areas from the region down to ``code``, itself last; up to a minute old.

    An unknown code gives what is known above it.
    """
    return list(_kept_path(code))


@kept_for(KEPT_SECONDS, most=2000)
def _kept_choices(code: str, language: str) -> tuple[tuple[str, str], ...]:
    return tuple((area.code, name_in(area, language)) for area in children(code))


@kept_for(KEPT_SECONDS, most=10_000)
def _kept_path(code: str) -> tuple[Area, ...]:
    return tuple(living().filter(code__in=rules.prefixes(code)).order_by("code"))


def name_in(area: Area, language: str) -> str:
    """Return an area's name in a language, its Chinese name where none is known."""
    return str((area.i18n or {}).get(f"name_{language}") or area.name)


def full_name(code: str, language: str) -> str:
    """
    Return an area's whole name as it is written in an address.

    Chinese runs from the region down without spaces, Tibetan from the region down with them, English from the
    area up with commas. Areas that only fill a level are left out.
    """
    return full_name_of(path(code), language)


def full_name_of(areas: list[Area], language: str) -> str:
    """Return the whole name of the last of ``areas``, which stand from the region down as :func:`path` gives them."""
    above = ["", *(area.name for area in areas)]
    names = [name_in(area, language) for area, over in zip(areas, above, strict=False) if not rules.is_stand_in(area.name, above=over)]
    if language == "en":
        return ", ".join(reversed(names))
    return (" " if language == "bo" else "").join(names)


def drawn_at(codes: Iterable[str]) -> dict[str, Area]:
    """Return by code the area at which it is drawn on a map: itself, else the nearest above it of which a point is known."""
    wanted = set(codes)
    above = {prefix for code in wanted for prefix in rules.prefixes(code)}
    known = {area.code: area for area in living().filter(code__in=above, latitude__isnull=False, longitude__isnull=False)}
    nearest = {code: next((known[one] for one in reversed(rules.prefixes(code)) if one in known), None) for code in wanted}
    return {code: area for code, area in nearest.items() if area is not None}


def find_areas(text: str, limit: int = 20) -> list[Area]:
    """
    Return living areas whose Chinese, English or Tibetan name holds ``text``.

    Names that start with it come first, larger areas before smaller ones. Marks on Latin letters do not matter.
    """
    wanted = text.strip().strip("་")
    if not wanted:
        return []
    plain = rules.plain_latin(wanted)
    marks = (Value(rules.MARKED + rules.APOSTROPHES), Value(rules.UNMARKED))
    latin = Func(Lower(KT("i18n__name_en")), *marks, function="translate", output_field=CharField())
    found = living().alias(latin=latin, tibetan=KT("i18n__name_bo"))
    starts, holds = (
        Q(**{f"name__{how}": wanted}) | Q(**{f"tibetan__{how}": wanted}) | (Q(**{f"latin__{how}": plain}) if plain else Q())
        for how in ("startswith", "contains")
    )
    place = Case(When(starts, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(found.filter(holds).order_by(place, Length("code"), F("code"))[:limit])
