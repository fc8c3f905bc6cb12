"""The bills that Alipay makes of each day, over the sandbox."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from sandbox.keys import make_alipay
from teahorse.common.times import HOME
from teahorse.payments import actions, merchants, tasks
from teahorse.payments.models import ProviderBill
from teahorse.payments.providers import BillNotReady, alipay, provider_by_code
from teahorse.payments.providers.alipay import bills, client, messages
from tests.world import organisation

from .by_alipay import paid, refund_of, sent
from .making import CLERK

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]
BEIJING = HOME


def test_the_bill_says_what_moved_to_the_fen(house):
    payment = paid(house)
    refund = refund_of(payment, 1200)
    sent(refund)
    today = datetime.now(BEIJING).date()
    with pytest.raises(BillNotReady):
        provider_by_code("alipay").bill(today)
    house.alipay_control(advance_seconds=24 * 3600)
    packed = client.Client(alipay.credentials())
    answer = packed.ask(lambda library: library.server_api(alipay.BILL, biz_content={"bill_type": "trade", "bill_date": str(today)}))

    rows = [
        row
        for row in bills.rows_of(packed.download(answer.text("bill_download_url")), account_number="")
        if row.our_number == payment.our_number
    ]

    assert [(row.kind, row.amount_fen, row.fee_fen, row.refund_number, row.provider_number) for row in rows] == [
        ("payment", 3800, 23, "", payment.provider_number),
        ("refund", 1200, -7, refund.our_number, refund.our_number),
    ]
    assert rows[0].occurred_at == payment.events.get(kind="succeeded").occurred_at


def test_a_day_on_which_nothing_moved_has_no_rows(sandbox):
    assert provider_by_code("alipay").bill(datetime.now(BEIJING).date() - timedelta(days=400)) == []


def test_what_is_no_bill_is_not_read_as_an_empty_one():
    with pytest.raises(messages.Unreadable):
        bills.rows_of(b"<html>", account_number="")


def test_two_refunds_of_a_trade_stand_on_one_bill(house):
    payment = paid(house)
    refunds = [refund_of(payment, fen) for fen in (300, 400)]
    for refund in refunds:
        sent(refund)
    house.alipay_control(advance_seconds=24 * 3600)
    today = datetime.now(BEIJING).date()
    asked = client.Client(alipay.credentials())
    answer = asked.ask(lambda library: library.server_api(alipay.BILL, biz_content={"bill_type": "trade", "bill_date": str(today)}))
    rows = bills.rows_of(asked.download(answer.text("bill_download_url")), account_number="")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alipay.AlipayProvider, "bill", lambda *_, **__: rows)
        bill = actions.fetch_bill(provider="alipay", day=today, now=timezone.now() + timedelta(days=1))

    back = bill.rows.filter(kind="refund", our_number=payment.our_number).order_by("amount_fen")
    assert list(back.values_list("refund_number", "amount_fen")) == [(refund.our_number, refund.amount_fen) for refund in refunds]


def test_a_sellers_refused_key_keeps_no_other_bill_away(house, tmp_path, monkeypatch):
    monkeypatch.setenv("TEAHORSE_DATA", str(tmp_path))
    monkeypatch.setattr(tasks, "METHODS", {"alipay": frozenset()})
    unknown = make_alipay()  # the sandbox has never heard of this app
    names = ("app_id", "seller_id", "app_private_key", "alipay_public_key")
    keys = {name: getattr(unknown, name) for name in names}
    actions.keep_account(provider="alipay", organisation=organisation("tea"), values=keys, by_id=CLERK, now=timezone.now())
    merchants.forget_kept()

    tasks.fetch_bills(0)

    kept = set(ProviderBill.objects.values_list("account_number", "day"))
    the_day_before_yesterday = datetime.now(BEIJING).date() - timedelta(days=2)
    assert {number for number, _day in kept} == {""}
    assert ("", the_day_before_yesterday) in kept
    merchants.forget_kept()


def test_no_bill_in_the_morning_is_not_yet_an_empty_one(sandbox, monkeypatch):
    yesterday = datetime.now(BEIJING).date() - timedelta(days=1)

    monkeypatch.setattr(alipay, "MADE_BY", time(23, 59, 59, 999999))
    with pytest.raises(BillNotReady):
        provider_by_code("alipay").bill(yesterday)
    monkeypatch.setattr(alipay, "MADE_BY", time(0))

    assert provider_by_code("alipay").bill(yesterday) == []
