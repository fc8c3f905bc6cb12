"""A barley wine's, dried yak meat's and a rug's story: told on a phone, labelled, bought, packed, scanned and proved, by the pages."""

import shutil

import pytest

from teahorse.common.ids import short
from teahorse.mall.guest_pages import pages
from teahorse.mall.views import scanned as scan_page
from teahorse.trace.guarding import guesses
from tests.mall.world import make_world, maker
from tests.trace.by_hand import Maker, bought, goods, lot_of, proved, scanned

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm (poppler-utils) is not installed"),
]


@pytest.fixture(autouse=True)
def _pages_are_drawn_anew(settings, tmp_path):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.TRACE_LOG, settings.TRACE_KEY = tmp_path / "log", tmp_path / "log.key"
    for kept in (scan_page.reports, scan_page.hidden_tries, guesses):
        kept.forget()
    pages.clear()
    yield
    pages.clear()


@pytest.fixture
def shops():
    return make_world()


def steps_of(page):
    return [step.what for step in page.context["told"].steps]


def test_a_barley_wine_from_the_field_to_the_bottle(shops, tmp_path):
    wine = maker("company-wine", "强钦酒坊", "540524201203")
    hand, bottles = Maker(wine, "barley-wine"), goods(wine, "强钦青稞酒")
    cellar = hand.site("酒窖", kind="store", height_m="3770", water="山泉")
    barley = lot_of(hand.tell("buy-barley", household=["演示家", ""], weight=["120,5", ""], site=str(cellar.pk)), "barley")
    starter = lot_of(hand.tell("get-starter", give__starter="4"), "starter")
    steamed = hand.tell("steam", takes={barley: 100}, field__water="山泉")
    hand.tell("add-starter", takes={starter: None}, process=str(steamed.pk), field__warmth="26,5")
    drawn = hand.tell("draw", process=str(steamed.pk), give__wine="180", give__lees="52", field__abv="8", is_last="yes")
    tank = lot_of(drawn, "wine")
    hand.tell("sample", takes={tank: 1}, paper__test_report="演-1")
    hand.certify("test_report", "演-1", tank)
    bottled = lot_of(hand.tell("bottle", takes={tank: 20}, give__bottle="40", site=str(cellar.pk)), "bottle")
    hand.shelve(bottled, bottles, 40)
    (text,) = hand.labels(bottled, tmp_path, level="lot")
    order = bought(bottles, 2)
    hand.pack(order, lot=bottled)

    page = scanned(text)

    assert page.context["verdict"] == "genuine"
    assert steps_of(page) == [
        "Sent to a buyer",
        "Bottle",
        "Take a sample",
        "Draw the wine",
        "Add the starter",
        "Steam",
        "Get starter",
        "Buy barley",
    ]
    assert [paper.name for paper in page.context["told"].papers] == ["Test report"]
    assert [place.height_m for place in page.context["told"].places] == [3770]
    assert page.context["told"].product_id == bottles.variant.product_id
    assert proved(page) == 8
    assert "How much came 40 pieces Left 38 pieces" in hand.read(f"trace/lots/{short(bottled.pk)}/")
    made_of = hand.read(f"trace/lots/{short(tank.pk)}/trace/")
    assert "It adds up In 104 kg, out 180 litres. By-products 52 kg. 1.73 litres of 1 kg, allowed 1 to 2." in made_of
    assert "%" not in made_of  # litres of kilograms


def test_yak_meat_from_the_pasture_to_the_bag(shops, tmp_path):
    yaks = maker("coop-yak", "牦牛合作社", "540524201203")
    hand, bags = Maker(yaks, "yak-meat"), goods(yaks, "风干牦牛肉")
    pasture = hand.site("夏季牧场", kind="pasture", height_m="4200", ground="高山草甸")
    herd = lot_of(hand.tell("tag", serials__yak="A-1\nA-2", site=str(pasture.pk), field__breed="高山牦牛"), "yak")
    hand.tell("quarantine", takes={herd: None})
    hand.tell("release", takes={herd: None}, paper__animal_quarantine="演-2")
    hand.certify("animal_quarantine", "演-2", herd)
    carcass = lot_of(
        hand.tell("slaughter", takes={herd: None}, give__carcass="290", give__offal="170", paper__meat_inspection="演-3"), "carcass"
    )
    hand.certify("meat_inspection", "演-3", carcass)
    meat = lot_of(hand.tell("cut", takes={carcass: 60}, give__meat="18,5", field__coldest="-8", field__warmest="5,5"), "meat")
    bagged = lot_of(hand.tell("bag", takes={meat: 12}, give__bag="20"), "bag")
    hand.commit(bagged)
    hand.shelve(bagged, bags, 20)
    codes = hand.labels(bagged, tmp_path, count="2")
    hand.pack(bought(bags), codes=codes[0])

    page, other = scanned(codes[0]), scanned(codes[1])

    assert (page.context["verdict"], other.context["verdict"], len(set(codes))) == ("genuine", "genuine", 2)
    assert steps_of(page) == ["Sent to a buyer", "Bag", "Cut and dry", "Slaughter", "Pass quarantine", "Hold for quarantine", "Tag"]
    told = page.context["told"]
    assert [step.temperature.words for step in told.steps if step.temperature] == ["-8.0 – 5.5 °C"]
    assert {paper.name for paper in told.papers} == {
        "Commitment certificate",
        "Animal quarantine certificate",
        "Meat inspection certificate",
    }
    assert scanned(codes[0].lower()).context["verdict"] == "genuine"
    assert proved(page) == 7


def test_a_rug_from_the_yarn_to_the_floor(shops, tmp_path):
    hand, rug = Maker(shops.weavers, "carpet"), shops.small_carpet
    yarn = lot_of(hand.tell("buy-yarn", household=["演示牧户"], weight=["12"]), "yarn")
    dyed = lot_of(hand.tell("dye", takes={yarn: 8}, give__dyed="7,8", field__dye="茜草"), "dyed")
    loom = hand.tell("warp", takes={dyed: 4}, field__pattern="莲花")
    woven = lot_of(hand.tell("finish", process=str(loom.pk), serials__carpet="KD-1", field__hours="150", is_last="yes"), "carpet")
    hand.tell("inspect", takes={woven: None})
    hand.shelve(woven, rug, 1)
    (text,) = hand.labels(woven, tmp_path, count="1", has_hidden="on", form="bag")
    before = scanned(text)
    hand.pack(bought(rug), codes=text)

    page = scanned(text)

    assert (before.context["verdict"], page.context["verdict"]) == ("genuine", "genuine")
    assert "Eight signs under the scratch field" in page.content.decode()
    assert steps_of(before) == ["Inspect", "Take off the loom", "Begin to weave", "Dye", "Buy yarn"]
    assert steps_of(page) == ["Sent to a buyer", *steps_of(before)]
    assert proved(page) == 6
