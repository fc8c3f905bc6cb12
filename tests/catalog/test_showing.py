import pytest
from django.utils import translation

from teahorse.catalog import actions, queries
from teahorse.catalog.content import VariantContent
from teahorse.catalog.models import Brand, Offer, Variant
from teahorse.common.ids import new_id
from teahorse.places.queries import path
from tests.catalog.conftest import put_on_show, wine


def test_the_page_of_a_product_takes_one_statement(town, listed, now, sent, django_assert_num_queries):
    path(listed.origin_area.code)

    with django_assert_num_queries(0):
        page = queries.product_page(product_id=listed.pk)

    assert len(sent) == 1
    assert (page.product.id, page.product.title, page.product.published_at) == (listed.pk, listed.title, listed.published_at)
    assert (page.product.attributes, page.category.attributes) == (listed.attributes, town.food.attributes)
    assert (page.seller.key, page.seller.area_code, page.category.slug) == (town.seller.key, town.seller.area.code, town.food.slug)
    assert page.brand == queries.BrandTold(town.brand.key, town.brand.name, town.brand.is_village_brand, town.brand.has_gi_mark)
    offer = Offer.objects.get(variant__product=listed)
    assert [(variant.id, variant.name, variant.offer) for variant in page.variants] == [
        (offer.variant_id, "一瓶 500 毫升", queries.OfferTold(offer.pk, 3800, None))
    ]
    assert [area.name for area in page.areas] == ["西藏自治区", "山南市", "琼结县"]
    assert (page.is_listed, page.price_from_fen, page.season(now.date()), page.pictures) == (True, 3800, None, [])


def test_the_page_of_a_product_speaks_the_readers_language_else_chinese(town, listed):
    with translation.override("bo"):
        told = queries.product_page(product_id=listed.pk)
    with translation.override("en"):
        untold = queries.product_page(product_id=listed.pk)

    assert (told.product.title, told.brand.name) == ("ནས་ཆང་།", "རྡོ་རྗེ")
    assert (untold.seller.name, untold.variants[0].name) == ("强钦合作社", "一瓶 500 毫升")


def test_a_form_that_is_withdrawn_is_not_shown_and_one_that_is_not_offered_has_no_price(town, listed):
    (variant,) = Variant.objects.filter(product=listed)
    Offer.objects.filter(variant=variant).update(is_active=False)
    page = queries.product_page(product_id=listed.pk)
    assert ([shown.offer for shown in page.variants], page.is_listed, page.price_from_fen) == ([None], False, None)

    Variant.objects.filter(pk=variant.pk).update(withdrawn_at=listed.published_at)
    assert queries.product_page(product_id=listed.pk).variants == []


def test_a_withdrawn_product_has_a_page_that_sells_nothing(town, listed, now):
    actions.withdraw_product(product=listed, by=town.reviewer, now=now)

    assert queries.product_page(product_id=listed.pk).is_listed is False
    assert queries.goods_cards(product_ids=[listed.pk], on=now.date()) == []


def test_a_product_that_was_never_shown_is_not_there(db):
    with pytest.raises(queries.NoSuchProduct):
        queries.product_page(product_id=new_id())


def test_cards_stand_in_their_order_by_one_statement(town, listed, now, sent, django_assert_num_queries):
    forms = [
        VariantContent(name={"zh-hans": name}, price_fen=fen, list_price_fen=fen + 100, weight_grams=9)
        for name, fen in (("大", 900), ("小", 500))
    ]
    tea = put_on_show(
        town, now, wine(title={"zh-hans": "甜茶"}, brand="", variants=forms, season_from=1101, season_to=228, origin_area="540229")
    )

    with django_assert_num_queries(0), translation.override("bo"):
        cards = queries.goods_cards(product_ids=[tea.pk, new_id(), listed.pk], on=now.date())

    assert len(sent) == 1
    assert [(card.title, card.price_from_fen, card.list_price_fen, card.forms, card.is_in_season) for card in cards] == [
        ("甜茶", 500, 600, 2, False),
        ("ནས་ཆང་།", 3800, None, 1, None),
    ]
    assert [(card.seller_name, card.seller_key, card.area_name, card.height_m, card.brand_name, card.picture) for card in cards] == [
        ("强钦合作社", "coop-qonggyai", "རྒྱལ་རྩེ་རྫོང", 3900, "", None),
        ("强钦合作社", "coop-qonggyai", "འཕྱོངས་རྒྱས་རྫོང", 3900, "རྡོ་རྗེ", None),
    ]


def test_a_bar_code_leads_to_the_form_that_bears_it(town, listed, now):
    assert [variant.product for variant in queries.find_by_barcode("6901234567892")] == [listed]
    assert queries.find_by_barcode("") == []

    actions.withdraw_product(product=listed, by=town.reviewer, now=now)
    assert queries.find_by_barcode("6901234567892") == []


def test_a_seller_chooses_among_its_own_brands_and_those_of_nobody(town):
    own = Brand.objects.create(key="own", name="强钦", owner=town.seller, county_id=town.seller.county_id)
    Brand.objects.create(key="theirs", name="江孜", owner=town.other_seller, county_id=town.seller.county_id)

    assert set(queries.brands_of(town.seller)) == {own, town.brand}


def test_categories_stand_in_the_order_of_the_mall(town):
    assert queries.categories() == [town.food, town.craft]
