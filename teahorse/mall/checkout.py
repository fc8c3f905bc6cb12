"""
The checkout's one page: what is bought, where it goes, what it costs there.

Nothing is written here; placing is :func:`teahorse.orders.dispatch.place`. What a buyer confirms is the sealed quote of
the page that she saw, so a press that is repeated says the same again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from teahorse.common.ids import from_short, new_id, short
from teahorse.common.refusals import Refusal
from teahorse.common.translated import translated
from teahorse.mall.promises import basis_words, promise_words
from teahorse.orders import explaining, quoting
from teahorse.orders.explaining import Explained
from teahorse.orders.models import OrderGroup
from teahorse.orders.rules import MOST_UNITS, Quote, QuoteOrder
from teahorse.orders.wanted import Wanted, Whose, by_seller, wanted_in_cart, wanted_of
from teahorse.people import queries as people
from teahorse.people.models import Person, ServicePoint
from teahorse.people.rules import NotAPhone, normal_phone
from teahorse.places import queries as places
from teahorse.promotions.rules import plain_code

DOOR, POINT = "door", "point"
NOW, ON_DELIVERY = "now", "delivery"
AREA_FIELDS = ("province", "city", "county", "township")
DEEP_ENOUGH = 6
CLOSE_ENOUGH = 4
MOST_POINTS = 8
ORIGIN = re.compile(r"mall|hall:[0-9A-Za-z]{22}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
MOST_CODES, LONGEST_CODE, LONGEST_TYPED_CODE = 5, 24, 60
LONGEST = {"name": 80, "line": 200, "note": 200}


@dataclass(frozen=True, slots=True)
class Basket:
    """What is about to be ordered; ``notices`` tell what could not be kept of what was asked for."""

    lines: tuple[Wanted, ...]
    notices: tuple[str, ...] = ()
    is_cart: bool = True

    @property
    def origin(self) -> str:
        """Where it was picked up: the first hall, else the mall."""
        return next((line.origin for line in self.lines if line.origin != "mall"), "mall")

    @property
    def wanted(self) -> dict[UUID, int]:
        """Units by offer."""
        return {line.offer_id: line.quantity for line in self.lines}


@dataclass(frozen=True, slots=True)
class Typed:
    """What the buyer typed and chose, as she typed it; ``code`` is the deepest area that she chose, ``codes`` are coupons."""

    name: str = ""
    phone: str = ""
    way: str = DOOR
    code: str = ""
    line: str = ""
    point: str = ""
    note: str = ""
    codes: tuple[str, ...] = ()
    new_code: str = ""
    pay: str = NOW
    """When it is paid: now, or in cash when it is handed over."""

    @classmethod
    def read(cls, data: Mapping[str, str]) -> "Typed":
        """Read what a form sent; an area that does not lie in the one before it is left out."""
        code = ""
        for name in AREA_FIELDS:
            chosen = data.get(name, "")
            if not (chosen.isascii() and chosen.isdigit() and chosen.startswith(code) and len(chosen) <= 12):
                break
            code = chosen
        words = {name: CONTROL.sub(" ", data.get(name, "")).strip() for name in ("name", "phone", "line", "note")}
        way = POINT if data.get("way") == POINT else DOOR
        kept = [plain_code(word) for word in data.get("codes", "").split() if plain_code(word) != plain_code(data.get("without", ""))]
        return cls(
            **words,
            way=way,
            code=code,
            point=data.get("point", ""),
            codes=tuple(dict.fromkeys(code[:LONGEST_CODE] for code in kept))[:MOST_CODES],
            pay=ON_DELIVERY if data.get("pay") == ON_DELIVERY else NOW,
            new_code=CONTROL.sub(" ", data.get("new_code", "")).strip()[:LONGEST_TYPED_CODE],
        )


@dataclass(frozen=True, slots=True)
class AreaLevel:
    """One select of the area picker."""

    name: str
    label: str
    options: list[tuple[str, str]]
    chosen: str


@dataclass(slots=True)
class Desk:
    """The whole page: basket, address, quote or the reason why there is none, and the key of the wish."""

    basket: Basket
    typed: Typed
    levels: list[AreaLevel]
    points: list[ServicePoint]
    hall: ServicePoint | None = None
    key: UUID = field(default_factory=new_id)
    quote: Quote | None = None
    refusal: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    sealed: str = ""
    discounts: quoting.Discounts = field(default_factory=quoting.Discounts)
    told: list[str] = field(default_factory=list)
    """What became of the codes, in words."""

    def parts(self) -> list[dict[str, Any]]:
        """Return the basket by seller, with freight and promise where they are known."""
        quoted = {part.seller_id: part for part in self.quote.orders} if self.quote else {}
        off = {offer_id: sum(fen for _promotion, fen in parts) for offer_id, parts in self.discounts.by_offer.items()}
        return [_shown_part(lines, quoted.get(lines[0].seller_id), off) for lines in by_seller(self.basket.lines)]

    @property
    def goes_to(self) -> str:
        """Where it goes, in the page's language; the order itself keeps the names that carriers read."""
        if self.typed.way == POINT:
            return next((translated(point, "name") for point in self.points if short(point.pk) == self.typed.point), "")
        return " ".join(name for level in self.levels for code, name in level.options if code == level.chosen)

    @property
    def is_presale(self) -> bool:
        """Whether it is sold before its harvest."""
        return any(line.sale for line in self.basket.lines)

    @property
    def rest_fen(self) -> int:
        """What is to be paid after the harvest."""
        return self.quote.total_fen - self.quote.first_fen if self.quote else 0

    @property
    def goods_fen(self) -> int:
        """What the goods cost, before discounts."""
        return sum(line.amount_fen for line in self.basket.lines)

    @property
    def explained(self) -> Explained:
        """What the total is made of; without freight while nobody knows where it goes."""
        if self.quote is None:
            return explaining.of_goods(goods_fen=self.goods_fen, discounts=self.discounts)
        return explaining.of_quote(self.quote, goes_to=self.goes_to)


def _shown_part(lines: list[Wanted], quoted: QuoteOrder | None, off: Mapping[UUID, int]) -> dict[str, Any]:
    return {
        "seller_key": lines[0].seller_key,
        "seller_name": lines[0].seller_name,
        "lines": [(line, off.get(line.offer_id, 0), line.amount_fen - off.get(line.offer_id, 0)) for line in lines],
        "quoted": quoted,
        "arrives": promise_words(quoted.promised_from, quoted.promised_to) if quoted else "",
        "arrives_because": basis_words(msgspec.to_builtins(quoted.promise_basis)) if quoted and quoted.promise_basis else [],
        "freight_borne": explaining.sending_of([quoted]).borne_words if quoted else "",
        "is_presale": quoted is not None and quoted.harvest_sale_id is not None,
    }


def basket_of_cart(whose: Whose) -> Basket:
    """Return what of a cart can be ordered now; what cannot stays in the cart, with a notice. One query."""
    return _fit(wanted_in_cart(whose), is_cart=True)


def basket_of(wanted: Mapping[UUID, int], *, origin: str, is_cart: bool) -> Basket:
    """Return what of some units can be ordered now, in the order in which they were asked for; one query."""
    return _fit(wanted_of(wanted, origin=origin), is_cart=is_cart)


def _fit(asked: Iterable[Wanted], *, is_cart: bool) -> Basket:
    lines, notices = [], []
    for line in asked:
        units = min(line.quantity, line.available, MOST_UNITS)
        if units < 1:
            notices.append(_("“%(title)s” is sold out and is left out of this order.") % {"title": line.title})
            continue
        if units < line.quantity:
            told = {"title": line.title, "left": units}
            notices.append(_("Of “%(title)s” only %(left)s are left; this order takes them.") % told)
        lines.append(line if units == line.quantity else replace(line, quantity=units))
    together, alone = _apart(lines)
    notices += [
        _("“%(title)s” is sold before its harvest and is ordered alone; it stays in the cart.") % {"title": line.title} for line in alone
    ]
    return Basket(tuple(together), tuple(notices), is_cart)


def _apart(lines: list[Wanted]) -> tuple[list[Wanted], list[Wanted]]:
    """Return what can be ordered together, and what is ordered alone: each pre-sale, for it is paid and sent at other times."""
    if len(lines) < 2 or all(line.sale is None for line in lines):
        return lines, []
    together = [line for line in lines if line.sale is None] or lines[:1]
    return together, [line for line in lines if line not in together]


def first_guess(*, person: Person | None, last: OrderGroup | None, area: str, hall: ServicePoint | None) -> Typed:
    """Return what is already known of a buyer: her account, her last order, the area of this browser, the hall she is in."""
    typed = Typed(name=person.name if person else "", phone=shown_phone(person.phone or "") if person else "", code=area)
    if last is not None:
        typed = replace(
            typed,
            name=last.contact_name,
            phone=shown_phone(last.contact_phone),
            code=last.destination_code,
            line=last.destination_line,
            way=POINT if last.pickup_point_id else DOOR,
            point=short(last.pickup_point_id) if last.pickup_point_id else "",
        )
    if hall is not None:
        typed = replace(typed, way=POINT, point=short(hall.pk), code=hall.area.code)
    return typed


def set_up(*, basket: Basket, typed: Typed, hall: ServicePoint | None, now: datetime, key: UUID | None = None, phone: str = "") -> Desk:
    """
    Lay out the page for what was typed so far, with a quote where the destination is known.

    :param phone: the visitor's verified phone, to which her vouchers belong.
    """
    levels = area_levels(typed.code)
    code = next((level.chosen for level in reversed(levels) if level.chosen), "")
    typed = replace(typed, code=code)
    points = pickup_points(code, hall=hall) if typed.way == POINT else []
    if points and typed.point not in {short(point.pk) for point in points}:
        chosen = point_by_key(typed.point)
        points = [chosen, *points] if chosen else points
        typed = replace(typed, point=short(points[0].pk) if chosen is None else typed.point)
    desk = Desk(basket=basket, typed=typed, levels=levels, points=points, hall=hall, key=key or new_id())
    if not basket.lines:
        return desk
    _take_off(desk, phone=phone, now=now)
    destination = destination_of(desk)
    if destination is not None:
        try:
            desk.quote = quoting.quote(wanted=basket.wanted, destination=destination, now=now, lines=basket.lines, discounts=desk.discounts)
            desk.sealed = quoting.seal(desk.quote)
        except Refusal as refusal:
            desk.refusal = str(refusal)
    return desk


def _take_off(desk: Desk, *, phone: str, now: datetime) -> None:
    """
    Find the discounts, with the codes that hold. A new code that does not stays at its field, with the reason; one that was taken
    before and does not hold any more is left out, with a notice.
    """
    typed = desk.typed
    new = plain_code(typed.new_code)
    codes = [code for code in typed.codes if code != new]
    if new and len(codes) >= MOST_CODES:
        desk.errors["new_code"] = _("At most %(most)d codes at a time. Leave one out first.") % {"most": MOST_CODES}
    elif new:
        codes.append(new)
    while True:
        try:
            desk.discounts = quoting.taken_off(desk.basket.lines, buyer=quoting.Buyer(phone=phone, codes=tuple(codes)), now=now)
        except Refusal as refusal:
            code = codes.pop(int(refusal.field.removeprefix("codes.")))
            if code == new:
                desk.errors["new_code"] = str(refusal)
            else:
                desk.told.append(str(refusal))
            continue
        break
    given = {one.code for one in desk.discounts.promotions}
    desk.told += [
        _("The code %(code)s is kept, but another discount takes off more.") % {"code": code} for code in codes if code not in given
    ]
    desk.typed = replace(typed, codes=tuple(codes), new_code=typed.new_code if "new_code" in desk.errors else "")


def destination_of(desk: Desk) -> quoting.Destination | None:
    """Return where it goes, once that is known well enough for a price."""
    if desk.typed.way == POINT:
        point = next((point for point in desk.points if short(point.pk) == desk.typed.point), None)
        return quoting.Destination(point.area.code, places.full_name(point.area.code, "zh-hans"), point) if point else None
    if not is_deep_enough(desk.levels):
        return None
    return quoting.Destination(desk.typed.code, places.full_name(desk.typed.code, "zh-hans"))


def is_deep_enough(levels: Sequence[AreaLevel]) -> bool:
    """Return whether an area is chosen down to its county, or as far as there is something to choose."""
    chosen = [level for level in levels if level.chosen]
    return bool(chosen) and (len(chosen[-1].chosen) >= DEEP_ENOUGH or not any(level.options for level in levels[len(chosen) :]))


def area_levels(code: str) -> list[AreaLevel]:
    """Return the picker's selects for an area, from the largest."""
    language = get_language() or "zh-hans"
    labels = (_("Province"), _("City"), _("County"), _("Township"))
    levels: list[AreaLevel] = []
    parent: str | None = ""
    for name, label in zip(AREA_FIELDS, labels, strict=True):
        options = places.choices(parent, language) if parent is not None else []
        parent = next((option for option, _name in options if code and code.startswith(option)), None)
        levels.append(AreaLevel(name, label, options, parent or ""))
    return levels


def pickup_points(code: str, *, hall: ServicePoint | None) -> list[ServicePoint]:
    """Return the pickup points near an area, the hall that the buyer is in first; one query."""
    near = list(people.pickup_points_near(code=code)[:MOST_POINTS]) if len(code) >= CLOSE_ENOUGH else []
    if hall is None or not hall.accepts_pickup:
        return near
    return [hall, *(point for point in near if point.pk != hall.pk)][:MOST_POINTS]


def point_by_key(letters: str) -> ServicePoint | None:
    """Return the service point of a short key where parcels can be fetched."""
    try:
        key = from_short(letters)
    except ValueError:
        return None
    return ServicePoint.objects.filter(pk=key, accepts_pickup=True).select_related("area").first()


def hall_of(origin: str) -> ServicePoint | None:
    """Return the hall where goods were picked up."""
    return point_by_key(origin.removeprefix("hall:")) if origin.startswith("hall:") else None


def is_origin(text: str) -> bool:
    """Return whether a text is an origin as the mall writes it."""
    return ORIGIN.fullmatch(text) is not None


def faults_in(desk: Desk) -> dict[str, str]:
    """Return what is missing or wrong in what was typed, by field."""
    faults = {**desk.errors, **faults_in_words(desk.typed)}
    if desk.typed.way == POINT:
        if not any(short(point.pk) == desk.typed.point for point in desk.points):
            faults["point"] = _("Choose where you fetch it.")
    elif not is_deep_enough(desk.levels):
        faults["area"] = _("Choose the area down to the county or district.")
    return faults


def faults_in_words(typed: Typed) -> dict[str, str]:
    """Return what is missing or wrong in the words that were typed, by field; where it goes is not looked at."""
    faults = {}
    for name, limit in LONGEST.items():
        if len(getattr(typed, name)) > limit:
            faults[name] = _("At most %(limit)s characters.") % {"limit": limit}
    if not typed.name:
        faults["name"] = _("Who gets the parcel? Write a name.")
    if phone_of(typed.phone) is None:
        faults["phone"] = _("Write a phone number of 11 digits, so that the driver can call.")
    if typed.way == DOOR and not typed.line:
        faults["line"] = _("Write the street and house, or how to find you.")
    return faults


def is_quoted_for(quote: Quote, typed: Typed) -> bool:
    """Return whether a quote was made for the very door or point that was typed; its seal says that the area exists."""
    if typed.way == POINT:
        return quote.pickup_point_id is not None and short(quote.pickup_point_id) == typed.point
    return quote.pickup_point_id is None and quote.destination_code == typed.code


def phone_of(text: str) -> str | None:
    """Return a mobile number as E.164, or nothing where it is none; without a country it is a Chinese one."""
    try:
        return normal_phone(text)
    except NotAPhone:
        return None


def shown_phone(phone: str) -> str:
    """Return a phone number as people at home write it."""
    return phone.removeprefix("+86")
