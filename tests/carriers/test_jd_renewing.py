"""JD's tokens over real HTTP: renewed before they end and when JD says that one has, once however many ask."""

from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone

from teahorse.carriers import actions
from teahorse.carriers.models import CarrierAccount
from teahorse.carriers.providers.jd.client import Keys
from teahorse.carriers.providers.jd.renewing import sign
from teahorse.common.seal import unseal
from tests import world
from tests.at_once import at_once

from .conftest import SENDER, book

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore:No directory at")]
YEAR = timedelta(days=365)


def token(jd, **wish):
    answer = jd.http.post("/jd/_token", json=wish)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kept(jd, *, organisation=None, **more):
    """Return an account whose tokens the sandbox has just given out."""
    pair = token(jd, lives=3600)
    values = {**jd.keys, "access_token": pair["accessToken"], "refresh_token": pair["refreshToken"], **more}
    by = world.person("+8619900079001")
    return actions.keep_account(organisation=organisation, carrier="jd", values=values, by=by, now=timezone.now())


def keys_of(account):
    account.refresh_from_db()
    return msgspec.json.decode(unseal(bytes(account.sealed_keys)), type=Keys)


def test_the_sign_of_a_renewal_is_that_of_another_tool():
    """`printf '%s' 's3cretapp_keykeyrefresh_tokenreftimestamp2026-08-01 10:00:00s3cret' | openssl md5`."""
    keys = Keys(app_key="key", app_secret="s3cret", access_token="tok", customer_code="c", refresh_token="ref")

    assert sign(keys, timestamp="2026-08-01 10:00:00") == VECTOR


def test_a_kept_account_learns_when_its_token_ends_and_is_renewed_a_week_before(jd):
    account = kept(jd)
    before, now = keys_of(account), timezone.now()

    assert actions.renew_due(now=now) == 1

    after = keys_of(account)
    assert abs(account.access_until_at - now - YEAR) < timedelta(minutes=1)
    assert account.access_until_at - account.renew_at == timedelta(days=7)
    assert (account.renew_tries, account.renew_trouble) == (0, "")
    assert before.access_token != after.access_token
    assert before.refresh_token != after.refresh_token
    assert after.access_token.encode() not in bytes(account.sealed_keys)
    assert actions.renew_due(now=account.renew_at - timedelta(minutes=1)) == 0
    assert actions.renew_due(now=account.renew_at) == 1


def test_a_token_that_ended_is_renewed_and_the_booking_done_with_the_new_one(jd, parcel):
    account = kept(jd, organisation=parcel.sender)
    actions.renew_due(now=timezone.now())
    token(jd, end=keys_of(account).access_token)
    now = timezone.now()
    made = actions.consign(parcel=parcel, carrier="jd", sender=SENDER, weight_grams=1250, now=now)

    assert actions.settle_due(now=now) == 0
    made.refresh_from_db()
    account.refresh_from_db()
    assert (made.stage, "无效access_token" in made.trouble, account.renew_at) == ("waiting", True, now)

    assert actions.renew_due(now=now) == 1
    assert actions.settle_due(now=now + timedelta(minutes=2)) == 1
    made.refresh_from_db()
    assert (made.stage, made.number[:4]) == ("booked", "JDVE")


def test_of_several_at_once_one_renews_and_none_of_them_loses_the_new_token(jd):
    account = kept(jd)
    now = timezone.now()

    counts = at_once(*(lambda: actions.renew_due(now=now) for _ in range(4)))

    assert sum(counts) == 1
    assert (actions.renew_due(now=now), keys_of(account).refresh_token != "") == (0, True)
    CarrierAccount.objects.update(renew_at=now)
    assert actions.renew_due(now=now) == 1  # what is kept is what the carrier gave last


def test_a_silent_carrier_is_asked_again_and_a_refusal_waits_for_new_keys(jd, monkeypatch, settings):
    account, now = kept(jd), timezone.now()
    settings.SANDBOX_URL, there = "http://127.0.0.1:9", settings.SANDBOX_URL
    assert actions.renew_due(now=now) == 0
    account.refresh_from_db()
    assert (account.renew_at > now, account.renew_tries, account.renew_trouble != "") == (True, 1, True)

    settings.SANDBOX_URL = there
    token(jd, end_renewal=keys_of(account).refresh_token)
    assert actions.renew_due(now=account.renew_at) == 0

    account.refresh_from_db()
    assert (account.renew_at, account.renew_trouble) == (None, "无效refresh_token (20)")


def test_an_account_without_a_token_of_renewal_says_so_when_its_token_ends(jd, parcel):
    account = kept(jd, organisation=parcel.sender, refresh_token="")
    book(parcel, carrier="jd")
    assert account.renew_at is None
    token(jd, end=keys_of(account).access_token)

    actions.ask_due(now=timezone.now())
    actions.renew_due(now=timezone.now())

    account.refresh_from_db()
    assert (account.renew_at, "no_refresh_token" in account.renew_trouble) == (None, True)


def test_what_is_not_signed_renews_nothing(jd):
    pair = token(jd, lives=3600)

    answer = jd.http.get("/jd/oauth/refresh", params={"app_key": jd.keys["app_key"], "refresh_token": pair["refreshToken"], "sign": "x"})

    assert answer.json()["error_response"]["code"] == "12"


VECTOR = "51debba807435bc1182cdd84f9a8d7e2"
