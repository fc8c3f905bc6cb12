"""Invoices and credit dossiers at the workbench."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.common.ids import new_id, short
from teahorse.dossiers.models import Dossier
from teahorse.invoices import actions as invoices
from teahorse.invoices.models import InvoiceIssuer, InvoiceRequest, RedInvoice
from teahorse.invoices.rules import check_sign
from tests.console.world import paid

FIRST = "91540524MA6T1ABCD"
NUMBER = FIRST + check_sign(FIRST)


@pytest.fixture
def asked(seller, coop, offer, buyer):
    now = timezone.now()
    invoices.register_issuer(
        organisation=coop, name="多吉合作社", tax_number=NUMBER, tax_rate="exempt", clerk="次仁", is_automatic=False, by=seller, now=now
    )
    return invoices.request_invoice(order=paid(buyer, offer), title=invoices.TitleWanted(kind="person", name="买家"), person=buyer, now=now)


def test_a_manager_writes_down_the_registration_and_nothing_typed_is_lost(seller, coop, browser_of):
    browser, address = browser_of(seller), f"/console/{coop.key}/invoices/issuer/"
    form = {"title_name": "多吉合作社", "tax_number": NUMBER[:-1] + "!", "tax_rate": "exempt", "clerk": "次仁"}

    wrong = browser.post(address, form)
    right = browser.post(address, {**form, "tax_number": NUMBER})

    assert wrong.status_code == 422
    assert NUMBER[:-1] + "!" in wrong.content.decode()
    assert right.status_code == 302
    assert InvoiceIssuer.objects.get(organisation=coop).tax_number == NUMBER


def test_a_seller_has_an_invoice_issued_or_refuses_with_a_reason(asked, seller, coop, browser_of):
    browser = browser_of(seller)
    decide = f"/console/{coop.key}/invoices/"
    listed = browser.get(decide).content.decode()

    silent = browser.post(f"{decide}{short(asked.pk)}/decide/", {"act": "refuse", "reason": ""})
    sent = browser.post(f"{decide}{short(asked.pk)}/decide/", {"act": "issue"})

    assert "买家" in listed
    assert silent.status_code == 422
    assert sent.status_code == 302
    assert InvoiceRequest.objects.get().state == "sent"


def wish(**changes):
    form = {"form_key": str(new_id()), "months": "6", "days": "30", "bank_name": "农商银行", "purpose": "设备贷款", "signed_name": "掌柜",
            "is_agreed": "yes"}  # fmt: skip
    return {**form, **changes}


def test_a_manager_signs_for_a_dossier_once(seller, coop, browser_of):
    browser, form = browser_of(seller), wish()

    answers = [browser.post(f"/console/{coop.key}/dossiers/", form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    made = Dossier.objects.get()
    assert (made.signed_name, made.bank_name, made.months, made.state) == ("掌柜", "农商银行", 6, "asked")
    page = browser.get(answers[0].headers["Location"])
    assert page.headers["Refresh"] == "3"
    assert "农商银行" in page.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"signed_name": "别人"}, {"is_agreed": ""}, {"months": "2"}, {"months": "37"}, {"bank_name": ""}, {"days": "31"}]
)
def test_without_signature_agreement_and_bank_nothing_is_asked(seller, coop, browser_of, wrong):
    answer = browser_of(seller).post(f"/console/{coop.key}/dossiers/", wish(purpose="很长的用途", **wrong))

    assert answer.status_code == 422
    assert "很长的用途" in answer.content.decode()
    assert not Dossier.objects.exists()


def test_staff_who_are_no_managers_find_no_dossiers(seller, coop, browser_of):
    from tests.console.world import member

    made = browser_of(seller).post(f"/console/{coop.key}/dossiers/", wish()).headers["Location"]
    staff = browser_of(member(coop, "+8619900071077", role="staff", name="店员"))

    answers = [staff.get(f"/console/{coop.key}/dossiers/"), staff.get(made), staff.post(f"/console/{coop.key}/dossiers/", wish())]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert Dossier.objects.count() == 1


def test_a_centre_sees_who_waits_and_sends_a_refused_red_letter_again(asked, centre, reviewer, browser_of):
    late = timezone.now() - timedelta(hours=1)
    InvoiceRequest.objects.filter(pk=asked.pk).update(deadline_at=late)
    sent = InvoiceRequest.objects.get()
    InvoiceRequest.objects.filter(pk=sent.pk).update(state="sent")
    InvoiceRequest.objects.filter(pk=sent.pk).update(state="issued", number="24117000000000000001", issued_at=late, ended_at=late)
    red = RedInvoice.objects.create(
        county_id=sent.county_id,
        invoice=sent,
        refund_id=new_id(),
        our_number=new_id().hex,
        amount_fen=100,
        tax_fen=0,
        requested_at=late,
        due_at=late,
        deadline_at=late,
    )
    RedInvoice.objects.filter(pk=red.pk).update(state="refused", trouble="红字确认单未确认", ended_at=late)
    browser, address = browser_of(reviewer), f"/console/{centre.key}/papers/"

    listed = browser.get(address).content.decode()
    browser.post(f"{address}{short(red.pk)}/again/")

    assert "红字确认单未确认" in listed
    red.refresh_from_db()
    assert red.state == "requested"


def test_a_centre_sees_wishes_that_wait_too_long(asked, centre, reviewer, browser_of):
    address = f"/console/{centre.key}/papers/"
    before = browser_of(reviewer).get(address).content.decode()
    InvoiceRequest.objects.filter(pk=asked.pk).update(deadline_at=timezone.now() - timedelta(hours=1))

    after = browser_of(reviewer).get(address).content.decode()

    assert "Nobody waits too long" in before
    assert asked.order.number in after
