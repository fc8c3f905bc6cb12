"""A packed order with a carrier chosen: the carrier is booked once by a job, refuses, is silent, and is chosen anew."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from teahorse.carriers import actions as carriers
from teahorse.carriers.actions import AlreadyConsigned
from teahorse.carriers.models import Consignment
from teahorse.carriers.words import refusal_of
from teahorse.common import keeping
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel
from teahorse.orders import actions as orders
from teahorse.people.models import Organisation
from teahorse.places.models import Area
from teahorse.stock.models import StockMovement
from tests import world
from tests.aftersales.making import paid
from tests.carriers.conftest import _nobody_rests, china_post, jd, kuaidi100, running_sandbox, sandbox, sf  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
# ruff: noqa: F811 - the fixtures' names


@pytest.fixture(autouse=True)
def _areas_have_their_names(db):
    world.area("540524")
    for code, name in (("54", "西藏自治区"), ("5405", "山南市")):
        Area.objects.filter(code=code).update(name=name)
    keeping.forget_all()


def seller():
    found = world.organisation("coop-dorje")
    found.phone = "+8613900000001"
    found.save()
    return found


def bought(**more):
    return paid({world.offer(seller()): 1}, now=timezone.now(), **more)


def packed(carrier="sf", *, weight_grams=900, order=None, **more):
    """Return the parcel of an order that is packed for a carrier who is asked."""
    return orders.pack_order(
        order=order or bought(),
        weight_grams=weight_grams,
        by=world.person(),
        now=timezone.now(),
        carrier=carrier,
        asks_carrier=True,
        **more,
    )


def asked(parcel, *, later=timedelta()):
    """Have the carriers' job run; return what is handed over as it stands, and the parcel."""
    carriers.settle_due(now=timezone.now() + later)
    parcel.refresh_from_db()
    return Consignment.objects.filter(parcel=parcel).order_by("asked_at").last()


@pytest.mark.parametrize("code", ["sf", "jd", "china_post"])
def test_the_carrier_is_booked_by_a_job_and_its_number_stands_at_the_parcel(code, sf, jd, china_post):
    parcel = packed(code)
    assert (parcel.carrier, parcel.carrier_number, Consignment.objects.get().stage) == (code, "", "waiting")

    handed = asked(parcel)

    assert (handed.stage, handed.carrier, handed.weight_grams) == ("booked", code, 900)
    assert parcel.carrier_number == handed.number != ""
    assert handed.sender["name"] == parcel.sender.name
    assert (handed.sender["phone"], handed.recipient["phone"]) == ("13900000001", "19900001001")
    assert handed.sender["address"].startswith("西藏自治区山南市琼结县")


def test_a_booking_whose_answer_is_lost_is_made_once_for_a_parcel(sf):
    sf.turn(answers=["lost"])
    parcel = packed()

    handed = asked(parcel)

    assert (handed.stage, handed.our_number, parcel.carrier_number) == ("booked", f"{parcel.number}F1", handed.number)
    with pytest.raises(AlreadyConsigned):
        orders.hand_to_carrier(parcel=parcel, carrier="sf", now=timezone.now())
    assert Consignment.objects.count() == 1


def test_a_silent_carrier_is_asked_again_and_packing_did_not_wait_for_it(sf):
    sf.turn(answers=["timeout"] * 2)
    parcel = packed()
    assert parcel.stage == Parcel.Stage.PACKED

    assert (asked(parcel).stage, parcel.carrier_number) == ("waiting", "")
    assert asked(parcel, later=timedelta(seconds=31)).stage == "booked"
    assert parcel.carrier_number != ""


@pytest.mark.parametrize(("code", "why"), [("sf", "S0005"), ("jd", "0_1004"), ("china_post", "B00006")])
def test_a_refusal_is_told_to_the_seller_in_her_language_with_the_carriers_own_words(code, why, sf, jd, china_post):
    handed = asked(packed(code, weight_grams=199_000))

    assert (handed.stage, handed.refusal_code) == ("refused", why)
    with translation.override("en"):
        said = refusal_of(handed)
    assert said == f"The carrier does not take it on: it is too heavy for this service. {handed.refusal_words} ({why})"


def test_a_refusal_that_we_have_no_words_for_is_told_in_the_carriers(sf):
    sf.turn(answers=["8999"])
    handed = asked(packed())

    with translation.override("en"):
        assert refusal_of(handed) == "The carrier does not take it on: 业务异常 (8999)"


def test_after_a_refusal_another_carrier_is_chosen_or_its_number_typed(sf, jd):
    sf.turn(answers=["8999"])
    parcel = packed()
    assert asked(parcel).stage == "refused"

    orders.hand_to_carrier(parcel=parcel, carrier="jd", now=timezone.now())
    handed = asked(parcel)
    assert (handed.stage, handed.carrier, parcel.carrier, parcel.carrier_number) == ("booked", "jd", "jd", handed.number)

    sf.turn(answers=["8999"])
    second = packed()
    asked(second)
    by_hand = orders.hand_to_carrier(parcel=second, carrier="china_post", carrier_number="9812345678901", now=timezone.now())
    second.refresh_from_db()
    assert (second.carrier, second.carrier_number, by_hand.is_typed) == ("china_post", "9812345678901", True)


def test_what_is_called_off_has_no_number_any_more(sf):
    parcel = packed()
    handed = asked(parcel)

    carriers.call_off(consignment=handed, now=timezone.now())

    assert (asked(parcel).stage, parcel.carrier, parcel.carrier_number) == ("cancelled", "sf", "")


def test_without_a_contract_nothing_is_packed(settings):
    settings.SANDBOX_URL = ""
    order = bought()
    before = StockMovement.objects.count()

    with pytest.raises(orders.NoContract):
        packed(order=order)

    order.refresh_from_db()
    assert (order.state, Parcel.objects.count(), Consignment.objects.count(), StockMovement.objects.count()) == ("paid", 0, 0, before)


def test_our_own_network_and_a_number_from_a_label_book_nothing(sf):
    by_network, by_hand = packed("network"), packed("sf", carrier_number="SF1234567890")

    assert not Consignment.objects.exclude(followed_by="kuaidi100").exists()
    assert (by_network.carrier, by_hand.carrier_number) == ("network", "SF1234567890")


def test_a_seller_without_a_telephone_is_told_before_the_carrier_is_asked(sf):
    parcel = packed("network")
    Organisation.objects.filter(pk=parcel.sender_id).update(phone="")

    with pytest.raises(orders.NoTelephone):
        orders.hand_to_carrier(parcel=parcel, carrier="sf", now=timezone.now())

    parcel.refresh_from_db()
    assert (parcel.carrier, Consignment.objects.count()) == ("network", 0)


def test_what_is_on_its_way_is_handed_to_nobody_else(sf):
    parcel = packed("network")
    scan = logistics.ScanDraft(
        parcel_number=parcel.number, act="received", happened_at=timezone.now(), place=world.service_point("dechen"), by=None
    )
    logistics.record_scans(scans=[scan], now=timezone.now())

    with pytest.raises(orders.OnItsWay):
        orders.hand_to_carrier(parcel=parcel, carrier="sf", now=timezone.now())

    assert Consignment.objects.count() == 0


def test_what_is_fetched_goes_to_the_points_address(sf):
    point = world.service_point("dechen")
    parcel = packed(order=bought(pickup_point=point))

    handed = asked(parcel)

    assert handed.recipient["address"].endswith(point.name)


# --- Numbers that somebody read from a label


def typed(number="SF1300012345678", carrier="sf", *, order=None):
    """Return the parcel of an order that is packed under a number that was typed."""
    return orders.pack_order(
        order=order or bought(), weight_grams=900, by=world.person(), now=timezone.now(), carrier=carrier, carrier_number=number
    )


def test_a_typed_number_is_followed_where_somebody_can_be_asked(kuaidi100):
    parcel = typed()

    row = Consignment.objects.get()
    assert (row.parcel_id, row.number, row.stage, row.followed_by) == (parcel.pk, "SF1300012345678", "booked", "kuaidi100")


def test_without_an_account_a_typed_number_only_stands_on_the_parcel(settings):
    settings.SANDBOX_URL = ""

    assert typed().carrier_number == "SF1300012345678"
    assert not Consignment.objects.exists()


def test_a_number_that_another_parcel_has_is_refused_and_nothing_is_packed(kuaidi100):
    typed()
    order = bought()

    with pytest.raises(carriers.NumberTaken) as refused:
        typed(order=order)

    order.refresh_from_db()
    assert (refused.value.field, order.state) == ("carrier_number", "paid")
    assert Parcel.objects.count() == Consignment.objects.count() == 1


def test_a_number_that_was_typed_wrong_is_set_right_and_free_again(kuaidi100):
    wrong = typed("SF1300012345699")

    orders.hand_to_carrier(parcel=wrong, carrier="sf", carrier_number="SF1300012345678", now=timezone.now())
    other = typed("SF1300012345699")

    wrong.refresh_from_db()
    assert wrong.carrier_number == "SF1300012345678"
    found = Consignment.objects.filter(stage="booked").order_by("number").values_list("number", "parcel_id")
    assert list(found) == [("SF1300012345678", wrong.pk), ("SF1300012345699", other.pk)]


def test_a_booking_is_not_replaced_by_a_typed_number(sf):
    parcel = packed()
    asked(parcel)

    with pytest.raises(AlreadyConsigned):
        orders.hand_to_carrier(parcel=parcel, carrier="sf", carrier_number="SF1300012345678", now=timezone.now())
