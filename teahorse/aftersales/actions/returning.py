"""Goods on their way: back through a station or a carrier, looked at by the seller, and new ones to the buyer."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from teahorse.aftersales import rules
from teahorse.aftersales.actions.answering import checked_words
from teahorse.aftersales.actions.moving import Actor, Party, end, locked, move, note
from teahorse.aftersales.actions.paying import pay_back
from teahorse.aftersales.events import GoodsTakenBack
from teahorse.aftersales.models import AfterSaleCase, CaseLine
from teahorse.common.events import announce
from teahorse.common.refusals import Malformed, Refusal
from teahorse.logistics import actions as logistics
from teahorse.logistics import carriers
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders import actions as orders
from teahorse.people.models import Person, ServicePoint
from teahorse.places import queries as places
from teahorse.stock import actions as stock

State = AfterSaleCase.State
HEAVIEST_GRAMS = 200_000


class HandedInBefore(Refusal):
    """The station has it already; ``number`` is its parcel's."""

    code = "handed_in_before"
    sentence = _("This was handed in before. Its parcel is %(number)s.")


class NotEnoughToSend(Refusal):
    """Fewer units are left than were promised again."""

    code = "not_enough_to_send"
    sentence = _("Of “%(title)s” only %(available)d are left. Pay the money back instead.")


class StillOnItsWay(Refusal):
    """The network's parcel is handed over by whoever brings it; until then nobody can have it."""

    code = "still_on_its_way"
    sentence = _("The parcel has not been handed over yet.")


@transaction.atomic
def hand_in(*, case: AfterSaleCase, weight_grams: int, place: ServicePoint, by: Person, now: datetime) -> Parcel:
    """
    Take the goods of a case in at a service point: a parcel to the seller is made and scanned there.

    :raises HandedInBefore: with its parcel's number, at the second click; :raises Malformed: for an impossible weight;
    :raises NotNow: if nothing is to be sent back. Nothing is changed.
    """
    case = locked(case, State.AWAIT_RETURN, State.RETURN_IN_TRANSIT)
    parcel = return_parcel(case)
    if case.state == State.RETURN_IN_TRANSIT:
        raise HandedInBefore(number=parcel.number if parcel else case.return_number)
    if not 1 <= weight_grams <= HEAVIEST_GRAMS:
        raise Malformed(field="weight", reason=_("The weight of the parcel in kilograms, at most 200."))
    seller = case.order.seller
    parcel = logistics.pack(
        draft=logistics.ParcelDraft(reference=case.pk, weight_grams=weight_grams),
        sender=place.organisation,
        recipient=logistics.Recipient(
            name=seller.name,
            phone=seller.phone,
            area_code=seller.area.code,
            area_names=places.full_name(seller.area.code, "zh-hans"),
            line="",
            pickup_point=None,
        ),
        now=now,
    )
    scan = logistics.ScanDraft(parcel_number=parcel.number, act=Scan.Act.RECEIVED, happened_at=now, place=place, by=by)
    [parcel] = logistics.record_scans(scans=[scan], now=now)
    case.handed_in_at = now
    note(case, "handed_in", by=Actor(Party.STATION, by.pk), now=now, words=f"{place.name} · {parcel.number}")
    move(case, State.RETURN_IN_TRANSIT, now=now)
    return parcel


@transaction.atomic
def send_back(*, case: AfterSaleCase, carrier: str, number: str, by: Actor, now: datetime) -> AfterSaleCase:
    """
    Write down that the buyer has sent the goods back herself, with a carrier and its number.

    :raises Malformed: if the carrier or the number is none; :raises NotNow: if nothing is to be sent back.
    """
    case = locked(case, State.AWAIT_RETURN)
    carrier = carriers.chosen(carrier, carriers.FOR_BUYERS)
    number = carriers.number_typed(carrier, number, field="number")
    case.return_carrier, case.return_number, case.handed_in_at = carrier, number, now
    note(case, "sent_back", by=by, now=now, words=number)
    move(case, State.RETURN_IN_TRANSIT, now=now)
    return case


@transaction.atomic
def receive_return(*, case: AfterSaleCase, by: Person | None, now: datetime) -> AfterSaleCase:
    """
    Take the goods back at the seller's: their parcel is handed over, and she looks at them.

    :raises NotNow: unless they are on their way.
    """
    case = locked(case, State.RETURN_IN_TRANSIT)
    parcel = return_parcel(case)
    if parcel is not None and parcel.stage != Parcel.Stage.HANDED_OVER:
        logistics.hand_over(parcel=parcel, pickup_code="", place=None, by=by, now=now, proof=Scan.Proof.SIGNATURE)
    _received(case, Actor.seller(by), now)
    return case


def _received(case: AfterSaleCase, by: Actor, now: datetime) -> None:
    case.received_at = now
    note(case, "received", by=by, now=now)
    move(case, State.INSPECT, now=now)


@transaction.atomic
def pass_inspection(*, case: AfterSaleCase, is_sellable: bool, by: Actor, now: datetime) -> AfterSaleCase:
    """
    Find the goods in order: they go back on the shelf (or are written off as spoiled), and the buyer gets what was granted.

    Where time decides nobody has looked, so the shelf is left alone.

    :raises NotNow: unless they wait to be looked at.
    """
    case = locked(case, State.INSPECT)
    if by.party != Party.TIME:
        units = {line.line.offer_id: line.quantity for line in CaseLine.objects.filter(case=case).select_related("line")}
        stock.take_back(units=units, reference=case.pk, is_sellable=is_sellable, by_id=by.person_id, now=now)
        if is_sellable:
            announce(GoodsTakenBack(case_ids=(case.pk,)))
    note(case, "passed", by=by, now=now)
    if case.kind in rules.IN_GOODS:
        move(case, State.SENDING, now=now)
    else:
        pay_back(case, now=now)
    return case


@transaction.atomic
def fail_inspection(*, case: AfterSaleCase, words: str, by: Person | None, now: datetime) -> AfterSaleCase:
    """
    Find the goods not as they were sent, and say what is wrong; the buyer may bring it before the centre.

    :raises Malformed: without a reason; :raises NotNow: unless they wait to be looked at.
    """
    case = locked(case, State.INSPECT)
    note(case, "failed", by=Actor.seller(by), now=now, words=checked_words(words))
    move(case, State.REFUSED, now=now)
    return case


@transaction.atomic
def send_goods(
    *, case: AfterSaleCase, weight_grams: int, by: Person | None, now: datetime, carrier: str = "network", carrier_number: str = ""
) -> Parcel:
    """
    Send new goods for those of a case: units leave the shelf and a parcel goes where the order went.

    :raises NotEnoughToSend: if the shelf has fewer; :raises Malformed: for an impossible weight; :raises NotNow: at the second click.
    """
    case = locked(case, State.SENDING)
    if not 1 <= weight_grams <= HEAVIEST_GRAMS:
        raise Malformed(field="weight", reason=_("The weight of the parcel in kilograms, at most 200."))
    lines = list(CaseLine.objects.filter(case=case).select_related("line").order_by("pk"))
    demands = [stock.Demand(case.pk, case.pk, line.line.offer_id, line.quantity) for line in lines]
    for short in stock.reserve(demands=demands, until=now).get(case.pk, []):
        title = next(line.line.title_in(get_language()) for line in lines if line.line.offer_id == short.offer_id)
        raise NotEnoughToSend(title=title, available=short.available)
    stock.commit(references=[case.pk])
    stock.take(references=[case.pk], by_id=by.pk if by else None, now=now)
    parcel = logistics.pack(
        draft=logistics.ParcelDraft(reference=case.pk, weight_grams=weight_grams, carrier=carrier, carrier_number=carrier_number),
        sender=case.order.seller,
        recipient=orders.recipient_of(case.order.group),
        now=now,
    )
    case.agreed_fen, case.decided_at = None, now
    note(case, "sent", by=Actor.seller(by), now=now, words=parcel.number)
    move(case, State.SENT_AGAIN, now=now)
    return parcel


@transaction.atomic
def pay_instead(*, case: AfterSaleCase, by: Actor, now: datetime) -> AfterSaleCase:
    """
    Pay back what the goods are worth where no new ones can be sent.

    :raises NotNow: unless goods were to be sent.
    """
    case = locked(case, State.SENDING)
    case.agreed_fen = case.worth_fen
    note(case, "paid_instead", by=by, now=now, amount_fen=case.worth_fen)
    pay_back(case, now=now)
    return case


@transaction.atomic
def confirm_arrival(*, case: AfterSaleCase, by: Actor, now: datetime) -> AfterSaleCase:
    """
    End a case whose new goods the buyer has.

    :raises StillOnItsWay: if our own network still carries them; :raises NotNow: unless they were sent.
    """
    case = locked(case, State.SENT_AGAIN)
    sent = Parcel.objects.filter(reference=case.pk, sender=case.order.seller)
    if sent.filter(carrier="network").exclude(stage=Parcel.Stage.HANDED_OVER).exists():
        raise StillOnItsWay
    _arrived(case, by, now)
    return case


def _arrived(case: AfterSaleCase, by: Actor, now: datetime) -> None:
    note(case, "arrived", by=by, now=now)
    end(case, State.DONE, AfterSaleCase.Outcome.SENT, now=now)
    if case.reason == AfterSaleCase.Reason.NEVER_CAME:  # the first parcel never arrives, and nobody else would close its order
        orders.close_after_case(order=case.order, now=now)


@transaction.atomic
def take_arrivals(*, parcels: list[Parcel], now: datetime) -> None:
    """Move the cases whose parcels reached the seller, or the buyer; harmless twice."""
    by_case = {parcel.reference: parcel for parcel in parcels if parcel.stage == Parcel.Stage.HANDED_OVER}
    found = AfterSaleCase.objects.filter(pk__in=by_case, state__in=(State.RETURN_IN_TRANSIT, State.SENT_AGAIN))
    for waiting in found.order_by("order_id", "pk"):
        case = locked(waiting)
        is_from_seller = by_case[case.pk].sender_id == case.order.seller_id
        if case.state == State.RETURN_IN_TRANSIT and not is_from_seller:
            _received(case, Actor(Party.STATION), now)
        elif case.state == State.SENT_AGAIN and is_from_seller:
            _arrived(case, Actor(Party.STATION), now)


def return_parcel(case: AfterSaleCase) -> Parcel | None:
    """Return the parcel in which the goods go back, where a station took them in."""
    return Parcel.objects.filter(reference=case.pk).exclude(sender=case.order.seller_id).order_by("packed_at").first()
