"""What is paid on delivery, at the counter of a station and with its seller."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel
from teahorse.orders import actions as orders
from teahorse.orders.models import BalanceDue, OrderGroup
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment
from tests import world
from tests.console.world import arrived

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(browser_of, operator, point):
    payments.open_shift(organisation=point.organisation, person_id=operator.pk, float_fen=20000, now=timezone.now())
    return browser_of(operator)


def at(name="cash", org="station-lhayu", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def agreed(buyer, wanted, point):
    now = timezone.now()
    more = {"verified_phone": buyer.phone, "is_paid_on_delivery": True, "pickup_point": point}
    [placed] = orders.place_orders(wishes=[world.wish(wanted, buyer=buyer, now=now, **more)], now=now)
    return OrderGroup.objects.get(pk=placed.group_id)


@pytest.fixture
def group(buyer, offer, point):
    return agreed(buyer, {offer: 1}, point)


@pytest.fixture
def here(group, point, operator, seller):
    now = timezone.now()
    return arrived(orders.pack_order(order=group.orders.get(), weight_grams=500, by=seller, now=now), point, operator)


def test_of_two_sellers_parcels_each_is_paid_by_itself_whichever_comes_first(counter, buyer, offer, point, operator, seller):
    other = world.offer(world.organisation("coop-two"), title="藏毯", price_fen=9900)
    group = agreed(buyer, {offer: 1, other: 1}, point)
    first, second = group.orders.order_by("number")
    parcel = arrived(orders.pack_order(order=second, weight_grams=500, by=seller, now=timezone.now()), point, operator)

    page = counter.get(at(), {"q": group.number})
    due = BalanceDue.objects.get(order=second)
    counter.post(at("cash_take", group_id=group.pk), {"number": group.number, "balance": str(due.pk)})

    assert sorted(one.fen for one in page.context["dues"]) == sorted([first.total_fen, second.total_fen])
    assert first.number in page.content.decode()
    parcel.refresh_from_db()
    assert (Payment.objects.get().amount_fen, parcel.cod_due_fen) == (second.total_fen, 0)
    assert BalanceDue.objects.get(order=first).state == "asked"
    left = counter.get(at(), {"q": group.number})
    assert [one.fen for one in left.context["dues"]] == [first.total_fen]
    assert at("parcel", parcel_id=parcel.pk) in left.content.decode()


def test_what_is_refused_is_asked_for_no_more_at_the_counter(counter, group, here):
    counter.post(at("parcel", parcel_id=here.pk), {"act": "refuse", "note": "她不要了"})
    orders.follow_unpaid_parcels(order_ids=[here.reference], now=timezone.now())

    page = counter.get(at(), {"q": group.number})
    counter.post(at("cash_take", group_id=group.pk), {"number": group.number, "balance": str(BalanceDue.objects.get().pk)})

    assert page.context["dues"] == []
    assert not Payment.objects.filter(state__in=Payment.TAKEN).exists()


def test_a_parcel_that_nobody_refused_is_not_given_back(counter, here):
    answer = counter.post(at("parcel", parcel_id=here.pk), {"act": "give_back"})

    assert answer.status_code == 404
    assert Parcel.objects.get().stage == "at_point"


def test_its_seller_packs_it_and_reads_that_no_money_is_here(browser_of, seller, group):
    order = group.orders.get()
    orders.notice_sellers(order_ids=[order.pk], kind="agreed", now=timezone.now())
    desk = browser_of(seller)

    day = desk.get(at("day", org="coop-dorje")).content.decode()
    pack = desk.get(at("pack", org="coop-dorje"), {"order": str(order.pk)})

    assert "Paid on delivery: please pack" in day
    assert [packing.order.pk for packing in pack.context["table"]] == [order.pk]


def test_an_express_partner_is_refused_in_words(browser_of, seller, group):
    order = group.orders.get()
    typed = {f"weight.{order.pk}": "1.25", f"carrier.{order.pk}": "sf", f"carrier_number.{order.pk}": "SF1234567890123"}

    answer = browser_of(seller).post(at("pack", org="coop-dorje"), {"order": order.pk, **typed}, follow=True)

    assert "no express partner takes cash" in answer.content.decode()
    assert not Parcel.objects.exists()


def test_the_desk_cancels_it_before_it_is_packed(browser_of, reviewer, group):
    order = group.orders.get()

    browser_of(reviewer).post(at("desk_order", org="centre-qonggyai", order_id=order.pk), {"act": "cancel", "reason": "顾客来电"})

    order.refresh_from_db()
    assert (order.state, BalanceDue.objects.get().state) == ("cancelled", "lapsed")


def came(parcel, *acts, place=None):
    """Tell what happened to a parcel, and have its order hear of it."""
    now = timezone.now()
    for act in acts:
        told = logistics.ScanDraft(parcel_number=parcel.number, act=act, happened_at=now, place=place, by=None)
        logistics.record_scans(scans=[told], now=now)
        orders.follow_unpaid_parcels(order_ids=[parcel.reference], now=now)


def read_by_seller(browser_of, seller, order):
    """What a seller reads on the page of an order, and on her day."""
    orders.notice_sellers(order_ids=[order.pk], kind="cancelled", now=timezone.now())
    desk = browser_of(seller)
    return desk.get(at("order", org="coop-dorje", order_id=order.pk)).content.decode(), desk.get(
        at("day", org="coop-dorje")
    ).content.decode()


def test_its_seller_reads_that_it_is_to_be_paid_on_delivery_and_until_when(browser_of, seller, group, here):
    page = browser_of(seller).get(at("order", org="coop-dorje", order_id=group.orders.get().pk)).content.decode()

    assert "To be paid on delivery" in page
    assert "Asked of the buyer" not in page


def test_what_was_lost_unpaid_says_who_answers_for_it_and_what_it_was_to_bring(browser_of, seller, operator, group, here, point):
    order = group.orders.get()
    logistics.report_lost(parcel=here, note="货架上找不到", place=point, by=operator, now=timezone.now())
    missed, _day = read_by_seller(browser_of, seller, order)
    orders.end_unfetched(now=timezone.now() + timedelta(days=30))

    page, day = read_by_seller(browser_of, seller, order)
    exceptions = browser_of(operator).get(at("exceptions")).content.decode()

    order.refresh_from_db()
    assert (order.state, order.end_reason) == ("cancelled", "lost_on_its_way")
    assert "Lost on its way, unpaid" in missed
    assert "Lost on its way, unpaid" in page
    assert "Lost on its way, unpaid" in day
    assert f"was to pay {order.total_fen / 100:.2f} yuan; nobody paid, and nothing is booked" in page
    assert f"{point.organisation.name} has it on its list" in page
    assert "Not to be paid any more" in page
    assert "settle with its seller" in exceptions


@pytest.mark.parametrize(
    ("acts", "title", "told"),
    [
        (("refused", "returned"), "Not taken: it is with you again", "lie on the shelf again"),
        (("damaged", "refused", "returned"), "Not taken: it is with you again", "came back damaged"),
    ],
)
def test_what_came_back_unpaid_says_where_its_goods_are(browser_of, seller, group, here, point, acts, title, told):
    came(here, *acts, place=point)

    page, day = read_by_seller(browser_of, seller, group.orders.get())

    assert title in page
    assert title in day
    assert told in page


def test_what_is_cancelled_after_it_was_packed_is_not_sent_and_its_label_is_void(browser_of, counter, seller, reviewer, group):
    order = group.orders.get()
    parcel = orders.pack_order(order=order, weight_grams=500, by=seller, now=timezone.now())
    where = at("desk_order", org="centre-qonggyai", order_id=order.pk)

    asked = browser_of(reviewer).get(where).content.decode()
    browser_of(reviewer).post(where, {"act": "cancel", "reason": "顾客来电"})
    page, day = read_by_seller(browser_of, seller, order)
    taken_in = counter.post(at("scan"), {"number": parcel.number, "mode": "take_in"}, follow=True).content.decode()

    assert "It is not paid and not sent yet" in asked
    assert "Cancelled: do not send it" in day
    assert "Take its label off" in page
    assert at("waybills", org="coop-dorje") not in page
    assert "is void" in taken_in
    parcel.refresh_from_db()
    assert (parcel.stage, parcel.held_by_id) == ("returned", None)


def test_what_is_on_its_way_is_not_cancelled_at_the_desk(browser_of, reviewer, group, here):
    where = at("desk_order", org="centre-qonggyai", order_id=group.orders.get().pk)

    page = browser_of(reviewer).get(where).content.decode()
    answer = browser_of(reviewer).post(where, {"act": "cancel", "reason": "顾客来电"})

    assert "Cancel the order" not in page
    assert answer.status_code == 422
    assert group.orders.get().state == "preparing"
