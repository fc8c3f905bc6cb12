"""A seller packs for a carrier who is asked from here, reads why it refuses, and chooses anew."""

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.carriers import actions as carriers
from teahorse.carriers.models import Consignment
from teahorse.logistics.models import Parcel
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation
from tests import world
from tests.carriers.conftest import _nobody_rests, jd, running_sandbox, sandbox, sf  # noqa: F401 - fixtures
from tests.console.world import paid

pytestmark = pytest.mark.django_db
# ruff: noqa: F811 - the fixtures' names


@pytest.fixture
def desk(browser_of, seller, coop):
    Organisation.objects.filter(pk=coop.pk).update(phone="13900000001")
    return browser_of(seller)


def at(name, **more):
    return reverse(f"console:{name}", kwargs={"org": "coop-dorje", **more})


def packed_for(desk, order, carrier, **more):
    typed = {"order": order.pk, f"weight.{order.pk}": "1.25", f"carrier.{order.pk}": carrier, **more}
    answer = desk.post(at("pack"), typed)
    return answer, Parcel.objects.filter(reference=order.pk).first()


def refused(desk, order, sf):
    """Return a parcel that SF does not take on."""
    sf.turn(answers=["8999"])
    _, parcel = packed_for(desk, order, "sf")
    carriers.settle_due(now=timezone.now())
    return parcel


def test_a_carrier_chosen_without_a_number_is_asked_for_one(desk, buyer, offer, sf):
    order = paid(buyer, offer)

    answer, parcel = packed_for(desk, order, "sf")

    assert answer.status_code == 302
    assert (parcel.carrier, parcel.carrier_number) == ("sf", "")
    for page in (at("packed"), at("order", order_id=order.pk)):
        assert "SF Express is being asked" in desk.get(page).content.decode()
    carriers.settle_due(now=timezone.now())
    number = Consignment.objects.get().number
    for page in (at("packed"), at("order", order_id=order.pk)):
        shown = desk.get(page).content.decode()
        assert number in shown
        assert "is being asked" not in shown


def test_a_refusal_stands_at_the_parcel_in_the_sellers_language(desk, buyer, offer, sf):
    order = paid(buyer, offer)
    refused(desk, order, sf)

    for page in (at("packed"), at("order", order_id=order.pk)):
        assert "SF Express: The carrier does not take it on: 业务异常 (8999)" in desk.get(page).content.decode()


def test_after_a_refusal_she_chooses_anew_by_one_button(desk, buyer, offer, sf, jd):
    order = paid(buyer, offer)
    parcel = refused(desk, order, sf)
    assert "Hand it over anew" in desk.get(at("order", order_id=order.pk)).content.decode()

    answers = [desk.post(at("order", order_id=order.pk), {"parcel": parcel.pk, "carrier": "jd"}, follow=True) for _ in range(2)]
    carriers.settle_due(now=timezone.now())

    parcel.refresh_from_db()
    assert (parcel.carrier, parcel.carrier_number[:4]) == ("jd", "JDVE")
    assert "It is handed to JD Logistics." in answers[0].content.decode()
    assert "This parcel is with a carrier already" in answers[1].content.decode()
    page = desk.get(at("order", order_id=order.pk)).content.decode()
    assert "does not take it on" not in page
    assert "Hand it over anew" not in page


def test_after_a_refusal_she_types_the_number_that_she_got_by_hand(desk, buyer, offer, sf):
    order = paid(buyer, offer)
    parcel = refused(desk, order, sf)

    desk.post(at("order", order_id=order.pk), {"parcel": parcel.pk, "carrier": "china_post", "carrier_number": "9812 3456 78901"})

    parcel.refresh_from_db()
    assert (parcel.carrier, parcel.carrier_number) == ("china_post", "9812345678901")
    assert "does not take it on" not in desk.get(at("packed")).content.decode()


@pytest.mark.parametrize("typed", [{"carrier": "pigeon"}, {"carrier": "sf", "carrier_number": "x y"}, {}])
def test_what_is_no_carrier_or_no_number_changes_nothing(desk, buyer, offer, sf, typed):
    order = paid(buyer, offer)
    parcel = refused(desk, order, sf)

    answer = desk.post(at("order", order_id=order.pk), {"parcel": parcel.pk, **typed})

    parcel.refresh_from_db()
    assert (answer.status_code, parcel.carrier, parcel.carrier_number) == (302, "sf", "")
    assert Consignment.objects.count() == 1


def test_without_a_contract_the_number_has_to_be_typed(desk, buyer, offer, sf, settings):
    settings.SANDBOX_URL = ""
    order = paid(buyer, offer)

    answer, parcel = packed_for(desk, order, "sf")

    assert (answer.status_code, parcel) == (422, None)
    assert "Copy the number from the carrier" in answer.context["table"][0].number_fault


def test_another_sellers_parcel_is_handed_to_nobody(desk, buyer, offer, sf):
    own = paid(buyer, offer)
    foreign = paid(buyer, world.offer(world.organisation("coop-other")))
    parcel = refused(desk, own, sf)
    SellerOrder.objects.filter(pk=foreign.pk).update(state="preparing")

    answers = [
        desk.post(at("order", order_id=foreign.pk), {"parcel": parcel.pk, "carrier": "sf"}),
        desk.post(at("order", order_id=own.pk), {"parcel": own.pk, "carrier": "sf"}),
        desk.post(at("order", order_id=own.pk), {"carrier": "sf"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert Consignment.objects.count() == 1
