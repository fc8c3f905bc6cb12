"""Choosing at the checkout to pay where it is fetched, and reading about it afterwards."""

import pytest
from django.conf import settings
from django.test import Client

from teahorse.common.ids import short
from teahorse.orders.models import BalanceDue, OrderGroup
from teahorse.people.models import ServicePoint
from tests.mall.world import hidden, person

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@pytest.fixture(autouse=True)
def _a_box_in_the_hall(world):
    ServicePoint.objects.filter(pk=world.hall.pk).update(takes_cash=True)


@pytest.fixture
def villager(world):
    client = Client(headers={"accept-language": "en"})
    client.force_login(person("+8613800138007"), backend=BACKEND)
    return client


def where(world, **more):
    typed = {"name": "央宗", "phone": "13800138007", "way": "point", "province": "54", "city": "5405", "county": "540524"}
    return {**typed, "township": "", "line": "", "note": "", "point": short(world.hall.pk), **more}


def looked(client, world, **more):
    form = hidden(client.get("/checkout/", {"buy": short(world.incense.pk), "quantity": "2"}).content.decode())
    return client.post("/checkout/", {**form, **where(world, **more), "do": "look"}).content.decode()


def placed(client, world, read, **more):
    return client.post("/checkout/", {**hidden(read), **where(world, pay="delivery", **more), "do": "place"})


def radio(html):
    start = html.index('name="pay" value="delivery"')
    return html[start : html.index(">", start)]


def test_it_is_offered_where_it_is_fetched_and_kept_when_the_page_is_laid_out_again(world, villager):
    first = looked(villager, world)
    again = looked(villager, world, pay="delivery")
    to_the_door = looked(villager, world, way="door", line="村口", county="540524")

    assert ("checked" in radio(first), "disabled" in radio(first)) == (False, False)
    assert "checked" in radio(again)
    assert 'name="pay"' not in to_the_door


def test_a_guest_reads_what_to_do_and_gets_no_unpaid_order(world, guest):
    guest.cookies["language"] = "en"
    read = looked(guest, world)

    answer = placed(guest, world, read)

    assert "disabled" in radio(read)
    assert "Log in and prove your phone number" in read
    assert answer.status_code == 409
    assert "Log in and prove your phone number" in answer.content.decode()
    assert not OrderGroup.objects.exists()


def test_a_point_without_a_box_says_so(world, villager):
    ServicePoint.objects.update(takes_cash=False)

    read = looked(villager, world)

    assert "disabled" in radio(read)
    assert "Choose such a pickup point, or pay now" in read


def test_she_reads_what_she_owes_pays_ahead_or_cancels(world, villager):
    answer = placed(villager, world, looked(villager, world))
    group = OrderGroup.objects.get()
    page = f"/orders/{short(group.pk)}/"

    told = villager.get(page).content.decode()
    pay = villager.get(f"{page}pay/").content.decode()

    assert answer["Location"] == page
    assert (group.is_paid_on_delivery, group.orders.get().state) == (True, "agreed")
    assert "You pay when you fetch it" in told
    assert "Being packed" in told
    assert ">Paid<" not in told
    assert "What is not paid by then goes back to its seller" in told
    assert "You can pay it here before" in pay
    villager.post(page, {"do": "cancel", "order": group.orders.get().number, "reason": "changed_mind"})
    assert (group.orders.get().state, BalanceDue.objects.get().state) == ("cancelled", "lapsed")
    assert "Nothing was paid for it" in villager.get(page).content.decode()
    assert villager.get(f"{page}pay/").status_code == 302


def test_the_same_press_again_is_the_same_order(world, villager):
    read = looked(villager, world)

    first, second = placed(villager, world, read), placed(villager, world, read)

    assert first["Location"] == second["Location"]
    assert (OrderGroup.objects.count(), BalanceDue.objects.count()) == (1, 1)
