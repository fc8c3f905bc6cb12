"""An order as its buyer reads it: steps, parcels and their way, money, and what she can do now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from teahorse.catalog.pictures import picture_urls
from teahorse.common.translated import translated
from teahorse.logistics import carriers, promising
from teahorse.logistics.models import Parcel, Scan
from teahorse.mall.pay import qr_svg
from teahorse.mall.pictures import Pictures
from teahorse.mall.promises import basis_words, day, delay_words, promise_words
from teahorse.orders import rules, weights
from teahorse.orders.actions.harvesting import SORRY
from teahorse.orders.explaining import PriceLine
from teahorse.orders.following import Tracked, Tracking
from teahorse.orders.models import BalanceDue, HarvestSale, OrderLine, SellerOrder, Weighing
from teahorse.orders.on_delivery import NOT_FOUND
from teahorse.payments.models import Refund
from teahorse.people.models import ServicePoint

State = SellerOrder.State
ENDED = {"cancelled", "expired"}
TO_BE_PACKED = {"to_pay", "to_harvest", "to_ship"}
UNDER_WAY = frozenset({"to_ship", "packed", "in_transit"})
ORDER_OF_STAGES = ("to_pay", "to_harvest", "to_ship", "packed", "in_transit", "to_fetch", "handed_over", "done")


STAGES = {
    "to_pay": pgettext_lazy("stage", "To pay"),
    "to_harvest": pgettext_lazy("stage", "Waiting for the harvest"),
    "to_ship": pgettext_lazy("stage", "Being packed"),
    "packed": pgettext_lazy("stage", "Packed"),
    "in_transit": pgettext_lazy("stage", "On its way"),
    "to_fetch": pgettext_lazy("stage", "Ready to fetch"),
    "handed_over": pgettext_lazy("stage", "Handed over"),
    "done": pgettext_lazy("stage", "Received"),
    "cancelled": pgettext_lazy("stage", "Cancelled"),
    "expired": pgettext_lazy("stage", "Not paid in time"),
}


def stage_words(stage: str) -> str:
    """Return a stage in the buyer's words."""
    return str(STAGES[stage])


STAGE_TONES = {
    "to_pay": "warn",
    "to_harvest": "info",
    "to_ship": "info",
    "packed": "info",
    "in_transit": "info",
    "to_fetch": "warn",
    "handed_over": "good",
    "done": "good",
    "cancelled": "",
    "expired": "",
}


ACTS = {
    Scan.Act.RECEIVED: gettext_lazy("Taken over from the seller"),
    Scan.Act.DEPARTED: gettext_lazy("Gone on its way"),
    Scan.Act.ARRIVED: gettext_lazy("Arrived"),
    Scan.Act.HANDED_OVER: gettext_lazy("Handed over to you"),
    Scan.Act.REFUSED: gettext_lazy("Not taken"),
    Scan.Act.LOST: gettext_lazy("We cannot find it; we are looking"),
    Scan.Act.FOUND: gettext_lazy("Found again"),
    Scan.Act.LOADED: gettext_lazy("Loaded on a vehicle"),
    Scan.Act.RETURNED: gettext_lazy("Given back to the seller"),
    Scan.Act.DAMAGED: gettext_lazy("Found damaged; we see to it"),
    Scan.Act.HELD: gettext_lazy("Waits on its way"),
}
ACTS_AT_A_PLACE = {
    Scan.Act.RECEIVED: gettext_lazy("Taken over at %(place)s"),
    Scan.Act.DEPARTED: gettext_lazy("Left %(place)s"),
    Scan.Act.ARRIVED: gettext_lazy("Arrived at %(place)s"),
    Scan.Act.HANDED_OVER: gettext_lazy("Handed over at %(place)s"),
    Scan.Act.REFUSED: gettext_lazy("Not taken at %(place)s"),
    Scan.Act.LOST: gettext_lazy("Missed at %(place)s; we are looking"),
    Scan.Act.FOUND: gettext_lazy("Found again at %(place)s"),
    Scan.Act.LOADED: gettext_lazy("Loaded on a vehicle at %(place)s"),
    Scan.Act.RETURNED: gettext_lazy("Given back to the seller at %(place)s"),
    Scan.Act.DAMAGED: gettext_lazy("Found damaged at %(place)s; we see to it"),
    Scan.Act.HELD: gettext_lazy("Waits at %(place)s"),
}


def act_words(act: str, place: ServicePoint | None) -> str:
    """Return what a scan tells, in words."""
    if place is None:
        return str(ACTS[Scan.Act(act)])
    return str(ACTS_AT_A_PLACE[Scan.Act(act)]) % {"place": translated(place, "name")}


def moment(at: datetime | None) -> str:
    """Return a time as the page writes it."""
    return date_format(timezone.localtime(at), "m-d H:i") if at else ""


@dataclass(frozen=True, slots=True)
class ParcelShown:
    """A parcel with its way, newest scan first, and its pickup code while it waits to be fetched."""

    parcel: Parcel
    entries: list[dict[str, str]]
    code: Any = None

    @property
    def express(self) -> str:
        """The express partner and its number, where one takes the parcel on; a number that names its partner stands alone."""
        carrier, number = self.parcel.carrier, self.parcel.carrier_number
        if carrier == "network":
            return ""
        return number if number.upper().startswith(carrier.upper()) else f"{carriers.name_of(carrier)} {number}".strip()

    @property
    def is_to_fetch(self) -> bool:
        """Whether it lies at its point."""
        return self.parcel.stage == Parcel.Stage.AT_POINT


@dataclass(frozen=True, slots=True)
class WeighingShown:
    """What a line of goods that are sold by weight weighed, and costs now."""

    kg: str
    about_kg: str
    fen: int


BALANCE_WORDS = {
    BalanceDue.State.ASKED: gettext_lazy("Still to be paid"),
    BalanceDue.State.PAID: gettext_lazy("Paid later"),
    BalanceDue.State.WAIVED: gettext_lazy("More than ordered: a gift of the seller"),
    BalanceDue.State.LAPSED: gettext_lazy("Not paid in time"),
}


ON_DELIVERY_WORDS = {
    BalanceDue.State.ASKED: gettext_lazy("To be paid on delivery"),
    BalanceDue.State.PAID: gettext_lazy("Paid"),
    BalanceDue.State.LAPSED: gettext_lazy("Not to be paid any more"),
}


@dataclass(frozen=True, slots=True)
class BalanceShown:
    """What is, or was, to be paid after the first payment."""

    balance: BalanceDue

    @property
    def fen(self) -> int:
        """How much."""
        return self.balance.amount_fen

    @property
    def is_added(self) -> bool:
        """Whether it comes on top of the total: what is a gift, or was never paid, does not, nor does the rest of a pre-sale."""
        return self.balance.kind == BalanceDue.Kind.WEIGHT and self.balance.state in {BalanceDue.State.ASKED, BalanceDue.State.PAID}

    @property
    def words(self) -> str:
        """What became of it."""
        words = ON_DELIVERY_WORDS if self.is_on_delivery else BALANCE_WORDS
        return str(words[BalanceDue.State(self.balance.state)])

    @property
    def is_on_delivery(self) -> bool:
        """Whether it is all that the order costs, paid when it is handed over."""
        return self.balance.kind == BalanceDue.Kind.ON_DELIVERY

    @property
    def title(self) -> str:
        """What it is for."""
        if self.balance.kind == BalanceDue.Kind.PRESALE_BALANCE:
            return _("It is harvested")
        if self.is_on_delivery:
            return _("You pay when you fetch it")
        return _("It weighs more than ordered")

    @property
    def until(self) -> str:
        """When it is due."""
        return moment(self.balance.due_at)

    @property
    def consequence(self) -> str:
        """What happens if it is not paid."""
        if self.balance.kind == BalanceDue.Kind.PRESALE_BALANCE:
            return _("If you do not pay it, the order ends and your deposit goes back to you.")
        if self.is_on_delivery:
            return _("What is not paid by then goes back to its seller, and costs you nothing.")
        return _("If you do not pay it, the seller gives it to you; nothing else happens.")


@dataclass(frozen=True, slots=True)
class PartShown:
    """One seller's part with everything that its buyer reads and can do."""

    order: SellerOrder
    lines: list[OrderLine]
    stage: str
    parcels: list[ParcelShown]
    refunds: list[Refund]
    can_cancel: bool
    can_receive: bool
    can_ask: bool
    promise: str = ""
    promised_because: list[str] = field(default_factory=list)
    held_up: str = ""
    """What is closed on its way now, where that was not known when it was promised."""
    price_lines: list[PriceLine] = field(default_factory=list)
    weighings: dict[UUID, WeighingShown] = field(default_factory=dict)
    balances: list[BalanceShown] = field(default_factory=list)
    sale: HarvestSale | None = None
    sorry: str = ""

    @property
    def paid_fen(self) -> int:
        """What she has paid for it."""
        if self.order.paid_at is None:
            return 0
        later = [shown.fen for shown in self.balances if shown.balance.state == BalanceDue.State.PAID and not shown.is_on_delivery]
        return self.order.first_fen + sum(later)

    @property
    def ship_by(self) -> str:
        """The day by which it is sent, of what waits for its harvest."""
        return day(self.order.promised_to_date)

    @property
    def owed(self) -> BalanceShown | None:
        """What she is asked for now."""
        return next((shown for shown in self.balances if shown.balance.state == BalanceDue.State.ASKED), None)

    @property
    def is_lost_unpaid(self) -> bool:
        """Whether it ended because it was lost before it was paid on delivery."""
        return self.stage == "cancelled" and self.order.end_reason == NOT_FOUND

    @property
    def is_to_be_packed(self) -> bool:
        """Whether its goods are still to be packed, and weighed where they are sold by weight."""
        return self.stage in TO_BE_PACKED

    @property
    def can_invoice(self) -> bool:
        """Whether it was paid, so that there may be an invoice or a receipt."""
        return self.order.paid_at is not None

    @property
    def words(self) -> str:
        """The stage in words."""
        return stage_words(self.stage)

    @property
    def tone(self) -> str:
        """The badge's tone."""
        return STAGE_TONES[self.stage]


@dataclass(frozen=True, slots=True)
class OrderShown:
    """The whole order page."""

    tracking: Tracking
    parts: list[PartShown]
    steps: list[dict[str, str]] = field(default_factory=list)
    pictures: Pictures = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """The stage of the part that is least far."""
        return self.tracking.stage

    @property
    def price_lines(self) -> list[PriceLine]:
        """What the whole order's total is made of."""
        return self.tracking.explained.lines

    @property
    def words(self) -> str:
        """That stage in words."""
        return stage_words(self.stage)

    @property
    def first_fen(self) -> int:
        """What is paid first."""
        return sum(part.order.first_fen for part in self.parts if part.stage == "to_pay")


def order_shown(tracking: Tracking) -> OrderShown:
    """Return an order as the page shows it."""
    pictures = {product_id: picture_urls(picture) for product_id, picture in tracking.pictures.items()}
    return OrderShown(tracking, [_part(tracked, tracking) for tracked in tracking.orders], _steps(tracking), pictures)


def _held_up(order: SellerOrder) -> str:
    """Say what is closed on the way now, unless the buyer was told so when she ordered."""
    delay = promising.delay_from(order.county_id, order.group.destination_code, now=timezone.now())
    return delay_words(delay) if delay and delay.name != order.promise_basis.get("closed") else ""


def _part(tracked: Tracked, tracking: Tracking) -> PartShown:
    order = tracked.order
    may_leave = rules.may_leave(order.promised_to_date, is_rest_asked=tracked.owed is not None, now=timezone.now())
    is_under_way = tracked.stage in UNDER_WAY and tracked.sale is None
    is_handed_over = bool(tracked.parcels) and all(parcel.stage == Parcel.Stage.HANDED_OVER for parcel in tracked.parcels)
    return PartShown(
        order=order,
        lines=tracked.lines,
        stage=tracked.stage,
        parcels=[_parcel(parcel, tracked.scans, tracking) for parcel in tracked.parcels],
        refunds=tracked.refunds,
        can_cancel=order.state in {State.PENDING_PAYMENT, State.PAID}
        or tracked.is_unpaid_with_its_seller
        or (order.state == State.PRESALE_WAIT and may_leave),
        can_receive=order.state == State.PREPARING and is_handed_over and not order.is_to_pay_on_delivery,
        can_ask=order.state in {State.PREPARING, State.CLOSED} and not order.is_to_pay_on_delivery,
        promise="" if tracked.stage in {*ENDED, "done", "handed_over"} else promise_words(order.promised_from_date, order.promised_to_date),
        promised_because=basis_words(order.promise_basis) if is_under_way else [],
        held_up=_held_up(order) if is_under_way else "",
        weighings={key: _weighing(weighing) for key, weighing in tracked.weighings.items()},
        balances=[BalanceShown(balance) for balance in tracked.balances],
        price_lines=tracked.explained.lines,
        sale=tracked.sale,
        sorry=str(SORRY[order.end_reason]) if order.end_reason in SORRY else "",
    )


def _weighing(weighing: Weighing) -> WeighingShown:
    return WeighingShown(weights.kilograms(weighing.actual_grams), weights.kilograms(weighing.nominal_grams), weighing.weighed_fen)


def _parcel(parcel: Parcel, scans: Sequence[Scan], tracking: Tracking) -> ParcelShown:
    own = [scan for scan in scans if scan.thing_id == parcel.pk and scan.act in ACTS]
    entries = [
        {
            "what": _("Stayed with the seller")
            if scan.act == Scan.Act.RETURNED and scan is own[0]
            else act_words(scan.act, tracking.places.get(scan.place_id) if scan.place_id else None),
            "at": moment(scan.happened_at),
            "note": "",
            "state": "alarm" if scan.act in {Scan.Act.LOST, Scan.Act.REFUSED} and scan is own[-1] else "",
        }
        for scan in reversed(own)
    ]
    if entries and not entries[0]["state"]:
        entries[0]["state"] = "now"
    entries.append({"what": _("Packed by the seller"), "at": moment(parcel.packed_at), "note": "", "state": "" if entries else "now"})
    waits = bool(parcel.pickup_code) and parcel.stage == Parcel.Stage.AT_POINT
    return ParcelShown(parcel, entries, qr_svg(parcel.pickup_code) if waits else None)


def _steps(tracking: Tracking) -> list[dict[str, str]]:
    stage = tracking.stage
    if stage in ENDED:
        return [
            {"label": pgettext("stage", "Ordered"), "state": "done", "at": moment(tracking.group.placed_at)},
            {"label": stage_words(stage), "state": "failed", "at": moment(tracking.orders[0].order.ended_at)},
        ]
    is_fetched = tracking.group.pickup_point_id is not None
    is_paid_later = tracking.group.is_paid_on_delivery
    paid = stage_words("to_ship") if is_paid_later else pgettext("stage", "Paid")
    labels = [
        (pgettext("stage", "Ordered"), "to_pay"),
        (stage_words(stage) if stage in {"to_pay", "to_harvest"} else paid, "to_ship"),
        (pgettext("stage", "On its way"), "in_transit"),
        *([(pgettext("stage", "To fetch"), "to_fetch")] if is_fetched else []),
        (pgettext("stage", "Received"), "handed_over"),
    ]
    here = max(ORDER_OF_STAGES.index("to_ship"), ORDER_OF_STAGES.index(stage))
    times = {"to_pay": tracking.group.placed_at, "to_ship": None if is_paid_later else tracking.orders[0].order.paid_at}
    reached = [index for index, (_label, name) in enumerate(labels) if ORDER_OF_STAGES.index(name) <= here]
    last = reached[-1]
    is_over = stage in {"handed_over", "done"}
    return [
        {
            "label": label,
            "state": "done" if index < last or is_over else "now" if index == last else "",
            "at": moment(times.get(name)) if index <= last else "",
        }
        for index, (label, name) in enumerate(labels)
    ]
