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


# --- What is paid after the invoice was issued


@pytest.fixture
def weighed(meat, buyer, now):
    """An order whose meat weighed more than it was sold for: 96 yuan and freight are paid, 8 yuan are asked for."""
    (order,) = paid({meat: 1}, at=now, buyer=buyer)
    line = order.lines.get()
    orders.pack_order(order=order, weight_grams=1500, by=None, now=now, weighed={line.pk: 1300}, asks_difference=True)
    order.refresh_from_db()
    return order


def asked_and_issued(order, title, buyer, now):
    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)
    issued(asked)
    asked.refresh_from_db()
    return asked


def top_up(order, buyer, now):
    """Pay the difference of weight, and have invoices hear of it twice."""
    paid_besides(order, at=now, buyer=buyer)
    heard = {"balance_ids": [order.balances.get().pk], "now": now}
    return [*actions.add_what_was_paid(**heard), *actions.add_what_was_paid(**heard)]


def test_what_is_paid_after_the_invoice_was_issued_stands_on_one_more(register, weighed, title, buyer, now):
    register(is_automatic=False, tax_rate="9")
    first = asked_and_issued(weighed, title, buyer, now)

    [more] = top_up(weighed, buyer, now + timedelta(hours=1))

    assert (first.amount_fen, more.amount_fen, more.adds_to_id, more.state) == (weighed.total_fen, 800, first.pk, "requested")
    assert (more.title_name, more.tax_number, more.person_id, more.email) == (title.name, title.tax_number, buyer.pk, title.email)
    assert more.lines == [{"name": "牦牛肉", "form": more.lines[0]["form"], "quantity": 0, "amount_fen": 800, "tax_fen": 66}]
    assert queries.invoice_of(weighed.pk) == first
    assert [queries.missing_fen(first), queries.to_invoice_fen(weighed)] == [0, 0]


def test_an_automatic_issuers_addition_goes_to_the_provider_at_once(register, weighed, title, buyer, now):
    register()
    asked_and_issued(weighed, title, buyer, now)

    [more] = top_up(weighed, buyer, now + timedelta(hours=1))

    assert (more.state, more.amount_fen) == ("sent", 800)


def test_a_wish_that_is_not_sent_yet_takes_in_what_is_paid_meanwhile(register, weighed, title, buyer, coop, now):
    register(is_automatic=False)
    asked = actions.request_invoice(order=weighed, title=title, person=buyer, now=now)

    assert top_up(weighed, buyer, now) == []
    sent = actions.issue_invoice(request_id=asked.pk, seller=coop, now=now)

    assert (sent.state, sent.amount_fen, InvoiceRequest.objects.count()) == ("sent", weighed.total_fen + 800, 1)


def test_what_nobody_asked_an_invoice_for_gets_no_addition(register, weighed, buyer, now):
    register()

    assert top_up(weighed, buyer, now) == []
    assert not InvoiceRequest.objects.exists()


def test_an_addition_that_was_refused_is_asked_for_anew_with_the_same_title(register, weighed, title, buyer, coop, now):
    register(is_automatic=False)
    first = asked_and_issued(weighed, title, buyer, now)
    [refused] = top_up(weighed, buyer, now)
    actions.refuse_invoice(request_id=refused.pk, seller=coop, reason="稍后再开", now=now)
    assert queries.missing_fen(first) == 800

    again = [actions.request_invoice(order=weighed, title=title, person=buyer, now=now) for _ in range(2)]

    assert again == [first, first]
    assert list(queries.additions_to(first).values_list("state", "amount_fen")) == [("refused", 800), ("requested", 800)]


def test_red_letters_take_back_from_the_first_invoice_and_then_from_its_addition(register, weighed, title, buyer, now):
    register(is_automatic=False)
    first = asked_and_issued(weighed, title, buyer, now)
    [more] = top_up(weighed, buyer, now)
    issued(more)
    later = now + timedelta(days=1)
    small, large = sorted(parts(weighed), key=lambda part: part.amount_fen)
    refunds = [out_of(small, 800, at=later), out_of(large, large.amount_fen, at=later + timedelta(hours=1))]

    for _ in range(2):
        actions.take_back(refund_ids=[refund.pk for refund in refunds], now=later)

    reds = RedInvoice.objects.order_by("requested_at", "pk").values_list("invoice_id", "refund_id", "amount_fen")
    assert set(reds) == {
        (first.pk, refunds[0].pk, 800),
        (first.pk, refunds[1].pk, first.amount_fen - 800),
        (more.pk, refunds[1].pk, 800),
    }
    assert [queries.standing_fen(one) for one in (first, more)] == [0, 0]


def test_an_addition_whose_money_went_back_before_it_was_sent_is_not_issued(register, weighed, title, buyer, coop, now):
    register(is_automatic=False)
    first = asked_and_issued(weighed, title, buyer, now)
    [more] = top_up(weighed, buyer, now)
    small = min(parts(weighed), key=lambda part: part.amount_fen)
    refund = out_of(small, 800, at=now)
    actions.take_back(refund_ids=[refund.pk], now=now)

    decided = actions.issue_invoice(request_id=more.pk, seller=coop, now=now)

    assert (decided.state, decided.refused_by, decided.trouble) == ("refused", "house", "补差款项已退回")
    assert (queries.standing_fen(first), RedInvoice.objects.count()) == (first.amount_fen, 0)


def test_the_clock_adds_what_no_reaction_came_through_for(register, weighed, title, buyer, now):
    register(is_automatic=False)
    asked_and_issued(weighed, title, buyer, now)
    paid_besides(weighed, at=now + timedelta(minutes=1), buyer=buyer)

    assert actions.add_forgotten(now=now + timedelta(minutes=2)) == 0
    assert actions.add_forgotten(now=now + timedelta(minutes=10)) == 1
    assert actions.add_forgotten(now=now + timedelta(minutes=10)) == 0
