"""The order desk: found by what a customer can say, hidden until there is a reason."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from teahorse.console.models import RevealLog
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from tests import world
from tests.console.world import member, packed, paid, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(browser_of, reviewer):
    return browser_of(reviewer)


def at(name="desk", **more):
    return reverse(f"console:{name}", kwargs={"org": "centre-qonggyai", **more})


def found(desk, text):
    return [order.pk for order in desk.get(at(), {"q": text}).context["found"]]


def test_an_order_is_found_by_all_that_a_customer_can_say(desk, buyer, offer, seller, point):
    order, parcel = packed(buyer, offer, seller, pickup_point=point)

    names = (buyer.phone[-4:], order.group.number, order.group.number[-6:], parcel.pickup_code, parcel.number, f" {parcel.number.lower()} ")

    assert [found(desk, name) for name in names] == [[order.pk]] * len(names)
    assert found(desk, "9999") == []


def test_orders_of_another_county_are_not_found(desk, buyer):
    other = world.organisation("coop-gyangze", code="540222")
    order = paid(buyer, world.offer(other))

    assert found(desk, order.group.number) == []
    assert desk.get(at("desk_order", order_id=order.pk)).status_code == 404


def test_an_order_hides_its_buyer(desk, buyer, offer):
    order = paid(buyer, offer, contact_name="扎西卓玛", destination_line="演示路 100 号 502")

    page = desk.get(at("desk_order", order_id=order.pk)).content.decode()

    assert "扎**玛" in page
    assert all(hidden not in page for hidden in ("扎西卓玛", buyer.phone, "演示路 100 号"))


def test_what_is_paid_leads_to_its_money(desk, buyer, offer):
    to_pay, order = placed(buyer, offer), paid(buyer, offer)

    pages = [desk.get(at("desk_order", order_id=one.pk)).content.decode() for one in (to_pay, order)]

    assert [at("settle_order", order_id=one.pk) in page for one, page in zip((to_pay, order), pages, strict=True)] == [False, True]


def test_the_weights_of_all_lines_are_asked_for_at_once(desk, buyer, coop):
    def queries(kinds):
        goods = [world.offer(coop, title=f"牦牛肉{one}", price_fen=9600, weight_grams=1500, nominal_grams=1200) for one in range(kinds)]
        now = timezone.now()
        [answer] = orders.place_orders(wishes=[world.wish(dict.fromkeys(goods, 1), buyer=buyer, now=now)], now=now)
        order = SellerOrder.objects.get(group=answer.group_id)
        with CaptureQueriesContext(connection) as asked:
            page = desk.get(at("desk_order", order_id=order.pk)).content.decode()
        assert page.count("about 1.20 kg") >= kinds
        return len(asked)

    queries(1)

    assert queries(3) == queries(1)


def test_a_reason_shows_the_buyer_and_is_kept(desk, buyer, offer, reviewer):
    order = paid(buyer, offer, contact_name="扎西卓玛")
    address = at("desk_order", order_id=order.pk)

    answer = desk.post(address, {"act": "reveal", "reason": "顾客来电问地址"})

    kept = RevealLog.objects.get()
    page = desk.get(address).content.decode()
    assert answer.url == address
    assert (kept.person, kept.subject_id, kept.reason) == (reviewer, order.pk, "顾客来电问地址")
    assert "扎西卓玛" in page
    assert buyer.phone in page
    assert "顾客来电问地址" in page


def test_what_one_person_revealed_is_hidden_from_the_next(desk, browser_of, centre, buyer, offer):
    order = paid(buyer, offer, contact_name="扎西卓玛")
    address = at("desk_order", order_id=order.pk)
    desk.post(address, {"act": "reveal", "reason": "顾客来电问地址"})

    colleague = browser_of(member(centre, "+8619900071051"))

    assert "扎西卓玛" not in colleague.get(address).content.decode()


@pytest.mark.parametrize("reason", ["", "   ", "abc", "长" * 201])
def test_without_a_reason_nothing_is_shown(desk, buyer, offer, reason):
    order = paid(buyer, offer, contact_name="扎西卓玛")

    answer = desk.post(at("desk_order", order_id=order.pk), {"act": "reveal", "reason": reason})

    assert answer.status_code == 422
    assert "Write why you need to see it" in answer.content.decode()
    assert "扎西卓玛" not in answer.content.decode()
    assert RevealLog.objects.count() == 0


def test_what_was_looked_at_is_never_forgotten(desk, buyer, offer):
    order = paid(buyer, offer)
    desk.post(at("desk_order", order_id=order.pk), {"act": "reveal", "reason": "顾客来电"})

    with pytest.raises(DatabaseError, match="Cannot update or delete rows"), transaction.atomic():
        RevealLog.objects.update(reason="别的")
    with pytest.raises(DatabaseError, match="Cannot update or delete rows"), transaction.atomic():
        RevealLog.objects.all().delete()


def test_an_order_is_cancelled_with_a_reason_and_once(desk, buyer, offer):
    order = paid(buyer, offer, units=2)
    address = at("desk_order", order_id=order.pk)

    without = desk.post(address, {"act": "cancel", "reason": ""})
    state = SellerOrder.objects.get().state
    answers = [desk.post(address, {"act": "cancel", "reason": "顾客改主意"}) for _ in range(2)]

    order.refresh_from_db()
    assert (without.status_code, state) == (422, "paid")
    assert [answer.status_code for answer in answers][:1] == [302]
    assert (order.state, order.end_reason) == ("cancelled", "顾客改主意")
    assert world.level_of(offer).on_hand == 10


def test_a_packed_order_is_not_cancelled(desk, buyer, offer, seller):
    order, _parcel = packed(buyer, offer, seller)

    answer = desk.post(at("desk_order", order_id=order.pk), {"act": "cancel", "reason": "顾客改主意"})

    assert answer.status_code == 422
    assert SellerOrder.objects.get(pk=order.pk).state == "preparing"
    assert "Cancel the order" not in desk.get(at("desk_order", order_id=order.pk)).content.decode()


def test_the_newest_orders_stand_there_without_a_word(desk, buyer, offer):
    placed(buyer, offer)

    assert len(desk.get(at()).context["found"]) == 1
    assert "No order found" in desk.get(at(), {"q": "TH00000000000"}).content.decode()
