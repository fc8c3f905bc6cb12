"""Where the goods are: an order's way for its buyer, parcels and scans for organisations."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Case, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from teahorse.api.capabilities import OrderLink, OrderToken, OrganisationToken
from teahorse.api.fields import NO_NUL, Asked, Named, ParcelName, choice, named, told
from teahorse.api.problems import NotAllowed, problem_of
from teahorse.api.showing import Stage, group_seen_by, parcel_name
from teahorse.common.money import yuan
from teahorse.common.push import address
from teahorse.common.refusals import NotThere, Refusal
from teahorse.common.statements import array, looked_up
from teahorse.logistics import actions, queries
from teahorse.logistics.actions import NotAtThisPoint, ScanDraft, TakeMoneyFirst, Taken, UnknownParcel, WrongPickupCode
from teahorse.logistics.models import Oddity, Parcel, Scan, Unit
from teahorse.orders.following import Tracked
from teahorse.people.models import Organisation, Right, ServicePoint
from teahorse.people.rules import kinds_with, masked_name, masked_phone

router = Router(tags=["tracking"])
ParcelNumber = Annotated[str, StringConstraints(pattern=r"^TH[0-9]{12}$")]
ThingCode = Annotated[str, StringConstraints(min_length=4, max_length=60, pattern=NO_NUL)]
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
KEPT = """
    select scan.id, parcel.id, scan.act
      from logistics_scan scan left join logistics_parcel parcel on parcel.id = scan.thing_id
     where scan.id = any(%(ids)s::uuid[])
"""


class ScanShown(Schema):
    """What was done to a parcel, where and when."""

    act: Annotated[str, choice(*Scan.Act.values)]
    place: str
    happened_at: datetime


class PickupShown(Schema):
    """Where a parcel is fetched."""

    id: UUID
    name: str
    address_line: str
    hours: str


class ParcelOnItsWay(ParcelName):
    """A parcel with its way so far. The code that opens it at its pickup point is told to its buyer alone."""

    pickup_point: PickupShown | None
    pickup_code: str
    scans: list[ScanShown]


class PartOnItsWay(Schema):
    """One seller's part with its parcels."""

    id: UUID
    number: str
    seller: Named
    stage: Stage
    promised_from_date: date
    promised_to_date: date
    parcels: list[ParcelOnItsWay]


class TrackingShown(Schema):
    """Where an order is. At ``events_url`` a server-sent event says when to look again."""

    id: UUID
    number: str
    stage: Stage
    events_url: str
    orders: list[PartOnItsWay]


class ParcelShown(ParcelOnItsWay):
    """A parcel as those see it who send it or have it in hand; its recipient is masked."""

    recipient_name: str
    recipient_phone: str
    destination_code: str
    destination_names: str
    weight_grams: int
    packed_at: datetime
    held_by: PickupShown | None
    cod_due_fen: int
    """What is to be taken in cash before it is handed over; 0: nothing, or it is here."""


class ScanAsked(Asked):
    """
    An act on a parcel, or on a bag, cage or vehicle by its code; ``id`` is made by the device before it is sent, the same again is
    the same scan.

    ``place_id`` is one of the organisation's own service points; ``into`` the code of what it is put in, loaded on or taken out of;
    ``corrects`` the scan that was wrong (act ``corrected``). A parcel that is fetched at a pickup point is handed over there, against
    its code or a signature; one that is to be paid then, once its money is here.
    """

    id: UUID
    parcel_number: ThingCode
    act: Scan.Act
    happened_at: Annotated[AwareDatetime, Field(ge=EARLIEST)]
    place_id: UUID | None = None
    pickup_code: Annotated[str, StringConstraints(max_length=8, pattern=NO_NUL)] = ""
    proof: Scan.Proof = Scan.Proof.NONE
    note: Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)] = ""
    into: Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)] = ""
    corrects: UUID | None = None


class ScansAsked(Asked):
    """
    What a device did, in any order.

    ``sent_at`` is what its clock says now: by as much as that is wrong, all its times are set right.
    """

    device_id: UUID | None = None
    sent_at: Annotated[AwareDatetime, Field(ge=EARLIEST)] | None = None
    scans: list[ScanAsked] = Field(min_length=1, max_length=500)


class Receipt(BaseModel):
    """
    What became of one scan: it is kept, now or since it was sent first; or a problem says why not.

    ``odd``: what does not fit about it; somebody looks at it, the device need not send it again.
    """

    id: UUID
    is_kept: bool
    parcel: ParcelName | None
    odd: list[Annotated[str, choice(*Oddity.Kind.values)]] = []
    problem: dict[str, Any] | None


class Receipts(Schema):
    """A receipt for every scan, in the order they were sent."""

    receipts: list[Receipt]


class ScanDiffers(Refusal):
    """A scan of this id was kept, with another content."""

    code = "scan_differs"
    sentence = _("Another scan of this id was kept before. A new scan needs a new id.")


@router.get("/orders/{order_id}/tracking", response=TrackingShown, auth=[OrderToken(), OrderLink()])
def track_order(request: HttpRequest, response: HttpResponse, order_id: UUID) -> TrackingShown:
    """Return where an order is: all of it to the holder of its access token, her own part to one of its sellers."""
    seen = group_seen_by(request.auth, group_id=order_id)  # type: ignore[attr-defined]  # ninja puts the caller there
    response.headers["Cache-Control"] = "private, no-store"
    return TrackingShown(
        id=seen.group.pk,
        number=seen.group.number,
        stage=seen.tracking.stage,
        events_url=address(f"group:{seen.group.pk}"),
        orders=[_part(tracked, seen.tracking.places, is_buyer=seen.seller is None) for tracked in seen.tracking.orders],
    )


@router.post("/parcels/scans", response=Receipts, auth=OrganisationToken())  # before the next: "scans" is no number
def record_scans(request: HttpRequest, asked: ScansAsked) -> Receipts:
    """
    Keep what was done to parcels; each scan has its own receipt, and the same scan again gets the same one.

    Stations and centres scan whatever reaches them; what nobody knows, or what does not fit, is kept too. A seller tells that her own
    parcels departed.
    """
    organisation = _organisation(request)
    with transaction.atomic():
        known = _known(organisation, asked.scans)
        places = {point.pk: point for point in ServicePoint.objects.filter(organisation=organisation)}
        kept = _kept_before(asked.scans)
        in_hand = _in_hand(organisation, asked.scans)
        refusals: list[Refusal | None] = []
        for scan in asked.scans:
            refusals.append(_refusal(scan, organisation, known, places, kept) or _not_in_hand(scan, known, in_hand))
            if refusals[-1] is None:
                kept[scan.id] = (_key(known, scan), scan.act)
                if scan.act in TAKES_IN and scan.place_id in places:
                    in_hand.add(scan.parcel_number)
        device, county = asked.device_id, organisation.county_id
        drafts = [_draft(scan, places, device, county) for scan, refusal in zip(asked.scans, refusals, strict=True) if refusal is None]
        taken = actions.take_scans(scans=drafts, sent_at=asked.sent_at, now=timezone.now())
    return Receipts(receipts=[_receipt(scan, refusal, taken) for scan, refusal in zip(asked.scans, refusals, strict=True)])


@router.get("/parcels/{number}", response=ParcelShown, auth=OrganisationToken())
def show_parcel(request: HttpRequest, response: HttpResponse, number: ParcelNumber) -> ParcelShown:
    """Return a parcel that the organisation sends, has in hand, or hands over."""
    parcel = _concerning(_organisation(request)).filter(number=number).select_related("pickup_point", "held_by").first()
    if parcel is None:
        raise NotThere(field="number")
    scans = queries.scans_of([parcel])
    places = ServicePoint.objects.in_bulk({scan.place_id for scan in scans if scan.place_id})
    response.headers["Cache-Control"] = "private, no-store"
    return ParcelShown(
        **dict(_on_its_way(parcel, scans, places, is_buyer=False)),
        recipient_name=masked_name(parcel.recipient_name),
        recipient_phone=masked_phone(parcel.recipient_phone),
        destination_code=parcel.destination_code,
        destination_names=parcel.destination_names,
        weight_grams=parcel.weight_grams,
        packed_at=parcel.packed_at,
        held_by=_pickup(parcel.held_by),
        cod_due_fen=parcel.cod_due_fen,
    )


def _organisation(request: HttpRequest) -> Organisation:
    organisation: Organisation = request.auth  # type: ignore[attr-defined]  # ninja puts there what the token's check returned
    return organisation


def _handles_parcels(organisation: Organisation) -> bool:
    return organisation.kind in kinds_with(Right.HANDLE_PARCELS)


def _concerning(organisation: Organisation) -> QuerySet[Parcel]:
    in_hand = Q(held_by__organisation=organisation) | Q(pickup_point__organisation=organisation)
    return Parcel.objects.filter(Q(sender=organisation) | in_hand)


ENDS = frozenset({Scan.Act.HANDED_OVER, Scan.Act.RETURNED})
TAKES_IN = frozenset({Scan.Act.RECEIVED, Scan.Act.ARRIVED, Scan.Act.FOUND})


class Known(NamedTuple):
    """What is asked of a parcel before a scan of it is kept."""

    pk: UUID
    pickup_point_id: UUID | None
    pickup_code: str
    cod_due_fen: int


def _known(organisation: Organisation, scans: Iterable[ScanAsked]) -> dict[str, Known]:
    """Return the parcels that the organisation may scan, by number."""
    may_scan = Parcel.objects.all() if _handles_parcels(organisation) else Parcel.objects.filter(sender=organisation)
    found = may_scan.filter(number__in={scan.parcel_number for scan in scans})
    due = Case(When(cod_taken_at=None, then="cod_fen"), default=0)
    rows = found.values_list("number", "pk", "pickup_point_id", "pickup_code", due)
    return {number: Known(*known) for number, *known in rows}


def _key(known: Mapping[str, Known], scan: ScanAsked) -> UUID | None:
    parcel = known.get(scan.parcel_number)
    return parcel.pk if parcel else None


def _kept_before(scans: Iterable[ScanAsked]) -> dict[UUID, tuple[UUID | None, str]]:
    """Return parcel and act of those scans that were kept before; none for what is no parcel."""
    return {key: (thing_id, act) for key, thing_id, act in looked_up(KEPT, {"ids": array(scan.id for scan in scans)}, in_binary=True)}


def _refusal(
    scan: ScanAsked,
    organisation: Organisation,
    known: Mapping[str, Known],
    places: Mapping[UUID, ServicePoint],
    kept: Mapping[UUID, tuple[UUID | None, str]],
) -> Refusal | None:
    """Return why a scan is not kept, or None where it is."""
    parcel, handles = known.get(scan.parcel_number), _handles_parcels(organisation)
    if parcel is None and not handles:
        return UnknownParcel(field="parcel_number", number=scan.parcel_number)
    if scan.id in kept:
        return None if kept[scan.id] == (_key(known, scan), scan.act) else ScanDiffers(field="id")
    if scan.place_id is not None and scan.place_id not in places:
        return NotThere(field="place_id")
    return _act_refusal(scan, parcel, places) if handles else _senders_refusal(scan)


def _in_hand(organisation: Organisation, scans: Iterable[ScanAsked]) -> set[str]:
    """Return which of the parcels whose way ends by these scans lie at a place of the organisation, or on its vehicle."""
    ended = {scan.parcel_number for scan in scans if scan.act in ENDS}
    if not ended:
        return set()
    own_vehicle = {"kind": Unit.Kind.VEHICLE, "organisation": organisation}
    aboard = Unit.objects.filter(**own_vehicle), Unit.objects.filter(inside__in=Unit.objects.filter(**own_vehicle))
    here = Q(held_by__organisation=organisation) | Q(inside__in=aboard[0]) | Q(inside__in=aboard[1])
    return set(Parcel.objects.filter(here, number__in=ended).values_list("number", flat=True))


def _not_in_hand(scan: ScanAsked, known: Mapping[str, Known], in_hand: Collection[str]) -> Refusal | None:
    """
    Refuse to end the way of what somebody else has: its order is closed and its seller paid by that.

    Where it is fetched at a point, its code or a signature there says that it is.
    """
    parcel = known.get(scan.parcel_number)
    if scan.act not in ENDS or parcel is None or scan.parcel_number in in_hand:
        return None
    is_proved = scan.act == Scan.Act.HANDED_OVER and parcel.pickup_point_id is not None
    return None if is_proved else NotAtThisPoint(field="parcel_number")


def _senders_refusal(scan: ScanAsked) -> Refusal | None:
    return None if scan.act == Scan.Act.DEPARTED and not scan.into else NotAllowed(field="act")


def _act_refusal(scan: ScanAsked, parcel: Known | None, places: Mapping[UUID, ServicePoint]) -> Refusal | None:
    if scan.act == Scan.Act.CORRECTED and not _is_own(scan.corrects, places):
        return NotThere(field="corrects")
    if scan.act == Scan.Act.HANDED_OVER and parcel is not None and parcel.pickup_point_id:
        return _hand_over_refusal(scan, parcel)
    return None


def _is_own(scan_id: UUID | None, places: Mapping[UUID, ServicePoint]) -> bool:
    """Return whether a scan was made at one of some places: nobody takes back what others told."""
    return scan_id is not None and Scan.objects.filter(id=scan_id, place_id__in=places).exists()


def _hand_over_refusal(scan: ScanAsked, parcel: Known) -> Refusal | None:
    if scan.place_id != parcel.pickup_point_id:
        return NotAtThisPoint(field="place_id")
    is_right = scan.proof == Scan.Proof.PICKUP_CODE and scan.pickup_code == parcel.pickup_code
    if scan.proof != Scan.Proof.SIGNATURE and not is_right:
        return WrongPickupCode(field="pickup_code")
    return TakeMoneyFirst(field="parcel_number", sum=yuan(parcel.cod_due_fen)) if parcel.cod_due_fen else None


def _draft(scan: ScanAsked, places: Mapping[UUID, ServicePoint], device_id: UUID | None, county_id: UUID) -> ScanDraft:
    return ScanDraft(
        id=scan.id,
        parcel_number=scan.parcel_number,
        act=scan.act,
        happened_at=scan.happened_at,
        place=places[scan.place_id] if scan.place_id else None,
        by=None,
        proof=scan.proof,
        note=scan.note,
        into=scan.into,
        corrects=scan.corrects,
        device_id=device_id,
        told_in=county_id,
    )


def _receipt(scan: ScanAsked, refusal: Refusal | None, taken: Taken) -> Receipt:
    if refusal is not None:
        return Receipt(id=scan.id, is_kept=False, parcel=None, problem=msgspec.to_builtins(problem_of(refusal), enc_hook=str))
    parcel = taken.parcels.get(scan.parcel_number)
    return Receipt(
        id=scan.id, is_kept=True, parcel=parcel_name(parcel) if parcel else None, odd=list(taken.odd.get(scan.id, ())), problem=None
    )


def _part(tracked: Tracked, places: Mapping[UUID, ServicePoint], *, is_buyer: bool) -> PartOnItsWay:
    order = tracked.order
    return PartOnItsWay(
        id=order.pk,
        number=order.number,
        seller=named(order.seller),
        stage=tracked.stage,
        promised_from_date=order.promised_from_date,
        promised_to_date=order.promised_to_date,
        parcels=[_on_its_way(parcel, tracked.scans, places, is_buyer=is_buyer) for parcel in tracked.parcels],
    )


def _on_its_way(parcel: Parcel, scans: Sequence[Scan], places: Mapping[UUID, ServicePoint], *, is_buyer: bool) -> ParcelOnItsWay:
    return ParcelOnItsWay(
        **dict(parcel_name(parcel)),
        pickup_point=_pickup(parcel.pickup_point),
        pickup_code=parcel.pickup_code if is_buyer else "",
        scans=[_scan(scan, places) for scan in scans if scan.thing_id == parcel.pk],
    )


def _scan(scan: Scan, places: Mapping[UUID, ServicePoint]) -> ScanShown:
    place = places.get(scan.place_id) if scan.place_id else None
    return ScanShown(act=scan.act, place=told(place, "name") if place else "", happened_at=scan.happened_at)


def _pickup(point: ServicePoint | None) -> PickupShown | None:
    if point is None:
        return None
    return PickupShown(id=point.pk, name=told(point, "name"), address_line=point.address_line, hours=point.hours)
