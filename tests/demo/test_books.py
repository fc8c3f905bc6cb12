"""The demo's books are whole: everything that its past orders did to money is in them, and nothing differs anywhere."""

from collections import Counter
from datetime import timedelta
from itertools import count

from django.core.management import call_command
from django.utils import timezone

from teahorse.aftersales.models import AfterSaleCase
from teahorse.demo.keys import key_of
from teahorse.demo.provider import write_past
from teahorse.dossiers.models import Dossier
from teahorse.invoices.models import InvoiceRequest
from teahorse.ledger import queries as books
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import ProviderBill, Refund
from teahorse.payments.providers import provider_by_code
from teahorse.people.models import Organisation
from teahorse.promotions.models import CouponUse
from teahorse.settlement import actions
from teahorse.settlement.comparing import differences, missing_bills
from teahorse.settlement.models import Difference, FeeLine, Maturity, Payout, Sale, SubsidyClaim, SubsidyLine
from tests.demo.conftest import NOW
from tests.payments.conftest import started_sandbox, wait_until


def test_nothing_differs(house):
    assert differences(now=NOW) == []
    assert sum(books.trial_balance().values()) == 0
    booked = SellerOrder.objects.filter(paid_at__isnull=False).exclude(state="presale_wait")
    assert Sale.objects.filter(frozen_at__isnull=False).count() == booked.count() > 0
    assert FeeLine.objects.exists()


def test_a_fresh_demo_is_reconciled(house, capsys, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)

    call_command("reconcile")

    assert capsys.readouterr().out == "0 differences\n"
    assert Difference.objects.count() == 0


def test_the_sandbox_bills_the_demos_past_and_pays_it_back(house, tmp_path, settings, monkeypatch):
    """What the demo told instead of the sandbox the sandbox knows: its bills say the same, that of the day of the loading too."""
    monkeypatch.delenv("TEAHORSE_WECHAT_PAY", raising=False)
    write_past(tmp_path / "keys")
    kept = {bill.day: told(bill) for bill in ProviderBill.objects.filter(provider="wechat_pay")}
    today = NOW.date()
    with started_sandbox(tmp_path) as sandbox:
        settings.SANDBOX_URL, settings.SANDBOX_KEYS = sandbox.address, sandbox.keys
        bill = payments.fetch_bill(provider="wechat_pay", day=today, now=NOW + timedelta(days=1))
        payments.fetch_bill(provider="cash", day=today, now=NOW + timedelta(days=1))
        again = {day: billed_again(day) for day in kept}
        order = SellerOrder.objects.get(group__idempotency_key=key_of("order", "pendants-for-guangzhou"))
        orders.cancel_order(order=order, reason="不要了", now=NOW)
        [refund] = Refund.objects.filter(split__reference=order.pk)
        payments.send_refunds(refund_ids=[refund.pk], now=NOW)
        hours = count(1)
        wait_until(lambda: is_back(refund, now=NOW + timedelta(hours=next(hours))))

    assert len(kept) > 15
    assert today not in kept
    assert again == kept
    assert bill.rows.filter(kind="payment").count() == 2
    assert settled(NOW + timedelta(days=3)) == []


def told(bill):
    return sorted(bill.rows.values_list("kind", "our_number", "refund_number", "provider_number", "amount_fen", "fee_fen"))


def billed_again(day):
    rows = provider_by_code("wechat_pay").bill(day)
    kinds = ("payment", "refund")
    return sorted((r.kind, r.our_number, r.refund_number, r.provider_number, r.amount_fen, r.fee_fen) for r in rows if r.kind in kinds)


def is_back(refund, *, now):
    payments.send_refunds(refund_ids=[refund.pk], now=now)
    refund.refresh_from_db()
    return refund.state == Refund.State.SUCCEEDED


def settled(now):
    actions.book_forgotten(now=now, since=NOW - timedelta(days=400))
    actions.mature_earnings(now=now)
    return [(row.kind, row.subject) for row in differences(now=now) + missing_bills(now=now)]


def test_there_is_a_case_and_a_payout_in_many_states(house):
    assert Counter(AfterSaleCase.objects.values_list("state", flat=True)) == {
        "seller_review": 3,
        "offered": 1,
        "escalated": 1,
        "await_return": 1,
        "return_in_transit": 1,
        "inspect": 1,
        "refunding": 1,
        "done": 1,
    }
    assert Counter(Payout.objects.values_list("seller__key", "method", "state")) == {
        ("coop-dorje-iron", "bank", "paid"): 1,
        ("company-chamchen-wine", "bank", "returned"): 1,
        ("coop-riwo-dechen", "cash", "paid"): 1,
        ("company-chamchen-wine", "bank", "sent"): 1,
        ("coop-hongxing", "cash", "approved"): 1,
        ("company-yarlung-ajia", "bank", "draft"): 1,
    }
    assert Maturity.objects.filter(state="payable", payout=None).exists()


def test_promotions_are_used_and_a_harvest_was_shared_out(house):
    less = {
        key: SellerOrder.objects.get(group__idempotency_key=key_of("order", key)).discount_fen
        for key in ("incense-for-beijing", "shawl-for-chengdu", "wine-for-shanghai")
    }
    assert less.pop("incense-for-beijing") > 0
    assert less == {"shawl-for-chengdu": 1000, "wine-for-shanghai": 2000}
    assert CouponUse.objects.filter(state="used").count() >= 2
    assert SubsidyLine.objects.filter(kind="discount").exists()
    ordered = SellerOrder.objects.filter(harvest_sale_id__isnull=False)
    assert Counter(ordered.values_list("state", flat=True)) == {"presale_wait": 2, "paid": 2, "cancelled": 1}


def test_papers_are_asked_for(house):
    assert InvoiceRequest.objects.get().state == "sent"
    assert Dossier.objects.get().state == "asked"


def test_a_budget_bears_a_part_of_the_way_and_the_county_carries(house):
    order = SellerOrder.objects.get(group__idempotency_key=key_of("order", "knives-for-wuhan"))
    qonggyai = Organisation.objects.get(key="centre-qonggyai")

    assert (order.freight_fen, order.freight_cost_fen, order.freight_subsidy_fen, order.freight_payer_id) == (1120, 1600, 480, qonggyai.pk)
    assert FeeLine.objects.filter(sale=order.pk, kind="freight").values_list("beneficiary_id", "amount_fen").get() == (qonggyai.pk, 1600)
    assert SubsidyLine.objects.get(sale=order.pk).left_fen == 480
    assert not FeeLine.objects.filter(kind="freight").exclude(beneficiary_id=qonggyai.pk).exists()


def test_a_budget_has_paid_one_claim_and_owes_another(house):
    claims = SubsidyClaim.objects.order_by("pk")
    qonggyai = Organisation.objects.get(key="centre-qonggyai")

    assert [(one.payer, one.amount_fen, one.state) for one in claims] == [(qonggyai, 1680, "received"), (qonggyai, 2480, "claimed")]
    assert books.balance(purpose="claimed", owner_id=qonggyai.pk) == 2480


def test_nothing_was_left_to_book(house):
    assert actions.book_forgotten(now=NOW + timedelta(hours=1), since=NOW - timedelta(days=400)) == 0
