"""What is kept for all guests, and what never is."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from teahorse.catalog.models import Offer
from teahorse.common.ids import short
from teahorse.common.statements import asked
from teahorse.mall import guest_pages
from teahorse.mall.guest_pages import GuestPages
from teahorse.orders import actions as orders
from teahorse.promotions.models import Promotion
from teahorse.stock.models import StockLevel
from tests.mall.world import person
from tests.promotions.offers import promotion

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def test_a_product_page_is_asked_for_in_few_statements_and_the_second_time_in_none(world, sent, django_assert_num_queries):
    Client().get(world.page(world.carpet))  # areas are known now
    guest_pages.pages.clear()
    sent.clear()

    with django_assert_num_queries(0):
        first = Client().get(world.page(world.carpet))
        asked = len(sent)
        second = Client().get(world.page(world.carpet))

    assert (asked, len(sent)) == (3, 3)  # how its rows are; the product, and what stands beside it
    assert first.content == second.content
    assert second["Content-Language"] == "zh-hans"


def test_a_product_page_for_a_chosen_area_asks_as_few(world, sent, django_assert_num_queries):
    first, second = Client(), Client()
    first.cookies["area"] = second.cookies["area"] = "540123"
    first.get(world.page(world.incense))
    guest_pages.pages.clear()
    sent.clear()

    with django_assert_num_queries(0):
        second.get(world.page(world.incense))

    assert len(sent) == 3


def test_each_language_and_each_area_has_its_own_page(world):
    def told(language, area=""):
        client = Client()
        client.cookies["language"] = language
        if area:
            client.cookies["area"] = area
        return client.get(world.page(world.carpet)).content.decode()

    assert "Gyaimain carpet" in told("en")
    assert "加麻手工地毯" in told("zh-hans")
    assert "¥27.00" in told("en")
    assert "¥12.00" in told("en", "540123")


def test_a_persons_page_is_neither_kept_nor_taken_from_the_guests(world):
    her = Client()
    her.force_login(person(), backend=BACKEND)
    her.get(world.page(world.carpet))

    assert len(guest_pages.pages) == 0


def test_a_guest_with_a_cart_or_a_message_is_answered_anew(world, put):
    guest = Client(HTTP_SEC_FETCH_SITE="same-origin")
    put(world.carpet, client=guest)
    said = guest.get(world.page(world.carpet))

    assert len(guest_pages.pages) == 0
    assert "notice--good" in said.content.decode()
    assert "notice--good" not in Client().get(world.page(world.carpet)).content.decode()


def test_posts_refusals_and_what_is_not_there_are_not_kept(world, guest):
    guest.post(world.page(world.carpet), {"offer": short(world.carpet.pk), "quantity": "0", "do": "cart"})
    guest.get("/goods/0351eyWPwL8IUlGzeTuDwB/")
    guest.get(f"/search/?q={'x' * 400}")

    assert len(guest_pages.pages) == 0


def test_an_answer_that_sets_a_cookie_is_not_kept(rf):
    @guest_pages.kept_for_guests
    def view(request):
        response = HttpResponse("hers")
        response.set_cookie("x", "1")
        return response

    request = rf.get("/x/")
    from django.contrib.sessions.backends.db import SessionStore

    request.session = SessionStore()
    view(request)

    assert len(guest_pages.pages) == 0


def test_a_page_is_kept_for_ten_seconds():
    clock = [100.0]
    kept = GuestPages(clock=lambda: clock[0])
    kept.keep(("/", "bo", ""), HttpResponse("page"))

    assert kept.find(("/", "bo", "")).content == b"page"
    assert kept.find(("/", "en", "")) is None
    clock[0] = 110.0
    assert kept.find(("/", "bo", "")) is None


def test_only_so_many_pages_are_kept(monkeypatch):
    monkeypatch.setattr(guest_pages, "MOST_PAGES", 2)
    kept = GuestPages()
    for name in ("/a", "/b", "/c"):
        kept.keep((name, "bo", ""), HttpResponse(name))

    assert kept.find(("/a", "bo", "")) is None
    assert kept.find(("/c", "bo", "")).content == b"/c"
    assert len(kept) == 2


def test_only_so_many_bytes_are_kept(monkeypatch):
    monkeypatch.setattr(guest_pages, "MOST_BYTES", 10)
    kept = GuestPages()
    kept.keep(("/a", "bo", ""), HttpResponse("123456"))
    kept.keep(("/a", "bo", ""), HttpResponse("1234567"))
    kept.keep(("/b", "bo", ""), HttpResponse("123456"))

    assert kept.find(("/a", "bo", "")) is None
    assert kept.find(("/b", "bo", "")).content == b"123456"


def asked_while_being_made(kept, key):
    """Ask for a page in a second thread while the first still makes it; return what both got, and how often it was made."""
    begun, go_on, made = threading.Event(), threading.Event(), []

    def make():
        made.append(1)
        begun.set()
        go_on.wait(5)
        return HttpResponse("new")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(kept.find_or_make, key, make, may_keep=lambda _: True)
        begun.wait(5)
        second = threads.submit(kept.find_or_make, key, make, may_keep=lambda _: True)
        wait([second], timeout=0.2)
        was_quick = second.done()
        go_on.set()
        return first.result().content, second.result().content, len(made), was_quick


def test_one_request_makes_the_page_and_the_others_wait_for_it():
    assert asked_while_being_made(GuestPages(), ("/", "bo", "")) == (b"new", b"new", 1, False)


def test_while_a_page_is_made_anew_the_others_get_the_old_one():
    clock = [100.0]
    kept = GuestPages(clock=lambda: clock[0])
    kept.keep(("/", "bo", ""), HttpResponse("old"))
    clock[0] = 115.0

    assert asked_while_being_made(kept, ("/", "bo", "")) == (b"new", b"old", 1, True)


def test_a_page_that_is_too_old_is_nobodys():
    clock = [100.0]
    kept = GuestPages(clock=lambda: clock[0])
    kept.keep(("/", "bo", ""), HttpResponse("old"))
    clock[0] = 120.0

    assert asked_while_being_made(kept, ("/", "bo", ""))[1] == b"new"


def test_a_page_that_fails_is_made_by_the_next_one_too():
    kept = GuestPages()

    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept.find_or_make(("/", "bo", ""), fail, may_keep=lambda _: True)

    assert kept.find_or_make(("/", "bo", ""), lambda: HttpResponse("well"), may_keep=lambda _: True).content == b"well"


def test_a_product_page_is_drawn_again_only_when_its_rows_changed(world, monkeypatch, sent, django_assert_num_queries):
    clock = [100.0]
    monkeypatch.setattr(guest_pages, "pages", GuestPages(clock=lambda: clock[0]))
    address = world.page(world.carpet)
    Client().get(address)
    clock[0] = 111.0
    drawn = Client().get(address)

    clock[0] = 122.0
    sent.clear()
    with django_assert_num_queries(0):
        assert Client().get(address).content == drawn.content
    assert len(sent) == 1

    Offer.objects.filter(pk=world.carpet.pk).update(price_fen=123_400)
    clock[0] = 133.0
    assert "1,234" in Client().get(address).content.decode()


def mark_of(offer) -> str:
    return asked(guest_pages.PRODUCT_MARK, [offer.variant.product_id])()[0][0]


def changes(offer, change) -> bool:
    """Return whether something makes the page of a product another one."""
    before = mark_of(offer)
    assert mark_of(offer) == before
    change()
    return mark_of(offer) != before


def test_a_discount_that_is_spent_makes_another_page(world):
    made = promotion(world.weavers, now=timezone.now(), percent_bp=1000, budget_fen=500)

    assert not changes(world.carpet, lambda: Promotion.objects.filter(pk=made.pk).update(spent_fen=499))
    assert changes(world.carpet, lambda: Promotion.objects.filter(pk=made.pk).update(spent_fen=500))
    assert not changes(world.incense, lambda: Promotion.objects.filter(pk=made.pk).update(spent_fen=0))  # another seller's


def test_a_discount_that_was_used_as_often_as_allowed_makes_another_page(world):
    made = promotion(world.weavers, now=timezone.now(), percent_bp=1000, most_uses=1)

    assert changes(world.carpet, lambda: Promotion.objects.filter(pk=made.pk).update(uses=1))


def test_a_sale_before_the_harvest_makes_another_page_when_it_begins_and_when_it_ends(world):
    now, made = timezone.now(), []
    StockLevel.objects.filter(offer=world.carpet).update(on_hand=0)

    def sell():
        made.append(
            orders.open_harvest_sale(
                level=StockLevel.objects.get(offer=world.carpet), capacity=5, opens_at=now, closes_at=now + timedelta(days=5),
                ship_by_date=(now + timedelta(days=20)).date(), deposit_basis_points=2000, note="", by=None, now=now,
            )
        )  # fmt: skip

    assert changes(world.carpet, sell)
    assert changes(world.carpet, lambda: orders.declare_harvest(sale=made[0], units=5, by=None, now=now))


def test_the_page_names_no_discount_that_is_for_known_phones_alone(world):
    promotion(world.weavers, title="每人一次", now=timezone.now(), percent_bp=1000, per_person=1)
    promotion(world.weavers, title="人人都有", now=timezone.now(), percent_bp=500)

    page = Client().get(world.page(world.carpet)).content.decode()

    assert "人人都有" in page
    assert "每人一次" not in page


def test_a_page_that_stays_true_is_drawn_again_after_two_minutes():
    clock, drawn = [0.0], []
    kept = GuestPages(clock=lambda: clock[0])

    def draw():
        drawn.append(clock[0])
        return HttpResponse("page")

    for second in range(0, 300, 5):
        clock[0] = float(second)
        kept.find_or_make(("/", "bo", ""), draw, may_keep=lambda _: True, mark=lambda: "as it was")

    assert drawn == [0.0, 120.0, 240.0]


@pytest.mark.parametrize("address", ["/", "/kinds/", "/search/?q=地毯", "/makers/coop-weavers/", "/places/54/"])
def test_the_other_browsing_pages_are_kept_too(world, django_assert_num_queries, address):
    Client().get(address)

    with django_assert_num_queries(0):
        assert Client().get(address).status_code == 200
