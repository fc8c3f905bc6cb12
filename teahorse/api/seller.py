"""A seller's system: what is to be packed, and that it is packed."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from teahorse.api.capabilities import OrganisationToken
from teahorse.api.fields import Asked, Contact, PageSize, ParcelName
from teahorse.api.showing import TO_SEND, Destination, SellerPart, contact_shown, destination_shown, parcel_name, part_shown, weighed_of
from teahorse.carriers.accounts import can_book
from teahorse.common.refusals import Malformed, NotThere
from teahorse.logistics import queries as logistics
from teahorse.logistics.models import Parcel
from teahorse.logistics.rules import Marks
from teahorse.orders import actions
from teahorse.orders.following import Tracked
from teahorse.orders.marking import bulk_of
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.payments.models import Refund
from teahorse.people.models import Organisation
from teahorse.trace import actions as trace

router = Router(tags=["seller"], auth=OrganisationToken())
NETWORK = "network"


class SellerOrderShown(SellerPart):
    """A seller's order, with whom it is for; masked unless it is paid and not yet closed."""

    order_id: UUID = Field(description="the whole order that it is a part of")
    contact: Contact
    destination: Destination
    note: str


class SellerOrders(Schema):
    """Some of a seller's orders, those placed first first; ``next`` is the ``after`` of the following page."""

    orders: list[SellerOrderShown]
    next: UUID | None


class PackAsked(Asked):
    """What the parcel weighs, and who takes it: our network, or an express partner, who is asked where its number is left out."""

    weight_grams: int = Field(ge=1, le=1_000_000, strict=True)
    carrier: Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^[-_0-9a-z]+$")] = NETWORK
    carrier_number: Annotated[str, StringConstraints(max_length=40, pattern=r"^[-0-9A-Za-z]*$")] = ""
    weighed: dict[UUID, Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)]] = Field(
        {}, description="for each line that has expected_grams: what its units weigh together without packing, in grams"
    )
    asks_difference: bool = Field(default=False, description="whether the buyer is asked for what it weighs more; else it is a gift")

    is_cold: bool | None = Field(None, description="whether it travels cold; left out: as its goods are stored")
    is_fragile: bool = Field(default=False, description="whether it breaks easily")
    is_large: bool | None = Field(None, description="whether it takes two to carry it; left out: from 30 kg or 150 litres on")
    lots: dict[UUID, dict[UUID, Annotated[int, Field(ge=1, le=100_000, strict=True)]]] = Field(
        {}, description="for each line: how many units of which lots; of a line that is left out, what expires first"
    )
    codes: dict[UUID, list[Annotated[str, StringConstraints(max_length=200)]]] = Field(
        {}, description="for each line, instead of lots: the codes on the single pieces"
    )


@router.get("/seller/orders", response=SellerOrders)
def list_orders(
    request: HttpRequest,
    response: HttpResponse,
    state: SellerOrder.State | None = None,
    after: Annotated[UUID | None, Field(description="the last order of the page before")] = None,
    limit: PageSize = 50,
) -> SellerOrders:
    """Return the seller's orders, those placed first first."""
    own = _own(request)
    if after is not None:
        last = own.filter(pk=after).first()
        if last is None:
            raise Malformed(field="after", reason=_("None of your orders has this key."))
        own = own.filter(Q(placed_at__gt=last.placed_at) | Q(placed_at=last.placed_at, pk__gt=last.pk))
    if state is not None:
        own = own.filter(state=state)
    found = list(own.order_by("placed_at", "pk")[: limit + 1])
    shown = _shown(found[:limit])
    response.headers["Cache-Control"] = "private, no-store"
    return SellerOrders(orders=shown, next=shown[-1].id if len(found) > limit else None)


@router.get("/seller/orders/{seller_order_id}", response=SellerOrderShown)
def show_seller_order(request: HttpRequest, response: HttpResponse, seller_order_id: UUID) -> SellerOrderShown:
    """Return one of the seller's orders."""
    response.headers["Cache-Control"] = "private, no-store"
    return _shown([_order(request, seller_order_id)])[0]


@router.post("/seller/orders/{seller_order_id}/pack", response={201: ParcelName})
def pack_order(request: HttpRequest, seller_order_id: UUID, asked: PackAsked) -> ParcelName:
    """Put a paid order into a parcel; its units leave the shelf. An order is packed once (409 the second time)."""
    order, now = _order(request, seller_order_id), timezone.now()
    is_asked = not asked.carrier_number and can_book(carrier=asked.carrier, organisation_id=order.seller_id)
    if asked.carrier != NETWORK and not asked.carrier_number and not is_asked:
        raise Malformed(field="body", reason=_("An express partner's parcel has that partner's number."))
    chosen = {line: trace.Chosen(asked.lots.get(line, {}), asked.codes.get(line, [])) for line in {*asked.lots, *asked.codes}}
    with transaction.atomic():
        parcel: Parcel = actions.pack_order(
            order=order,
            weight_grams=asked.weight_grams,
            by=None,
            carrier=asked.carrier,
            carrier_number=asked.carrier_number,
            weighed=asked.weighed,
            asks_difference=asked.asks_difference,
            asks_carrier=is_asked,
            marks=_marks(order, asked),
            now=now,
        )
        trace.take_lots(order=order, parcel=parcel, chosen=chosen, now=now)
    return parcel_name(parcel)


def _marks(order: SellerOrder, asked: PackAsked) -> Marks:
    by_goods = bulk_of([order.pk])[order.pk].marks(weight_grams=asked.weight_grams)
    is_cold = by_goods.is_cold if asked.is_cold is None else asked.is_cold
    return Marks(is_cold, asked.is_fragile, by_goods.is_large if asked.is_large is None else asked.is_large)


def _own(request: HttpRequest) -> QuerySet[SellerOrder]:
    seller: Organisation = request.auth  # type: ignore[attr-defined]  # ninja puts there what the token's check returned
    lines = Prefetch("lines", OrderLine.objects.select_related("weighing").order_by("position"))
    return SellerOrder.objects.filter(seller=seller).select_related("group", "seller").prefetch_related(lines, "balances", "discounts")


def _order(request: HttpRequest, key: UUID) -> SellerOrder:
    order = _own(request).filter(pk=key).first()
    if order is None:
        raise NotThere(field="seller_order_id")
    return order


def _shown(orders: Sequence[SellerOrder]) -> list[SellerOrderShown]:
    """Return orders as they are told, with two queries more for all of them."""
    keys = [order.pk for order in orders]
    parcels: dict[UUID, list[Parcel]] = defaultdict(list)
    for parcel in logistics.parcels_of(keys):
        parcels[parcel.reference].append(parcel)
    refunds: dict[UUID, list[Refund]] = defaultdict(list)
    for refund in Refund.objects.filter(split__reference__in=keys).select_related("split").order_by("requested_at", "pk"):
        refunds[refund.split.reference].append(refund)
    return [
        _one_shown(
            Tracked(
                order,
                list(order.lines.all()),
                parcels[order.pk],
                [],
                refunds[order.pk],
                weighed_of(order),
                list(order.balances.all()),
                list(order.discounts.all()),
            )
        )
        for order in orders
    ]


def _one_shown(tracked: Tracked) -> SellerOrderShown:
    group, may_know = tracked.order.group, tracked.order.state in TO_SEND
    return SellerOrderShown(
        **dict(part_shown(tracked)),
        order_id=group.pk,
        contact=contact_shown(group, may_know=may_know),
        destination=destination_shown(group, may_know=may_know),
        note=group.note,
    )
