"""Invoices and receipts of what was paid in two steps: a deposit and its rest, or a difference of weight."""

from datetime import timedelta

import pytest

from teahorse.common.money import yuan
from teahorse.invoices import actions, queries
from teahorse.invoices.models import InvoiceRequest, RedInvoice
from teahorse.invoices.receipt import printed, receipt_pdf
from teahorse.orders import actions as orders
from teahorse.payments.models import PaymentSplit
from tests import world
from tests.dossiers.making import out_of, paid, paid_besides, paid_in_two

pytestmark = pytest.mark.django_db


@pytest.fixture
def mushrooms(coop):
    return world.offer(coop, title="松茸", price_fen=10_000, on_hand=0)


@pytest.fixture
def meat(coop):
    return world.offer(coop, title="牦牛肉", price_fen=9600, on_hand=5, weight_grams=1500, nominal_grams=1200)


def parts(order):
    return list(PaymentSplit.objects.filter(reference=order.pk).order_by("amount_fen"))


def sums(order, now):
    """What stands below the lines of a receipt, by its label."""
    return {row["label"]["zh"]: row["amount"] for row in printed(order, now=now)["sums"]}


def issued(asked):
    """Have the tax office issue an invoice."""
    InvoiceRequest.objects.filter(pk=asked.pk).update(state="sent")
    InvoiceRequest.objects.filter(pk=asked.pk).update(state="issued", number="26540000000000000001")


def test_an_invoice_is_over_the_deposit_and_the_rest(register, mushrooms, title, buyer, now):
    register(is_automatic=False)
    order = paid_in_two(mushrooms, at=now, buyer=buyer)

    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now + timedelta(days=1))

    assert [part.amount_fen for part in parts(order)] == [3000, 8200]
    assert (asked.amount_fen, order.total_fen) == (11_200, 11_200)
    assert [(line["name"], line["amount_fen"]) for line in asked.lines] == [("松茸", 10_000), ("运费", 1200)]


def test_what_goes_back_of_the_rest_is_taken_back_too(register, mushrooms, title, buyer, now):
    register(is_automatic=False)
    order = paid_in_two(mushrooms, at=now, buyer=buyer)
    issued(actions.request_invoice(order=order, title=title, person=buyer, now=now + timedelta(days=1)))
    deposit, rest = parts(order)
    refunds = [out_of(rest, 8200, at=now + timedelta(days=2)), out_of(deposit, 500, at=now + timedelta(days=3))]

    for _ in range(2):
        actions.take_back(refund_ids=[refund.pk for refund in refunds], now=now + timedelta(days=3))

    reds = RedInvoice.objects.order_by("amount_fen").values_list("refund_id", "amount_fen")
    assert list(reds) == [(refunds[1].pk, 500), (refunds[0].pk, 8200)]
    assert queries.standing_fen(InvoiceRequest.objects.get()) == 2500


def test_a_receipt_of_a_deposit_says_what_is_not_paid_and_calls_nothing_a_discount(mushrooms, buyer, now):
    orders.open_harvest_sale(
        level=world.level_of(mushrooms), capacity=1, opens_at=now, closes_at=now + timedelta(hours=1),
        ship_by_date=(now + timedelta(days=2)).date(), deposit_basis_points=3000, by=None, now=now,
    )  # fmt: skip
    (order,) = paid({mushrooms: 1}, at=now, buyer=buyer)

    assert sums(order, now) == {"运费": "12.00", "未支付": "-82.00", "实付": "30.00"}


def test_a_receipt_names_both_payments_and_what_went_back_of_either(mushrooms, buyer, now):
    order = paid_in_two(mushrooms, at=now, buyer=buyer)
    _deposit, rest = parts(order)
    out_of(rest, 200, at=now + timedelta(days=2))

    assert [one["amount"] for one in printed(order, now=now)["payments"]] == ["30.00", "82.00"]
    assert sums(order, now) == {"运费": "12.00", "已退款": "-2.00", "实付": "110.00"}
    assert receipt_pdf(order, now=now).startswith(b"%PDF-")


def test_what_weighed_more_and_was_paid_stands_on_the_invoice_and_the_receipt(register, meat, title, buyer, now):
    register(is_automatic=False)
    (order,) = paid({meat: 1}, at=now, buyer=buyer)
    line = order.lines.get()
    orders.pack_order(order=order, weight_grams=1500, by=None, now=now, weighed={line.pk: 1300}, asks_difference=True)
    order.refresh_from_db()
    paid_besides(order, at=now, buyer=buyer)

    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)

    assert [(line["name"], line["amount_fen"]) for line in asked.lines] == [("牦牛肉", 10_400), ("运费", order.freight_fen)]
    assert sums(order, now) == {
        "运费": yuan(order.freight_fen),
        "称重补款": "8.00",
        "实付": yuan(order.total_fen + 800),
    }


def test_an_unpaid_difference_of_weight_is_in_no_invoice(register, meat, title, buyer, now):
    register(is_automatic=False)
    (order,) = paid({meat: 1}, at=now, buyer=buyer)
    line = order.lines.get()
    orders.pack_order(order=order, weight_grams=1500, by=None, now=now, weighed={line.pk: 1300}, asks_difference=True)
    order.refresh_from_db()

    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)

    assert (asked.amount_fen, asked.lines[0]["amount_fen"]) == (order.total_fen, 9600)
    assert "称重补款" not in sums(order, now)
