"""What follows an order is read by hand-written statements; it is what the tables say, and nothing is read twice."""

from datetime import timedelta
from uuid import uuid4

import pytest

from teahorse.api.showing import Seen, order_shown
from teahorse.catalog.models import Picture
from teahorse.common.statements import asked, by_index, together
from teahorse.logistics.actions import ScanDraft, hand_over, record_scans
from teahorse.orders.actions import cancel_order, pack_order, place_orders, start_payment, take_payments
from teahorse.orders.following import is_visible_to, order_group, tracking
from teahorse.orders.models import OrderGroup
from teahorse.orders.queries import groups_visible_to
from teahorse.payments import actions as payments
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def point():
    return world.service_point("dechen")


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), price_fen=3800, on_hand=5)


@pytest.fixture
def group(wine, point) -> OrderGroup:
    carpet = world.offer(world.organisation("jiangzi", code=world.GYANGZE), price_fen=128000, on_hand=3)
    [placed] = place_orders(wishes=[world.wish({wine: 2, carpet: 1}, pickup_point=point)], now=NOW)
    return OrderGroup.objects.get(pk=placed.group_id)


def pay(group) -> None:
    payment = start_payment(group=group, provider="cash", method="counter", now=NOW)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=NOW)
    take_payments(payment_ids=[payment.pk], now=NOW)


def go_its_way(group, point) -> None:
    """One part is fetched after a long way, the other cancelled; a photograph of the goods stands first of two."""
    pay(group)
    part, other = group.orders.order_by("number")
    parcel = pack_order(order=part, weight_grams=1100, by=world.person(), now=NOW)
    scan = ScanDraft(parcel_number=parcel.number, act="arrived", happened_at=NOW + timedelta(hours=1), place=point, by=None, note="湿")
    record_scans(scans=[scan], now=NOW)
    parcel.refresh_from_db()
    hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=world.person(), now=NOW + timedelta(hours=2))
    cancel_order(order=other, reason="too_late", now=NOW)
    line = part.lines.get()
    for position in (2, 1):
        Picture.objects.create(
            county_id=part.county_id, seller_id=part.seller_id, product_id=line.product_id, sha256=str(position) * 64,
            width=1280, height=960, position=position, uploaded_at=NOW,
        )  # fmt: skip


def assert_is_as_kept(row) -> None:
    kept, left_out = type(row).objects.get(pk=row.pk), row.get_deferred_fields()
    names = [field.attname for field in row._meta.concrete_fields if field.attname not in left_out]
    assert {name: getattr(row, name) for name in names} == {name: getattr(kept, name) for name in names}


def test_what_is_followed_is_what_the_tables_say(group, point):
    go_its_way(group, point)

    followed = tracking(group)

    part, other = followed.orders
    assert [tracked.order.number for tracked in followed.orders] == [f"{group.number}-1", f"{group.number}-2"]
    assert (part.stage, other.stage, followed.stage) == ("handed_over", "cancelled", "handed_over")
    assert [scan.act for scan in part.scans] == ["arrived", "handed_over"]
    assert [len(tracked.lines) for tracked in followed.orders] == [1, 1]
    assert [refund.amount_fen for refund in other.refunds] == [other.order.total_fen]
    assert part.refunds == []
    assert part.parcels[0].pickup_point == followed.places[point.pk] == point
    assert [picture.sha256[0] for picture in followed.pictures.values()] == ["1"]
    rows = [tracked.order for tracked in followed.orders] + [tracked.order.seller for tracked in followed.orders]
    rows += [*part.lines, *part.parcels, *part.scans, *other.refunds]
    for row in [*rows, *followed.payments, *followed.places.values(), *followed.pictures.values()]:
        assert_is_as_kept(row)


def test_an_order_is_told_by_what_was_read_at_once(group, point, django_assert_num_queries):
    go_its_way(group, point)
    group = order_group(group.pk)

    with django_assert_num_queries(0):  # what the statement had left out would be asked for now
        shown = order_shown(Seen(tracking(group), None))

    assert (shown.number, shown.stage, len(shown.payments)) == (group.number, "handed_over", 1)


def test_an_order_group_is_read_with_its_point(group, point, wine):
    [sent] = place_orders(wishes=[world.wish({wine: 1})], now=NOW)

    fetched, to_a_door = order_group(group.pk), order_group(sent.group_id)

    assert_is_as_kept(fetched)
    assert (fetched.pickup_point, fetched.pickup_point.name_i18n) == (point, point.name)
    assert to_a_door.pickup_point is None
    assert order_group(uuid4()) is None


@pytest.mark.parametrize("phone", ["+8613800001001", "+8613800009999", ""])
@pytest.mark.parametrize("is_verified", [True, False])
@pytest.mark.parametrize("is_a_guests", [True, False])
def test_one_group_is_visible_to_whom_the_list_shows_it(group, phone, is_verified, is_a_guests):
    buyer, other = world.person("+8613800007777"), world.person("+8613800008888")
    OrderGroup.objects.update(person=None if is_a_guests else buyer, contact_phone="+8613800001001")
    other.phone, other.is_phone_verified = phone, is_verified
    group.refresh_from_db()

    for person in (buyer, other):
        assert is_visible_to(group, person) == groups_visible_to(person).filter(pk=group.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_plans_go_by_keys_for_what_is_asked_together_and_no_longer():
    with together():
        by_index()
        within = asked("show enable_seqscan", [])

    assert (within(), asked("show enable_seqscan", [])()) == ([("off",)], [("on",)])
