import gzip
import re
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler

from teahorse.common.static_files import Joined
from teahorse.common.ui.drawings import KINDS, drawing_name
from teahorse.common.ui.goods_card import goods_card
from teahorse.common.ui.pages import catalogue
from teahorse.common.ui.plots import County, county_map, sparkline
from teahorse.common.ui.profile import Point, describe, profile_figure, profile_svg
from teahorse.common.ui.said import said

UI = Path(__file__).parents[2] / "teahorse/common/ui"
STATIC = UI / "static/ui"
SVG = "{http://www.w3.org/2000/svg}"
SHEET = Joined(location=STATIC).open("teahorse.css").read().decode()
WAY = [Point(0, 3680, "琼结"), Point(250, 5013, "米拉山口", is_pass=True), Point(430, 3380, "<巴河>"), Point(1940, 500, "成都")]


@pytest.fixture(autouse=True)
def plain_files(settings):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def render(source, **context):
    return engines["django"].from_string(CottonCompiler().process(source)).render(context)


# --- colours and weights


def tokens(selector):
    block = SHEET[SHEET.index(selector) :]
    return dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6});", block[: block.index("}")]))


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


INKS = ("text", "soft", "maroon", "lake", "lake-deep", "barley-text", "juniper", "alarm")
PAIRS = [
    *product(INKS, ("page", "card")),
    *product(("text", "soft"), ("sunk", "lake-tint", "juniper-tint", "barley-tint", "alarm-tint")),
    *product(("on-colour",), ("maroon", "maroon-deep", "lake", "lake-deep", "juniper", "alarm", "barley-text")),
    ("lake-deep", "lake-tint"),
    ("juniper", "juniper-tint"),
    ("barley-text", "barley-tint"),
    ("alarm", "alarm-tint"),
    ("page", "text"),
]


@pytest.mark.parametrize("selector", ['[data-theme="light"] {', '[data-theme="dark"] {'])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read_on_its_ground(selector, ink, ground):
    colours = tokens(selector)

    assert contrast(colours[ink], colours[ground]) >= 4.5


def test_the_dark_colours_are_the_same_whether_chosen_or_wished_by_the_browser():
    assert tokens('[data-theme="dark"] {') == tokens(":root:not([data-theme]) {")


@pytest.mark.parametrize(("file", "most"), [("teahorse.css", 18_000), ("teahorse.js", 6_000), ("icons.svg", 5_000), ("logo.svg", 1_500)])
def test_what_every_page_loads_stays_small(file, most):
    with Joined(location=STATIC).open(file) as served:
        assert len(gzip.compress(served.read(), 9)) < most


def test_a_page_loads_one_style_sheet_with_all_its_parts():
    parts = sorted(file.read_text() for file in (STATIC / "sheet").glob("*.css"))

    assert "@import" not in SHEET
    assert [part for part in parts if part not in SHEET] == []
    assert finders.find("ui/teahorse.css") == str(STATIC / "teahorse.css")
    (found,) = [storage for finder in finders.get_finders() for path, storage in finder.list([]) if path == "ui/teahorse.css"]
    assert found.open("ui/teahorse.css").read().decode() == SHEET


def test_nothing_is_loaded_from_other_hosts():
    loaded = [*re.findall(r"url\([\"']?(\w+:)?//", SHEET), *re.findall(r"import .*https?:", (STATIC / "teahorse.js").read_text())]

    assert loaded == []


# --- drawings and icons


def test_there_is_a_drawing_for_every_kind_and_a_kind_for_every_drawing():
    assert {file.stem for file in (STATIC / "drawings").glob("*.svg")} == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_drawing_is_small_well_formed_and_one_of_the_set(kind):
    file = STATIC / f"drawings/{kind}.svg"
    drawn = ElementTree.parse(file).getroot()

    assert file.stat().st_size < 2560
    assert drawn.get("viewBox") == "0 0 400 400"
    assert not any(element.get("style") or element.tag in {f"{SVG}style", f"{SVG}script"} for element in drawn.iter())


@pytest.mark.parametrize("kind", ["", "submarine", "../../etc/passwd"])
def test_an_unknown_kind_gets_the_parcel(kind):
    assert drawing_name(kind) == "parcel"
    assert render("{% drawing kind %}", kind=kind) == "/static/ui/drawings/parcel.svg"


def test_every_icon_that_a_template_names_is_in_the_sprite():
    sprite = {symbol.get("id") for symbol in ElementTree.parse(STATIC / "icons.svg").getroot()}
    named = {
        name
        for file in UI.rglob("*.html")
        for name in re.findall(r"{% icon \"(\w+)\"| icon=\"(\w+)\"", file.read_text())
        for name in name
        if name
    }

    assert named <= sprite


def test_an_icon_is_decoration_unless_it_is_given_words():
    assert 'aria-hidden="true"' in render('{% icon "cart" %}')
    assert 'aria-label="&lt;b&gt;"' in render('{% icon "cart" words %}', words="<b>")


# --- money and numbers


@pytest.mark.parametrize(
    ("fen", "shown"),
    [
        (128000, '<span class="price"><span class="price__sign">¥</span>1,280</span>'),
        (6850, '<span class="price"><span class="price__sign">¥</span>68<span class="price__fen">.50</span></span>'),
        (-5, '<span class="price"><span class="price__sign">−¥</span>0<span class="price__fen">.05</span></span>'),
        (None, ""),
    ],
)
def test_a_price_has_a_large_yuan_and_small_fen(fen, shown):
    assert render("{{ fen|yuan }}", fen=fen) == shown


@pytest.mark.parametrize(("fen", "shown"), [(126650, "¥1,266.50"), (-5000, "−¥50.00"), (0, "¥0.00")])
def test_an_amount_in_a_table_shows_every_fen(fen, shown):
    assert render("{{ fen|yuan_plain }}", fen=fen) == shown


@pytest.mark.parametrize(
    ("number", "language", "shown"),
    [
        (1_897_000_000, "zh-hans", "18.97 亿"),
        (12_480, "zh-hans", "1.2 万"),
        (99_996_000, "zh-hans", "9,999.6 万"),
        (99_999_960, "zh-hans", "1 亿"),
        (9_999, "zh-hans", "9,999"),
        (-260_000_000, "zh-hans", "-2.6 亿"),
        (12_480, "bo", "ཁྲི་ 1.2"),
        (1_897_000_000, "en", "1,897,000,000"),
    ],
)
def test_numbers_are_written_as_people_say_them(number, language, shown):
    assert said(number, language) == shown


def test_a_said_number_keeps_the_exact_one():
    with translation.override("zh-hans"):
        shown = render("{% exactly n '¥' %}", n=1_897_000_000)

    assert shown == '<data class="spoken" value="1897000000" title="¥1,897,000,000">¥18.97 亿</data>'


# --- plots


def names(drawn):
    return [element.text for element in ElementTree.fromstring(drawn).iter(f"{SVG}text")]


def readable(drawn):
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')


def test_the_profile_names_its_passes_and_escapes_every_name():
    drawn = profile_svg(WAY, reached_km=430)

    assert "<巴河>" not in drawn
    assert {"米拉山口", "5,013 m", "<巴河>", "琼结", "成都"} <= set(names(readable(drawn)))


def test_the_profile_is_told_in_words_too():
    with translation.override("en"):
        assert describe(WAY) == "1,940 km, 1,333 m of climbing, over 1 pass; highest: 米拉山口, 5,013 m"
        assert "1,333 m of climbing" in ElementTree.fromstring(readable(profile_svg(WAY))).findtext(f"{SVG}desc")


def test_the_goods_are_marked_where_they_are():
    assert "profile__now" in profile_svg(WAY, reached_km=99_999)
    assert "profile__now" not in profile_svg(WAY)


@pytest.mark.parametrize("points", [[], [Point(0, 3680, "琼结")]])
def test_a_way_without_two_points_is_not_drawn(points):
    assert profile_figure(points) == ""


def test_a_flat_way_is_drawn():
    assert "NaN" not in profile_svg([Point(0, 3600, "a"), Point(10, 3600, "b")])


def test_a_county_map_escapes_names_and_says_figures():
    drawn = county_map([County("<琼结>", 29.0, 91.7, 980, href="/?a=1&b=2"), County("德钦", 28.5, 98.9, 0)], label="x")

    assert "<琼结>" not in drawn
    assert 'href="/?a=1&amp;b=2" aria-label="&lt;琼结&gt;: 980"' in drawn
    assert county_map([]) == ""


def test_a_sparkline_needs_two_values():
    assert sparkline([1]) == ""
    assert 'aria-label="&quot;a&quot;"' in sparkline([1, 2, 1], label='"a"')


# --- components and pages


def test_a_goods_card_escapes_what_people_write():
    card = goods_card(href="/g/1", name="<script>", price_fen=100, origin="a & b", code="x", badges=["<i>"], picture='"x')

    assert "<script>" not in card
    assert "&lt;script&gt;" in card
    assert "a &amp; b" in card
    assert "&lt;i&gt;" in card
    assert 'src="&quot;x"' in card


def test_a_reduced_price_is_said_and_not_only_coloured():
    with translation.override("en"):
        card = goods_card(href="/g/1", name="x", price_fen=26800, was_fen=32800)

    assert '<span class="visually-hidden">before</span> ¥328.00</s>' in card


def test_another_language_keeps_what_was_asked_for():
    request = RequestFactory().get("/search/?q=青稞&page=2&lang=en")

    assert render("{% language_url 'bo' %}", request=request) == "?q=%E9%9D%92%E7%A8%9E&amp;page=2&amp;lang=bo"
    assert render("{% page_url 3 %}", request=request) == "?q=%E9%9D%92%E7%A8%9E&amp;lang=en&amp;page=3"


def test_a_field_tells_its_error_at_the_field():
    shown = render('<c-field name="phone" label="Phone" value="1380" error="11 digits" />')

    assert 'aria-describedby="phone-told"' in shown
    assert 'aria-invalid="true"' in shown
    assert "11 digits" in shown


def test_a_field_takes_a_control_of_its_own_and_says_when_it_may_be_empty():
    with translation.override("en"):
        shown = render(
            '<c-field name="story" id="k" label="It\'s" optional="yes" help="{{ help }}"><textarea id="k"></textarea></c-field>',
            help="a & b",
        )

    assert shown == (
        '<div class="field"><label for="k">It&#x27;s <span class="field__optional">(optional)</span></label><textarea id="k"></textarea>'
        '<div id="k-told"><p class="field__help">a &amp; b</p></div></div>'
    )


def test_a_component_escapes_words_once_and_hands_on_what_it_does_not_know():
    shown = render(
        '<c-field name="n" label="{{ label }}" value="{{ typed }}" maxlength="{{ most }}" autofocus />', label="<b>", typed='"&', most=8
    )

    assert shown == (
        '<div class="field"><label for="n">&lt;b&gt;</label>'
        '<input id="n" name="n" type="text" value="&quot;&amp;" required maxlength="8" autofocus></div>'
    )


def test_components_take_variables_after_a_colon_and_leave_out_what_is_missing():
    assert render('<c-price :fen="fen" :was="was" />', fen=100, was=None) == render("{{ fen|yuan }}", fen=100)
    assert "¥2.00</s>" in render('<c-price :fen="fen" :was="was" />', fen=100, was=200)
    assert (
        render('<c-chip href="{{ to }}" :on="on">x</c-chip>', to="/?a&b", on=True)
        == '<a class="chip" href="/?a&amp;b" aria-current="true">x</a>'
    )
    assert render('<c-button tone="{{ missing }}" small="yes" formaction="/x">{{ word }}</c-button>', word="<") == (
        '<button class="button button--small" type="submit" formaction="/x">&lt;</button>'
    )


def test_a_component_in_the_slot_of_another_is_drawn():
    shown = render('<c-notice tone="alarm" title="t"><c-badge tone="good">{{ word }}</c-badge></c-notice>', word="w")

    assert shown.startswith('<div class="notice notice--alarm" role="alert"><svg')
    assert shown.endswith('<p class="notice__title">t</p><div><span class="badge badge--good">w</span></div></div>')


def test_words_and_addresses_that_were_looked_up_follow_language_and_arguments():
    page = engines["django"].from_string('{% translate "Cart" %} {% url "mall:maker" key %}')

    shown = {}
    for language in ("en", "zh-hans", "en"):
        with translation.override(language):
            shown[language, "a"], shown[language, "b"] = page.render({"key": "a-b"}), page.render({"key": "b-c"})

    assert shown["en", "a"] == "Cart /makers/a-b/"
    assert shown["en", "b"] == "Cart /makers/b-c/"
    assert shown["zh-hans", "b"] == "购物车 /makers/b-c/"


def test_the_options_of_a_select_are_escaped_and_the_chosen_one_is_marked():
    shown = render("{% options choices '2' %}", choices=[("1", "<a>"), ("2", "b")])

    assert shown == '<option value="1">&lt;a&gt;</option><option value="2" selected>b</option>'


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
def test_the_catalogue_shows_every_component_without_inline_styles_or_scripts(language, rf):
    request = rf.get("/ui/", {"theme": "dark"})
    request.LANGUAGE_CODE = language
    request.user = None

    with translation.override(language):
        page = catalogue(request).content.decode()

    assert f'<html lang="{language}" dir="ltr" data-theme="dark">' in page
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", page)
    assert "<c-" not in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_an_attribute_that_is_said_by_a_value_stands_or_not():
    shown = render('<c-button :data-a="yes" :data-b="no" :data-c="text">Go</c-button>', yes=True, no=False, text='"<')

    assert " data-a" in shown
    assert "data-b" not in shown
    assert 'data-c="&quot;&lt;"' in shown


def test_what_depends_on_a_long_text_is_not_kept():
    page = engines["django"].from_string("{% keep asked %}{{ asked }}{% endkeep %}")
    node = next(iter(page.template.nodelist))
    long = "x" * 5000

    assert (page.render({"asked": long}), page.render({"asked": "short"})) == (long, "short")
    assert len(node.kept._drawn) == 1


@pytest.mark.parametrize(("shown", "width", "tallest"), [("narrow", 360, 1.0), ("wide", 900, 0.6)])
def test_few_places_one_above_the_other_make_no_tower(shown, width, tallest):
    drawn = county_map([County("上", 30.6, 113.0, 1), County("下", 23.1, 113.3, 1)])

    box = re.search(rf'plot--{shown}" viewBox="0 0 (\d+) (\d+)"', drawn)
    assert int(box[1]) == width
    assert width * tallest <= int(box[2]) < width * tallest + 160
    middle = [float(x) for x in re.findall(r'cx="([\d.]+)"', drawn[box.start() :].split("</svg>")[0])]
    assert all(width * 0.3 < x < width * 0.7 for x in middle)
