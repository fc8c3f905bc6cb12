"""Keys at carriers, kept by the region: sealed, never shown again, in use until another or nobody takes their place."""

import json
import logging
from datetime import UTC, datetime
from html import escape

import pytest
from django.urls import reverse
from django.utils import translation

from teahorse.carriers.models import CarrierAccount
from teahorse.common.seal import unseal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_sealing_keys")]
KEYS = {"partner_id": "TH0001", "checkword": "the secret of SF", "monthly_card": "7551234567"}


def at(name="carrier_accounts", org="region", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def new(carrier="sf", **more):
    return at("carrier_account_new", **more) + f"?carrier={carrier}"


def test_keys_are_kept_sealed_and_shown_by_their_number_alone(settling_desk, caplog):
    caplog.set_level(logging.DEBUG)

    answer = settling_desk.post(new(), {**KEYS, "organisation": ""}, follow=True)

    kept = CarrierAccount.objects.get()
    page = answer.content.decode()
    assert (kept.number, kept.organisation, kept.is_active) == ("TH0001", None, True)
    assert json.loads(unseal(bytes(kept.sealed_keys))) == KEYS
    assert ("TH0001" in page, KEYS["checkword"] in page + caplog.text) == (True, False)


def test_new_keys_end_those_before_them_and_each_seller_has_her_own(settling_desk, coop):
    for org, number in (("", "TH0001"), (coop.key, "TH0002"), (coop.key, "TH0003")):
        settling_desk.post(new(), {**KEYS, "partner_id": number, "organisation": org})

    found = {row.number: (row.is_active, row.ended_at is None) for row in CarrierAccount.objects.all()}
    assert found == {"TH0001": (True, True), "TH0002": (False, False), "TH0003": (True, True)}
    assert f'value="{coop.key}"' in settling_desk.get(new() + f"&of={coop.key}").content.decode()


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
def test_what_is_no_key_is_said_at_its_field_and_no_secret_comes_back(settling_desk, carrier, keys, field):
    answer = settling_desk.post(new(carrier), {"organisation": "", **keys})

    page = answer.content.decode()
    assert (answer.status_code, answer.context["refusal"].field, CarrierAccount.objects.count()) == (422, field, 0)
    assert KEYS["checkword"] not in page
    with translation.override("en"):
        assert escape(str(answer.context["refusal"])) in page


def test_an_account_ends_once(settling_desk):
    settling_desk.post(new("jd"), {"customer_code": "C1", "app_key": "k", "app_secret": "s", "access_token": "t", "organisation": ""})
    row = CarrierAccount.objects.get()

    answers = [settling_desk.post(at("carrier_account_end", carrier_account_id=row.pk), follow=True) for _click in range(2)]

    row.refresh_from_db()
    assert (row.is_active, row.ended_at is None, [answer.status_code for answer in answers]) == (False, False, [200, 200])
    assert [one["it"].is_active for one in answers[0].context["rows"]] == [False]


def test_a_county_keeps_no_keys_and_no_other_carrier_is_known(settling_desk, browser_of, reviewer):
    county = browser_of(reviewer)

    assert county.get(at(org="centre-qonggyai")).status_code == 404
    assert settling_desk.get(new("post")).status_code == 404


def test_until_when_a_token_is_valid_and_what_to_do_when_it_is_not_renewed_is_said(settling_desk):
    settling_desk.post(new("jd"), {"customer_code": "C1", "app_key": "k", "app_secret": "s", "access_token": "t", "refresh_token": "r"})
    until = datetime(2027, 3, 1, 12, tzinfo=UTC)
    row = CarrierAccount.objects.filter(renew_at__isnull=False)
    row.update(access_until_at=until)

    valid = settling_desk.get(at()).content.decode()
    row.update(renew_trouble="503", renew_at=until)
    again = settling_desk.get(at()).content.decode()
    CarrierAccount.objects.update(renew_trouble="无效refresh_token (20)", renew_at=None)
    never = settling_desk.get(at()).content.decode()

    assert ("Token valid until" in valid, "Token not renewed" in valid) == (True, False)
    assert ("It is tried again by itself" in again, "Log in at" in again) == (True, False)
    assert ("It is tried again by itself" in never, "Log in at" in never, "无效refresh_token (20)" in never) == (False, True, True)
