import pytest
from django.utils import translation

from teahorse.catalog import actions, queries
from teahorse.catalog.content import VariantContent
from tests.catalog.conftest import put_on_show, wine


def form(price):
    return [VariantContent(name={"zh-hans": "一份"}, price_fen=price, weight_grams=500)]


@pytest.fixture
def shelf(town, now):
    """Barley wine of Qonggyai, a carpet of Gyangzê whose story tells of barley wine, and matsutake in season."""
    return {
        "wine": put_on_show(town, now, wine()),
        "carpet": put_on_show(
            town,
            now,
            wine(
                title={"zh-hans": "江孜卡垫", "bo": "རྒྱལ་རྩེའི་ཁ་གདན", "en": "Gyangzê carpet"},
                story={"zh-hans": "织毯的人爱喝青稞酒。"},
                category="crafts",
                attributes={},
                brand="",
                origin_area="540229",
                is_traceable=True,
                variants=form(120000),
            ),
            seller=town.other_seller,
        ),
        "matsutake": put_on_show(
            town,
            now,
            wine(title={"zh-hans": "松茸"}, story={}, attributes={}, brand="", season_from=701, season_to=930, variants=form(25000)),
        ),
    }


def found(shelf, now, **words):
    page = queries.search(on=now.date(), **words)
    names = {product.pk: name for name, product in shelf.items()}
    return [names[card.product_id] for card in page.cards]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("青稞酒", ["wine", "carpet"]),
        ("青稞", ["wine", "carpet"]),
        ("手工青稞酒", ["wine", "carpet"]),
        ("qkj", ["wine"]),
        ("qingke", ["wine"]),
        ("qingkejiu", ["wine"]),
        ("qingk", ["wine"]),
        ("ཆང", ["wine"]),
        ("ནས་ཆང་", ["wine"]),
        ("chang", ["wine"]),
        ("barley", ["wine"]),
        ("barl", ["wine"]),
        ("琼结", ["matsutake", "wine"]),
        ("Qonggyai", ["matsutake", "wine"]),
        ("འཕྱོངས་རྒྱས", ["matsutake", "wine"]),
        ("Gyangzê", ["carpet"]),
        ("gyangze", ["carpet"]),
        ("江孜卡垫", ["carpet"]),
        ("རྒྱལ་རྩེ", ["carpet"]),
        ("多吉", ["wine"]),
        ("rdo rje", ["wine"]),
        ("琼结 青稞酒", ["wine"]),
        ("6901234567892", ["wine"]),
        ("songrong", ["matsutake"]),
        ("拉萨", []),
        ("!!!", []),
    ],
)
def test_goods_are_found_in_every_script_names_before_stories(shelf, now, text, names):
    hits = found(shelf, now, text=text)

    assert sorted(hits) == sorted(names)
    assert hits[:1] == names[:1] or names[:1] == ["matsutake"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"category": "crafts"}, {"carpet"}),
        ({"category": "nothing"}, set()),
        ({"area_code": "5405"}, {"wine", "matsutake"}),
        ({"area_code": "%"}, {"wine", "matsutake", "carpet"}),
        ({"price_from": 3801}, {"matsutake", "carpet"}),
        ({"price_from": 3800, "price_to": 25000}, {"wine", "matsutake"}),
        ({"is_traceable": True}, {"carpet"}),
        ({"text": "青稞酒", "is_traceable": True}, {"carpet"}),
        ({"text": "青稞酒", "category": "food-drink", "sort": "new"}, {"wine"}),
    ],
)
def test_filters_narrow(shelf, now, filters, names):
    assert set(found(shelf, now, **filters)) == names


def test_what_is_in_season_is_found_by_the_day(shelf, now):
    assert found(shelf, now, in_season_on=now.date()) == ["matsutake"]
    assert found(shelf, now, in_season_on=now.date().replace(month=12)) == []


def test_the_goods_of_one_seller(shelf, town, now):
    assert found(shelf, now, seller=town.other_seller) == ["carpet"]


def test_goods_stand_in_the_asked_order(shelf, now):
    actions.write_sold_counts(counts={shelf["carpet"].pk: 7, shelf["wine"].pk: 3})

    assert found(shelf, now, sort="price") == ["wine", "matsutake", "carpet"]
    assert found(shelf, now, sort="price_desc") == ["carpet", "matsutake", "wine"]
    assert found(shelf, now, sort="sold") == ["carpet", "wine", "matsutake"]


def test_a_page_counts_what_was_found_and_of_what_kind_it_is(shelf, now):
    with translation.override("en"):
        page = queries.search(on=now.date(), per_page=2, page=2, sort="price")

    assert (page.total, page.total_text, page.pages, page.is_more) == (3, "3", 2, False)
    assert [card.title for card in page.cards] == ["Gyangzê carpet"]
    assert [(facet.name, facet.count) for facet in page.categories] == [("Food and drink", 2), ("Crafts", 1)]
    assert [(facet.name, facet.count) for facet in page.counties] == [("Qonggyai", 2), ("Gyangzê", 1)]


def test_a_page_beyond_the_last_is_empty(shelf, now):
    assert queries.search(on=now.date(), page=999).cards == []


def test_searching_takes_four_queries_at_most(shelf, now, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        queries.search(on=now.date(), text="青稞酒")


def test_writing_entries_anew_keeps_what_was_sold(shelf, now):
    product = shelf["wine"]
    actions.write_sold_counts(counts={product.pk: 3})

    assert actions.write_search_entries(product_ids=[product.pk for product in shelf.values()]) == 3

    product.search_entry.refresh_from_db()
    assert product.search_entry.sold_count == 3


@pytest.mark.parametrize(
    ("text", "suggestions"),
    [
        ("青", [("product", "手工青稞酒")]),
        ("qingk", [("product", "手工青稞酒")]),
        ("多", [("brand", "多吉"), ("product", "手工青稞酒")]),
        ("crafts", [("category", "手工艺"), ("product", "江孜卡垫")]),
        ("", []),
    ],
)
def test_something_is_suggested_while_a_person_types(shelf, text, suggestions):
    with translation.override("zh-hans"):
        assert [(found.kind, found.text) for found in queries.suggest(text=text)] == suggestions


def test_a_word_of_nearly_every_product_finds_titles_first_and_then_what_sells(shelf, now, monkeypatch):
    known = queries.Statistics(everywhere={"西藏", "青稞"})
    monkeypatch.setattr("teahorse.catalog.queries.searching.statistics", lambda: known)
    actions.write_sold_counts(counts={shelf["carpet"].pk: 9, shelf["matsutake"].pk: 5})

    assert found(shelf, now, text="青稞") == ["wine", "carpet"]
    assert found(shelf, now, text="西藏") == ["carpet", "matsutake", "wine"]
    assert found(shelf, now, text="西藏", category="food-drink") == ["matsutake", "wine"]
    assert found(shelf, now, text="西藏", sort="price") == ["wine", "matsutake", "carpet"]


def test_words_everywhere_are_those_that_postgresql_counted(shelf):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("analyze catalog_searchentry")

    assert {"西藏", "xizangzizhiqu"} <= queries.statistics().everywhere
    assert "青稞" not in queries.statistics().everywhere


@pytest.mark.parametrize("edge", [0, 5, 9])
def test_the_best_of_all_goods_are_asked_first_and_all_where_they_are_too_few(shelf, now, monkeypatch, edge):
    actions.write_sold_counts(counts={shelf["carpet"].pk: 9, shelf["matsutake"].pk: 5})
    known = queries.Statistics(edges={"sold_count desc": edge})
    monkeypatch.setattr("teahorse.catalog.queries.searching.statistics", lambda: known)

    assert found(shelf, now, text="青稞", sort="sold") == ["carpet", "wine"]
    assert found(shelf, now, text="青稞") == ["wine", "carpet"]
    assert found(shelf, now, sort="sold") == ["carpet", "matsutake", "wine"]


def test_the_best_of_all_goods_suffice_where_they_are_enough(shelf, now, monkeypatch):
    actions.write_sold_counts(counts={shelf["carpet"].pk: 9, shelf["wine"].pk: 7})
    known = queries.Statistics(edges={"sold_count desc": 8})
    monkeypatch.setattr("teahorse.catalog.queries.searching.statistics", lambda: known)
    monkeypatch.setattr("teahorse.catalog.queries.search_statements.MOST_FOUND", 0)
    monkeypatch.setattr("teahorse.catalog.queries.searching.MOST_FOUND", 0)

    assert queries.search(on=now.date(), text="青稞", sort="sold").is_more


def test_edges_are_known_where_goods_are_many(shelf, monkeypatch):
    from django.db import connection

    monkeypatch.setattr("teahorse.catalog.queries.search_statements.MANY", 3)
    with connection.cursor() as cursor:
        cursor.execute("analyze catalog_searchentry")
    queries.search_statements.statistics.forget()

    assert set(queries.statistics().edges) == {"sold_count desc", "published_at desc", "price_from_fen", "price_from_fen desc"}


def test_a_search_leaves_the_settings_of_the_transaction_as_they_were(shelf, now):
    from django.db import connection

    queries.search(on=now.date(), text="青稞")
    queries.suggest(text="青稞")

    with connection.cursor() as cursor:
        cursor.execute(
            "select current_setting('enable_seqscan'), current_setting('enable_indexscan'), current_setting('cpu_operator_cost')"
        )
        assert cursor.fetchone() == ("on", "on", "0.0025")
