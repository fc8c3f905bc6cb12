"""The story of a lot in a buyer's words: what the scan page shows of it, kept for a minute by lot and language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from teahorse.catalog.definitions import said
from teahorse.common.keeping import kept_for
from teahorse.common.translated import translated
from teahorse.common.ui.ground_map import About, Spot, ground_map
from teahorse.people.models import Organisation
from teahorse.places import queries as places
from teahorse.places.models import Area
from teahorse.trace import words
from teahorse.trace.cards import amount_in_words
from teahorse.trace.models import Certificate, Lot
from teahorse.trace.naming import site_uri
from teahorse.trace.queries.story import Amount, ShownSite, Story, StoryStep, mark_of, story_of
from teahorse.trace.rules import spoken_moment
from teahorse.trace.temperatures import Temperature
from teahorse.trace.words import amount_words, step_words

KEPT_SECONDS, MOST_KEPT = 50, 2000
FRESH_SECONDS, MOST_FRESH = 10, 500
"""Together a minute."""
MAP_SECONDS, MOST_MAPS = 600, 500
COUNTY, PREFECTURE = 6, 4
MOST_AMOUNTS = 6
FEWEST_ON_A_MAP = 3
"""Fewer neighbours tell nobody where a place is; then the counties around are drawn."""
MOST_AROUND = 14
RADIUS_KM = ((12, 4), (9, 12), (6, 40), (4, 120))
"""How far a place may be from the point of the area that is shown for it, by the length of the area's code: what the circle spans."""
COLDEST, WARMEST = -30.0, 40.0
"""The ends of the drawn strip, in degrees Celsius."""


@dataclass(frozen=True, slots=True)
class Row:
    """A step as it is read."""

    what: str
    at: datetime
    where: str
    took: Sequence[str]
    gave: Sequence[str]
    photos: Sequence[UUID]
    voices: Sequence[UUID]
    papers: Sequence["Chip"]
    temperature: "Strip | None"
    hash: str
    is_logged: bool
    said: str
    """What of this the log vouches for, as JSON: what the buyer's browser holds against the step's card."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A certificate as it is read."""

    key: UUID
    name: str
    number: str
    issuer: str
    issued: str
    until: str
    state: str
    why: str
    has_paper: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """A temperature span in words and as a part of the drawn strip (percent)."""

    words: str
    left: int
    width: int


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place as it is read."""

    name: str
    area: str
    height_m: int | None
    ground: str
    water: str
    about: str


@dataclass(frozen=True, slots=True)
class Told:
    """All that the page says of a lot, whoever asks."""

    lot: Lot
    name: str
    maker: Organisation
    maker_name: str
    product_id: UUID | None
    drawing: str
    amount: str
    steps: Sequence[Row]
    places: Sequence[PlaceRow]
    papers: Sequence[Chip]
    map: SafeString
    is_cut: bool


@kept_for(KEPT_SECONDS, most=MOST_KEPT)
def told(lot_id: UUID, thing_id: UUID | None, language: str) -> Told:  # noqa: ARG001 - what is kept is kept by language
    """
    Return what the page says of a lot in the language of the moment, at most a minute old.

    :raises Lot.DoesNotExist: if there is none.
    """
    return _told(story_of(lot_id, thing_id=thing_id))


@kept_for(FRESH_SECONDS, most=MOST_FRESH)
def mark(lot_id: UUID, thing_id: UUID | None) -> str:
    """Return a text that is another one when the story changed, or the day: a certificate ends with its day."""
    return f"{localtime().date()} {mark_of(lot_id, thing_id=thing_id)}"


def told_as_marked(lot_id: UUID, thing_id: UUID | None, known: str) -> Told:
    """
    Return what the page says of a lot in the language of the moment, not older than its mark; all languages have it of one story.

    :raises Lot.DoesNotExist: if there is none.
    """
    return _told(_story_as_marked(lot_id, thing_id, known))


@kept_for(FRESH_SECONDS, most=MOST_FRESH)
def _story_as_marked(lot_id: UUID, thing_id: UUID | None, known: str) -> Story:  # noqa: ARG001 - another mark is another story
    return story_of(lot_id, thing_id=thing_id)


def _told(story: Story) -> Told:
    lot, product = story.lot, story.lot.item.variant.product if story.lot.item.variant else None
    today = localtime().date()
    return Told(
        lot=lot,
        name=translated(product, "title") if product else translated(lot.item, "name"),
        maker=lot.seller,
        maker_name=translated(lot.seller, "name"),
        product_id=product.pk if product and product.is_listed else None,
        drawing=product.drawing if product else "parcel",
        amount=amount_words(lot.amount, lot.item.unit),
        steps=[_row(step, today) for step in story.steps],
        places=[_place(one) for one in story.sites],
        papers=[_chip(one, today) for one in story.certificates],
        map=mark_safe(_map(story)),  # noqa: S308 - drawn here, names are escaped
        is_cut=story.is_cut,
    )


def _row(step: StoryStep, today: date) -> Row:
    return Row(
        what=_what(step),
        at=step.at,
        where=_place(step.site).area if step.site else "",
        took=_amounts(step.took),
        gave=_amounts(step.gave),
        photos=step.photos,
        voices=step.voices,
        papers=[_chip(one, today) for one in step.papers],
        temperature=_strip(step.temperature),
        hash=step.hash,
        is_logged=step.is_logged,
        said=_said(step),
    )


def _said(step: StoryStep) -> str:
    said_of: dict[str, object] = {"time": spoken_moment(step.at), "step": step.step}
    if step.names:
        said_of["names"] = dict(sorted(step.names.items()))
    if step.site is not None:
        said_of["place"] = site_uri(step.site.site)
    if step.temperature is not None:
        said_of["temperature"] = [step.temperature.lowest, step.temperature.highest]
    if not step.parcels:  # else the amounts are those of many events, and the log has one of them here
        ways = (("in", step.took), ("out", step.gave))
        said_of["amounts"] = [[way, amount_in_words(one.quantity), one.unit] for way, amounts in ways for one in amounts]
    return msgspec.json.encode(said_of).decode()


def _what(step: StoryStep) -> str:
    if step.parcels:
        return ngettext("Sent to a buyer", "Sent to buyers in %(count)d parcels", step.parcels) % {"count": step.parcels}
    return said(step.names, get_language() or "") or step_words(step.step)


def _amounts(amounts: Sequence[Amount]) -> list[str]:
    """Say what went in or came out, kind by kind; of many lots of one kind their number and their sum."""
    kinds: dict[tuple[str, str], list[Amount]] = {}
    for one in amounts:
        name = translated(one.lot.item, "name") if one.lot else _("other goods")
        kinds.setdefault((name, one.unit), []).append(one)
    said_of = []
    for (name, unit), same in kinds.items():
        whole = sum((one.quantity for one in same if one.quantity is not None), Decimal(0))
        lots = _("%(count)d lots") % {"count": len(same)} if len(same) > 1 else (same[0].lot.number if same[0].lot else "")
        said_of.append(" · ".join(part for part in (name, amount_words(whole, unit) if whole else "", lots) if part))
    return said_of[:MOST_AMOUNTS]


def _place(shown: ShownSite) -> PlaceRow:
    site = shown.site
    language = get_language() or "zh-hans"
    return PlaceRow(
        name=translated(site, "name"),
        area=places.full_name(shown.area.code, language),
        height_m=site.height_m,
        ground=translated(site, "ground"),
        water=translated(site, "water"),
        about=translated(site, "about"),
    )


def _chip(paper: Certificate, today: date) -> Chip:
    is_over = paper.valid_until is not None and paper.valid_until < today
    return Chip(
        key=paper.pk,
        name=str(words.CERTIFICATES[paper.kind]),
        number=paper.number,
        issuer=paper.issuer,
        issued=date_format(paper.issued_date, "Y-m-d"),
        until=date_format(paper.valid_until, "Y-m-d") if paper.valid_until else "",
        state="withdrawn" if paper.withdrawn_at else "ended" if is_over else "valid",
        why=paper.withdrawn_why,
        has_paper=paper.kind == Certificate.Kind.COMMITMENT or paper.paper_id is not None,
    )


def _strip(temperature: Temperature | None) -> Strip | None:
    if temperature is None:
        return None
    low, high = (min(max(one, COLDEST), WARMEST) for one in (temperature.lowest, temperature.highest))
    whole = WARMEST - COLDEST
    left = round((low - COLDEST) / whole * 100)
    spoken = f"{number_format(temperature.lowest)} – {number_format(temperature.highest)} °C"
    one = f"{number_format(temperature.lowest)} °C"
    return Strip(one if temperature.lowest == temperature.highest else spoken, left, max(2, round((high - low) / whole * 100)))


def _map(story: Story) -> str:
    """Draw where it comes from, no more exactly than the place's owner lets strangers see, and what lies around."""
    site = next((one for one in story.sites if story.lot.site_id == one.site.pk), story.sites[-1] if story.sites else None)
    if site is not None and site.has_point and site.site.latitude is not None and site.site.longitude is not None:
        return _map_of(site.area.code, (site.site.latitude, site.site.longitude), get_language() or "zh-hans")
    return _map_of(site.area.code if site else story.lot.seller.area.code, None, get_language() or "zh-hans")


@kept_for(MAP_SECONDS, most=MOST_MAPS)
def _map_of(code: str, point: tuple[float, float] | None, language: str) -> str:
    spots = [_spot(one, language) for one in _around(code)]
    known = next((one for one in reversed(places.path(code)) if one.latitude is not None and one.longitude is not None), None)
    about = None
    if point is not None:
        about = About(places.name_in(places.path(code)[-1], language), *point, 0)
    elif known is not None:
        radius = next((km for length, km in RADIUS_KM if len(known.code) >= length), 0)
        about = About(places.name_in(known, language), known.latitude or 0, known.longitude or 0, radius)
        spots = [spot for spot in spots if spot.name != about.name]
    if about is None:
        return ""
    near = sorted(spots, key=lambda spot: (spot.lat - about.lat) ** 2 + (spot.lon - about.lon) ** 2)[:MOST_AROUND]
    label = _("Where it comes from: %(place)s") % {"place": places.full_name(code, language)}
    return ground_map(near, about=about, label=label, metres=_("%d m"), kilometres=_("%d km"), north=pgettext("on a map", "N"))


def _around(code: str) -> list[Area]:
    """Return the townships of a county with its seat, or, where of those too few are known, the counties around it."""
    around = _known_around(code[:COUNTY]) if len(code) > COUNTY else []
    seat = [one for one in places.path(code[:COUNTY]) if one.code == code[:COUNTY] and one.latitude is not None]
    return [*seat, *around] if len(around) >= FEWEST_ON_A_MAP else _known_around(code[:PREFECTURE])


def _known_around(code: str) -> list[Area]:
    """Return what lies below an area and has a known point."""
    return [one for one in places.children(code) if one.latitude is not None and one.longitude is not None]


def _spot(area: Area, language: str) -> Spot:
    return Spot(places.name_in(area, language), area.latitude or 0, area.longitude or 0, area.height_m)
