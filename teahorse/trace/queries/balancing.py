"""Whether as much became of a lot as it was, and whether it could be made of what it was made of; and who stood before and after."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum

from teahorse.common.translated import translated
from teahorse.orders.models import SellerOrder
from teahorse.people.rules import masked_name
from teahorse.trace.models import Alias, Lot, PackedLot
from teahorse.trace.queries.making import Making, making_of
from teahorse.trace.queries.measuring import WHOLE_BP, Edge, Sums, Verdict, edges, measured, of_pieces
from teahorse.trace.queries.tracing import backward, forward
from teahorse.trace.rules import Role


@dataclass(frozen=True, slots=True)
class Account:
    """What there was of a lot and what became of it, in one measure: ``kg``, ``l``, ``pieces`` or another unit."""

    measure: str
    came: Decimal
    used: Decimal
    sold: Decimal
    lost: Decimal
    verdict: Verdict

    @property
    def left(self) -> Decimal:
        """What must still lie there; less than nothing where more went than came."""
        return self.came - self.used - self.sold - self.lost


@dataclass(frozen=True, slots=True)
class Balance:
    """Both balances of a lot; no making of what was harvested or bought."""

    account: Account
    making: Making | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody one step up or down: a maker's lot, or a buyer's order (masked)."""

    name: str
    what: str
    number: str
    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Card:
    """From whom a lot came and to whom it went, one step each way."""

    lot: Lot
    before: list[Neighbour] = field(default_factory=list)
    after: list[Neighbour] = field(default_factory=list)


def balance_of(lot: Lot) -> Balance:
    """Return whether a lot's events add up, within its item's tolerance."""
    names = _names([lot.thing_id])
    trace_back = backward([lot.thing_id])
    facts = edges(Q(thing_id__in=names), events=[*trace_back.events, *forward([lot.thing_id]).events])
    process = {row["event_id"] for row in facts if row["role"] == Role.OUTPUT}
    process |= {one.via for one in trace_back.things if one.depth == 1 and not one.carries and one.via}
    return Balance(_account(lot, facts), making_of(lot, process) if process else None)


def _account(lot: Lot, facts: list[Edge]) -> Account:
    came, used, lost = Sums(), Sums(), Sums()
    for row in facts:
        if row["role"] == Role.OUTPUT or (row["role"] == Role.OBJECT and row["event__action"] == "ADD"):
            came.add(row)
        elif row["role"] == Role.INPUT:
            used.add(row)
        elif row["role"] == Role.OBJECT and row["event__action"] == "DELETE":
            lost.add(row)
    units = PackedLot.objects.filter(lot=lot).aggregate(units=Sum("quantity"))["units"] or 0
    measure = came.measure or measured(Decimal(1), lot.item.unit)[0]
    sold = of_pieces(Decimal(units), lot.item, measure)
    if came.measure is None:
        verdict = Verdict.NOTHING_TOLD
    elif sold is None:
        verdict = Verdict.WEIGHT_UNKNOWN
    elif came.is_mixed or any(one.measure not in {None, measure} or one.is_mixed for one in (used, lost)):
        verdict = Verdict.NOT_COMPARABLE
    else:
        verdict = _verdict(came.total, used.total + lost.total + sold, lot.item.tolerance_bp)
    return Account(measure, came.total, used.total, sold or Decimal(0), lost.total, verdict)


def _verdict(there: Decimal, gone: Decimal, tolerance_bp: int) -> Verdict:
    return Verdict.RIGHT if gone * WHOLE_BP <= there * (WHOLE_BP + tolerance_bp) else Verdict.TOO_MUCH


def _names(things: Iterable[UUID]) -> set[UUID]:
    """Return things with their other names."""
    wanted = set(things)
    pairs = list(Alias.objects.filter(Q(thing_id__in=wanted) | Q(stands_for_id__in=wanted)).values_list("thing_id", "stands_for_id"))
    return wanted.union(*pairs) if pairs else wanted


def card_of(lot: Lot) -> Card:
    """Return from whom a lot came and to whom it went: the lots one step away, and the orders that it was packed for."""
    before = [one.thing_id for one in backward([lot.thing_id]).things if one.depth == 1 and not one.carries]
    after = [one.thing_id for one in forward([lot.thing_id]).things if one.depth == 1 and not one.carries]
    return Card(lot, _neighbours(before), [*_neighbours(after), *_buyers(lot)])


def _neighbours(things: Iterable[UUID]) -> list[Neighbour]:
    lots = Lot.objects.filter(thing_id__in=list(things)).select_related("item", "seller").order_by("made_at", "pk")
    return [Neighbour(translated(lot.seller, "name"), translated(lot.item, "name"), lot.number, lot.amount, lot.item.unit) for lot in lots]


def _buyers(lot: Lot) -> list[Neighbour]:
    packed: dict[UUID, int] = defaultdict(int)
    for order_id, units in PackedLot.objects.filter(lot=lot).values_list("order_id", "quantity"):
        packed[order_id] += units
    orders = SellerOrder.objects.filter(pk__in=packed).select_related("group").order_by("placed_at", "pk")
    return [
        Neighbour(masked_name(order.group.contact_name), translated(lot.item, "name"), order.number, Decimal(packed[order.pk]), "")
        for order in orders
    ]
