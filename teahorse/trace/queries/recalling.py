"""Whom a recall reaches: lots, units on shelves, parcels on their way, buyers; and what came of it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.statements import array, looked_up
from teahorse.common.translated import translated
from teahorse.logistics.models import Parcel
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation
from teahorse.people.rules import AREA_OF_CENTRE, masked_name, masked_phone
from teahorse.places.queries import within
from teahorse.trace.models import Lot, LotStock, PackedLot, Recall, RecalledLot, RecalledParcel
from teahorse.trace.queries.tracing import FOREVER, WALK

LOTS_MADE: Final = WALK + (Path(__file__).parent / "lots_made.sql").read_text()
State = RecalledParcel.State
ON_THE_WAY = {State.TO_HOLD, State.HELD}


@dataclass(frozen=True, slots=True)
class Sent:
    """What of a lot was sent to whom, and where it is."""

    packed: PackedLot
    order: SellerOrder
    parcel: Parcel | None
    row: RecalledParcel | None

    @property
    def buyer(self) -> str:
        """The buyer, so that nobody else knows her by it."""
        return f"{masked_name(self.order.group.contact_name)} {masked_phone(self.order.group.contact_phone)}"

    @property
    def is_on_the_way(self) -> bool:
        """Whether it has not been handed over yet."""
        return self.parcel is not None and self.parcel.stage in Parcel.OPEN


@dataclass(frozen=True, slots=True)
class Sums:
    """What was sent, and where it is by now, in units."""

    shelf: int = 0
    sent: int = 0
    held: int = 0
    came_back: int = 0
    destroyed: int = 0
    not_found: int = 0

    @property
    def still_out(self) -> int:
        """Units that are with buyers and of which nobody has heard yet."""
        return self.sent - self.held - self.came_back - self.destroyed - self.not_found


@dataclass(frozen=True, slots=True)
class Reach:
    """All that a recall reaches, as things are now."""

    lots: list[RecalledLot]
    amounts: dict[str, Decimal]
    shelf: dict[UUID, int]
    sent: list[Sent]
    holders: list[tuple[str, int]] = field(default_factory=list)
    sums: Sums = field(default_factory=Sums)

    @property
    def orders(self) -> set[UUID]:
        """The orders that it was sent for."""
        return {one.order.pk for one in self.sent}

    @property
    def buyers(self) -> set[str]:
        """How many are to be told; a buyer is known by her phone."""
        return {one.order.group.contact_phone for one in self.sent}

    @property
    def on_the_way(self) -> list[Sent]:
        """What has not been handed over yet."""
        return [one for one in self.sent if one.is_on_the_way]


def lots_of(owner: Organisation) -> QuerySet[Lot]:
    """Return the lots that an organisation may recall: a maker her own, a centre those of its area."""
    return Lot.objects.filter(lots_held_by(owner))


def lots_held_by(owner: Organisation, *, path: str = "seller") -> Q:
    """Return the condition that the seller at ``path`` is one whose lots an organisation may recall."""
    if owner.kind in AREA_OF_CENTRE:
        return within(owner.area.code[: AREA_OF_CENTRE[owner.kind]], path=f"{path}__area__code")
    return Q(**{path: owner})


def recalls_of(owner: Organisation) -> QuerySet[Recall]:
    """Return the recalls that an organisation began, and those of others that reach its lots; the newest first."""
    reached = RecalledLot.objects.filter(left_out_why="", recall__state__in=(Recall.State.LIVING, Recall.State.ENDED))
    mine = Q(owner=owner) | Q(pk__in=reached.filter(lots_held_by(owner, path="lot__seller")).values("recall"), is_drill=False)
    return Recall.objects.filter(mine).select_related("owner").order_by("-asked_at", "-pk")


def lots_made_of(lots: Collection[Lot]) -> list[UUID]:
    """Return the keys of lots and of all that was made of them by what was told, pieces of lots included; the oldest lot first."""
    asked_for = {"things": array(lot.thing_id for lot in lots), "back": False, "at": FOREVER, "named": array(lot.pk for lot in lots)}
    return [key for (key,) in looked_up(LOTS_MADE, asked_for, in_binary=True)]


def reach_of(recall: Recall) -> Reach:
    """Return what a recall reaches; of others' lots it says that they are there, nothing of their buyers."""
    reached = recall.lots.select_related("lot").prefetch_related("lot__item", "lot__seller")  # a few items and sellers of many lots
    rows = list(reached.order_by("-is_named", "lot__made_at", "pk"))
    kept = [row for row in rows if not row.left_out_why]
    within_it = [row.lot_id for row in kept if row.is_within]
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for row in kept:
        amounts[row.lot.item.unit] += row.lot.amount
    shelf = dict(LotStock.objects.filter(lot__in=within_it, on_hand__gt=0).values_list("lot_id", "on_hand"))
    sent = _sent(recall, within_it)
    return Reach(rows, dict(amounts), shelf, sent, _holders(kept, shelf, sent), sums_of(kept, shelf, sent))


def _sent(recall: Recall, lots: list[UUID]) -> list[Sent]:
    packed = list(PackedLot.objects.filter(lot__in=lots).select_related("lot__item").order_by("packed_at", "pk"))
    orders = SellerOrder.objects.select_related("group").in_bulk({row.order_id for row in packed})
    parcels = Parcel.objects.select_related("held_by", "pickup_point").in_bulk({row.parcel_id for row in packed})
    rows = {(row.line_id, row.lot_id): row for row in recall.parcels.all()}
    return [
        Sent(row, orders[row.order_id], parcels.get(row.parcel_id), rows.get((row.line_id, row.lot_id)))
        for row in packed
        if row.order_id in orders
    ]


def _holders(kept: list[RecalledLot], shelf: dict[UUID, int], sent: list[Sent]) -> list[tuple[str, int]]:
    """Return who still has units: makers on their shelves, service points in parcels that were not fetched."""
    units: Counter[str] = Counter()
    for row in kept:
        if row.lot_id in shelf:
            units[translated(row.lot.seller, "name")] += shelf[row.lot_id]
    for one in sent:
        if one.is_on_the_way and one.parcel and one.parcel.held_by:
            units[translated(one.parcel.held_by, "name")] += one.packed.quantity
    return units.most_common()


def sums_of(kept: Collection[RecalledLot], shelf: Mapping[UUID, int], sent: Collection[Sent]) -> Sums:
    """Return what became of some lots of a recall: all of them, or one with its shelf and what of it was sent."""
    by_state: Counter[str] = Counter()
    for one in sent:
        by_state[one.row.state if one.row else ""] += one.packed.quantity
    return Sums(
        shelf=sum(row.held_units + shelf.get(row.lot_id, 0) for row in kept),
        sent=sum(one.packed.quantity for one in sent),
        held=by_state[State.HELD] + by_state[State.TO_HOLD],
        came_back=by_state[State.GIVEN_BACK],
        destroyed=by_state[State.DESTROYED],
        not_found=by_state[State.NOT_FOUND],
    )


def came_back(recall: Recall) -> QuerySet[RecalledParcel]:
    """Return what is with buyers by our lists and is back at its seller by its after-sale case."""
    back = AfterSaleCase.objects.filter(received_at__isnull=False)
    return recall.parcels.filter(state=State.TOLD, case_id__in=back.values("pk"))


@dataclass(frozen=True, slots=True)
class BuyersNotice:
    """What a buyer is told on her order's page."""

    order_id: UUID
    number: str
    reason: str
    what_to_do: str
    is_held: bool


def notices_for(order_ids: Iterable[UUID]) -> list[BuyersNotice]:
    """Return the recalls that reach some orders, drills left out; one for each order and recall."""
    rows = RecalledParcel.objects.filter(
        order_id__in=list(order_ids), recall__is_drill=False, recall__state__in=(Recall.State.LIVING, Recall.State.ENDED)
    )
    found: dict[tuple[UUID, UUID], BuyersNotice] = {}
    for row in rows.select_related("recall").order_by("recall__started_at", "state", "pk"):
        reason, what_to_do = translated(row.recall, "reason"), translated(row.recall, "what_to_do")
        told = BuyersNotice(row.order_id, row.recall.number, reason, what_to_do, row.state == State.HELD)
        found.setdefault((row.order_id, row.recall_id), told)
    return list(found.values())
