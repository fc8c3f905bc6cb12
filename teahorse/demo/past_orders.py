"""
Orders of the last weeks, in every state, so that every page has something to show.

They are placed, paid, packed and carried by the real actions, each at a time in the past, one order after the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from teahorse.common.refusals import Refusal
from teahorse.demo.keys import key_of
from teahorse.demo.provider import gave_back, got_paid
from teahorse.demo.reading import Row, read
from teahorse.demo.routes import express_scans, origin_point, route, staff_of
from teahorse.demo.stories import pack_lots
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders import actions as orders
from teahorse.orders.models import OrderGroup, OrderLine, SellerNotice, SellerOrder
from teahorse.orders.quoting import Buyer, Destination, quote
from teahorse.payments import actions as payments
from teahorse.payments.models import Refund
from teahorse.people.models import Person, ServicePoint
from teahorse.promotions import actions as promotions
from teahorse.stock.models import Reservation

STEPS = ("paid", "packed", "in_transit", "at_point", "handed_over", "closed")
PAYS_AFTER = timedelta(minutes=6)
PACKED_AFTER = 0.15
ARRIVED_AFTER = 0.6
FETCHED_AFTER = 0.75
CLOSED_AFTER = 0.9
"""When a step happened, as a part of the time between placing and now, or of the days that the order took."""
OPEN_FOR = timedelta(days=30)
"""An order that is still to be paid is kept open this long, so that the page can be tried."""
NEWS = timedelta(days=3)
"""What happened earlier the sellers have read."""
PACKING_GRAMS = 150
EXPRESS = "SF"


def load_past_orders(*, now: datetime) -> None:
    """Place the orders of the content, oldest first, and bring each as far as it says."""
    content = read("orders.toml")
    for row in sorted(content["order"], key=lambda row: -int(row["placed_hours_ago"])):
        placed_at = now - timedelta(hours=row["placed_hours_ago"])
        group = _place(row, content["buyers"][row["buyer"]], placed_at)
        PastOrder(row, group, placed_at, placed_at + timedelta(days=row["took_days"]) if "took_days" in row else now).live()
        if placed_at < now - NEWS:
            SellerNotice.objects.filter(order_id__in=group.orders.values("pk")).update(read_at=placed_at + timedelta(days=1))


def _place(row: Row, buyer: Row, placed_at: datetime) -> OrderGroup:
    person = Person.objects.filter(pk=key_of("person", row["buyer"])).first()
    point = ServicePoint.objects.get(organisation__key=row["pickup"]) if "pickup" in row else None
    wanted = {key_of("offer", variant): quantity for variant, quantity in row["lines"]}
    destination = Destination(buyer["code"], buyer["names"], point)
    phone = person.phone or "" if person else ""
    wish = orders.Wish(
        key=key_of("order", row["key"]),
        quote=quote(wanted=wanted, destination=destination, now=placed_at, buyer=Buyer(phone, _codes(row, person, placed_at))),
        person_id=person.pk if person else None,
        contact_name=buyer["name"],
        contact_phone=phone or f"+86{buyer['phone']}",
        destination_line="" if point else buyer["line"],
        locale=person.locale if person else "zh-hans",
        verified_phone=phone,
    )
    answer = orders.place_orders(wishes=[wish], now=placed_at)[0]
    if isinstance(answer, Refusal):
        raise answer
    orders.notice_sellers(group_ids=[answer.group_id], kind=SellerNotice.Kind.PLACED, now=placed_at)
    return OrderGroup.objects.get(pk=answer.group_id)


def _codes(row: Row, person: Person | None, at: datetime) -> tuple[str, ...]:
    """Return the codes that an order names: those of the content, and of the vouchers that the person fetches for it."""
    vouchers = [
        promotions.fetch_voucher(promotion_id=key_of("promotion", key), person=person, now=at).code
        for key in row.get("vouchers", [])
        if person is not None
    ]
    return (*row.get("codes", []), *vouchers)


@dataclass(frozen=True)
class PastOrder:
    """One order of the content, placed, with what is still to happen to it; ``now`` is when its story ends."""

    row: Row
    group: OrderGroup
    placed_at: datetime
    now: datetime

    def live(self) -> None:
        """Bring every part of it to its stage."""
        stage = self.row["stage"]
        match stage:
            case "to_pay":
                self._keep_open()
            case "expired":
                orders.expire_orders(now=self.group.expires_at)
            case "cancelled":
                self._cancel(self._at(0.1), "改主意了")
            case "refunded":
                self._pay()
                self._cancel(self._at(0.3), "买错了尺寸和数量")
                self._give_back(self._at(0.4))
            case "presale":
                self._pay()
            case _:
                self._pay()
                for order in self._orders():
                    self._go(order, self.row.get("behind", {}).get(order.seller.key, stage))

    def _at(self, part: float) -> datetime:
        return self.placed_at + (self.now - self.placed_at) * part

    def _orders(self) -> list[SellerOrder]:
        return list(SellerOrder.objects.filter(group=self.group).select_related("seller__area", "group__pickup_point").order_by("number"))

    def _keep_open(self) -> None:
        until = self.now + OPEN_FOR
        OrderGroup.objects.filter(pk=self.group.pk).update(expires_at=until)
        Reservation.objects.filter(reference__in=self.group.orders.values("pk")).update(expires_at=until)

    def _pay(self) -> None:
        paid_at = self.placed_at + PAYS_AFTER
        if self.row.get("paid_by") == "cash":
            point = self.group.pickup_point
            payment = orders.start_payment(group=self.group, provider="cash", method="counter", now=self.placed_at)
            payments.take_cash(payment_id=payment.pk, by_id=staff_of(point.organisation if point else None).pk, now=paid_at)
        else:
            payment = orders.start_payment(group=self.group, provider="wechat_pay", method="native", now=self.placed_at)
            got_paid(payment, at=paid_at)
        orders.take_payments(payment_ids=[payment.pk], now=paid_at)
        orders.notice_sellers(order_ids=[order.pk for order in self._orders()], kind=SellerNotice.Kind.PAID, now=paid_at)

    def _cancel(self, at: datetime, reason: str) -> None:
        for order in self._orders():
            orders.cancel_order(order=order, reason=reason, now=at)
        orders.notice_sellers(order_ids=[order.pk for order in self._orders()], kind=SellerNotice.Kind.CANCELLED, now=at)

    def _give_back(self, at: datetime) -> None:
        """Let the refunds have arrived."""
        gave_back(Refund.objects.filter(payment__reference=self.group.pk), at=at)

    def _go(self, order: SellerOrder, stage: str) -> None:
        """Pack an order, send it, hand it over and close it, as far as its stage asks."""
        steps = STEPS[: STEPS.index(stage) + 1]
        if "packed" not in steps:
            return
        is_fetched = self.group.pickup_point is not None
        parcel = orders.pack_order(
            order=order,
            weight_grams=order.weight_grams + PACKING_GRAMS,
            by=staff_of(order.seller),
            now=self._at(PACKED_AFTER),
            carrier="network" if is_fetched else EXPRESS,
            carrier_number="" if is_fetched else f"SF{order.number.replace('-', '')}",
            weighed=_weighed(order),
        )
        pack_lots(order=order, parcel=parcel, lots=self.row.get("lots", {}), now=self._at(PACKED_AFTER))
        self._give_back(self._at(PACKED_AFTER))
        if "in_transit" in steps:
            self._carry(order, parcel, is_there="at_point" in steps)
        if "handed_over" in steps:
            self._hand_over(parcel)
        if "closed" in steps:
            orders.confirm_receipt(orders=[order], now=self._at(CLOSED_AFTER))

    def _carry(self, order: SellerOrder, parcel: Parcel, *, is_there: bool) -> None:
        point = self.group.pickup_point
        hops = list(route(order.seller, point)) if point else []
        stops = hops if is_there else hops[: max(1, len(hops) - 1)]
        acts = list(_acts(stops, is_there=is_there)) if point else express_scans(origin_point(order.seller))
        apart = (self._at(ARRIVED_AFTER) - self._at(PACKED_AFTER)) / (len(acts) + 1)
        scans = [
            logistics.ScanDraft(
                id=key_of("scan", f"{self.row['key']} {order.seller.key} {index}"),
                parcel_number=parcel.number,
                act=act,
                happened_at=self._at(PACKED_AFTER) + apart * (index + 1),
                place=place,
                by=staff_of(place.organisation),
            )
            for index, (act, place) in enumerate(acts)
        ]
        logistics.record_scans(scans=scans, now=self._at(ARRIVED_AFTER))

    def _hand_over(self, parcel: Parcel) -> None:
        parcel.refresh_from_db()
        point = parcel.pickup_point
        logistics.hand_over(
            parcel=parcel,
            pickup_code=parcel.pickup_code,
            place=point,
            by=staff_of(point.organisation if point else None),
            now=self._at(FETCHED_AFTER),
            proof=Scan.Proof.PICKUP_CODE if point else Scan.Proof.CARRIER,
        )


def _acts(stops: list[ServicePoint], *, is_there: bool) -> Iterator[tuple[str, ServicePoint]]:
    """Return what is scanned along the way: in at the first stop, out and in at the others, and out of the last unless it is the goal."""
    for index, stop in enumerate(stops):
        yield (Scan.Act.ARRIVED if index else Scan.Act.RECEIVED, stop)
        if not is_there or index < len(stops) - 1:
            yield (Scan.Act.DEPARTED, stop)


def _weighed(order: SellerOrder) -> dict[UUID, int]:
    """Return what the lines of an order weigh that are sold by weight: a little less than ordered, each its own."""
    lines = OrderLine.objects.filter(order=order).exclude(nominal_grams=None)
    return {line.pk: (line.expected_grams or 0) * (97 - line.pk.int % 5) // 100 for line in lines}
