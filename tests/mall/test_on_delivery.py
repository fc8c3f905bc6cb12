"""Choosing at the checkout to pay where it is fetched, and reading about it afterwards."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from teahorse.common.ids import short
from teahorse.logistics import actions as logistics
from teahorse.orders import actions as orders
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


def packed(group):
    return orders.pack_order(order=group.orders.get(), weight_grams=900, by=None, now=timezone.now())


def tell(parcel, act, place):
    now = timezone.now()
    told = logistics.ScanDraft(parcel_number=parcel.number, act=act, happened_at=now, place=place, by=None)
    logistics.record_scans(scans=[told], now=now)
    orders.follow_unpaid_parcels(order_ids=[parcel.reference], now=now)


def test_it_is_to_be_paid_on_delivery_in_words_of_its_own(world, villager):
    placed(villager, world, looked(villager, world))
    page = f"/orders/{short(OrderGroup.objects.get().pk)}/"

    told = villager.get(page).content.decode()

    assert "To be paid on delivery" in told
    assert "Still to be paid" not in told


def test_she_cancels_what_is_packed_until_it_is_handed_in(world, villager):
    placed(villager, world, looked(villager, world))
    group = OrderGroup.objects.get()
    packed(group)
    page = f"/orders/{short(group.pk)}/"
    form = {"do": "cancel", "order": group.orders.get().number, "reason": "changed_mind"}

    offered = villager.get(page).content.decode()
    villager.post(page, form)
    told = villager.get(page).content.decode()

    assert 'value="cancel"' in offered
    assert group.orders.get().state == "cancelled"
    assert "Nothing was paid for it" in told
    assert "Stayed with the seller" in told
    assert "Not to be paid any more" in told


def test_what_was_handed_in_she_is_told_to_refuse(world, villager):
    placed(villager, world, looked(villager, world))
    group = OrderGroup.objects.get()
    tell(packed(group), "received", world.hall)
    page = f"/orders/{short(group.pk)}/"

    offered = villager.get(page).content.decode()
    answer = villager.post(page, {"do": "cancel", "order": group.orders.get().number, "reason": "changed_mind"})

    assert 'value="cancel"' not in offered
    assert answer.status_code == 409
    assert "It can be refused where it is to be fetched" in answer.content.decode()
    assert group.orders.get().state == "preparing"


def test_what_was_lost_unpaid_says_that_she_owes_nothing(world, villager):
    placed(villager, world, looked(villager, world))
    group = OrderGroup.objects.get()
    tell(packed(group), "lost", world.hall)
    orders.end_unfetched(now=timezone.now() + timedelta(days=30))

    told = villager.get(f"/orders/{short(group.pk)}/").content.decode()

    assert group.orders.get().end_reason == "lost_on_its_way"
    assert "You owe nothing for it" in told
