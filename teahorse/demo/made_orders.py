"""
Making synthetic orders of the past year: lines for COPY, the same for the same seed. No database and no Django here.

Orders are made ten thousand at a time, in the order of time. Buyers' phones begin with +86 100, which no phone does.
"""

import hashlib
import itertools
import random
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from teahorse.common.times import HOME
from teahorse.demo.copying import field as copied
from teahorse.logistics.rules import Rate, parcel_number, promise, rate_for
from teahorse.logistics.rules import freight as freight_of

BATCH = 10_000
DAYS = 365
HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 10, 13, 14, 13, 14, 13, 12, 12, 13, 14, 15, 18, 21, 20, 14, 7)
"""How many of a day's orders come in each hour."""
FESTIVALS = (
    (1111, 1111, 14.0),
    (1101, 1113, 3.0),
    (618, 618, 6.0),
    (601, 617, 2.0),
    (701, 930, 1.4),  # matsutake, and guests
    (101, 228, 1.3),  # before New Year
)
"""Days (as a season writes them) on which many times an ordinary day's orders come; the first that fits holds."""

TO_SHIP_DAYS = 1
ON_THE_WAY_DAYS = 8
OPEN_FOR_MS = 15 * 60_000
DAY_MS = 86_400_000
PICKED_UP = 0.3
SAME_SELLER = 0.6
IN_SEASON = 0.25
STRIDE = 7919
"""Pickup codes are multiples of it, so that of 250,000 neighbouring orders no two have the same."""
LINES = (1, 2, 3, 4)
LINES_WEIGHTS = (60, 25, 10, 5)
MOST_PARTS = 4
QUANTITIES = (1, 2, 3, 4, 6, 10)
QUANTITY_WEIGHTS = (70, 17, 6, 3, 3, 1)
OUTCOMES = ("kept", "expired", "cancelled", "refunded")
OUTCOME_WEIGHTS = (955, 25, 13, 7)

GROUPS = (
    "id, number, idempotency_key, request_digest, person_id, contact_name, contact_phone, destination_code, destination_names,"
    " destination_line, pickup_point_id, goods_fen, freight_fen, total_fen, origin, locale, quote_version, note, placed_at, expires_at"
)
ORDERS = (
    "id, county_id, group_id, number, seller_id, state, goods_fen, freight_fen, freight_cost_fen, freight_subsidy_fen, freight_payer_id,"
    " total_fen, fees_fen, weight_grams, promised_from_date, promised_to_date, placed_at, paid_at, packed_at, ended_at, end_reason"
)
ORDER_LINES = "id, county_id, order_id, position, offer_id, product_id, titles, drawing, unit_price_fen, quantity, amount_fen, weight_grams"
PAYMENTS = (
    "id, reference, attempt, provider, method, our_number, provider_number, amount_fen, subject, state, asked, prompt, is_open_at_provider,"
    " trouble, created_at, expires_at, settled_at"
)
SPLITS = "id, payment_id, payee_id, reference, amount_fen"
EVENTS = "id, payment_id, kind, provider_number, amount_fen, occurred_at, recorded_at, source"
REFUNDS = (
    "id, payment_id, split_id, reference, our_number, provider_number, amount_fen, reason, state, trouble, requested_at, due_at, tries,"
    " settled_at"
)
RESERVATIONS = "id, county_id, level_id, reference, quantity, state"
PARCELS = (
    "id, county_id, number, reference, sender_id, recipient_name, recipient_phone, destination_code, destination_names, destination_line,"
    " pickup_point_id, pickup_code, carrier, carrier_number, weight_grams, stage, stage_at, packed_at"
)
SCANS = "county_id, id, thing_id, act, place_id, proof, note, happened_at, recorded_at"


@dataclass(frozen=True, slots=True)
class Ware:
    """An offer as an order line needs it; ``titles`` is its JSON, escaped for COPY."""

    offer_id: str
    product_id: str
    level_id: str
    titles: str
    drawing: str
    price_fen: int
    weight_grams: int
    seller: int
    season_from: int | None
    season_to: int | None

    def is_in(self, month: int) -> bool:
        """Whether it is in season somewhere in a month."""
        if self.season_from is None or self.season_to is None:
            return True
        first, last = self.season_from // 100, self.season_to // 100
        return first <= month <= last if first <= last else month >= first or month <= last


@dataclass(frozen=True, slots=True)
class Shop:
    """A seller: its keys, its area, and the service point that scans its parcels."""

    id: str
    county_id: str
    area_code: str
    point_id: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where goods go: a city, or a service point where they are fetched."""

    code: str
    names: str
    share: int = 1
    point_id: str | None = None


@dataclass(frozen=True)
class Market:
    """Everything that orders are made from."""

    wares: Sequence[Ware]
    shops: Sequence[Shop]
    cities: Sequence[Place]
    points: Sequence[Place]
    rates: Sequence[Rate]
    buyers: Sequence[str]
    now: datetime
    _rates: dict[tuple[str, str], Rate | None] = field(default_factory=dict)

    @cached_property
    def by_shop(self) -> dict[int, list[Ware]]:
        """The wares of each shop."""
        found: dict[int, list[Ware]] = defaultdict(list)
        for ware in self.wares:
            found[ware.seller].append(ware)
        return found

    @cached_property
    def all_year(self) -> list[Ware]:
        """The wares without a season."""
        return [ware for ware in self.wares if ware.season_from is None] or list(self.wares)

    @cached_property
    def fresh(self) -> dict[int, list[Ware]]:
        """The wares of a season that can be had in each month."""
        return {month: [ware for ware in self.wares if ware.season_from is not None and ware.is_in(month)] for month in range(1, 13)}

    @cached_property
    def city_weights(self) -> list[int]:
        """How many in a hundred live in each city, added up."""
        return list(itertools.accumulate(city.share for city in self.cities))

    @cached_property
    def hours(self) -> list[float]:
        """The part of the year's orders that has come by the end of each hour."""
        start = (self.now - timedelta(days=DAYS)).astimezone(HOME)
        weights = [hour_weight(start + timedelta(hours=hour), hour / (DAYS * 24)) for hour in range(DAYS * 24)]
        whole = sum(weights)
        return [part / whole for part in itertools.accumulate(weights)]

    def moment(self, part: float) -> int:
        """Return when a part (0 to 1) of the year's orders has come, in milliseconds since 1970."""
        hour = min(bisect(self.hours, part), len(self.hours) - 1)
        before = self.hours[hour - 1] if hour else 0.0
        inside = (part - before) / (self.hours[hour] - before)
        start = self.now - timedelta(days=DAYS)
        return int(start.timestamp() * 1000) + int((hour + min(inside, 0.999)) * 3_600_000)

    def rate(self, shop: Shop, code: str) -> Rate:
        """Return what it costs to send from a shop to a place."""
        lane = (shop.area_code[:6], code)
        if lane not in self._rates:
            self._rates[lane] = rate_for(self.rates, origin=shop.area_code, destination=code)
        rate = self._rates[lane]
        if rate is None:
            msg = f"no freight rate from {shop.area_code} to {code}"
            raise ValueError(msg)
        return rate


def hour_weight(at: datetime, part_of_year: float) -> float:
    """Return how many orders an hour sees: by its time of day, the season, the shopping festivals, and the year's growth."""
    return HOURS[at.hour] * day_weight(at.date()) * (0.8 + 0.45 * part_of_year)


def day_weight(day: date) -> float:
    """Return how many times an ordinary day's orders a day sees."""
    for first, last, weight in FESTIVALS:
        if first <= day.month * 100 + day.day <= last:
            return weight
    return 1.0


@dataclass(slots=True)
class MadeOrders:
    """A batch as lines for COPY, by table; ``promised`` are units by level that wait to be packed."""

    keys: list[str] = field(default_factory=list)
    lines: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    promised: Counter[tuple[str, str]] = field(default_factory=Counter)


def order_key(seed: int, whole: int, number: int) -> str:
    """Return the idempotency key of a synthetic order; orders of another seed or another whole number are others."""
    return hashlib.md5(f"made order {seed} {whole} {number}".encode(), usedforsecurity=False).hexdigest()


def make_orders(*, market: Market, seed: int, whole: int, first: int, numbers: Sequence[int]) -> MadeOrders:
    """Make the orders from the ``first`` of a ``whole`` on, one for each of the house's order ``numbers``."""
    made = MadeOrders()
    chance = random.Random(f"orders {seed} {whole} {first}")
    for index, number in enumerate(numbers):
        part = (first + index + chance.random()) / whole
        OneOrder(market, chance, made, market.moment(part), number, order_key(seed, whole, first + index), seed).write()
    return made


def stamp(milliseconds: int) -> str:
    """Return a moment as PostgreSQL reads it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


class OneOrder:
    """One checkout with its parts, its money, and as much of its way as its age asks."""

    def __init__(self, market: Market, chance: random.Random, made: MadeOrders, placed_ms: int, number: int, key: str, seed: int) -> None:
        self.market, self.chance, self.made = market, chance, made
        self.placed_ms, self.key, self.seed = placed_ms, key, seed
        self.day = datetime.fromtimestamp(placed_ms / 1000, HOME)
        self.sequence, self.number = number, f"{self.day:%y%m%d}{number:08d}"
        self.age_days = (market.now.timestamp() * 1000 - placed_ms) / DAY_MS
        self.outcome = chance.choices(OUTCOMES, OUTCOME_WEIGHTS)[0]
        self.paid_ms = placed_ms + chance.randrange(20_000, OPEN_FOR_MS)
        self.state, self.ended_ms, self.reason = self._end()
        self.is_paid = self.outcome in {"kept", "refunded"}
        self.is_packed = self.state in {"preparing", "closed"}
        self.packed_ms = self.paid_ms + chance.randrange(DAY_MS // 6, DAY_MS * 7 // 10) if self.is_packed else None
        self.placed, self.open_until, self.paid = stamp(placed_ms), stamp(placed_ms + OPEN_FOR_MS), stamp(self.paid_ms)
        self.packed, self.ended = (copied(None) if at is None else stamp(at) for at in (self.packed_ms, self.ended_ms))
        self.group_id = self._id()

    def _end(self) -> tuple[str, int | None, str]:
        match self.outcome:
            case "expired":
                return "expired", self.placed_ms + OPEN_FOR_MS, "not_paid"
            case "cancelled":
                return "cancelled", self.placed_ms + OPEN_FOR_MS // 2, "改主意了"
            case "refunded":
                return "cancelled", self.paid_ms + OPEN_FOR_MS, "买错了"
        if self.age_days < TO_SHIP_DAYS:
            return "paid", None, ""
        if self.age_days < ON_THE_WAY_DAYS:
            return "preparing", None, ""
        return "closed", self.placed_ms + int(DAY_MS * self.chance.uniform(4, 7.9)), "received"

    def _id(self) -> str:
        """Return a key that sorts by the order's time, as UUIDv7 does."""
        bits = self.chance.getrandbits(74)
        return f"{self.placed_ms << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & (1 << 62) - 1:032x}"

    def write(self) -> None:
        """Write it down in lines."""
        place = self._place()
        parts = self._parts()
        buyer, name, phone, street = self._buyer(place)
        written = [self._order(position, shop, lines, place) for position, (shop, lines) in enumerate(parts.items(), start=1)]
        goods, freight = sum(goods for _, _, goods, _ in written), sum(freight for _, _, _, freight in written)
        total = goods + freight
        self.made.keys.append(self.key)
        self.made.lines["groups"].append(
            f"{self.group_id}\t{self.number}\t{self.key}\t{self.key}{self.key}\t{buyer}\t{name}\t{phone}\t{place.code}\t{place.names}\t{street}"
            f"\t{place.point_id or copied(None)}\t{goods}\t{freight}\t{total}\tmall\tzh-hans\t{self.key[:16]}\t\t{self.placed}"
            f"\t{self.open_until}\n"
        )
        if self.is_paid:
            self._pay(written, total, is_cash=place.point_id is not None and self.chance.random() < 0.7)
        if self.state == "preparing":
            for position, (order_id, shop, _, _) in enumerate(written):
                self._send(order_id, shop, place, (name, phone, street), self.sequence * MOST_PARTS + position)

    def _place(self) -> Place:
        market = self.market
        if market.points and self.chance.random() < PICKED_UP:
            return self.chance.choice(market.points)
        return self.chance.choices(market.cities, cum_weights=market.city_weights)[0]

    def _buyer(self, place: Place) -> tuple[str, str, str, str]:
        number = self.chance.randrange(500_000, 1_000_000)
        buyer = copied(None)
        if self.market.buyers and self.chance.random() < 0.6:
            number = self.chance.randrange(len(self.market.buyers))
            buyer = self.market.buyers[number]
        street = "" if place.point_id else f"演示路 {number % 400 + 1} 号"
        return buyer, buyer_name(number), buyer_phone(self.seed, number), street

    def _parts(self) -> dict[int, list[tuple[Ware, int]]]:
        """Choose wares and quantities, by shop."""
        market, chance = self.market, self.chance
        fresh = market.fresh[self.day.month]
        chosen: dict[str, Ware] = {}
        last: Ware | None = None
        for _ in range(chance.choices(LINES, LINES_WEIGHTS)[0]):
            if last is not None and chance.random() < SAME_SELLER:
                last = chance.choice(market.by_shop[last.seller])
                if not last.is_in(self.day.month):
                    continue
            elif fresh and chance.random() < IN_SEASON:
                last = chance.choice(fresh)
            else:
                wares = market.all_year
                last = wares[int(len(wares) * chance.random() ** 2.2)]
            chosen.setdefault(last.offer_id, last)
        parts: dict[int, list[tuple[Ware, int]]] = defaultdict(list)
        for ware in chosen.values():
            parts[ware.seller].append((ware, chance.choices(QUANTITIES, QUANTITY_WEIGHTS)[0]))
        return parts

    def _order(self, position: int, seller: int, wares: list[tuple[Ware, int]], place: Place) -> tuple[str, Shop, int, int]:
        shop, order_id = self.market.shops[seller], self._id()
        goods = sum(ware.price_fen * quantity for ware, quantity in wares)
        weight = sum(ware.weight_grams * quantity for ware, quantity in wares)
        rate = self.market.rate(shop, place.code)
        sending = freight_of(rate, weight_grams=weight, goods_fen=goods)
        freight, payer = sending.buyer_fen, copied(rate.subsidy_payer_id if sending.subsidy_fen else None)
        promised = promise(rate, placed_on=self.day.date())
        paid = self.paid if self.is_paid else copied(None)
        self.made.lines["orders"].append(
            f"{order_id}\t{shop.county_id}\t{self.group_id}\t{self.number}-{position}\t{shop.id}\t{self.state}\t{goods}"
            f"\t{freight}\t{sending.cost_fen}\t{sending.subsidy_fen}\t{payer}\t{goods + freight}\t0\t{weight}"
            f"\t{promised.from_date}\t{promised.to_date}"
            f"\t{self.placed}\t{paid}\t{self.packed}\t{self.ended}\t{self.reason}\n"
        )
        for index, (ware, quantity) in enumerate(wares, start=1):
            self.made.lines["order_lines"].append(
                f"{self._id()}\t{shop.county_id}\t{order_id}\t{index}\t{ware.offer_id}\t{ware.product_id}\t{ware.titles}\t{ware.drawing}"
                f"\t{ware.price_fen}\t{quantity}\t{ware.price_fen * quantity}\t{ware.weight_grams * quantity}\n"
            )
            if self.state == "paid":
                self.made.promised[(ware.level_id, shop.county_id)] += quantity
                self.made.lines["reservations"].append(
                    f"{self._id()}\t{shop.county_id}\t{ware.level_id}\t{order_id}\t{quantity}\tcommitted\n"
                )
        return order_id, shop, goods, freight

    def _pay(self, orders: list[tuple[str, Shop, int, int]], total: int, *, is_cash: bool) -> None:
        payment_id, paid = self._id(), self.paid
        their_number = f"C{self.day:%y%m%d}-{payment_id[-12:].upper()}" if is_cash else f"42000{payment_id[-23:]}"
        provider, method, source = ("cash", "counter", "counter") if is_cash else ("wechat_pay", "native", "notification")
        lines = self.made.lines
        lines["payments"].append(
            f"{payment_id}\t{self.group_id}\t1\t{provider}\t{method}\t{payment_id}\t{their_number}\t{total}\tTeahorse {self.number}"
            f"\tsucceeded\t{{}}\t{{}}\tf\t\t{self.placed}\t{self.open_until}\t{paid}\n"
        )
        lines["events"].append(f"{self._id()}\t{payment_id}\tsucceeded\t{their_number}\t{total}\t{paid}\t{paid}\t{source}\n")
        for order_id, shop, goods, freight in orders:
            split_id = self._id()
            lines["splits"].append(f"{split_id}\t{payment_id}\t{shop.id}\t{order_id}\t{goods + freight}\n")
            if self.outcome == "refunded":
                self._give_back(payment_id, split_id, order_id, goods + freight)

    def _give_back(self, payment_id: str, split_id: str, order_id: str, amount_fen: int) -> None:
        refund_id, asked, settled = self._id(), stamp(self.paid_ms + OPEN_FOR_MS), stamp(self.paid_ms + OPEN_FOR_MS + 90_000)
        their_number = f"50300{refund_id[-23:]}"
        self.made.lines["refunds"].append(
            f"{refund_id}\t{payment_id}\t{split_id}\t{order_id}\t{refund_id}\t{their_number}\t{amount_fen}\t{self.reason}\tsucceeded\t\t{asked}\t{asked}\t1\t{settled}\n"
        )
        self.made.lines["events"].append(
            f"{self._id()}\t{payment_id}\trefunded\t{their_number}\t{amount_fen}\t{settled}\t{settled}\tnotification\n"
        )

    def _send(self, order_id: str, shop: Shop, place: Place, contact: tuple[str, str, str], number: int) -> None:
        """Write the parcel of an order that is under way; older ones have been handed over."""
        parcel_id, packed_ms = self._id(), self.packed_ms or self.paid_ms
        acts = ["received", "departed", *(["handed_over"] if self.age_days > ON_THE_WAY_DAYS - 3 else [])]
        times = [packed_ms + (index + 1) * DAY_MS // 20 for index in range(len(acts))]
        stage = "handed_over" if acts[-1] == "handed_over" else "in_transit"
        code = f"{number * STRIDE % 1_000_000:06d}" if place.point_id else ""
        name, phone, street = contact
        carrier, carrier_number = ("network", "") if place.point_id else ("SF", f"SF{parcel_id[-12:].upper()}")
        self.made.lines["parcels"].append(
            f"{parcel_id}\t{shop.county_id}\t{parcel_number(f'{number:011d}')}\t{order_id}\t{shop.id}\t{name}\t{phone}"
            f"\t{place.code}\t{place.names}\t{street}\t{place.point_id or copied(None)}\t{code}\t{carrier}\t{carrier_number}"
            f"\t{500 + self.chance.randrange(9000)}\t{stage}\t{stamp(times[-1])}\t{stamp(packed_ms)}\n"
        )
        for act, at in zip(acts, times, strict=True):
            where = place.point_id or copied(None) if act == "handed_over" else shop.point_id
            proof = ("pickup_code" if place.point_id else "carrier") if act == "handed_over" else ""
            self.made.lines["scans"].append(
                f"{shop.county_id}\t{self._id()}\t{parcel_id}\t{act}\t{where}\t{proof}\t\t{stamp(at)}\t{stamp(at)}\n"
            )


def buyer_name(number: int) -> str:
    """Return the name of a synthetic buyer."""
    return f"演示客人 {number:06d}"


def buyer_phone(seed: int, number: int) -> str:
    """Return the phone of a synthetic buyer; no phone begins like this."""
    return f"+86100{seed % 100:02d}{number:06d}"
