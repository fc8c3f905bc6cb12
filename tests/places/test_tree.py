"""The tree of areas: what a person picks from, what lies within, how a place is written in an address."""

import pytest

from teahorse.places import queries
from teahorse.places.models import Area

pytestmark = pytest.mark.django_db


def names(code=""):
    return [area.name for area in queries.children(code)]


def test_the_whole_country_is_loaded(country):
    counts = {length: Area.objects.filter(code__regex=f"^.{{{length}}}$").count() for length in (2, 4, 6, 9, 12)}

    assert country.read == country.written == Area.objects.count() == 50480
    assert counts == {2: 31, 4: 342, 6: 2978, 9: 41352, 12: 5777}


def test_the_picker_starts_with_the_regions(country, django_assert_num_queries):
    with django_assert_num_queries(1):
        regions = names()

    assert len(regions) == 31
    assert (regions[0], regions[-1]) == ("北京市", "新疆维吾尔自治区")


@pytest.mark.parametrize(
    ("code", "first", "count"),
    [
        ("11", "东城区", 16),
        ("110101", "东华门街道", 17),
        ("44", "广州市", 21),
        ("4419", "东城街道", 36),
        ("54", "拉萨市", 7),
        ("5405", "乃东区", 12),
        ("540524", "琼结镇", 4),
        ("540524100", None, None),
        ("540524100201", None, 0),
    ],
)
def test_the_picker_steps_over_areas_that_only_fill_a_level(country, django_assert_num_queries, code, first, count):
    with django_assert_num_queries(1 if len(code) < 12 else 0):
        found = names(code)

    assert count is None or len(found) == count
    assert first is None or found[0] == first
    assert not set(found) & {"市辖区", "县", "省直辖县级行政区划"}


def test_the_picker_shows_prefectures_and_the_cities_that_belong_to_none_together(country):
    hubei = names("42")

    assert hubei[0] == "武汉市"
    assert {"仙桃市", "潜江市", "天门市", "神农架林区"} <= set(hubei)
    assert len(names("50")) == 38


def test_every_area_but_the_stand_ins_can_be_reached_by_picking(country):
    reached, open_codes = set(), ["11", "42", "44", "50", "5405"]
    while open_codes:
        below = [area.code for area in queries.children(open_codes.pop())]
        reached.update(below)
        open_codes.extend(code for code in below if len(code) < 9)

    here = queries.within("11") | queries.within("42") | queries.within("44") | queries.within("50") | queries.within("5405")
    towns = set(Area.objects.filter(here, level="township").values_list("code", flat=True))
    assert len(towns) == 4697
    assert towns <= reached


def test_what_lies_within_is_found_by_the_index(country):
    plan = Area.objects.filter(queries.within("540524")).explain()

    assert Area.objects.filter(queries.within("540524")).count() == 1 + 4 + 20
    assert "area_code_path" in plan
    assert "~>=~" in plan


def test_children_are_found_by_the_index(country):
    for code in ("", "54", "5405", "540524", "540524100"):
        assert "Seq Scan" not in queries.children(code).explain(), code


def test_the_way_from_the_region_down_is_one_query(country, django_assert_num_queries):
    with django_assert_num_queries(1):
        way = queries.path("540524100")

    assert [area.code for area in way] == ["54", "5405", "540524", "540524100"]


@pytest.mark.parametrize(
    ("code", "language", "written"),
    [
        ("540524100", "zh-hans", "西藏自治区山南市琼结县琼结镇"),
        ("540524", "en", "Qonggyai County, Shannan (Lhoka), Tibet (Xizang) Autonomous Region"),
        ("540524", "bo", None),
        ("110101001", "zh-hans", "北京市东城区东华门街道"),
        ("441900003", "zh-hans", "广东省东莞市东城街道"),
        ("441900003", "en", "东城街道, 东莞市, Guangdong"),
        ("429004", "zh-hans", "湖北省仙桃市"),
    ],
)
def test_a_place_is_written_as_people_write_it(country, code, language, written):
    name = queries.full_name(code, language)

    assert written is None or name == written
    assert language != "bo" or name.endswith(" འཕྱོངས་རྒྱས")


def test_an_ended_area_is_not_shown(country):
    Area.objects.filter(code="540524100").update(until_date="2026-08-15")

    assert "琼结镇" not in names("540524")
    assert [area.code for area in queries.path("540524100")] == ["54", "5405", "540524"]
    with pytest.raises(queries.NoSuchArea):
        queries.area_by_code("540524100")


def test_an_area_is_found_by_its_code(country):
    assert queries.area_by_code("540524").name == "琼结县"
    with pytest.raises(queries.NoSuchArea) as refused:
        queries.area_by_code("999999")
    assert (refused.value.status, refused.value.field) == (404, "area")


@pytest.mark.parametrize("text", ["琼结", "qonggyai", "Qonggyai C", "འཕྱོངས་རྒྱས", " 琼结县 "])
def test_an_area_is_found_by_its_name_in_any_language(country, text):
    assert queries.find_areas(text)[0].code == "540524"


def test_names_are_found_without_their_marks_and_larger_areas_come_first(country):
    found = queries.find_areas("deqen", 3)

    assert [area.code for area in found][:2] == ["5334", "533422"]
    assert queries.find_areas("  ") == []
    assert queries.find_areas("%") == []
    assert len(queries.find_areas("东", 5)) == 5
