import pytest
from django.utils import translation

from teahorse.catalog import actions, queries
from teahorse.catalog.content import VariantContent
from teahorse.catalog.models import Brand
from teahorse.common.ids import new_id
from tests.catalog.conftest import put_on_show, wine


def test_the_page_of_a_product_takes_five_queries(town, listed, now, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        page = queries.product_page(product_id=listed.pk)

        assert (page.product, page.seller, page.category, page.brand) == (listed, town.seller, town.food, town.brand)
        assert [(shown.variant.name, shown.offer.price_fen) for shown in page.variants] == [("一瓶 500 毫升", 3800)]
        assert [area.name for area in page.areas] == ["西藏自治区", "山南市", "琼结县"]
        assert (page.is_listed, page.price_from_fen, page.season(now.date()), page.pictures) == (True, 3800, None, [])


def test_a_withdrawn_product_has_a_page_that_sells_nothing(town, listed, now):
    actions.withdraw_product(product=listed, by=town.reviewer, now=now)

    assert queries.product_page(product_id=listed.pk).is_listed is False
    assert queries.goods_cards(product_ids=[listed.pk], on=now.date()) == []


def test_a_product_that_was_never_shown_is_not_there(db):
    with pytest.raises(queries.NoSuchProduct):
        queries.product_page(product_id=new_id())


def test_cards_stand_in_their_order_by_one_query(town, listed, now, django_assert_num_queries):
    forms = [
        VariantContent(name={"zh-hans": name}, price_fen=fen, list_price_fen=fen + 100, weight_grams=9)
        for name, fen in (("大", 900), ("小", 500))
    ]
    tea = put_on_show(
        town, now, wine(title={"zh-hans": "甜茶"}, brand="", variants=forms, season_from=1101, season_to=228, origin_area="540229")
    )

    with django_assert_num_queries(1), translation.override("bo"):
        cards = queries.goods_cards(product_ids=[tea.pk, new_id(), listed.pk], on=now.date())

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
