"""The course of a case: answers, and goods on their way."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from teahorse.aftersales import actions, queries
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.refusals import Malformed
from teahorse.logistics.actions import ScanDraft, record_scans, report_lost
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders.events import OrdersClosed
from teahorse.payments.models import Refund
from teahorse.stock.models import StockMovement
from tests import world
from tests.aftersales.making import BUYER, LATER, NOW, SELLER, arrive, opened, parcels_of, received, refund_of, returned, sent, state

pytestmark = pytest.mark.django_db


# --- Back through a station


def test_goods_go_back_through_a_station_and_the_money_to_the_buyer(wine, clerk, station):
    case = opened(received({wine: 2}), units={1: 1})

    actions.agree(case=case, by=SELLER, now=LATER)
    assert state(case) == ("await_return", "buyer", "")
    assert len(case.hand_in_code) == 8
    assert queries.to_hand_in(f" {case.hand_in_code[:4]} {case.hand_in_code[4:]}") == case
    assert queries.to_hand_in(case.number) == case

    parcel = actions.hand_in(case=case, weight_grams=900, place=station, by=clerk, now=LATER)
    assert state(case) == ("return_in_transit", "station", "")
    assert (parcel.stage, parcel.held_by, parcel.reference, parcel.recipient_name) == ("in_transit", station, case.pk, "chamchen合作社")

    actions.receive_return(case=case, by=clerk, now=LATER)
    assert state(case) == ("inspect", "seller", "")
    assert Parcel.objects.get(pk=parcel.pk).stage == "handed_over"

    before = world.level_of(wine).on_hand
    actions.pass_inspection(case=case, is_sellable=True, by=Actor("seller", clerk.pk), now=LATER)
    assert state(case) == ("refunding", "buyer", "")  # cash waits at its counter
    assert world.level_of(wine).on_hand == before + 1
    assert (refund_of(case).amount_fen, refund_of(case).state) == (3800, "requested")

    assert state(arrive(case)) == ("done", "", "refunded")
    assert [one.act for one in case.events.order_by("id")] == ["opened", "agreed", "handed_in", "received", "passed", "refunded"]
    assert case.lines.get().is_open is False


def test_what_is_handed_in_twice_is_one_parcel(wine, clerk, station):
    case = opened(received({wine: 1}))
    actions.agree(case=case, by=SELLER, now=LATER)
    parcel = actions.hand_in(case=case, weight_grams=900, place=station, by=clerk, now=LATER)

    with pytest.raises(actions.HandedInBefore) as told:
        actions.hand_in(case=case, weight_grams=900, place=station, by=clerk, now=LATER)

    assert told.value.numbers == {"number": parcel.number}
    assert parcels_of(case.pk) == [parcel]


def test_what_came_back_spoiled_is_written_off_in_the_same_breath(wine, clerk, station):
    case = returned(opened(received({wine: 1})), clerk, station)
    before = world.level_of(wine).on_hand

    actions.pass_inspection(case=case, is_sellable=False, by=Actor("seller", clerk.pk), now=LATER)

    moved = StockMovement.objects.filter(reference=case.pk).order_by("-delta")
    assert list(moved.values_list("reason", "delta")) == [("returned", 1), ("spoiled", -1)]
    assert world.level_of(wine).on_hand == before


def test_a_scan_at_the_sellers_door_is_enough(wine, clerk, station):
    case = opened(received({wine: 1}))
    actions.agree(case=case, by=SELLER, now=LATER)
    parcel = actions.hand_in(case=case, weight_grams=900, place=station, by=clerk, now=LATER)
    later = LATER + timedelta(days=1)
    scan = ScanDraft(parcel_number=parcel.number, act=Scan.Act.HANDED_OVER, happened_at=later, place=None, by=None)

    for _ in range(2):
        actions.take_arrivals(parcels=record_scans(scans=[scan], now=later), now=later)

    assert state(case) == ("inspect", "seller", "")


def test_a_buyer_far_away_sends_it_back_herself(wine, clerk):
    case = opened(received({wine: 1}))
    actions.agree(case=case, by=SELLER, now=LATER)

    with pytest.raises(Malformed):
        actions.send_back(case=case, carrier="sf", number="12", by=BUYER, now=LATER)
    actions.send_back(case=case, carrier="sf", number="sf 1234-5678", by=BUYER, now=LATER)
    actions.receive_return(case=case, by=clerk, now=LATER)

    assert state(case) == ("inspect", "seller", "")
    assert case.return_number == "SF12345678"


def test_what_fails_inspection_may_go_to_the_centre(wine, clerk, station):
    case = returned(opened(received({wine: 1})), clerk, station)

    actions.fail_inspection(case=case, words="瓶子已经打开了", by=clerk, now=LATER)
    assert state(case) == ("refused", "buyer", "")
    actions.escalate(case=case, words="我没有打开过", by=BUYER, now=LATER)
    actions.decide_for_buyer(case=case, words="封口完好", by=Actor("centre", clerk.pk), now=LATER)

    assert state(case) == ("refunding", "buyer", "")  # the goods are back already
    assert refund_of(case).amount_fen == 3800


# --- Answers


def test_an_offer_is_taken_and_paid(wine, clerk):
    case = opened(received({wine: 2}), "return_refund", "damaged", units={1: 1})

    with pytest.raises(actions.OfferTooLarge):
        actions.offer(case=case, amount_fen=3800, words="", by=clerk, now=LATER)
    actions.offer(case=case, amount_fen=1000, words="不用寄回", by=clerk, now=LATER)
    assert state(case) == ("offered", "buyer", "")
    actions.accept_offer(case=case, by=BUYER, now=LATER)

    case.refresh_from_db()
    assert (case.agreed_fen, case.lines.get().buyer_fen, refund_of(case).amount_fen) == (1000, 1000, 1000)


def test_a_settled_unit_leaves_the_others_their_price(wine, clerk):
    """Ten yuan for one bottle of two: the other is still worth what it cost, no more."""
    order = received({wine: 2})
    case = opened(order, "return_refund", "damaged", units={1: 1})
    actions.offer(case=case, amount_fen=1000, words="", by=clerk, now=LATER)
    actions.accept_offer(case=case, by=BUYER, now=LATER)
    arrive(case)

    other = opened(order, units={1: 1})

    assert other.worth_fen == 3800
    with pytest.raises(actions.AlreadyInACase):
        opened(order, units={1: 2})


def test_a_compensation_leaves_the_goods_and_lessens_their_worth(wine, clerk):
    order = received({wine: 2})
    case = opened(order, "compensation", "weight_short", asked_fen=601, units={1: 1})
    actions.agree(case=case, by=SELLER, now=LATER)
    arrive(case)

    back = opened(order, units={1: 2})

    assert back.worth_fen == 7600 - 601


def test_refused_goes_to_the_centre_and_may_end_there(wine, clerk):
    case = opened(received({wine: 1}), "return_refund", "damaged")

    with pytest.raises(Malformed):
        actions.refuse(case=case, words="不", by=clerk, now=LATER)
    actions.refuse(case=case, words="照片看不出问题", by=clerk, now=LATER)
    actions.escalate(case=case, words="请看第二张照片", by=BUYER, now=LATER)
    assert state(case) == ("escalated", "centre", "")
    assert list(queries.to_decide(AfterSaleCase.objects.all(), now=LATER)) == [case]
    actions.decide_for_seller(case=case, words="照片与商品不符", by=clerk, now=LATER)

    assert state(case) == ("closed", "", "refused")
    assert not Refund.objects.exists()


def test_the_centre_may_grant_an_amount_without_a_return(wine, clerk):
    case = opened(received({wine: 1}), "return_refund", "damaged")
    actions.refuse(case=case, words="照片看不出问题", by=clerk, now=LATER)
    actions.escalate(case=case, words="请看第二张照片", by=BUYER, now=LATER)

    actions.decide_for_buyer(case=case, words="各担一半", by=Actor("centre", clerk.pk), amount_fen=2000, now=LATER)

    assert refund_of(case).amount_fen == 2000
    assert case.lines.get().buyer_fen == 1520  # 2000 over 3800 of goods and 1200 of freight


def test_who_withdraws_may_ask_again(wine):
    order = received({wine: 1})
    case = opened(order)

    actions.withdraw(case=case, by=BUYER, now=LATER)

    assert state(case) == ("closed", "", "withdrawn")
    assert opened(order).number == f"{order.number}-2"


def test_the_second_click_finds_it_answered(wine, clerk):
    case = opened(received({wine: 1}))
    actions.agree(case=case, by=SELLER, now=LATER)

    for act in (
        lambda: actions.agree(case=case, by=SELLER, now=LATER),
        lambda: actions.refuse(case=case, words="不同意退货", by=clerk, now=LATER),
        lambda: actions.offer(case=case, amount_fen=1, words="", by=clerk, now=LATER),
        lambda: actions.pass_inspection(case=case, is_sellable=True, by=SELLER, now=LATER),
    ):
        with pytest.raises(actions.NotNow) as told:
            act()
        assert told.value.numbers == {"state": "await_return"}


# --- New goods


def test_goods_that_never_came_are_sent_again(wine, clerk):
    order = sent({wine: 2})
    later = NOW + timedelta(days=30)
    case = opened(order, "send_again", "never_came", now=later)
    actions.agree(case=case, by=SELLER, now=later)
    before = world.level_of(wine)

    parcel = actions.send_goods(case=case, weight_grams=1000, by=clerk, now=later)

    after = world.level_of(wine)
    assert (after.on_hand, after.reserved) == (before.on_hand - 2, before.reserved)
    assert state(case) == ("sent_again", "station", "")
    assert (parcel.reference, parcel.recipient_phone) == (case.pk, order.group.contact_phone)
    with pytest.raises(actions.StillOnItsWay):
        actions.confirm_arrival(case=case, by=BUYER, now=later)
    scan = ScanDraft(parcel_number=parcel.number, act="handed_over", happened_at=later, place=None, by=None)
    actions.take_arrivals(parcels=record_scans(scans=[scan], now=later), now=later)
    assert state(case) == ("done", "", "sent")


def test_what_is_not_on_the_shelf_is_not_sent_but_paid(coop, clerk):
    rare = world.offer(coop, on_hand=1)
    later = NOW + timedelta(days=30)
    case = opened(sent({rare: 1}), "send_again", "never_came", now=later)
    actions.agree(case=case, by=SELLER, now=later)

    with pytest.raises(actions.NotEnoughToSend) as told:
        actions.send_goods(case=case, weight_grams=1000, by=clerk, now=later)
    actions.pay_instead(case=case, by=SELLER, now=later)

    assert told.value.numbers == {"title": "青稞酒", "available": 0}
    assert refund_of(case).amount_fen == 5000


def test_a_refusal_names_the_goods_in_the_readers_language(coop, clerk):
    rare = world.offer(coop, on_hand=1)
    product = rare.variant.product
    product.i18n = {"title_bo": "ནས་ཆང་།"}
    product.save()
    later = NOW + timedelta(days=30)
    case = opened(sent({rare: 1}), "send_again", "never_came", now=later)
    actions.agree(case=case, by=SELLER, now=later)

    with override("bo"), pytest.raises(actions.NotEnoughToSend) as told:
        actions.send_goods(case=case, weight_grams=1000, by=clerk, now=later)

    assert told.value.numbers["title"] == "ནས་ཆང་།"
    assert str(case.order.lines.get()) == "1 × 青稞酒"


def lost(order, clerk, *, now):
    """Have the parcel of an order be lost on its way."""
    point = world.service_point("dechen")
    [parcel] = parcels_of(order.pk)
    arrived = ScanDraft(parcel_number=parcel.number, act="received", happened_at=NOW, place=point, by=None)
    record_scans(scans=[arrived], now=NOW)
    report_lost(parcel=parcel, note="车上没有找到", place=point, by=clerk, now=now)


def test_an_order_that_was_lost_and_sent_again_is_closed_when_the_second_parcel_comes(wine, clerk, announced):
    closed = announced(OrdersClosed)
    order = sent({wine: 2})
    later = NOW + timedelta(days=2)
    lost(order, clerk, now=later)
    case = opened(order, "send_again", "never_came", now=later)
    actions.agree(case=case, by=SELLER, now=later)
    parcel = actions.send_goods(case=case, weight_grams=1000, by=clerk, now=later)
    scan = ScanDraft(parcel_number=parcel.number, act="handed_over", happened_at=later, place=None, by=None)

    for _ in range(2):
        actions.take_arrivals(parcels=record_scans(scans=[scan], now=later), now=later)

    order.refresh_from_db()
    assert state(case) == ("done", "", "sent")
    assert (order.state, order.end_reason, order.ended_at) == ("closed", "settled_by_case", later)
    assert closed() == [{"order_ids": [str(order.pk)]}]


def test_an_order_that_never_came_and_was_paid_back_is_closed(wine, clerk):
    order = sent({wine: 1})
    report_lost_at = NOW + timedelta(days=2)
    lost(order, clerk, now=report_lost_at)
    case = opened(order, "refund_only", "never_came", now=report_lost_at)
    actions.agree(case=case, by=SELLER, now=report_lost_at)

    arrive(case, now=report_lost_at)

    order.refresh_from_db()
    assert (order.state, order.end_reason) == ("closed", "settled_by_case")


def test_an_exchange_sends_new_goods_after_the_old_came_back(wine, clerk, station):
    order = received({wine: 1})
    case = returned(opened(order, "exchange", "damaged"), clerk, station)

    actions.pass_inspection(case=case, is_sellable=False, by=Actor("seller", clerk.pk), now=LATER)
    assert state(case) == ("sending", "seller", "")
    actions.send_goods(case=case, weight_grams=1000, by=clerk, carrier="sf", carrier_number="SF12345678", now=LATER)
    actions.confirm_arrival(case=case, by=BUYER, now=LATER)

    assert state(case) == ("done", "", "sent")
    assert opened(order, "return_refund", "damaged").worth_fen == order.total_fen  # the new one may be broken too
