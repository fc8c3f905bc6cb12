"""Invoices through the provider, over real HTTP against the sandbox."""

import time
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from teahorse.invoices import actions, queries, reactions
from teahorse.invoices.events import InvoicesIssued
from teahorse.invoices.models import InvoicePaper, InvoiceRequest, RedInvoice
from teahorse.invoices.providers.nuonuo.client import signature
from teahorse.payments.events import RefundsSettled
from teahorse.people.models import Organisation
from tests.at_once import at_once
from tests.dossiers.making import given_back

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(sandbox, register, order, title, buyer):
    register(tax_rate="1")
    return actions.request_invoice(order=order, title=title, person=buyer, now=timezone.now())


def worked(*, rounds=2, after=timedelta(0)):
    """Let the worker run so often, each time when the next try is due."""
    now = timezone.now() + after
    for _ in range(rounds):
        actions.send_papers(now=now)
        now += timedelta(minutes=31)


def test_an_invoice_is_sent_issued_and_its_document_kept(sent, announced):
    told = announced(InvoicesIssued)

    worked()

    sent.refresh_from_db()
    assert (sent.state, sent.trouble, sent.owner, len(sent.number)) == ("issued", "", "", 20)
    assert sent.issued_at is not None
    assert queries.paper_of(sent.pk).startswith(b"%PDF-")
    assert told() == [{"request_ids": [str(sent.pk)], "red_ids": []}]


def test_money_that_goes_back_afterwards_is_taken_back_by_red_letters_refund_by_refund(sent, order):
    worked()
    first, second = given_back(order, 1000, at=timezone.now()), given_back(order, 1, at=timezone.now())

    for _ in range(2):
        reactions.take_back(RefundsSettled(refund_ids=(first.pk, second.pk)))
    worked()

    reds = list(RedInvoice.objects.order_by("requested_at", "pk"))
    assert [(red.refund_id, red.amount_fen, red.state) for red in reds] == [(first.pk, 1000, "issued"), (second.pk, 1, "issued")]
    assert all(queries.paper_of(red.pk) for red in reds)
    assert queries.standing_fen(InvoiceRequest.objects.get()) == order.total_fen - 1001


def test_all_that_is_left_can_be_taken_back(sent, order):
    worked()
    refunds = [given_back(order, 333, at=timezone.now()), given_back(order, order.total_fen - 333, at=timezone.now())]

    reactions.take_back(RefundsSettled(refund_ids=tuple(refund.pk for refund in refunds)))
    worked()

    assert queries.standing_fen(InvoiceRequest.objects.get()) == 0
    assert set(RedInvoice.objects.values_list("state", flat=True)) == {"issued"}


def test_money_that_goes_back_while_it_is_issued_gets_its_red_letter_then(sent, order):
    worked(rounds=1)
    refund = given_back(order, 800, at=timezone.now())
    reactions.take_back(RefundsSettled(refund_ids=(refund.pk,)))
    assert not RedInvoice.objects.exists()

    worked(rounds=4)

    assert [(red.amount_fen, red.state) for red in RedInvoice.objects.all()] == [(800, "issued")]


def test_a_lost_reaction_is_found_by_the_clock(sent, order):
    worked()
    given_back(order, 800, at=timezone.now())

    assert actions.take_back_forgotten(now=timezone.now() + timedelta(minutes=10)) == 1
    assert actions.take_back_forgotten(now=timezone.now()) == 0


@pytest.mark.parametrize("answers", [["timeout"] * 3, ["lost"], ["lost", "lost", "lost"], ["E9999"], ["timeout", "lost", "timeout"]])
def test_whatever_is_lost_on_the_way_one_invoice_comes_of_it(sent, knobs, sandbox, answers):
    knobs(answers=answers)

    worked(rounds=5)

    sent.refresh_from_db()
    assert sent.state == "issued"
    state = sandbox.http.get("/fapiao/").text
    assert state.count(sent.title_name) >= 1
    numbers = {invoice.number for invoice in InvoiceRequest.objects.all()}
    assert numbers == {sent.number}
    assert InvoicePaper.objects.count() == 1


def test_while_it_is_made_there_it_is_asked_for_again_later_and_later(sent, knobs):
    knobs(delay=600)
    now = timezone.now()

    waits = []
    for _ in range(4):
        actions.send_papers(now=now)
        sent.refresh_from_db()
        waits.append((sent.due_at - now).total_seconds())
        now = sent.due_at

    assert waits == [5, 10, 20, 40]
    assert (sent.state, sent.owner, sent.trouble) == ("sent", "house", "开票中")
    assert list(queries.overdue_invoices(Organisation.objects.all(), now=sent.deadline_at)) == [sent]


def test_what_the_tax_office_refuses_the_buyer_reads_and_may_ask_anew(sent, order, title, buyer, knobs):
    knobs(fail="购方信息有误", fail_count=1)

    worked()
    sent.refresh_from_db()
    anew = actions.request_invoice(order=order, title=title, person=buyer, now=timezone.now())
    worked()

    anew.refresh_from_db()
    assert (sent.state, sent.refused_by, sent.trouble, sent.owner) == ("refused", "provider", "购方信息有误", "buyer")
    assert anew.state == "issued"


def test_a_refused_red_letter_stays_overdue_until_a_person_sends_it_again(sent, order, knobs):
    worked()
    refund = given_back(order, 500, at=timezone.now())
    reactions.take_back(RefundsSettled(refund_ids=(refund.pk,)))
    knobs(fail="红字确认单未确认", fail_count=1)
    worked()
    red = RedInvoice.objects.get()
    late = list(queries.overdue_reds(Organisation.objects.all(), now=timezone.now() + timedelta(days=3)))

    actions.retry_red(red_id=red.pk, now=timezone.now())

    assert (red.state, red.owner, late) == ("refused", "house", [red])
    red.refresh_from_db()
    assert red.state == "requested"
    with pytest.raises(actions.NotWaiting):
        actions.retry_red(red_id=red.pk, now=timezone.now())


def test_two_workers_at_once_send_each_once(sent, sandbox):
    counted = at_once(*[lambda: actions.send_papers(now=timezone.now())] * 3)

    assert sorted(counted) == [0, 0, 1]


def test_two_reactions_at_once_make_one_red_letter(sent, order):
    worked()
    refund = given_back(order, 500, at=timezone.now())

    made = at_once(*[lambda: actions.take_back(refund_ids=[refund.pk], now=timezone.now())] * 4)

    assert sorted(len(reds) for reds in made) == [0, 0, 0, 1]
    assert RedInvoice.objects.count() == 1


def test_without_a_provider_it_waits(register, order, title, buyer, settings, monkeypatch):
    settings.SANDBOX_URL = ""
    monkeypatch.delenv("TEAHORSE_NUONUO", raising=False)
    register()
    sent = actions.request_invoice(order=order, title=title, person=buyer, now=timezone.now())

    actions.send_papers(now=timezone.now())

    sent.refresh_from_db()
    assert sent.state == "sent"
    assert "not set up" in sent.trouble


def call(sandbox, keys, body, *, method="nuonuo.OpeMplatform.queryInvoiceResult", user_tax="", **changes):
    query = {"senid": "a" * 32, "nonce": str(time.time_ns())[-8:], "timestamp": str(int(time.time())), "appkey": keys["app_key"]} | changes
    sign = signature(
        app_key=query["appkey"], app_secret=keys["app_secret"], senid=query["senid"], nonce=query["nonce"], timestamp=query["timestamp"],
        body=body,
    )  # fmt: skip
    headers = {"X-Nuonuo-Sign": sign, "accessToken": keys["access_token"], "userTax": user_tax, "method": method}
    return httpx.post(
        f"{sandbox.address}/fapiao/open/v1/services", params=query, content=body.encode(), headers=headers, trust_env=False
    ).json()


def test_the_sandbox_believes_only_what_is_signed_and_fresh(sandbox, keys):
    good = '{"orderNos":["x"]}'

    assert call(sandbox, keys, good)["code"] == "E9108"
    assert call(sandbox, keys | {"app_secret": "0" * 16}, good)["code"] == "070302"
    assert call(sandbox, keys | {"access_token": "0"}, good)["code"] == "070102"
    assert call(sandbox, keys, good, timestamp=str(int(time.time()) - 400))["code"] == "070303"
    assert [call(sandbox, keys, good, senid="b" * 32, nonce="12345678")["code"] for _ in range(2)] == ["E9108", "070304"]


def test_the_signature_is_the_one_that_the_platform_documents():
    """Reckoned by hand with openssl: printf 'a=services&...' | openssl dgst -sha1 -hmac secret -binary | base64."""
    assert signature(app_key="k", app_secret="secret", senid="i", nonce="n", timestamp="t", body="{}") == "ZCsM0cnYsggUHCRz4uBR3e2WJtI="


@pytest.mark.parametrize(("wrong", "code"), [
    ({"buyerTaxNum": "91350100M000100Y44"}, "E9202"), ({"salerTaxNum": "91350100M000100Y44"}, "E9201"), ({"clerk": ""}, "E9103"),
])  # fmt: skip
def test_the_sandbox_refuses_what_a_tax_office_would(sandbox, keys, wrong, code):
    import json

    number = "91350100M000100Y43"
    line = {"goodsName": "酒", "taxRate": "0.01", "tax": "0.38", "taxIncludedAmount": "38.00", "taxExcludedAmount": "37.62"}
    order = {"orderNo": "T1", "salerTaxNum": number, "buyerName": "某", "clerk": "次仁", "invoiceLine": "pc", "invoiceType": "1",
             "invoiceDetail": [line]}  # fmt: skip

    answer = call(sandbox, keys, json.dumps({"order": order | wrong}), method="nuonuo.OpeMplatform.requestBillingNew", user_tax=number)

    assert answer["code"] == code
