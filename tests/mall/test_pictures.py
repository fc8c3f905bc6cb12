"""Photographs beside the lines of cart, checkout and order."""

import pytest
from django.utils import timezone

from teahorse.catalog.models import Picture
from teahorse.common.ids import short
from teahorse.orders.models import OrderGroup
from tests.mall.world import confirmed


def photograph(product, digest, *, position, alt="", **more):
    return Picture.objects.create(
        county_id=product.county_id,
        seller=product.seller,
        product=product,
        sha256=digest * 64,
        width=1280,
        height=960,
        alt=alt,
        position=position,
        uploaded_at=timezone.now(),
        **more,
    )


@pytest.fixture
def photographed(world):
    """The carpet has a draft's picture and two published ones; the incense has none."""
    product = world.carpet.variant.product
    photograph(product, "d", position=None)
    photograph(product, "b", position=1, alt="背面")
    photograph(product, "a", position=0, alt="织机上的地毯", i18n={"alt_en": "A carpet on the loom"})
    return world


SMALL = '<img class="thumb" src="/media/pictures/aa/' + "a" * 64 + '-320.webp" alt="织机上的地毯"'


def pages(guest, put, world):
    """Return cart, checkout, order and list of orders as the guest sees them."""
    put(world.carpet)
    put(world.incense)
    shown = [guest.get("/cart/"), guest.get("/checkout/")]
    guest.post("/checkout/", confirmed(guest))
    order = f"/orders/{short(OrderGroup.objects.get().pk)}/"
    return [page.content.decode() for page in (*shown, guest.get(order), guest.get(f"{order}fragment/"), guest.get("/me/orders/"))]


def test_lines_show_the_first_published_picture_small_and_the_drawing_where_there_is_none(photographed, guest, put):
    for page in pages(guest, put, photographed):
        assert page.count(SMALL) == 1
        assert page.count('drawings/incense.svg" alt="尼木藏香"') == 1
        assert "bbbbbbbb" not in page
        assert "dddddddd" not in page


def test_the_alternative_text_is_in_the_pages_language_else_the_title(photographed, guest, put):
    guest.cookies["language"] = "en"
    put(photographed.carpet)
    put(photographed.incense)

    page = guest.get("/cart/").content.decode()

    assert 'alt="A carpet on the loom"' in page
    assert 'alt="Nyemo incense"' in page


def test_a_picture_without_words_has_the_title(world, guest, put):
    photograph(world.carpet.variant.product, "a", position=0)
    put(world.carpet)

    assert 'alt="加麻手工地毯"' in guest.get("/cart/").content.decode()


def test_pictures_cost_one_question_however_many_lines_there_are(photographed, guest, put, django_assert_num_queries):
    from teahorse.mall.pictures import first_pictures

    carpet, incense = photographed.carpet.variant.product_id, photographed.incense.variant.product_id

    with django_assert_num_queries(1):
        assert set(first_pictures([carpet, incense, carpet])) == {carpet}
    with django_assert_num_queries(0):
        assert first_pictures([]) == {}
