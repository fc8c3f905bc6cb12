"""A seller's statements and dossiers by program, and a bank's check of a dossier by its code."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.dossiers import actions, rules
from teahorse.dossiers.models import Dossier, DossierView
from teahorse.settlement.rules import months_until
from tests import world
from tests.api.test_orders import problem
from tests.dossiers.making import asked, manager, sold

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_tried():
    actions.wrong_codes.forget()


@pytest.fixture
def dossier(chamchen, wine, monkeypatch):
    """A dossier with one sale; printing is tested elsewhere."""
    monkeypatch.setattr(actions.paper, "dossier_pdf", lambda *_given, **_more: b"%PDF-made")
    now = timezone.now()
    sold({wine: 2}, at=now - timedelta(days=40), buyer=world.person("+8619900003000", name="某买家"))
    made = asked(chamchen, manager(chamchen, now=now), now=now)
    return actions.make_dossier(dossier_id=made.pk, now=now)


# --- dossiers


def test_a_seller_lists_her_dossiers_and_fetches_a_paper(as_organisation, chamchen, carpet, dossier):
    seller, other = as_organisation(chamchen), as_organisation(carpet.seller)

    [told] = seller.get("seller/dossiers").json()
    paper = seller.get(f"seller/dossiers/{dossier.pk}/paper")

    assert (told["id"], told["standing"], told["code"], told["digest"]) == (str(dossier.pk), "valid", dossier.code, dossier.digest)
    assert (paper["Content-Type"], paper["Cache-Control"], paper.content) == ("application/pdf", "private, no-store", b"%PDF-made")
    assert other.get("seller/dossiers").json() == []
    assert problem(other.get(f"seller/dossiers/{dossier.pk}/paper")) == (404, "not_there", "dossier_id")


def test_a_bank_checks_the_figures_by_the_code_and_its_seller_sees_that_somebody_looked(api, dossier):
    told = api.get(f"dossiers/{rules.spaced_code(dossier.code).lower()}")

    assert told["Cache-Control"] == "private, no-store"
    assert (told.json()["standing"], told.json()["digest"], told.json()["bank_name"]) == ("valid", dossier.digest, dossier.bank_name)
    assert rules.digest_of(told.json()["figures"]) == dossier.digest
    assert [(view.was, view.device) for view in DossierView.objects.all()] == [("valid", "program")]


def test_of_an_expired_and_of_a_withdrawn_dossier_only_that_is_told(api, dossier):
    person = dossier.signed_by
    actions.withdraw_dossier(organisation=dossier.organisation, dossier_id=dossier.pk, by=person, now=timezone.now())

    told = api.get(f"dossiers/{dossier.code}").json()

    assert (told["standing"], told["figures"], told["digest"], told["bank_name"], told["purpose"]) == ("withdrawn", None, None, None, None)


def test_after_thirty_wrong_codes_an_address_waits(api, dossier):
    for _ in range(30):
        assert problem(api.get("dossiers/AAAA-BBBB")) == (404, "no_such_code", "verify_code")

    assert problem(api.get(f"dossiers/{dossier.code}")) == (429, "too_many_wrong_codes", "")
    assert not DossierView.objects.exists()
    assert Dossier.objects.get().standing(timezone.now()) == "valid"


# --- statements


def test_a_seller_lists_the_months_and_fetches_a_statement_in_both_forms(as_organisation, chamchen):
    seller, now = as_organisation(chamchen), timezone.localtime()

    months = seller.get("seller/statements").json()
    paper = seller.get(f"seller/statements/{months[0]['month']}/paper")
    table = seller.get(f"seller/statements/{months[-1]['month']}/table")

    assert [one["month"] for one in months] == [name for name, _start, _end in months_until(now)]
    assert (len(months), months[0]["month"]) == (13, f"{now:%Y-%m}")
    assert (paper["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert (table["Content-Type"].endswith("spreadsheetml.sheet"), table.content[:2]) == (True, b"PK")


def test_a_month_that_is_not_told_and_one_of_nobody_who_sells_are_not_there(api, as_organisation, chamchen):
    point = world.service_point("xuexi")

    assert problem(as_organisation(chamchen).get("seller/statements/2019-01/paper")) == (404, "not_there", "month")
    assert problem(as_organisation(chamchen).get("seller/statements/x/paper")) == (422, "malformed", "month")
    month = f"{timezone.localtime():%Y-%m}"
    assert problem(as_organisation(point.organisation).get(f"seller/statements/{month}/table")) == (404, "not_there", "month")
    assert problem(api.get("seller/statements")) == (401, "not_known", "")
