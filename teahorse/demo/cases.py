"""After-sales cases of the demo region, in several states; by the real actions, each at its time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase, CaseEvent
from teahorse.demo.keys import key_of
from teahorse.demo.provider import gave_back
from teahorse.demo.reading import Row, read
from teahorse.demo.routes import staff_of
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.payments.models import Refund
from teahorse.people.models import Person, ServicePoint

PACKING_GRAMS = 150
Party = CaseEvent.Party


def load_cases(*, now: datetime) -> None:
    """Open the cases of the content and bring each as far as it says."""
    for row in sorted(read("cases.toml")["case"], key=lambda row: -int(row["opened_hours_ago"])):
        _Case(row, now).live()


@dataclass(frozen=True)
class _Case:
    row: Row
    now: datetime

    def live(self) -> None:
        units = dict(self.row["units"])
        lines = OrderLine.objects.filter(order__group__idempotency_key=key_of("order", self.row["order"]))
        chosen = {line.pk: (line, units[key]) for key in units for line in lines if line.offer_id == key_of("offer", key)}
        order = SellerOrder.objects.select_related("group", "seller__area").get(pk=next(line.order_id for line, _ in chosen.values()))
        draft = aftersales.CaseDraft(
            order=order,
            kind=self.row["kind"],
            reason=self.row["reason"],
            units={key: number for key, (_, number) in chosen.items()},
            story=self.row["story"],
            asked_fen=self.row.get("asked_fen"),
            key=key_of("case", self.row["order"]),
        )
        buyer = Person.objects.filter(pk=order.group.person_id).first() if order.group.person_id else None
        case = aftersales.open_case(draft=draft, by=buyer, now=self.now - timedelta(hours=self.row["opened_hours_ago"]))
        for act in self.row.get("acts", []):
            ACTS[act["act"]](case, order, act, self.now - timedelta(hours=act["hours_ago"]))


def _agree(case: AfterSaleCase, order: SellerOrder, act: Row, at: datetime) -> None:
    aftersales.agree(case=case, by=Actor(Party.SELLER, staff_of(order.seller).pk), words=act.get("words", ""), now=at)


def _offer(case: AfterSaleCase, order: SellerOrder, act: Row, at: datetime) -> None:
    aftersales.offer(case=case, amount_fen=act["amount_fen"], words=act["words"], by=staff_of(order.seller), now=at)


def _refuse(case: AfterSaleCase, order: SellerOrder, act: Row, at: datetime) -> None:
    aftersales.refuse(case=case, words=act["words"], by=staff_of(order.seller), now=at)


def _escalate(case: AfterSaleCase, order: SellerOrder, act: Row, at: datetime) -> None:
    aftersales.escalate(case=case, words=act["words"], by=Actor(Party.BUYER, order.group.person_id), now=at)


def _hand_in(case: AfterSaleCase, order: SellerOrder, act: Row, at: datetime) -> None:
    place = ServicePoint.objects.select_related("organisation").get(organisation__key=act["place"])
    aftersales.hand_in(case=case, weight_grams=order.weight_grams + PACKING_GRAMS, place=place, by=staff_of(place.organisation), now=at)


def _send_back(case: AfterSaleCase, order: SellerOrder, act: Row, at: datetime) -> None:
    by = Actor(Party.BUYER, order.group.person_id)
    aftersales.send_back(case=case, carrier=act["carrier"], number=act["number"], by=by, now=at)


def _receive(case: AfterSaleCase, order: SellerOrder, act: Row, at: datetime) -> None:  # noqa: ARG001 - as all acts
    aftersales.receive_return(case=case, by=staff_of(order.seller), now=at)


def _arrived(case: AfterSaleCase, order: SellerOrder, act: Row, at: datetime) -> None:  # noqa: ARG001 - as all acts
    refunds = Refund.objects.filter(reference=case.pk)
    gave_back(refunds, at=at)
    aftersales.settle_refunds(refund_ids=list(refunds.values_list("pk", flat=True)), now=at)


ACTS: dict[str, Callable[[AfterSaleCase, SellerOrder, Row, datetime], None]] = {
    "agree": _agree,
    "offer": _offer,
    "refuse": _refuse,
    "escalate": _escalate,
    "hand_in": _hand_in,
    "send_back": _send_back,
    "receive": _receive,
    "arrived": _arrived,
}
