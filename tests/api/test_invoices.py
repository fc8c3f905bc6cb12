"""A buyer's invoices by program, with their red letters and additions, and the papers of all."""

from uuid import uuid4

import pytest
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.invoices import actions
from teahorse.invoices.models import InvoicePaper, InvoiceRequest, RedInvoice
from teahorse.orders.actions import pack_order
from tests import world
from tests.aftersales import making
from tests.api.conftest import Api
from tests.api.test_orders import problem
from tests.dossiers.making import paid_besides

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(wine, registered):
    registered(wine.seller)
    return paid({wine: 2})


def paid(wanted):
    """Place an order of one seller and have it paid over a counter."""
    return making.paid(wanted, now=timezone.now())


@pytest.fixture
def buyer(as_buyer, order):
    return as_buyer(order.group)


@pytest.fixture
def meat():
    return world.offer(world.organisation("damxung"), title="牦牛肉", price_fen=9600, on_hand=5, weight_grams=1500, nominal_grams=1200)


def asked(order, **more):
    return {"seller_order_id": str(order.pk), "kind": "person", "title_name": " 卓玛 ", **more}


def issue(key, number="26540000000000000001"):
    """Have the tax office issue an invoice, with its document."""
    InvoiceRequest.objects.filter(pk=key).update(state="sent")
    InvoiceRequest.objects.filter(pk=key).update(state="issued", number=number, issued_at=timezone.now())
    InvoicePaper.objects.create(subject_id=key, content=b"%PDF-" + number.encode(), kept_at=timezone.now())


def test_an_invoice_is_asked_for_once_and_read(buyer, order):
    before = buyer.get(f"orders/{order.group_id}/invoices").json()

    first, again = (buyer.post(f"orders/{order.group_id}/invoices", asked(order)) for _ in range(2))

    told = buyer.get(f"orders/{order.group_id}/invoices/{first.json()['id']}").json()
    assert [(one["can_issue"], one["to_invoice_fen"], one["invoice"]) for one in before] == [(True, order.total_fen, None)]
    assert (first.status_code, again.status_code, first.json() == again.json() == told) == (201, 200, True)
    assert (told["state"], told["kind"], told["title_name"], told["amount_fen"]) == ("requested", "person", "卓玛", order.total_fen)
    assert (told["seller_order_id"], told["number"], told["has_paper"]) == (str(order.pk), "", False)
    assert told["lines"][0] == {"name": "强钦青稞酒", "form": told["lines"][0]["form"], "quantity": 2, "amount_fen": 7600, "tax_fen": 874}
    assert (told["red_letters"], told["additions"]) == ([], [])
    [after] = buyer.get(f"orders/{order.group_id}/invoices").json()
    assert (after["to_invoice_fen"], after["invoice"]) == (0, told)


def test_a_wrong_title_and_another_one_are_refused_as_on_the_page(buyer, order):
    address = f"orders/{order.group_id}/invoices"
    number = "91540524MA6T1ABCD0"

    assert problem(buyer.post(address, asked(order, title_name=" "))) == (422, "malformed", "title_name")
    assert problem(buyer.post(address, asked(order, kind="company", tax_number=number))) == (422, "malformed", "tax_number")
    assert problem(buyer.post(address, asked(order, email="x"))) == (422, "malformed", "email")
    assert problem(buyer.post(address, asked(order, seller_order_id=str(uuid4())))) == (404, "not_there", "seller_order_id")
    assert not InvoiceRequest.objects.exists()
    buyer.post(address, asked(order))
    other = buyer.post(address, asked(order, title_name="扎西"))
    assert problem(other) == (409, "invoice_asked", "")
    assert other.json()["numbers"] == {"title": "卓玛"}


def test_who_sells_what_she_made_gives_a_receipt(as_buyer, carpet):
    order = paid({carpet: 1})
    buyer = as_buyer(order.group)

    [part] = buyer.get(f"orders/{order.group_id}/invoices").json()
    receipt = buyer.get(f"orders/{order.group_id}/receipts/{order.pk}")

    assert (part["can_issue"], part["to_invoice_fen"]) == (False, 0)
    assert problem(buyer.post(f"orders/{order.group_id}/invoices", asked(order))) == (409, "not_an_issuer", "")
    assert (receipt["Content-Type"], receipt["Cache-Control"]) == ("application/pdf", "private, no-store")
    assert receipt.content.startswith(b"%PDF-")


def test_an_unpaid_order_has_neither_invoice_nor_receipt(as_buyer, placed, wine, registered):
    registered(wine.seller)
    order = placed({wine: 1}).orders.get()
    buyer = as_buyer(order.group)

    assert problem(buyer.post(f"orders/{order.group_id}/invoices", asked(order))) == (409, "nothing_paid", "")
    assert problem(buyer.get(f"orders/{order.group_id}/receipts/{order.pk}")) == (404, "not_there", "seller_order_id")


def test_papers_of_an_invoice_its_addition_and_its_red_letter_are_fetched(as_buyer, registered, meat):
    registered(meat.seller)
    order = paid({meat: 1})
    buyer, now = as_buyer(order.group), timezone.now()
    first = buyer.post(f"orders/{order.group_id}/invoices", asked(order)).json()["id"]
    issue(first)
    pack_order(order=order, weight_grams=1500, by=None, now=now, weighed={order.lines.get().pk: 1300}, asks_difference=True)
    order.refresh_from_db()
    paid_besides(order, at=now, buyer=world.person("+8619900003000", name="站点收银"))
    [more] = actions.add_what_was_paid(balance_ids=[order.balances.get().pk], now=now)
    red = RedInvoice.objects.create(
        county_id=more.county_id, invoice_id=first, refund_id=new_id(), our_number=new_id().hex, amount_fen=100, tax_fen=12,
        requested_at=now, deadline_at=now, due_at=now,
    )  # fmt: skip
    address = f"orders/{order.group_id}/invoices/{first}"

    told, paper = buyer.get(address).json(), buyer.get(f"{address}/paper")

    assert (told["has_paper"], told["number"]) == (True, "26540000000000000001")
    assert [(one["id"], one["amount_fen"], one["state"], one["lines"][0]["quantity"]) for one in told["additions"]] == [
        (str(more.pk), 800, "requested", 0)
    ]
    assert [(one["id"], one["amount_fen"], one["tax_fen"], one["state"]) for one in told["red_letters"]] == [
        (str(red.pk), 100, 12, "requested")
    ]
    assert (paper["Content-Type"], paper.content) == ("application/pdf", b"%PDF-26540000000000000001")
    assert problem(buyer.get(f"{address}/paper", other=str(more.pk))) == (404, "not_there", "other")
    issue(more.pk, "26540000000000000002")
    assert buyer.get(f"{address}/paper", other=str(more.pk)).content == b"%PDF-26540000000000000002"


def test_invoices_of_others_are_not_there(as_buyer, as_organisation, placed, buyer, order, carpet):
    key = buyer.post(f"orders/{order.group_id}/invoices", asked(order)).json()["id"]
    strange = placed({carpet: 1})
    stranger, address = as_buyer(strange), f"orders/{order.group_id}/invoices"

    for reader in (stranger, as_organisation(order.seller)):
        for one in (address, f"{address}/{key}", f"{address}/{key}/paper", f"orders/{order.group_id}/receipts/{order.pk}"):
            assert problem(reader.get(one)) == (404, "not_there", "order_id")
        assert problem(reader.post(address, asked(order))) == (404, "not_there", "order_id")
    assert problem(stranger.get(f"orders/{strange.pk}/invoices/{key}")) == (404, "not_there", "invoice_id")
    assert problem(Api().get(address)) == (401, "not_known", "")
