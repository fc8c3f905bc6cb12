"""A provider that does not answer rests, for everybody, and is tried by one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from teahorse.payments import actions, queries
from teahorse.payments.models import ProviderRest
from teahorse.payments.providers import guarded, provider_by_code
from teahorse.payments.providers.alipay import client
from teahorse.payments.rules import FAILURES_TO_REST, LONGEST_REST, rest_after
from tests.at_once import at_once

from .making import opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def silent(sandbox, monkeypatch):
    """The sandbox really does not answer: every call of Alipay is held longer than anybody waits."""
    monkeypatch.setattr(client, "TIMEOUT", (0.2, 0.1))
    sandbox.alipay_control(api=[{"answer": "timeout", "count": 10_000, "seconds": 0.3}])
    return sandbox


def asked(payment=None):
    """Ask about a payment, and return whether somebody answered."""
    payment = payment or opened(provider="alipay", method="precreate")
    try:
        provider_by_code("alipay").query(payment, now=timezone.now())
    except actions.ProviderUnavailable as unavailable:
        return unavailable.numbers["trouble"]
    return ""


def rests_again(**changes):
    """Let the time of the rest be over."""
    ProviderRest.objects.update(next_try_at=timezone.now() - timedelta(seconds=1), **changes)


def calls_at(sandbox):
    return sum(10_000 - knob["count"] for knob in sandbox.alipay_control()["api"] if knob["answer"] == "timeout")


def test_after_five_failures_in_a_row_nobody_waits_any_more(silent):
    troubles = [asked() for _ in range(FAILURES_TO_REST)]
    calls = calls_at(silent)

    sixth = asked()

    row = ProviderRest.objects.get()
    assert all("Timeout" in trouble for trouble in troubles)
    assert "rests until" in sixth
    assert calls_at(silent) == calls == FAILURES_TO_REST * 3
    assert (row.provider, row.failures, "Timeout" in row.trouble) == ("alipay", 5, True)
    assert row.next_try_at - row.resting_since == timedelta(seconds=30)
    assert [rest.provider for rest in queries.provider_rests()] == ["alipay"]


def test_the_other_provider_goes_on(silent):
    for _ in range(FAILURES_TO_REST):
        asked()

    ready = actions.prepare_payment(payment_id=opened().pk, payer_ip="10.0.0.7", now=timezone.now())

    assert ready.state == "paying"


def test_a_page_at_alipay_is_not_offered_while_it_rests_and_proves_nothing(silent):
    for _ in range(FAILURES_TO_REST - 1):
        asked()
    page = opened(provider="alipay", method="page")
    actions.prepare_payment(payment_id=page.pk, payer_ip="10.0.0.7", now=timezone.now())
    asked()

    with pytest.raises(actions.ProviderUnavailable) as refused:
        actions.prepare_payment(payment_id=opened(provider="alipay", method="wap").pk, payer_ip="10.0.0.7", now=timezone.now())

    assert "rests until" in refused.value.numbers["trouble"]
    assert ProviderRest.objects.get().resting_since is not None


def test_an_answer_between_failures_begins_the_count_anew(sandbox, monkeypatch):
    monkeypatch.setattr(client, "PAUSES", ())
    for _ in range(3):
        sandbox.alipay_control(api=[{"answer": "500", "count": 4}])
        troubles = [asked() for _ in range(4)]
        assert all(troubles)
        assert asked() == ""

    assert ProviderRest.objects.get().failures == 0


def test_a_refusal_is_an_answer(sandbox):
    payment = opened(provider="alipay", method="precreate")
    sandbox.alipay_control(api=[{"answer": "isv.insufficient-isv-permissions", "count": 7}])

    for _ in range(7):
        with pytest.raises(actions.ProviderRefuses):
            provider_by_code("alipay").query(payment, now=timezone.now())

    assert not ProviderRest.objects.exists()


def test_one_of_many_tries_again_and_all_others_fail_at_once(silent):
    for _ in range(FAILURES_TO_REST):
        asked()
    rests_again()
    calls, payment = calls_at(silent), opened(provider="alipay", method="precreate")

    told = at_once(*[lambda: asked(payment)] * 6)

    assert sum("Timeout" in one for one in told) == 1
    assert sum("rests until" in one for one in told) == 5
    assert calls_at(silent) - calls == 3  # the tries of one probe
    row = ProviderRest.objects.get()
    assert (row.rests, row.probing_until) == (1, None)
    assert timedelta(seconds=50) < row.next_try_at - timezone.now() <= timedelta(seconds=60)


def test_a_probe_that_is_answered_ends_the_rest(silent):
    for _ in range(FAILURES_TO_REST):
        asked()
    silent.alipay_control(reset=True)
    resting = asked()
    rests_again(rests=4)

    first, second = asked(), asked()

    assert "rests until" in resting
    assert (first, second) == ("", "")
    row = ProviderRest.objects.get()
    assert (row.failures, row.rests, row.resting_since, row.next_try_at, row.trouble) == (0, 0, None, None, "")


def test_a_probe_whose_process_died_does_not_stop_the_next(silent):
    for _ in range(FAILURES_TO_REST):
        asked()
    silent.alipay_control(reset=True)
    rests_again(probing_until=timezone.now() + timedelta(seconds=30))
    while_it_may_live = asked()
    ProviderRest.objects.update(probing_until=timezone.now() - timedelta(seconds=1))

    assert "rests until" in while_it_may_live
    assert asked() == ""


def test_rests_grow_and_stay_bearable():
    assert [rest_after(number).total_seconds() for number in (0, 1, 2, 5, 50)] == [30, 60, 120, 900, 900]
    assert timedelta(minutes=15) == LONGEST_REST


def test_a_poll_over_many_payments_gives_its_connections_back(silent):
    for _ in range(12):
        payment = opened(provider="alipay", method="precreate")
        payment.is_open_at_provider = True
        payment.save()

    polled = actions.poll_open_payments(now=timezone.now())

    assert polled == 12
    assert isinstance(provider_by_code("alipay"), guarded.Guarded)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'")
        assert cursor.fetchone()[0] == 0
