"""Asking for an invoice, and deciding on it."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from teahorse.common.refusals import Malformed, NotThere
from teahorse.invoices import actions, queries
from teahorse.invoices.actions import taking_back
from teahorse.invoices.models import InvoiceRequest, InvoiceTitle, RedInvoice
from teahorse.orders import actions as orders
from teahorse.people.models import Organisation
from tests import world
from tests.at_once import at_once
from tests.dossiers.making import given_back

from .conftest import TAX_NUMBER

pytestmark = pytest.mark.django_db


def test_an_invoice_is_over_what_was_really_paid(register, order, title, buyer, now):
    register(is_automatic=False)
    given_back(order, 500, at=now)

    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)

    assert asked.amount_fen == order.total_fen - 500
    assert sum(line["amount_fen"] for line in asked.lines) == asked.amount_fen
    assert [line["name"] for line in asked.lines] == ["青稞酒", "糌粑", "运费"]
    assert (asked.state, asked.owner, asked.deadline_at) == ("requested", "seller", now + timedelta(days=3))
    assert (asked.title_name, asked.tax_number, asked.issuer_tax_number) == ("上海 某某贸易有限公司", TAX_NUMBER, TAX_NUMBER)


def test_asking_twice_is_one_wish_and_another_title_is_refused(register, order, title, buyer, now):
    register(is_automatic=False)

    first, again = (actions.request_invoice(order=order, title=title, person=buyer, now=now) for _ in range(2))

    assert first == again
    with pytest.raises(actions.InvoiceAsked):
        actions.request_invoice(order=order, title=actions.TitleWanted(kind="person", name="别人"), person=buyer, now=now)
    assert InvoiceRequest.objects.count() == 1


def test_a_seller_of_what_she_made_herself_gives_receipts(order, title, buyer, now):
    with pytest.raises(actions.NotAnIssuer):
        actions.request_invoice(order=order, title=title, person=buyer, now=now)

    assert not InvoiceRequest.objects.exists()


def test_what_went_back_whole_is_not_invoiced(register, order, title, buyer, now):
    register()
    orders.cancel_order(order=order, reason="改主意了", now=now)

    with pytest.raises(actions.NothingPaid):
        actions.request_invoice(order=order, title=title, person=buyer, now=now)


def test_what_goes_back_before_the_seller_decides_is_taken_off(register, order, title, buyer, coop, now):
    register(is_automatic=False)
    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)
    given_back(order, 700, at=now)

    sent = actions.issue_invoice(request_id=asked.pk, seller=coop, now=now)

    assert (sent.state, sent.amount_fen) == ("sent", order.total_fen - 700)
    assert sum(line["amount_fen"] for line in sent.lines) == sent.amount_fen
    assert actions.issue_invoice(request_id=asked.pk, seller=coop, now=now) == sent


def test_a_seller_refuses_with_a_reason_and_the_buyer_asks_anew(register, order, title, buyer, coop, now):
    register(is_automatic=False)
    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)

    with pytest.raises(Malformed):
        actions.refuse_invoice(request_id=asked.pk, seller=coop, reason=" ", now=now)
    refused = actions.refuse_invoice(request_id=asked.pk, seller=coop, reason="公司名称不完整", now=now)
    anew = actions.request_invoice(order=order, title=title, person=buyer, now=now)

    assert (refused.state, refused.owner, refused.trouble) == ("refused", "buyer", "公司名称不完整")
    assert anew.pk != refused.pk
    assert queries.invoice_of(order.pk) == anew
    with pytest.raises(actions.NotWaiting):
        actions.issue_invoice(request_id=refused.pk, seller=coop, now=now)


def test_only_the_seller_who_was_asked_decides(register, order, title, buyer, now):
    register(is_automatic=False)
    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)

    with pytest.raises(NotThere):
        actions.issue_invoice(request_id=asked.pk, seller=world.organisation("coop-other"), now=now)

    asked.refresh_from_db()
    assert asked.state == "requested"


def test_a_wish_that_nobody_decides_is_overdue_after_three_days(register, order, title, buyer, now):
    register(is_automatic=False)
    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)

    assert list(queries.overdue_invoices(Organisation.objects.all(), now=now + timedelta(days=3, seconds=-1))) == []
    assert list(queries.overdue_invoices(Organisation.objects.all(), now=now + timedelta(days=3))) == [asked]


@pytest.mark.parametrize(("wrong", "field"), [
    ({"kind": "cow"}, "kind"), ({"name": "  "}, "title_name"), ({"tax_number": ""}, "tax_number"),
    ({"tax_number": TAX_NUMBER[:-1] + "0"}, "tax_number"), ({"email": "x@"}, "email"),
])  # fmt: skip
def test_a_broken_title_names_its_field(wrong, field):
    with pytest.raises(Malformed) as refused:
        actions.title_typed(**{"kind": "company", "name": "某公司", "tax_number": TAX_NUMBER, "email": "", **wrong})

    assert refused.value.field == field


def test_a_book_keeps_a_title_once_and_not_more_than_twenty(buyer, title, now):
    actions.keep_title(person=buyer, title=title, now=now)
    actions.keep_title(person=buyer, title=title, now=now)
    for number in range(19):
        actions.keep_title(person=buyer, title=actions.TitleWanted(kind="person", name=f"名字{number}"), now=now)

    with pytest.raises(actions.BookFull):
        actions.keep_title(person=buyer, title=actions.TitleWanted(kind="person", name="多了"), now=now)

    assert InvoiceTitle.objects.filter(person=buyer).count() == 20


def test_the_database_keeps_lines_sums_and_what_was_agreed(register, order, title, buyer, now):
    register()
    sent = actions.request_invoice(order=order, title=title, person=buyer, now=now)

    for change in ({"amount_fen": 1}, {"title_name": "别人"}, {"state": "requested"}):
        with pytest.raises((IntegrityError, Exception), match=r"invoice|add up|ransition"), transaction.atomic():
            InvoiceRequest.objects.filter(pk=sent.pk).update(**change)
    with pytest.raises(IntegrityError, match="more would be taken back than was invoiced"), transaction.atomic():
        RedInvoice.objects.create(
            county_id=sent.county_id, invoice=sent, refund_id=sent.pk, our_number="x", amount_fen=sent.amount_fen + 1, tax_fen=0,
            requested_at=now, deadline_at=now, due_at=now,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_ask_for_one_invoice(register, order, buyer):
    register()
    now = timezone.now()

    def ask(name):
        title = actions.TitleWanted(kind="person", name=name)
        return actions.request_invoice(order=order, title=title, person=buyer, now=now)

    outcomes = at_once(*[lambda name=name: ask(name) for name in ("甲", "甲", "乙", "丙")])

    asked = InvoiceRequest.objects.get()
    assert all(one == asked or isinstance(one, actions.InvoiceAsked) for one in outcomes)
    assert sum(one == asked for one in outcomes) == (2 if asked.title_name == "甲" else 1)


@pytest.mark.parametrize("refunds", [(333, 333, 333), (1, 1, 1), (1000, 1, 2999)])
def test_the_tax_of_all_red_letters_adds_up_to_the_invoices(register, order, title, buyer, now, refunds):
    register(is_automatic=False, tax_rate="3")
    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)
    for state in ("sent", "issued"):
        InvoiceRequest.objects.filter(pk=asked.pk).update(state=state, number="26540000000000000001")
    asked.refresh_from_db()

    for fen in (*refunds, order.total_fen - sum(refunds)):
        actions.take_back(refund_ids=[given_back(order, fen, at=now).pk], now=now)

    reds = list(RedInvoice.objects.order_by("requested_at", "pk"))
    assert [sum(red.amount_fen for red in reds), sum(red.tax_fen for red in reds)] == [asked.amount_fen, asked.tax_fen]
    for red in reds:
        assert abs(red.tax_fen - asked.tax_fen * red.amount_fen / asked.amount_fen) <= len(reds)
    with pytest.raises(DatabaseError, match="Cannot update"):
        RedInvoice.objects.filter(pk=reds[0].pk).update(tax_fen=0 if reds[0].tax_fen else 1)


def test_refunds_that_need_no_red_letter_keep_none_waiting(register, order, title, buyer, now, monkeypatch):
    monkeypatch.setattr(taking_back, "BATCH", 1)
    register(is_automatic=False)
    given_back(order, 100, at=now - timedelta(hours=1))
    asked = actions.request_invoice(order=order, title=title, person=buyer, now=now)
    given_back(order, 200, at=now)
    actions.issue_invoice(request_id=asked.pk, seller=order.seller, now=now + timedelta(hours=1))  # less what went back meanwhile
    InvoiceRequest.objects.filter(pk=asked.pk).update(state="issued", number="26540000000000000001")
    needs_one = given_back(order, 300, at=now + timedelta(hours=2))

    made, again = (actions.take_back_forgotten(now=now + timedelta(hours=3)) for _ in range(2))

    assert (made, again) == (1, 0)
    assert list(RedInvoice.objects.values_list("refund_id", "amount_fen")) == [(needs_one.pk, 300)]
