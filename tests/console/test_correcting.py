"""What was told wrongly is told with other answers, in the step's own form."""

from decimal import Decimal
from uuid import uuid4

import pytest

from teahorse.common.ids import short
from teahorse.trace import queries
from teahorse.trace.answers import Household
from teahorse.trace.models import Lot, Telling
from tests import world
from tests.console.test_telling import text_of
from tests.console.world import member
from tests.trace.recipes import gives, lot_of, published, takes, tell

pytestmark = pytest.mark.django_db
TRACE = "/console/coop-dorje/trace/"


@pytest.fixture
def flow(centre):
    return published(centre=centre)


@pytest.fixture
def phone(browser_of, seller, flow):
    return browser_of(seller)


def form_of(telling):
    return f"{TRACE}told/{short(telling.pk)}/correct/"


def sent(flow, **typed):
    return {"key": str(uuid4()), "version": str(flow.pk), **typed}


def test_the_form_holds_what_was_told_and_the_lot_gets_its_new_amount(phone, coop, seller, flow):
    brought = (Household("卓玛家", Decimal("40.5")), Household("边巴家", Decimal(20)))
    telling = tell(coop, "buy-barley", households=brought, by=seller, flow=flow)
    asked = phone.get(form_of(telling)).content.decode()
    right = sent(flow, household=["卓玛家", "边巴家"], weight=["40.5", "25"])

    answers = [phone.post(form_of(telling), right) for _time in range(2)]

    correction = Telling.objects.get(corrects=telling)
    assert all(f'value="{typed}"' in asked for typed in ("卓玛家", "40.5", "边巴家", "20"))
    assert 'name="site"' not in asked
    assert [answer["Location"] for answer in answers] == [f"{TRACE}told/{short(correction.pk)}/"] * 2
    assert (Lot.objects.get().amount, correction.told_by_id) == (Decimal("65.5"), seller.pk)
    assert "Set right later" in text_of(phone.get(f"{TRACE}told/{short(telling.pk)}/"))


def test_a_lot_that_was_all_taken_can_be_chosen_again(phone, coop, seller, flow):
    barley = lot_of(tell(coop, "buy-barley", given=gives(barley=100), by=seller, flow=flow))
    telling = tell(coop, "steam", taken=takes(barley), by=seller, flow=flow)
    asked = phone.get(form_of(telling)).content.decode()

    phone.post(form_of(telling), sent(flow, take=str(barley.pk), **{f"amount.{barley.pk}": "60"}))

    assert f'value="{barley.pk}" checked' in asked
    assert queries.left_of([barley]) == {barley.pk: Decimal(40)}


def test_what_is_wrong_stands_in_the_form_and_nothing_is_changed(phone, coop, seller, flow):
    barley = lot_of(tell(coop, "buy-barley", given=gives(barley=100), by=seller, flow=flow))
    bought = Telling.objects.get()
    tell(coop, "steam", taken=takes(barley, amount=90), by=seller, flow=flow)

    short_of = phone.post(form_of(bought), sent(flow, household=["卓玛家"], weight=["50"]))
    no_number = phone.post(form_of(bought), sent(flow, household=["卓玛家"], weight=["viel"]))

    assert (short_of.status_code, no_number.status_code) == (422, 422)
    assert "Write a number" in text_of(no_number)
    assert not Telling.objects.exclude(corrects=None).exists()


def test_what_was_set_right_or_taken_back_is_not_set_right_again(phone, coop, seller, flow):
    telling = tell(coop, "buy-barley", given=gives(barley=10), by=seller, flow=flow)
    phone.post(f"{TRACE}told/{short(telling.pk)}/", {"act": "withdraw", "key": str(uuid4()), "reason": "写错"})
    withdrawal = Telling.objects.get(corrects=telling)

    for one in (telling, withdrawal):
        assert phone.get(form_of(one))["Location"] == f"{TRACE}told/{short(one.pk)}/"
    assert phone.post(form_of(telling), sent(flow, household=["卓玛家"], weight=["5"])).status_code in {409, 422}


def test_the_outbox_gets_a_receipt(phone, coop, seller, flow):
    telling = tell(coop, "buy-barley", given=gives(barley=10), by=seller, flow=flow)
    right = sent(flow, household=["卓玛家"], weight=["12"])

    receipt = phone.post(form_of(telling), right, headers={"x-outbox": "1"}).json()

    assert receipt["telling"] == right["key"]


def test_nobody_sets_right_what_another_told(browser_of, flow, coop, seller):
    stranger = member(world.organisation("stranger"), "+8619900071099")
    telling = tell(coop, "buy-barley", given=gives(barley=10), by=seller, flow=flow)

    assert browser_of(stranger).get(form_of(telling)).status_code == 404
