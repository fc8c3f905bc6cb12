"""Goods as pages show them: cards, the product page with stock, freight and arrival, attributes in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from teahorse.catalog import definitions
from teahorse.catalog import queries as catalog
from teahorse.catalog.pictures import PictureUrls
from teahorse.catalog.queries import GoodsCard, OfferTold, ProductPage, ProductTold, VariantTold
from teahorse.common.ids import short
from teahorse.common.statements import asked, together
from teahorse.common.translated import in_language
from teahorse.common.ui.goods_card import Badge, goods_card
from teahorse.logistics import promising
from teahorse.logistics import queries as logistics
from teahorse.logistics import rules as freight
from teahorse.mall.following import moment
from teahorse.mall.promises import day, promise_words
from teahorse.orders import weights
from teahorse.orders.rules import WHOLE
from teahorse.orders.wanted import Sale
from teahorse.places import queries as places
from teahorse.places.models import Area
from teahorse.promotions.words import gives

BESIDE_PRODUCT = (Path(__file__).parent / "beside_product.sql").read_text()
CAPITAL = "110101"
MORE_OF_SELLER = 4
FEW_LEFT = 9


def today() -> date:
    """Return the day at home."""
    return timezone.localdate()


def language() -> str:
    """Return the language in which the page is shown."""
    return get_language() or "zh-hans"


@lru_cache(maxsize=16_384)
def address_of(view: str, key: UUID | str) -> str:
    """Return the address of what has a key; lists have dozens of them, and finding one takes as long as drawing a card."""
    return reverse(view, args=[key])


def card_html(card: GoodsCard, *, is_eager: bool = False, is_gone: bool = False) -> SafeString:
    """Draw the card of a product."""
    badges: list[Badge] = []
    if card.is_in_season:
        badges.append((_("In season"), "season"))
    if card.has_gi_mark:
        badges.append((_("Protected origin"), "info"))
    place = card.county_name or card.area_name
    return goods_card(
        href=address_of("mall:product", card.product_id),
        name=card.title,
        price_fen=card.price_from_fen,
        was_fen=card.list_price_fen,
        kind=card.drawing,
        picture=card.picture.small if card.picture else "",
        origin=f"{place} · {card.height_m:,} m" if card.height_m else place,
        code=card.seller_key,
        badges=badges,
        is_from=card.forms > 1,
        is_eager=is_eager,
        is_gone=is_gone,
    )


def cards_html(cards: Iterable[GoodsCard], *, eager: int = 2) -> list[SafeString]:
    """Draw cards; the first few pictures are loaded at once."""
    return [card_html(card, is_eager=place < eager) for place, card in enumerate(cards)]


@dataclass(frozen=True, slots=True)
class EarlySale:
    """How a form is sold before its harvest, in words; ``is_open`` says whether it can be ordered now."""

    sale: Sale
    note: str
    is_open: bool

    @property
    def ship_by(self) -> str:
        """The day by which it is sent."""
        return day(self.sale.ship_by_date)

    @property
    def opens(self) -> str:
        """When it begins."""
        return moment(self.sale.opens_at)

    @property
    def is_to_come(self) -> bool:
        """Whether it has not begun."""
        return not self.is_open and self.sale.state == "open" and self.sale.opens_at > timezone.now()

    @property
    def deposit_percent(self) -> str:
        """What is paid first, as a share; nothing where it is paid whole."""
        points = self.sale.deposit_basis_points
        return "" if points == WHOLE else f"{points / 100:g} %"


@dataclass(frozen=True, slots=True)
class FormShown:
    """One form of the product as it can be chosen: its offer, and how many are left."""

    variant: VariantTold
    offer: OfferTold
    left: int
    is_chosen: bool
    early: EarlySale | None = None

    @property
    def is_gone(self) -> bool:
        """Whether none can be had."""
        return self.left < 1

    @property
    def about_kg(self) -> str:
        """What a piece weighs about, where it is sold by weight."""
        grams = self.variant.nominal_grams
        return weights.kilograms(grams) if grams else ""

    @property
    def kilogram_fen(self) -> int:
        """The price of a kilogram of what is sold by weight; else 0."""
        grams = self.variant.nominal_grams
        return weights.per_kilogram_fen(self.offer.price_fen, nominal_grams=grams) if grams else 0

    @property
    def few(self) -> int:
        """How many are left, where they are few; else 0."""
        return self.left if 0 < self.left <= FEW_LEFT else 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one unit costs to send to a place, and when it comes, from the day of asking."""

    place: str
    fen: int
    free_from_fen: int | None
    words: str


@dataclass(frozen=True, slots=True)
class FormsTable:
    """What the forms of a product tell, side by side: the headings, and each form's name with a text under each."""

    headings: list[str]
    rows: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class ProductShown:
    """The whole product page."""

    catalogue: ProductPage
    forms: list[FormShown]
    chosen: FormShown | None
    sent_from: str
    arrival: Arrival | None
    to_place: str
    more: list[SafeString]
    facts: list[tuple[str, str]]
    table: FormsTable | None
    pictures: list[PictureUrls]
    season: str
    is_in_season: bool | None
    discounts: list[tuple[str, str]]
    """The names of what is taken off for everybody now, and what each gives."""
    lot_id: UUID | None
    """The lot that is packed next, whose story can be read before one buys."""

    @property
    def product(self) -> ProductTold:
        """The product's own row."""
        return self.catalogue.product

    @property
    def is_for_sale(self) -> bool:
        """Whether it is on show and at least one form can be had."""
        return self.catalogue.product.is_listed and any(not form.is_gone for form in self.forms)

    @property
    def early(self) -> EarlySale | None:
        """How the chosen form is sold before its harvest, else another one."""
        return (self.chosen.early if self.chosen else None) or next((form.early for form in self.forms if form.early), None)

    @property
    def is_by_weight(self) -> bool:
        """Whether a form of it is weighed when it is packed."""
        return any(form.about_kg for form in self.forms)

    @property
    def origin(self) -> str:
        """County, township and village where it comes from, as one reads it."""
        return " ".join(places.name_in(area, language()) for area in self.catalogue.areas[2:])

    @property
    def address(self) -> str:
        """The short key for addresses."""
        return short(self.catalogue.product.id)


def product_shown(*, product_id: UUID, area_code: str, chosen: UUID | None, now: datetime) -> ProductShown:
    """
    Return what the page of a product shows, by three statements in two round trips.

    :raises NotThere: if it was never on show.
    """
    destination = area_code or CAPITAL
    with together():
        page = catalog.ask_for_product_page(product_id=product_id)
        beside = asked(
            BESIDE_PRODUCT,
            {
                "product_id": product_id,
                "most": MORE_OF_SELLER,
                "destinations": logistics.prefixes(destination),
                "today": today(),
                **in_language("title"),
            },
        )
    found = page()
    left, more_ids, rates, discounts, sold_early, lot_id = beside()[0]
    sales = {UUID(key): _early(terms, now) for key, terms in (sold_early or {}).items()}
    forms = _forms(found, {UUID(key): units for key, units in (left or {}).items()}, sales, chosen)
    picked = next((form for form in forms if form.is_chosen), None)
    more = catalog.goods_cards(product_ids=more_ids or [], on=today())
    lanes = [freight.Rate(*rate) for rate in rates or ()]
    return ProductShown(
        catalogue=found,
        forms=forms,
        chosen=picked,
        sent_from=found.seller.area_name,
        arrival=_arrival(picked, lanes, origin=found.seller.area_code, destination=destination, now=now) if picked else None,
        to_place=area_name(area_code, language()) if area_code else _("Beijing"),
        more=[card_html(card) for card in more],
        facts=facts_of(found, forms),
        table=forms_table(found, forms),
        pictures=found.pictures,
        season=_season(found.product),
        is_in_season=found.season(today()),
        discounts=[
            (title, gives(percent_bp=percent_bp, off_fen=off_fen, threshold_fen=threshold_fen))
            for title, percent_bp, off_fen, threshold_fen in discounts or ()
        ],
        lot_id=lot_id,
    )


def _early(terms: Sequence[Any], now: datetime) -> EarlySale:
    key, state, opens_at, closes_at, ship_by, basis_points, note = terms
    sale = Sale(
        UUID(key), state, datetime.fromisoformat(opens_at), datetime.fromisoformat(closes_at), date.fromisoformat(ship_by), basis_points
    )
    return EarlySale(sale, note, sale.is_selling(now))


def _forms(found: ProductPage, left: Mapping[UUID, int], sales: Mapping[UUID, EarlySale], chosen: UUID | None) -> list[FormShown]:
    offered = [(variant, variant.offer) for variant in found.variants if variant.offer]
    left = {key: 0 if key in sales and not sales[key].is_open else units for key, units in left.items()}
    available = [offer.id for _variant, offer in offered if left.get(offer.id, 0) > 0]
    all_offers = [offer.id for _variant, offer in offered]
    picked = chosen if chosen in all_offers else next(iter(available or all_offers), None)
    return [FormShown(variant, offer, left.get(offer.id, 0), offer.id == picked, sales.get(offer.id)) for variant, offer in offered]


def _arrival(form: FormShown, rates: Sequence[freight.Rate], *, origin: str, destination: str, now: datetime) -> Arrival | None:
    rate = freight.rate_for(rates, origin=origin, destination=destination)
    if rate is None:
        return None
    promised = promising.promise(rate, origin=origin, destination=destination, now=now)
    variant = form.variant
    cost = freight.freight(rate, weight_grams=variant.weight_grams, volume_cm3=variant.volume_cm3 or 0, goods_fen=form.offer.price_fen)
    return Arrival(destination, cost.buyer_fen, rate.free_from_fen, promise_words(promised.from_date, promised.to_date))


def area_name(code: str, in_language: str) -> str:
    """Return the county's or prefecture's name of a code."""
    known = [area for area in places.path(code[:6]) if area.name not in {"市辖区", "县"}]
    return places.name_in(known[-1], in_language) if known else code


def facts_of(found: ProductPage, forms: Sequence[FormShown] = ()) -> list[tuple[str, str]]:
    """Return the product's attributes, and those of an only form, as label and value in the page's language."""
    facts = definitions.in_words(found.category.attributes, found.product.attributes, language())
    if len(forms) == 1:
        facts += definitions.in_words(found.category.variant_attributes, forms[0].variant.attributes, language())
    return facts


def forms_table(found: ProductPage, forms: Sequence[FormShown]) -> FormsTable | None:
    """Return what several forms tell, without what none of them tells; nothing where they tell nothing."""
    keys = {key for form in forms for key in form.variant.attributes}
    asked = [one for one in found.category.variant_attributes if one["key"] in keys]
    if len(forms) < 2 or not asked:
        return None
    rows = [
        (
            form.variant.name,
            [definitions.value_in_words(one, form.variant.attributes.get(one["key"]), language()) for one in asked],
        )
        for form in forms
    ]
    return FormsTable([definitions.label_of(one, language()) for one in asked], rows)


def _season(product: ProductTold) -> str:
    if product.season_from is None or product.season_to is None:
        return ""
    return promise_words(_day_of(product.season_from), _day_of(product.season_to))


def _day_of(number: int) -> date:
    month, of_month = divmod(number, 100)
    return date(2024, month, of_month)


def next_season(product: ProductTold, on: date) -> str:
    """Return the day on which the season begins again."""
    if product.season_from is None:
        return ""
    begins = _day_of(product.season_from).replace(year=on.year if product.season_from != 229 else 2024)
    return day(begins if begins > on else begins + timedelta(days=365))


def path_links(areas: Sequence[Area]) -> list[tuple[str, str]]:
    """Return name and address of the areas on the way down to a place."""
    return [(places.name_in(area, language()), address_of("mall:place", area.code)) for area in areas]
