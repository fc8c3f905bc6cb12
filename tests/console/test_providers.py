"""Payment providers and unmatched money, as a centre sees them."""

import logging
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sandbox.keys import make_alipay
from teahorse.common.ids import new_id, short
from teahorse.payments import actions as payments
from teahorse.payments import merchants
from teahorse.payments.actions.unmatched import Unplaced, keep_unmatched
from teahorse.payments.models import MerchantAccount, MerchantAccountChange, Payment, ProviderRest, UnmatchedMoney
from teahorse.payments.providers import Outcome
from teahorse.payments.providers.guarded import note_failure
from tests import world
from tests.console.world import member
from tests.payments.making import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_sealing_keys")]
KEYS, OTHER = make_alipay(), make_alipay()


def at(name="providers", org="region", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def new(provider):
    return f"{at('account_new')}?provider={provider}"


def form(keys=KEYS, **changes):
    names = ("app_id", "seller_id", "app_private_key", "alipay_public_key")
    return {**{name: getattr(keys, name) for name in names}, "organisation": "", **changes}


def secret_lines(keys=KEYS):
    return keys.app_private_key.strip().splitlines()[1:-1]


def test_an_account_is_kept_shown_by_fingerprints_and_never_again_as_typed(settling_desk, caplog):
    caplog.set_level(logging.DEBUG)

    answer = settling_desk.post(new("alipay"), form())

    account = MerchantAccount.objects.get()
    pages = [settling_desk.get(address).content.decode() for address in (at(), at("account", account_id=account.pk))]
    prints = MerchantAccountChange.objects.get().fingerprints
    assert answer.url == at()
    assert all(told in page for told in prints.values() for page in pages)
    assert not any(line in text for line in secret_lines() for text in (*pages, caplog.text))
    assert "结算员" in pages[1]


def test_a_wrong_key_is_told_and_what_is_no_secret_stays(settling_desk, caplog):
    caplog.set_level(logging.DEBUG)

    answer = settling_desk.post(new("alipay"), form(alipay_public_key=KEYS.app_public_key))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert (KEYS.app_id in page, KEYS.app_public_key.splitlines()[1] in page) == (True, True)
    assert "own public key" in page
    assert not any(line in text for line in secret_lines() for text in (page, caplog.text))
    assert not MerchantAccount.objects.exists()


def test_an_error_of_ours_shows_no_key(settling_desk, settings, monkeypatch, caplog):
    """Even where an error page shows what was sent and every variable on the way."""
    settings.DEBUG = True
    settling_desk.raise_request_exception = False

    def breaks(**given):
        raise RuntimeError

    monkeypatch.setattr(payments, "keep_account", breaks)
    answer = settling_desk.post(new("alipay"), form())

    page = answer.content.decode()
    assert answer.status_code == 500
    assert not any(line[:30] in text for line in secret_lines() for text in (page, caplog.text))


def test_keys_are_replaced_and_an_account_is_ended(settling_desk):
    settling_desk.post(new("alipay"), form())
    account = MerchantAccount.objects.get()
    where = at("account", account_id=account.pk)

    foreign = settling_desk.post(where, form(OTHER))
    replaced = settling_desk.post(where, form(OTHER, app_id=KEYS.app_id))
    ended = settling_desk.post(at("account_end", account_id=account.pk))

    merchants.forget_kept()
    assert (foreign.status_code, replaced.url, ended.url) == (422, where, at())
    assert [change.what for change in MerchantAccountChange.objects.order_by("at", "pk")] == ["kept", "replaced", "ended"]
    assert not MerchantAccount.objects.get().is_active
    assert "Replace the keys" not in settling_desk.get(where).content.decode()


def test_a_sellers_account_and_a_sub_merchant_are_kept_for_the_region_only(settling_desk, coop):
    far = world.organisation("coop-deqen", code="533422")

    hers = settling_desk.post(new("alipay"), form(organisation=coop.key))
    sub = settling_desk.post(new("wechat_pay"), {"organisation": coop.key, "account_number": "1900100001"})
    foreign = settling_desk.post(new("wechat_pay"), {"organisation": far.key, "account_number": "1900100002"})

    assert (hers.status_code, sub.status_code, foreign.status_code) == (302, 302, 422)
    assert set(MerchantAccount.objects.values_list("organisation__key", "provider")) == {(coop.key, "alipay"), (coop.key, "wechat_pay")}
    assert "No seller of the region" in foreign.content.decode()


def test_another_regions_account_and_a_county_see_nothing(settling_desk, browser_of, centre, coop):
    far_region = world.organisation("region-d", kind="region_centre", code="533401")
    settling_desk.post(new("alipay"), form(organisation=coop.key))
    account = MerchantAccount.objects.get()
    stranger, county = browser_of(member(far_region, "+8619900071092")), browser_of(member(centre, "+8619900071093"))

    assert KEYS.app_id not in stranger.get(at(org="region-d")).content.decode()
    assert stranger.get(at("account", org="region-d", account_id=account.pk)).status_code == 404
    assert stranger.post(at("account_end", org="region-d", account_id=account.pk)).status_code == 404
    assert county.get(at(org="centre-qonggyai")).status_code == 404
    assert MerchantAccount.objects.get().is_active


def test_a_silent_provider_is_told_since_when_why_and_until_when(settling_desk):
    now = timezone.now()
    for _ in range(5):
        note_failure(provider="alipay", trouble="ConnectTimeout: timed out", now=now)

    answer = settling_desk.get(at())

    page = answer.content.decode()
    assert all(text in page for text in ("Does not answer", "ConnectTimeout: timed out", "Silent since", "Tried again"))
    assert next(entry["count"] for entry in answer.context["nav"] if entry["href"] == at()) == 1
    ProviderRest.objects.update(failures=0, resting_since=None, next_try_at=None)
    assert "Does not answer" not in settling_desk.get(at()).content.decode()


# --- unmatched money


@pytest.fixture
def row(region):
    now = timezone.now()
    outcome = Outcome(our_number="no-such-number", kind="succeeded", provider_number="2026112222001", amount_fen=3800, occurred_at=now)
    keep_unmatched([Unplaced(outcome=outcome, payment=None, provider="alipay", source="poll", problem="unknown payment")], now=now)
    return UnmatchedMoney.objects.get()


def test_unmatched_money_is_listed_counted_found_and_marked_when_overdue(settling_desk, row):
    listed = settling_desk.get(at("unmatched"))
    UnmatchedMoney.objects.update(due_at=timezone.now() - timedelta(minutes=1))

    overdue = settling_desk.get(at("unmatched")).content.decode()

    assert row.provider_number in listed.content.decode()
    assert next(entry["count"] for entry in listed.context["nav"] if entry["href"] == at("unmatched")) == 1
    assert "Overdue" not in listed.content.decode()
    assert "Overdue" in overdue
    assert row.provider_number in settling_desk.get(at("unmatched"), {"q": "112222"}).content.decode()
    assert "Nothing has this number" in settling_desk.get(at("unmatched"), {"q": "999"}).content.decode()


def test_it_is_resolved_with_a_reason_and_stays_to_be_found(settling_desk, row):
    where = at("unmatched_one", unmatched_id=row.pk)

    without = settling_desk.post(where, {"act": "explain", "reason": ""})
    done = settling_desk.post(where, {"act": "explain", "reason": "支付宝的测试款"})
    twice = settling_desk.post(where, {"act": "refunded", "reason": "退回去了"})

    assert (without.status_code, done.url, twice.status_code) == (422, where, 409)
    assert "支付宝的测试款" in settling_desk.get(where).content.decode()
    assert row.provider_number not in settling_desk.get(at("unmatched")).content.decode()
    assert row.provider_number in settling_desk.get(at("unmatched"), {"show": "all"}).content.decode()


def test_what_cannot_be_assigned_is_told_and_nothing_typed_is_lost(settling_desk, row):
    answer = settling_desk.post(at("unmatched_one", unmatched_id=row.pk), {"act": "assign", "our_number": "f" * 32, "reason": "应该是这笔"})

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "f" * 32 in page
    assert "应该是这笔" in page
    assert 'value="assign" checked' in page


def payment_of(row, *sellers):
    """Return a payment to sellers that could be meant by what waits, and has not been paid."""
    each_fen = row.amount_fen // len(sellers)
    splits = [payments.Split(payee_id=seller.pk, reference=new_id(), amount_fen=each_fen) for seller in sellers]
    return opened(amount_fen=row.amount_fen, provider=row.provider, method="page", splits=lambda _: splits)


def test_a_county_assigns_its_money_to_its_own_sellers_payments_alone(browser_of, settling_desk, centre, coop, row):
    far = world.organisation("coop-far", kind="cooperative", code=world.GYANGZE)
    hers, strange, mixed = (payment_of(row, *sellers) for sellers in ((coop,), (far,), (coop, far)))
    UnmatchedMoney.objects.update(owner=centre)
    county = browser_of(member(centre, "+8619900071095"))
    where = at("unmatched_one", org=centre.key, unmatched_id=row.pk)

    answers = [
        county.post(where, {"act": "assign", "our_number": one.our_number, "reason": "应该是这笔"}) for one in (strange, mixed, hers)
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 302]
    assert set(Payment.objects.filter(state="succeeded")) == {hers}


def test_a_region_assigns_to_any_payment(settling_desk, row):
    far = world.organisation("coop-far", kind="cooperative", code=world.GYANGZE)
    meant = payment_of(row, far)

    answer = settling_desk.post(
        at("unmatched_one", unmatched_id=row.pk), {"act": "assign", "our_number": meant.our_number, "reason": "应该是这笔"}
    )

    assert answer.status_code == 302
    assert UnmatchedMoney.objects.get().assigned_to == meant


def test_a_county_sees_what_is_its_own(browser_of, settling_desk, centre, row):
    county = browser_of(member(centre, "+8619900071094"))

    before = county.get(at("unmatched", org=centre.key)).content.decode()
    UnmatchedMoney.objects.update(owner=centre)
    after = county.get(at("unmatched", org=centre.key)).content.decode()

    assert (row.provider_number in before, row.provider_number in after) == (False, True)
    assert county.get(at("unmatched_one", org=centre.key, unmatched_id=row.pk)).status_code == 200
    assert settling_desk.get(at("unmatched_one", unmatched_id=row.pk)).status_code == 200
    assert short(row.pk) in after
