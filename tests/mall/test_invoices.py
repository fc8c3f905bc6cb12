"""A buyer's invoices, her receipts and her title book."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from teahorse.common.ids import short
from teahorse.invoices import actions
from teahorse.invoices.models import InvoiceRequest, InvoiceTitle
from teahorse.invoices.rules import check_sign
from tests import world as places
from tests.dossiers.making import manager, paid

pytestmark = pytest.mark.django_db
FIRST = "91540524MA6T1ABCD"
NUMBER = FIRST + check_sign(FIRST)


@pytest.fixture
def coop(db):
    return places.organisation("coop-dorje")


@pytest.fixture
def buyer(db):
    return places.person("+8619900003000", name="买家")


@pytest.fixture
def order(coop, buyer):
    (made,) = paid({places.offer(coop): 1}, at=timezone.now(), buyer=buyer)
    return made


@pytest.fixture
def browser(buyer):
    client = Client(headers={"accept-language": "en"})
    client.force_login(buyer, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.fixture
def registered(coop):
    now = timezone.now()
    actions.register_issuer(
        organisation=coop, name="多吉合作社", tax_number=NUMBER, tax_rate="exempt", clerk="次仁", is_automatic=False,
        by=manager(coop, now=now), now=now,
    )  # fmt: skip


def address(order, more=""):
    return f"/orders/{short(order.group_id)}/invoice/{short(order.pk)}/{more}"


def test_a_buyer_is_told_why_there_is_no_invoice_and_prints_a_receipt(browser, order):
    page = browser.get(address(order)).content.decode()
    refused = browser.post(address(order), {"kind": "person", "title_name": "买家"})
    receipt = browser.get(address(order, "receipt/"))

    assert "This seller gives receipts" in page
    assert "Ask for the invoice" not in page
    assert refused.status_code == 409
    assert receipt.headers["Content-Type"] == "application/pdf"
    assert receipt.content.startswith(b"%PDF-")


def test_a_buyer_asks_once_and_her_title_is_kept(browser, order, registered, buyer):
    assert address(order) in browser.get(f"/orders/{short(order.group_id)}/").content.decode()
    form = {"kind": "company", "title_name": "某公司", "tax_number": NUMBER, "email": "", "title": "new", "keep": "yes"}

    answers = [browser.post(address(order), form) for _ in range(2)]
    page = browser.get(address(order)).content.decode()

    assert [answer.status_code for answer in answers] == [302, 302]
    assert InvoiceRequest.objects.get().title_name == "某公司"
    assert InvoiceTitle.objects.get().person == buyer
    assert "Asked for" in page
    assert browser.get(address(order, "paper/")).status_code == 404


def test_nothing_typed_is_lost_when_the_number_is_wrong(browser, order, registered):
    answer = browser.post(address(order), {"kind": "company", "title_name": "某某公司", "tax_number": NUMBER[:-1] + "0", "title": "new"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "某某公司" in page
    assert "its last sign does not fit" in page
    assert not InvoiceRequest.objects.exists()


def test_a_title_of_the_book_is_taken_by_its_key(browser, order, registered, buyer):
    kept = actions.keep_title(person=buyer, title=actions.title_typed(kind="company", name="老公司", tax_number=NUMBER), now=timezone.now())

    browser.post(address(order), {"title": str(kept.pk)})

    assert InvoiceRequest.objects.get().tax_number == NUMBER


def test_a_full_book_does_not_make_an_asked_invoice_look_refused(browser, order, registered, buyer):
    for number in range(20):
        actions.keep_title(person=buyer, title=actions.title_typed(kind="person", name=f"抬头{number}"), now=timezone.now())

    answer = browser.post(address(order), {"kind": "person", "title_name": "第二十一个", "title": "new", "keep": "yes"}, follow=True)

    page = answer.content.decode()
    assert answer.redirect_chain == [(address(order), 302)]
    assert "The invoice is asked for." in page
    assert "Your book holds 20 titles." in page
    assert InvoiceRequest.objects.get().title_name == "第二十一个"
    assert InvoiceTitle.objects.count() == 20


def test_a_book_is_written_and_a_title_taken_out(browser, buyer):
    browser.post("/me/invoice-titles/", {"kind": "company", "title_name": "某公司", "tax_number": NUMBER})
    kept = InvoiceTitle.objects.get(person=buyer)
    page = browser.get("/me/invoice-titles/").content.decode()

    browser.post("/me/invoice-titles/", {"take_out": str(kept.pk)})

    assert NUMBER in page
    assert not InvoiceTitle.objects.exists()
    assert Client().get("/me/invoice-titles/").status_code == 302
