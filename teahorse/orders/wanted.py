"""What somebody wants to buy: the lines of a cart, or units that a page or a program lists. One statement each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from teahorse.catalog.pictures import PictureUrls, urls
from teahorse.common.statements import array, looked_up
from teahorse.common.translated import in_language

WANTED = (Path(__file__).parent / "wanted.sql").read_text()


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose cart: a guest's, known by its key, or a person's own. Nobody's where both are missing."""

    key: UUID | None = None
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """How an offer is sold before its harvest (:class:`teahorse.orders.models.HarvestSale`)."""

    id: UUID
    state: str
    opens_at: datetime
    closes_at: datetime
    ship_by_date: date
    deposit_basis_points: int

    def is_selling(self, now: datetime) -> bool:
        """Whether it can be bought by now."""
        return self.state == "open" and self.opens_at <= now < self.closes_at


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    So many units of an offer that somebody wants, with what they are, what one costs and weighs, and how many are left.

    Texts stand in the language of the moment; ``form`` is the variant's name; prices in fen, weights in grams.
    """

    offer_id: UUID
    quantity: int
    origin: str
    product_id: UUID
    category_id: UUID
    seller_id: UUID
    county_id: UUID
    seller_area: str
    title: str
    form: str
    drawing: str
    price_fen: int
    weight_grams: int
    is_sold: bool
    left: int
    seller_key: str
    seller_name: str
    picture: PictureUrls | None
    return_rule: str = "seven_days"
    volume_cm3: int = 0
    nominal_grams: int | None = None
    sale: Sale | None = None

    @property
    def available(self) -> int:
        """How many can be had now."""
        return max(0, self.left) if self.is_sold else 0

    @property
    def trouble(self) -> str:
        """``not_sold``, ``sold_out``, ``too_few`` or nothing."""
        if not self.is_sold:
            return "not_sold"
        if self.available == 0:
            return "sold_out"
        return "too_few" if self.available < self.quantity else ""

    @property
    def amount_fen(self) -> int:
        """Price times quantity."""
        return self.price_fen * self.quantity

    @property
    def expected_grams(self) -> int | None:
        """What all its units weigh about net, where they are weighed when they are packed."""
        return self.nominal_grams * self.quantity if self.nominal_grams is not None else None


def wanted_in_cart(whose: Whose) -> list[Wanted]:
    """Return the lines of somebody's cart in the order they were put in; one query, none for nobody."""
    if whose == Whose():
        return []
    return _read(cart=whose.key, person=whose.person_id, offers="{}", units=[], origin="", at=None)


def wanted_of(units: Mapping[UUID, int], *, origin: str = "mall", now: datetime | None = None) -> list[Wanted]:
    """
    Return units by offer in the order in which they are listed; an offer that never was is left out. One query.

    :param now: the moment whose prices hold; the database's own where none is given.
    """
    return _read(cart=None, person=None, offers=array(units), units=list(units.values()), origin=origin, at=now)


def by_seller(lines: Sequence[Wanted]) -> list[list[Wanted]]:
    """Return lines by seller, sellers and lines in the order in which they come."""
    found: dict[UUID, list[Wanted]] = {}
    for line in lines:
        found.setdefault(line.seller_id, []).append(line)
    return list(found.values())


def _read(**parameters: Any) -> list[Wanted]:
    return [
        Wanted(*(*row[:17], _picture(*row[17:21]), *row[21:24], _sale(*row[24:])))
        for row in looked_up(WANTED, {**parameters, **in_language("title", "name", "alt")})
    ]


def _picture(sha256: str | None, width: int, height: int, alt: str) -> PictureUrls | None:
    return urls(sha256, width=width, height=height, alt=alt) if sha256 else None


def _sale(key: UUID | None, *terms: Any) -> Sale | None:
    return Sale(key, *terms) if key else None
