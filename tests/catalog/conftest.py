"""A small county with two sellers, two categories, a brand and two people."""

from dataclasses import dataclass

import pytest

from teahorse.catalog import actions
from teahorse.catalog.content import ProductContent, VariantContent
from teahorse.catalog.models import Brand, Category
from teahorse.people.models import Organisation, Person
from teahorse.places.models import Area, area_id

AREAS = [
    ("54", "region", "西藏自治区", "བོད་རང་སྐྱོང་ལྗོངས", "Tibet"),
    ("5405", "prefecture", "山南市", "ལྷོ་ཁ་གྲོང་ཁྱེར", "Lhoka"),
    ("540528", "county", "琼结县", "འཕྱོངས་རྒྱས་རྫོང", "Qonggyai"),
    ("540229", "county", "江孜县", "རྒྱལ་རྩེ་རྫོང", "Gyangzê"),
]
CHOICES = [{"key": "dry", "label": {"zh-hans": "干燥"}}, {"key": "chilled", "label": {"zh-hans": "冷藏"}}]
ATTRIBUTES = [
    {"key": "alcohol", "label": {"zh-hans": "酒精度"}, "kind": "number", "unit": {"zh-hans": "%vol"}},
    {"key": "ingredients", "label": {"zh-hans": "配料"}, "kind": "text"},
    {"key": "storage", "label": {"zh-hans": "存放"}, "kind": "choice", "choices": CHOICES},
]


@dataclass
class Town:
    """What the tests stand on."""

    seller: Organisation
    other_seller: Organisation
    food: Category
    craft: Category
    brand: Brand
    writer: Person
    reviewer: Person


def make_town():
    for code, level, name, tibetan, english in AREAS:
        Area.objects.create(id=area_id(code), code=code, level=level, name=name, i18n={"name_bo": tibetan, "name_en": english})
    county = area_id("540528")

    def seller(key, name, code):
        return Organisation.objects.create(key=key, kind="cooperative", name=name, area_id=area_id(code), county_id=area_id(code))

    return Town(
        seller=seller("coop-qonggyai", "强钦合作社", "540528"),
        other_seller=seller("coop-gyangze", "江孜合作社", "540229"),
        food=Category.objects.create(
            slug="food-drink", name="粮油酒水", attributes=ATTRIBUTES, i18n={"name_bo": "འབྲུ་རིགས", "name_en": "Food and drink"}
        ),
        craft=Category.objects.create(slug="crafts", name="手工艺", position=1, i18n={"name_en": "Crafts"}),
        brand=Brand.objects.create(key="dorje", name="多吉", county_id=county, i18n={"name_bo": "རྡོ་རྗེ"}),
        writer=Person.objects.create(phone="+8613800000001", name="央金"),
        reviewer=Person.objects.create(phone="+8613800000002", name="扎西"),
    )


@pytest.fixture
def town(db):
    return make_town()


def wine(**changes):
    """A document without a fault."""
    whole = {
        "title": {"zh-hans": "手工青稞酒", "bo": "ནས་ཆང་།", "en": "Barley wine"},
        "story": {"zh-hans": "村里的老窖，冬天酿的。"},
        "category": "food-drink",
        "brand": "dorje",
        "drawing": "chang",
        "origin_area": "540528",
        "origin_height_m": 3900,
        "attributes": {"alcohol": 12, "storage": "dry", "ingredients": {"zh-hans": "青稞、水"}},
        "variants": [VariantContent(name={"zh-hans": "一瓶 500 毫升"}, price_fen=3800, weight_grams=900, barcode="6901234567892")],
    }
    return ProductContent(**(whole | changes))


def put_on_show(town, now, content=None, seller=None):
    """Draft, submit and approve a product."""
    draft = actions.start_draft(seller=seller or town.seller, by=town.writer, now=now)
    actions.write_draft(draft=draft, content=content or wine(), by=town.writer, now=now)
    actions.submit_draft(draft=draft, by=town.writer, now=now)
    return actions.approve_draft(draft=draft, by=town.reviewer, now=now)


@pytest.fixture
def listed(town, now):
    return put_on_show(town, now)
