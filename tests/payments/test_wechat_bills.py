"""The bills that providers make of a day, kept once and believed only where they add up."""

import gzip
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions
from teahorse.payments.models import ProviderBill, ProviderBillRow
from teahorse.payments.providers import ProviderUnavailable
from teahorse.payments.providers.wechat_pay import bills

from .conftest import wait_until
from .making import cash_taken
from .selling import number_of, paid, seller, settled, split_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]
BEIJING = ZoneInfo("Asia/Shanghai")


def today():
    return timezone.now().astimezone(BEIJING).date()


def tomorrow():
    return timezone.now() + timedelta(days=1)


@pytest.fixture
def over(house):
    """Let the day pass, here and there; the bill of the day that was."""

    def pass_by(provider="wechat_pay"):
        house.control(advance_seconds=86_400)
        try:
            return actions.fetch_bill(provider=provider, day=today(), now=tomorrow())
        finally:
            house.control(reset=True)

    return pass_by


def row(bill, our_number, kind="payment"):
    found = bill.rows.get(our_number=our_number, kind=kind)
    return (found.amount_fen, found.fee_fen, found.account_number, found.provider_number, found.refund_number)


def test_a_bill_says_what_happened(house, over):
    tea, barley, cloth = seller("tea"), seller("barley"), seller("cloth", collects=False)
    combined = paid(house, (tea, 10_000), (barley, 2_345), (cloth, 300))
    single = paid(house, (cloth, 1_000))
    refund = actions.request_refund(
        split=split_of(combined, barley), reference=new_id(), amount_fen=345, reason="少了一包", now=timezone.now()
    )
    actions.send_refunds(now=timezone.now())
    wait_until(lambda: settled(refund).state == "succeeded")

    bill = over()

    hers, theirs, houses = (split_of(combined, one) for one in (tea, barley, cloth))
    assert row(bill, hers.our_number) == (10_000, 60, number_of(tea), hers.provider_number, "")
    assert row(bill, theirs.our_number) == (2_345, 14, number_of(barley), theirs.provider_number, "")
    assert row(bill, houses.our_number) == (300, 2, "", houses.provider_number, "")
    assert row(bill, single.our_number) == (1_000, 6, "", single.provider_number, "")
    assert row(bill, theirs.our_number, "refund") == (345, -2, number_of(barley), refund.provider_number, refund.our_number)
    assert row(bill, single.provider_number, "fund_in")[0] == 1_000
    assert row(bill, single.provider_number, "fund_out")[0] == 6
    assert not bill.rows.filter(kind="fund_in", our_number=hers.provider_number).exists()  # it never was on the house's account


def test_a_share_that_the_house_got_stands_on_its_account(house, over):
    tea = seller("tea")
    split = split_of(paid(house, (tea, 10_000)), tea)
    sharing = actions.share_out(
        split=split, shares=[actions.Share(payee_id=None, amount_fen=777, description="平台服务费")], now=timezone.now()
    )
    clock = timezone.now()

    def is_finished():
        nonlocal clock
        clock += timedelta(minutes=31)
        actions.send_sharings(now=clock)
        sharing.refresh_from_db()
        return sharing.state == "finished"

    wait_until(is_finished)

    assert over().rows.filter(kind="fund_in", amount_fen=777).count() == 1


def test_a_bill_is_fetched_and_kept_once(house, over, monkeypatch):
    paid(house, (seller("cloth", collects=False), 1_000))
    first = over()
    monkeypatch.setattr(bills, "bill", lambda *_: pytest.fail("fetched twice"))

    again = over()

    assert (first, ProviderBill.objects.count()) == (again, 1)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        ProviderBillRow.objects.update(amount_fen=1)


def test_a_day_that_is_not_over_has_no_bill(house):
    with pytest.raises(actions.BillNotReady):
        actions.fetch_bill(provider="wechat_pay", day=today(), now=timezone.now())

    assert not ProviderBill.objects.exists()


def test_a_bill_that_is_being_made_is_asked_for_again(house, over):
    paid(house, (seller("cloth", collects=False), 1_000))
    house.control(api=[{"answer": "STATEMENT_CREATING", "path": "/v3/bill/tradebill"}])

    with pytest.raises(actions.BillNotReady):
        over()

    assert not ProviderBill.objects.exists()
    assert over().rows.exists()


def test_a_day_on_which_nothing_moved_has_an_empty_bill(sandbox):
    day = today() - timedelta(days=400)

    bill = actions.fetch_bill(provider="wechat_pay", day=day, now=timezone.now())

    assert not bill.rows.exists()


@pytest.mark.parametrize("broken", ["hash", "totals", "gzip"])
def test_a_bill_that_is_not_sound_is_not_kept(house, over, broken):
    paid(house, (seller("cloth", collects=False), 1_000))
    house.control(bills={"broken": broken})

    with pytest.raises(ProviderUnavailable) as refused:
        over()

    assert "cannot be read" in refused.value.numbers["trouble"]
    assert not ProviderBill.objects.exists()
    assert over().rows.exists()


@pytest.mark.parametrize("answer", ["SYSTEM_ERROR", "timeout"])
def test_trouble_on_the_way_is_tried_again(house, over, answer):
    paid(house, (seller("cloth", collects=False), 1_000))
    house.control(api=[{"answer": answer, "path": "/v3/billdownload"}])

    assert over().rows.exists()


def test_a_file_elsewhere_is_not_fetched(sandbox):
    from teahorse.payments.providers import provider_by_code

    with pytest.raises(ProviderUnavailable):
        provider_by_code("wechat_pay").client.download("http://127.0.0.1:9/v3/billdownload/file?token=x")


def test_a_comma_in_a_products_name_is_no_end_of_a_value():
    head, totals_head = "商品名称,手续费", "总交易单数"

    lines, totals = bills._parsed("\r\n".join([head, "`藏茶, 250g,`0.00600", totals_head, "`1", ""]).encode("utf-8-sig"))

    assert lines == [{"商品名称": "藏茶, 250g", "手续费": "0.00600"}]
    assert totals == {"总交易单数": "1"}


@pytest.mark.parametrize("text", ["", "a,b\r\n`1,`2", "a,b\r\n`1\r\nc\r\n`1", "a\r\n1\r\nc\r\n`1"])
def test_another_form_is_no_bill(text):
    with pytest.raises((bills._Unreadable, ValueError)):
        bills._parsed(text.encode())


def test_what_cannot_be_unpacked_is_no_bill():
    with pytest.raises(bills._Unreadable):
        bills._unpacked(gzip.compress(b"x")[:8])


def test_cash_has_the_bill_of_what_was_counted(now):
    payment = cash_taken(now=now)
    cash_taken(now=now - timedelta(days=1))
    refund = actions.request_refund(split=payment.splits.get(), reference=new_id(), amount_fen=800, reason="少了一包", now=now)
    actions.pay_back_cash(refund_id=refund.pk, by_id=new_id(), now=now)

    bill = actions.fetch_bill(provider="cash", day=date(2026, 8, 15), now=now + timedelta(days=1))

    refund.refresh_from_db()
    assert [(one.kind, one.our_number, one.refund_number, one.provider_number, one.amount_fen) for one in bill.rows.order_by("kind")] == [
        ("payment", payment.our_number, "", payment.provider_number, 3800),
        ("refund", payment.our_number, refund.our_number, refund.provider_number, 800),
    ]


def test_the_day_is_beijings():
    late = datetime(2026, 8, 15, 17, 0, tzinfo=UTC)  # the sixteenth there
    payment = cash_taken(now=late)

    days = {day: actions.fetch_bill(provider="cash", day=date(2026, 8, day), now=late + timedelta(days=2)) for day in (15, 16)}

    assert {day: list(bill.rows.values_list("our_number", flat=True)) for day, bill in days.items()} == {15: [], 16: [payment.our_number]}


def test_days_without_a_bill_are_the_last_that_are_over(now):
    actions.fetch_bill(provider="cash", day=date(2026, 8, 13), now=now)

    assert actions.days_without_bill(provider="cash", now=now, last=3) == [date(2026, 8, 12), date(2026, 8, 14)]
