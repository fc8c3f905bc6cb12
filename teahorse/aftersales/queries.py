"""Questions about after-sale cases: what can still be asked of an order, who sees which case, what is overdue."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from teahorse.aftersales.models import AfterSaleCase, CaseLine, CasePhoto, CaseShare
from teahorse.aftersales.rules import Borne, Gone, Sold, fault_ends_at, no_reason_ends_at
from teahorse.catalog.models import Product
from teahorse.common.times import HOME
from teahorse.logistics.models import Parcel
from teahorse.orders import queries as orders
from teahorse.orders.models import LineDiscount, OrderGroup, OrderLine, SellerOrder
from teahorse.orders.owing import settled_fen
from teahorse.people.models import Organisation, Person, Right

State = AfterSaleCase.State
Outcome = AfterSaleCase.Outcome
OrderState = SellerOrder.State
SENT = (OrderState.PREPARING, OrderState.CLOSED)
BY_SEVEN_DAYS = Product.ReturnRule.SEVEN_DAYS


@dataclass(frozen=True, slots=True)
class LineStanding:
    """An order line, what was paid for it by whom, and what earlier cases have settled of it."""

    line: OrderLine
    sold: Sold
    gone: Gone
    bearers: tuple[Borne, ...]
    is_in_a_case: bool

    @property
    def units_left(self) -> int:
        """Units for which something can still be asked."""
        return 0 if self.is_in_a_case else self.sold.units - self.gone.units

    @property
    def has_no_reason_right(self) -> bool:
        """Whether it may go back without a reason, by the rule that was shown before buying."""
        return self.line.return_rule == BY_SEVEN_DAYS


@dataclass(frozen=True, slots=True)
class Standing:
    """What can be asked of a seller order at a moment."""

    order: SellerOrder
    lines: list[LineStanding]
    received_at: datetime | None
    is_lost: bool
    is_freight_left: bool
    now: datetime

    @property
    def is_sent(self) -> bool:
        """Whether it was paid and packed, so that there is something to complain about."""
        return self.order.state in SENT and not self.order.is_to_pay_on_delivery

    @property
    def freight_left_fen(self) -> int:
        """What the buyer paid for sending, while no case has it back."""
        return self.order.freight_fen if self.is_freight_left else 0

    @property
    def is_late(self) -> bool:
        """Whether it should have come by now."""
        return self.is_lost or self.now.astimezone(HOME).date() > self.order.promised_to_date

    @property
    def no_reason_until(self) -> datetime | None:
        """When the right to send back without a reason ends; nothing before the goods have come."""
        return no_reason_ends_at(self.received_at) if self.received_at else None

    @property
    def is_open_without_reason(self) -> bool:
        """Whether goods may go back without a reason now."""
        return self.no_reason_until is not None and self.now < self.no_reason_until

    def asked_until(self, reason: str, lines: Iterable[LineStanding]) -> datetime | None:
        """Return until when something may be asked about some lines for a reason; nothing before the goods have come."""
        if reason == AfterSaleCase.Reason.NO_REASON or self.received_at is None:
            return self.no_reason_until
        return fault_ends_at(self.received_at, is_fresh=all(line.line.return_rule == Product.ReturnRule.FRESH for line in lines))

    @property
    def has_something_left(self) -> bool:
        """Whether a case can be opened about anything in it."""
        return self.is_sent and any(line.units_left for line in self.lines)


def borne_by_others(lines: Iterable[OrderLine]) -> Mapping[UUID, tuple[Borne, ...]]:
    """Return who else than the buyer bore how much of each line's price, each payer once; a line is missing where nobody did."""
    found: defaultdict[UUID, Counter[tuple[str, UUID | None]]] = defaultdict(Counter)
    for row in LineDiscount.objects.filter(order__in={line.order_id for line in lines}).order_by("pk"):
        found[row.line_id][row.bearer, row.bearer_id] += row.amount_fen
    return {
        key: tuple(Borne(*payer, fen) for payer, fen in sorted(borne.items(), key=lambda one: (one[0][0], str(one[0][1]))))
        for key, borne in found.items()
    }


def standing(order: SellerOrder, *, now: datetime) -> Standing:
    """Return what can be asked of an order; six queries, seven where it weighed more. Who changes by it holds the order's row."""
    lines = list(OrderLine.objects.filter(order=order).select_related("weighing").order_by("position"))
    cost_fen, borne = settled_fen(lines), borne_by_others(lines)
    earlier = CaseLine.objects.filter(line__in=lines).select_related("case").prefetch_related("shares")
    by_line: defaultdict[UUID, list[CaseLine]] = defaultdict(list)
    for one in earlier:
        by_line[one.line_id].append(one)
    freight_given = AfterSaleCase.objects.filter(order=order, is_freight_back=True, outcome__in=(Outcome.OPEN, Outcome.REFUNDED)).exists()
    parcels = list(Parcel.objects.filter(reference=order.pk))
    return Standing(
        order=order,
        lines=[_line(line, cost_fen[line.pk] - line.quoted_fen, borne.get(line.pk, ()), by_line[line.pk]) for line in lines],
        received_at=_received_at(order, parcels),
        is_lost=any(parcel.stage == Parcel.Stage.LOST for parcel in parcels),
        is_freight_left=not freight_given,
        now=now,
    )


def _received_at(order: SellerOrder, parcels: Sequence[Parcel]) -> datetime | None:
    if parcels and all(parcel.stage == Parcel.Stage.HANDED_OVER for parcel in parcels):
        return max(parcel.stage_at for parcel in parcels)
    return order.ended_at if order.state == OrderState.CLOSED else None


def _line(line: OrderLine, by_weight_fen: int, borne: tuple[Borne, ...], earlier: Iterable[CaseLine]) -> LineStanding:
    others = tuple(one.amount_fen for one in borne)
    cost_fen = line.amount_fen - sum(others) + by_weight_fen
    units, buyer_fen, gone = 0, 0, [0] * len(others)
    for one in earlier:
        if one.case.outcome != Outcome.REFUNDED:
            continue
        is_whole = one.case.kind != AfterSaleCase.Kind.COMPENSATION  # the units are settled, whatever was agreed for them
        units += one.quantity if is_whole else 0
        buyer_fen += one.worth_fen if is_whole else one.buyer_fen
        shares = {(share.bearer, share.bearer_id): share for share in one.shares.all()}
        for place, payer in enumerate(borne):
            share = shares.get((payer.bearer, payer.bearer_id))
            if share is not None:
                gone[place] += share.worth_fen if is_whole else share.amount_fen
    return LineStanding(
        line=line,
        # a difference of weight that was paid while a case ran changes what its line cost; nobody got too much by it
        sold=Sold(line.quantity, max(cost_fen, buyer_fen), others),
        gone=Gone(units, buyer_fen, tuple(gone)),
        bearers=borne,
        is_in_a_case=any(one.is_open for one in earlier),
    )


# --- Whose cases


def cases_of_groups(groups: QuerySet[OrderGroup]) -> QuerySet[AfterSaleCase]:
    """Return the cases of a buyer's order groups, the newest first."""
    found = AfterSaleCase.objects.filter(order__group__in=groups.order_by().values("pk"))
    return found.select_related("order__group", "order__seller").prefetch_related("lines__line").order_by("-opened_at", "-pk")


def cases_in_group(group: OrderGroup) -> list[AfterSaleCase]:
    """Return the cases of one order group, the oldest first."""
    return list(AfterSaleCase.objects.filter(order__group=group).order_by("opened_at", "pk"))


def cases_of_seller(seller: Organisation) -> QuerySet[AfterSaleCase]:
    """Return a seller's cases: those that wait for her first, by their deadline, then the others that are open, then the ended ones."""
    return _listed(AfterSaleCase.objects.filter(order__seller=seller))


def cases_seen_by(person: Person, *, now: datetime) -> QuerySet[AfterSaleCase]:
    """Return the cases of every seller over whose orders a person watches for a centre."""
    watched = orders.orders_visible_to(person, right=Right.DESK_ORDERS, now=now)
    return _listed(AfterSaleCase.objects.filter(order__in=watched.values("pk")))


def to_decide(cases: QuerySet[AfterSaleCase], *, now: datetime) -> QuerySet[AfterSaleCase]:
    """Return of some cases those that were brought before the centre, whose money is in trouble, or whose deadline is over."""
    pressing = Q(state=State.ESCALATED) | Q(due_at__lte=now) | ~Q(refund_trouble="")
    return cases.filter(pressing).exclude(state__in=AfterSaleCase.ENDED).order_by("due_at", "pk")


def _listed(cases: QuerySet[AfterSaleCase]) -> QuerySet[AfterSaleCase]:
    return cases.select_related("order__group", "order__seller").prefetch_related("lines__line").order_by("due_at", "-ended_at", "pk")


def to_answer(seller: Organisation) -> QuerySet[AfterSaleCase]:
    """Return the cases that wait for a seller."""
    return AfterSaleCase.objects.filter(order__seller=seller, owner=AfterSaleCase.Owner.SELLER)


def to_hand_in(text: str) -> AfterSaleCase | None:
    """Return the case whose goods may be handed in at a counter, by the buyer's code or the case's number; also one handed in just now."""
    plain = "".join(text.split()).upper()
    if not plain:
        return None
    way = (State.AWAIT_RETURN, State.RETURN_IN_TRANSIT)
    found = AfterSaleCase.objects.filter(Q(hand_in_code=plain) | Q(number=plain), state__in=way).select_related("order__seller__area")
    return found.prefetch_related("lines__line").order_by("state", "-opened_at").first()


def photos_of(order: SellerOrder, case_id: UUID) -> list[CasePhoto]:
    """Return the photographs of an order's case, or of one about to be opened, without their pixels, the oldest first."""
    return list(CasePhoto.objects.filter(order=order, case_id=case_id).defer("content", "small").order_by("added_at", "pk"))


def photo_of(case: AfterSaleCase, photo_id: UUID) -> CasePhoto | None:
    """Return a photograph of a case with its pixels, if it is one of it."""
    return CasePhoto.objects.filter(pk=photo_id, case_id=case.pk, order=case.order_id).first()


def shares_of(case: AfterSaleCase) -> list[CaseShare]:
    """Return what goes back to others than the buyer in a case."""
    return list(CaseShare.objects.filter(case_line__case=case).order_by("bearer", "bearer_id", "pk"))
