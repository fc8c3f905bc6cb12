"""Orders that were paid, sent and received, and cases about them."""

import io
from datetime import timedelta
from uuid import uuid4

from PIL import Image

from teahorse.aftersales import actions
from teahorse.aftersales.actions import Actor, CaseDraft
from teahorse.aftersales.models import AfterSaleCase
from teahorse.logistics.actions import ScanDraft, record_scans
from teahorse.orders.actions import pack_order, place_orders, start_payment, take_payments
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import Refund
from tests import world
from tests.world import NOW

RECEIVED = NOW + timedelta(days=5)
LATER = RECEIVED + timedelta(days=1)
BUYER, SELLER = Actor("buyer"), Actor("seller")


def paid(wanted, *, buyer=None, now=NOW, **more) -> SellerOrder:
    """Return an order that is paid in cash."""
    [placed] = place_orders(wishes=[world.wish(wanted, buyer=buyer, now=now, **more)], now=now)
    group = OrderGroup.objects.get(pk=placed.group_id)
    payment = start_payment(group=group, provider="cash", method="counter", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=now)
    take_payments(payment_ids=[payment.pk], now=now)
    return SellerOrder.objects.select_related("group", "seller").get(group=group)


def sent(wanted, *, now=NOW, **more) -> SellerOrder:
    """Return an order that is packed."""
    order = paid(wanted, now=now, **more)
    pack_order(order=order, weight_grams=1000, by=None, now=now)
    order.refresh_from_db()
    return order


def received(wanted, *, at=RECEIVED, **more) -> SellerOrder:
    """Return an order whose parcel was handed over."""
    order = sent(wanted, **more)
    parcel = parcels_of(order.pk)[0]
    record_scans(scans=[ScanDraft(parcel_number=parcel.number, act="handed_over", happened_at=at, place=None, by=None)], now=at)
    return order


def parcels_of(reference):
    """Return the parcels of a reference, the oldest first."""
    from teahorse.logistics.models import Parcel

    return list(Parcel.objects.filter(reference=reference).order_by("packed_at", "pk"))


def draft(order, kind="return_refund", reason="no_reason", *, units=None, **more) -> CaseDraft:
    """Return a draft over some units by the position of their line; over everything where none are named."""
    lines = {line.position: line for line in order.lines.all()}
    wanted = {lines[place].pk: number for place, number in units.items()} if units else {one.pk: one.quantity for one in lines.values()}
    return CaseDraft(order=order, kind=kind, reason=reason, units=wanted, **more)


def opened(order, kind="return_refund", reason="no_reason", *, now=LATER, photo=True, **more) -> AfterSaleCase:
    """Return a case that waits for the seller."""
    wish = draft(order, kind, reason, **more)
    if photo and reason not in {"no_reason", "never_came", "other"}:
        actions.add_photo(order=order, case_id=wish.key, file=picture(), by_seller=False, now=now)
    return actions.open_case(draft=wish, by=None, now=now)


def picture(colour="red", *, size=(640, 480), exif=None) -> io.BytesIO:
    """Return a photograph as a file."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", **({"exif": exif} if exif else {}))
    out.seek(0)
    out.name = f"{colour}.jpg"
    return out


def refund_of(case) -> Refund:
    """Return the refund of a case."""
    return Refund.objects.get(reference=case.pk)


def arrive(case, *, now=LATER) -> AfterSaleCase:
    """Have the money of a case arrive, given back over the counter."""
    refund = refund_of(case)
    payments.pay_back_cash(refund_id=refund.pk, by_id=uuid4(), now=now)
    actions.settle_refunds(refund_ids=[refund.pk], now=now)
    case.refresh_from_db()
    return case


def state(case) -> tuple[str, str, str]:
    case.refresh_from_db()
    return case.state, case.owner, case.outcome


def returned(case, clerk, station, *, now=LATER):
    """Have what is granted come back to the seller's table."""
    actions.agree(case=case, by=SELLER, now=now)
    actions.hand_in(case=case, weight_grams=900, place=station, by=clerk, now=now)
    return actions.receive_return(case=case, by=clerk, now=now)
