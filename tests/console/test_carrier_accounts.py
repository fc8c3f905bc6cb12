"""Keys at carriers, kept by the region: sealed, never shown again, in use until another or nobody takes their place."""

import json
import logging
from html import escape

import pytest
from django.urls import reverse
from django.utils import translation

from teahorse.carriers.models import CarrierAccount
from teahorse.common.seal import unseal
from tests import world
from tests.console.world import member

pytestmark = pytest.mark.django_db
KEYS = {"partner_id": "TH0001", "checkword": "the secret of SF", "monthly_card": "7551234567"}


@pytest.fixture(autouse=True)
def _own_sealing_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("TEAHORSE_DATA", str(tmp_path))


@pytest.fixture
def region(db):
    return world.organisation("region-u", kind="region_centre", code="540102")


@pytest.fixture
def desk(browser_of, region):
    return browser_of(member(region, "+8619900071091", name="结算员"))


def at(name="carrier_accounts", org="region-u", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def new(carrier="sf", **more):
    return at("carrier_account_new", **more) + f"?carrier={carrier}"


def test_keys_are_kept_sealed_and_shown_by_their_number_alone(desk, caplog):
    caplog.set_level(logging.DEBUG)

    answer = desk.post(new(), {**KEYS, "organisation": ""}, follow=True)

    kept = CarrierAccount.objects.get()
    page = answer.content.decode()
    assert (kept.number, kept.organisation, kept.is_active) == ("TH0001", None, True)
    assert json.loads(unseal(bytes(kept.sealed_keys))) == KEYS
    assert ("TH0001" in page, KEYS["checkword"] in page + caplog.text) == (True, False)


def test_new_keys_end_those_before_them_and_each_seller_has_her_own(desk, coop):
    for org, number in (("", "TH0001"), (coop.key, "TH0002"), (coop.key, "TH0003")):
        desk.post(new(), {**KEYS, "partner_id": number, "organisation": org})

    found = {row.number: (row.is_active, row.ended_at is None) for row in CarrierAccount.objects.all()}
    assert found == {"TH0001": (True, True), "TH0002": (False, False), "TH0003": (True, True)}
    assert f'value="{coop.key}"' in desk.get(new() + f"&of={coop.key}").content.decode()


@pytest.mark.parametrize(
    ("carrier", "keys", "field"),
    [
        ("sf", {**KEYS, "checkword": " "}, "checkword"),
        ("sf", {**KEYS, "partner_id": "9" * 41}, "partner_id"),
        ("sf", {**KEYS, "organisation": "nobody"}, "organisation"),
        ("china_post", {"sender_no": "1", "authorization": "a", "sign_key": "too short"}, "sign_key"),
        ("kuaidi100", {"customer": "c", "key": ""}, "key"),
    ],
)
def test_what_is_no_key_is_said_at_its_field_and_no_secret_comes_back(desk, carrier, keys, field):
    answer = desk.post(new(carrier), {"organisation": "", **keys})

    page = answer.content.decode()
    assert (answer.status_code, answer.context["refusal"].field, CarrierAccount.objects.count()) == (422, field, 0)
    assert KEYS["checkword"] not in page
    with translation.override("en"):
        assert escape(str(answer.context["refusal"])) in page


def test_an_account_ends_once(desk):
    desk.post(new("jd"), {"customer_code": "C1", "app_key": "k", "app_secret": "s", "access_token": "t", "organisation": ""})
    row = CarrierAccount.objects.get()

    answers = [desk.post(at("carrier_account_end", carrier_account_id=row.pk), follow=True) for _click in range(2)]

    row.refresh_from_db()
    assert (row.is_active, row.ended_at is None, [answer.status_code for answer in answers]) == (False, False, [200, 200])
    assert [one["it"].is_active for one in answers[0].context["rows"]] == [False]


def test_a_county_keeps_no_keys_and_no_other_carrier_is_known(desk, browser_of, reviewer):
    county = browser_of(reviewer)

    assert county.get(at(org="centre-qonggyai")).status_code == 404
    assert desk.get(new("post")).status_code == 404
