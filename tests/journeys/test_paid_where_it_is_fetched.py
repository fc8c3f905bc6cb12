"""
An order that is paid in cash where it is fetched: ordered in the mall, packed unpaid, brought to a station, paid at its counter, handed
over, closed; what it earns matures and the books balance. All that persons do is done on their pages.
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.common.events import JOB, carry_out
from teahorse.common.ids import short
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders.models import BalanceDue, OrderGroup, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment
from teahorse.settlement import actions as settlement
from teahorse.settlement.models import Sale
from tests import world
from tests.console.world import member
from tests.mall.world import hidden
from tests.settlement.making import are_whole, fee, standing

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def browser(person):
    client = Client(headers={"accept-language": "en"})
    client.force_login(person, backend=BACKEND)
    return client


def reacted():
    """Do the stored jobs of all reactions, as the worker would."""
    for job in ProcrastinateJob.objects.filter(task_name=JOB).order_by("id"):
        carry_out(job.args["reaction"], job.args["event"])


class Village:
    """A cooperative with its packer, a station with its keeper and her box, and a villager."""

    def __init__(self):
        world.freight()
        world.organisation("centre", kind="county_centre")
        self.coop = world.organisation("coop-dorje")
        self.point = world.service_point("station-lhayu", kind="township_station", level="station", code="540524201")
        self.wine = world.offer(self.coop, title="青稞酒", price_fen=3800, on_hand=10)
        self.packer = browser(member(self.coop, "+8619900071001"))
        self.keeper_person = member(self.point.organisation, "+8619900071003")
        self.keeper = browser(self.keeper_person)
        self.buyer = browser(world.person("+8619900071009", name="买家"))
        payments.open_shift(organisation=self.point.organisation, person_id=self.keeper_person.pk, float_fen=20_000, now=timezone.now())

    def at(self, name, **more):
        return reverse(f"console:{name}", kwargs={"org": "station-lhayu", **more})

    def checkout(self, **more):
        """The answer to what she sends, and what she had read before."""
        form = hidden(self.buyer.get("/checkout/", {"buy": short(self.wine.pk), "quantity": "2"}).content.decode())
        address = {"name": "买家", "phone": "19900071009", "way": "point", "province": "54", "city": "5405", "county": "540524"}
        typed = {**address, "township": "540524201", "point": short(self.point.pk), "line": "", "note": ""}
        read = self.buyer.post("/checkout/", {**form, **typed, "do": "look"}).content.decode()
        return self.buyer.post("/checkout/", {**hidden(read), **typed, **more, "do": "place"}), read

    def order(self):
        return SellerOrder.objects.get()

    def packed(self):
        order = self.order()
        where = reverse("console:pack", kwargs={"org": "coop-dorje"})
        self.packer.post(where, {"order": order.pk, f"weight.{order.pk}": "1.25", f"carrier.{order.pk}": "network"})
        return Parcel.objects.get(reference=order.pk)


@pytest.fixture
def village():
    return Village()


def test_from_the_mall_to_the_counter_and_into_the_books(village):
    fee(rate=1000)

    answer, read = village.checkout(pay="delivery")

    group = OrderGroup.objects.get()
    assert "In cash, when I fetch it" in read
    assert answer["Location"] == f"/orders/{short(group.pk)}/"
    told = village.buyer.get(answer["Location"]).content.decode()
    assert f"You pay ¥{group.total_fen / 100:.2f} in cash when you fetch it at" in told
    assert "Pay now" in told

    assert "Paid on delivery" in village.packer.get(reverse("console:ship", kwargs={"org": "coop-dorje"})).content.decode()
    parcel = village.packed()
    order = village.order()
    assert (order.state, parcel.cod_fen) == ("preparing", group.total_fen)
    assert (
        "it is no sale" in village.packer.get(reverse("console:order", kwargs={"org": "coop-dorje", "order_id": order.pk})).content.decode()
    )

    village.keeper.post(village.at("scan"), {"number": parcel.number, "mode": "take_in"})
    assert f"take ¥{group.total_fen / 100:.2f}" in village.keeper.get(village.at("parcels")).content.decode()
    page = village.at("parcel", parcel_id=parcel.pk)
    refused = village.keeper.post(page, {"act": "hand_over", "pickup_code": parcel.pickup_code})
    assert refused.status_code == 422
    assert f"{village.at('cash')}?q={group.number}" in refused.content.decode()
    assert not Scan.objects.filter(act="handed_over").exists()
    assert Sale.objects.count() == 0

    counter = village.keeper.get(village.at("cash"), {"q": group.number})
    balance = BalanceDue.objects.get()
    assert str(balance.pk) in counter.content.decode()
    taken = village.keeper.post(village.at("cash_take", group_id=group.pk), {"number": group.number, "balance": str(balance.pk)})
    receipt = village.keeper.get(taken["Location"]).content.decode()
    assert f'href="{page}"' in receipt
    assert "补款" not in receipt
    again = village.keeper.post(village.at("cash_take", group_id=group.pk), {"number": group.number, "balance": str(balance.pk)})
    assert again["Location"] == taken["Location"]
    village.keeper.post(page, {"act": "hand_over", "pickup_code": parcel.pickup_code})
    parcel.refresh_from_db()
    assert parcel.stage == "handed_over"

    village.buyer.post(f"/orders/{short(group.pk)}/", {"do": "receive", "order": order.number})
    order.refresh_from_db()
    assert order.state == "closed"
    now = timezone.now()
    settlement.book_forgotten(now=now + timedelta(minutes=3))
    settlement.mature_earnings(now=now + timedelta(days=9))
    assert standing(village.coop) == {"payable": group.total_fen - 760}
    assert Payment.objects.get().amount_fen == group.total_fen
    assert are_whole(now)


def test_who_leaves_it_pays_nothing_and_it_lies_on_the_shelf_again(village):
    village.checkout(pay="delivery")
    parcel = village.packed()
    village.keeper.post(village.at("scan"), {"number": parcel.number, "mode": "take_in"})
    page = village.at("parcel", parcel_id=parcel.pk)

    village.keeper.post(page, {"act": "refuse", "note": "她不要了"})
    reacted()
    order = village.order()
    assert BalanceDue.objects.get().state == "lapsed"
    assert "Its seller takes it back here" in village.keeper.get(page).content.decode()
    village.keeper.post(page, {"act": "give_back"})
    reacted()

    order.refresh_from_db()
    assert (order.state, order.end_reason) == ("cancelled", "not_taken")
    assert world.level_of(village.wine).on_hand == 10
    assert not Payment.objects.exists()
    assert "Cancelled" in village.buyer.get(f"/orders/{short(order.group_id)}/").content.decode()
    assert are_whole(timezone.now())
