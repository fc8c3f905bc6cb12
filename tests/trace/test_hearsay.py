"""What others say of a lot counts for nothing until its seller says that it is true."""

import pytest
from django.utils import timezone

from teahorse.common.refusals import NotThere
from teahorse.trace import actions
from teahorse.trace.actions.numbering import give_gtin
from teahorse.trace.models import Hearsay, LabelCode, TraceEvent
from teahorse.trace.naming import piece_uri
from teahorse.trace.queries.lots import left_of
from teahorse.trace.queries.story import mark_of, story_of
from teahorse.trace.queries.tracing import backward, forward
from teahorse.trace.rules import key_of
from tests import world
from tests.trace.goods import lot_of
from tests.trace.shelf import trade_item

pytestmark = pytest.mark.django_db
AT = {"eventTime": "2026-08-01T09:00:00+08:00", "eventTimeZoneOffset": "+08:00"}


@pytest.fixture
def maker():
    return world.organisation("chamchen")


@pytest.fixture
def stranger():
    return world.organisation("xiaozhongdian")


@pytest.fixture
def lot(maker):
    made = lot_of(trade_item(world.offer(maker), maker), "B1")
    tell(maker, "ObjectEvent", action="ADD", bizStep="commissioning", quantityList=[{"epcClass": made.uri, "quantity": 300}])
    return made


def tell(teller, kind, **said):
    return actions.capturing.capture_own([{"type": kind, **AT, **said}], by=teller, now=timezone.now())


def destroyed(teller, lot):
    tell(teller, "ObjectEvent", action="DELETE", bizStep="destroying", quantityList=[{"epcClass": lot.uri, "quantity": 7}])


def turned(teller, took, gave):
    part = {"inputQuantityList": [{"epcClass": took, "quantity": 5}], "outputQuantityList": [{"epcClass": gave, "quantity": 5}]}
    tell(teller, "TransformationEvent", bizStep="commissioning", **part)


def steps(lot):
    return [(step.at, len(step.gave), len(step.took)) for step in story_of(lot.pk).steps]


def test_a_strangers_word_is_kept_and_changes_nothing(lot, stranger):
    before = steps(lot), left_of([lot])[lot.pk], mark_of(lot.pk)

    destroyed(stranger, lot)

    assert (steps(lot), left_of([lot])[lot.pk], mark_of(lot.pk)) == before
    assert TraceEvent.objects.filter(organisation_id=stranger.pk).count() == 1
    assert [(said.lot_id, said.teller_id, said.is_true) for said in Hearsay.objects.all()] == [(lot.pk, stranger.pk, False)]


def test_it_counts_when_the_seller_says_that_it_is_true_and_no_longer_when_not(lot, maker, stranger):
    destroyed(stranger, lot)
    decide = {"hearsay_id": Hearsay.objects.get().pk, "seller": maker, "by": world.person(), "now": timezone.now()}

    actions.decide_hearsay(**decide, is_true=True)
    taken = len(steps(lot)), left_of([lot])[lot.pk]
    actions.decide_hearsay(**decide, is_true=False)

    assert taken == (2, 293)
    assert (len(steps(lot)), left_of([lot])[lot.pk]) == (1, 300)


def test_nobody_else_decides(lot, stranger):
    destroyed(stranger, lot)

    with pytest.raises(NotThere):
        actions.decide_hearsay(hearsay_id=Hearsay.objects.get().pk, seller=stranger, is_true=True, by=world.person(), now=timezone.now())

    assert not Hearsay.objects.get().is_true


def test_a_stranger_gives_a_lot_no_other_origin_and_reaches_it_by_no_recall(lot, stranger):
    offal = lot_of(trade_item(world.offer(stranger, title="牦牛下水"), stranger), "O1")
    turned(stranger, offal.uri, lot.uri)

    assert offal.thing_id not in {one.thing_id for one in backward([lot.thing_id]).things}
    assert lot.thing_id not in {one.thing_id for one in forward([offal.thing_id]).things}


def test_whoever_says_that_she_used_a_lot_is_found_by_its_recall_but_gets_no_name_from_it(lot, stranger):
    sausage = lot_of(trade_item(world.offer(stranger, title="牦牛肠"), stranger), "S1")
    turned(stranger, lot.uri, sausage.uri)

    assert sausage.thing_id in {one.thing_id for one in forward([lot.thing_id]).things}
    assert lot.thing_id not in {one.thing_id for one in backward([sausage.thing_id]).things}
    assert left_of([lot])[lot.pk] == 300


def test_what_was_said_before_the_lot_was_made_is_hearsay_too(maker, stranger):
    item = trade_item(world.offer(maker), maker)
    like = lot_of(item, "B1")
    uri = like.uri.replace("B1", "B2")
    tell(stranger, "ObjectEvent", action="DELETE", bizStep="destroying", quantityList=[{"epcClass": uri, "quantity": 7}])

    made = lot_of(item, "B2")

    assert made.uri == uri
    assert Hearsay.objects.get().lot_id == made.pk


def test_a_piece_speaks_for_its_lot(lot, stranger):
    uri = piece_uri(lot, "7")
    code = {"code": "X" * 12, "level": "piece", "serial": "7", "uri": uri, "thing_id": key_of(uri)}
    LabelCode.objects.create(county_id=lot.county_id, lot=lot, created_at=timezone.now(), **code)

    tell(stranger, "ObjectEvent", action="DELETE", bizStep="destroying", epcList=[uri])

    assert Hearsay.objects.get().thing_id == key_of(uri)


def test_a_seller_speaks_of_her_own(lot, maker):
    destroyed(maker, lot)

    assert not Hearsay.objects.exists()
    assert left_of([lot])[lot.pk] == 293


def test_what_a_stranger_said_of_a_name_that_the_lot_got_later_is_hearsay_too(maker, lot, stranger):
    gtin = "09506000134352"
    later = f"https://id.gs1.org/01/{gtin}/10/{lot.number}"
    tell(stranger, "ObjectEvent", action="DELETE", bizStep="destroying", quantityList=[{"epcClass": later, "quantity": 7}])
    tell(maker, "ObjectEvent", action="OBSERVE", bizStep="inspecting", quantityList=[{"epcClass": later, "quantity": 300}])
    before = len(steps(lot)), Hearsay.objects.count()

    give_gtin(seller=maker, item_id=lot.item_id, number=gtin, now=timezone.now())

    assert before == (1, 0)
    (said,) = Hearsay.objects.all()
    assert (said.lot, said.teller, said.thing_id, said.is_true) == (lot, stranger, key_of(later), False)
    assert [step[0].day for step in steps(lot)] == [1, 1]
