"""A small house: two counties with a maker each, three goods, a hall, a city to send to."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from teahorse.catalog.actions.searching import write_search_entries
from teahorse.catalog.models import Category, Offer, Product, Variant
from teahorse.common.ids import short
from teahorse.logistics.models import FreightRate
from teahorse.people.models import Organisation, Person, ServicePoint
from teahorse.places.models import Area, area_id
from teahorse.stock.models import StockLevel, StockPlace

AREAS = (
    ("11", "region", "北京市", "Beijing"),
    ("1101", "prefecture", "市辖区", ""),
    ("110101", "county", "东城区", "Dongcheng"),
    ("54", "region", "西藏自治区", "Tibet"),
    ("5405", "prefecture", "山南市", "Shannan"),
    ("540524", "county", "琼结县", "Qonggyai"),
    ("540524201", "township", "加麻乡", "Gyaimain"),
    ("540524201203", "village", "德庆村", "Dechen"),
    ("5401", "prefecture", "拉萨市", "Lhasa"),
    ("540123", "county", "尼木县", "Nyemo"),
    ("540123201", "township", "吞巴乡", "Tunba"),
    ("540123201202", "village", "吞达村", "Tunda"),
)


@dataclass
class World:
    carpet: Offer
    small_carpet: Offer
    incense: Offer
    hall: ServicePoint
    weavers: Organisation
    burners: Organisation

    def page(self, offer: Offer) -> str:
        return f"/goods/{short(offer.variant.product_id)}/"

    def left(self, offer: Offer) -> int:
        return StockLevel.objects.get(offer=offer).available


def make_world() -> World:
    """Build it; some fifty rows."""
    Area.objects.bulk_create(
        Area(
            id=area_id(code),
            code=code,
            level=level,
            name=name,
            i18n={"name_en": english} if english else {},
            latitude=29.0,
            longitude=91.0 + len(code) / 10,
            height_m=3700,
        )
        for code, level, name, english in AREAS
    )
    weavers = maker("coop-weavers", "红星合作社", "540524201203")
    burners = maker("coop-incense", "吞达合作社", "540123201202")
    crafts = Category.objects.create(
        slug="crafts",
        name="手工艺",
        drawing="carpet",
        position=1,
        attributes=[
            {"key": "size", "label": {"zh-hans": "尺寸", "en": "Size"}, "kind": "text"},
            {
                "key": "wool",
                "label": {"zh-hans": "羊毛", "en": "Wool"},
                "kind": "choice",
                "choices": [{"key": "sheep", "label": {"zh-hans": "绵羊毛", "en": "Sheep"}}],
            },
            {"key": "days", "label": {"zh-hans": "工期", "en": "Made in"}, "kind": "number", "unit": {"zh-hans": "天", "en": "days"}},
        ],
    )
    goods = Product.objects.create(
        county_id=weavers.county_id,
        seller=weavers,
        category=crafts,
        title="加麻手工地毯",
        i18n={"title_en": "Gyaimain carpet"},
        story="羊毛来自村里。",
        drawing="carpet",
        origin_area=weavers.area,
        origin_height_m=3740,
        is_traceable=True,
        published_at=timezone.now(),
        attributes={"size": {"zh-hans": "六十乘九十"}, "wool": "sheep", "days": 18},
    )
    carpet = offer_of(goods, "大号", price_fen=128000, grams=4000, units=5, barcode="2600000010917")
    small_carpet = offer_of(goods, "小号", price_fen=68000, grams=1500, units=2, position=1)
    sticks = Product.objects.create(
        county_id=burners.county_id,
        seller=burners,
        category=crafts,
        title="尼木藏香",
        i18n={"title_en": "Nyemo incense"},
        drawing="incense",
        origin_area=burners.area,
        published_at=timezone.now(),
    )
    incense = offer_of(sticks, "一盒", price_fen=3850, grams=300, units=50)
    write_search_entries(product_ids=[goods.pk, sticks.pk])
    FreightRate.objects.create(origin_code="54", destination_code="", first_kg_fen=1200, further_kg_fen=500, days_min=3, days_max=7)
    FreightRate.objects.create(origin_code="54", destination_code="54", first_kg_fen=600, further_kg_fen=200, days_min=1, days_max=3)
    centre = Organisation.objects.create(
        key="centre-qonggyai", kind="county_centre", name="琼结县中心", area=Area.objects.get(code="540524"), county_id=area_id("540524")
    )
    hall = ServicePoint.objects.create(
        organisation=centre,
        level="centre",
        name="琼结展厅",
        area=centre.area,
        county_id=centre.county_id,
        address_line="青瓦达孜路",
        hours="9-18",
    )
    return World(carpet, small_carpet, incense, hall, weavers, burners)


def maker(key: str, name: str, code: str) -> Organisation:
    area = Area.objects.get(code=code)
    return Organisation.objects.create(key=key, kind="cooperative", name=name, area=area, county_id=area.county_id, about="我们在村里。")


def offer_of(product: Product, name: str, *, price_fen: int, grams: int, units: int, barcode: str = "", position: int = 0) -> Offer:
    variant = Variant.objects.create(
        county_id=product.county_id, product=product, name=name, weight_grams=grams, barcode=barcode, position=position
    )
    offer = Offer.objects.create(county_id=product.county_id, variant=variant, seller=product.seller, price_fen=price_fen)
    place, _made = StockPlace.objects.get_or_create(county_id=product.county_id, organisation=product.seller, kind="warehouse", name="仓库")
    StockLevel.objects.create(county_id=product.county_id, offer=offer, place=place, on_hand=units)
    return offer


def person(phone: str = "+8613800138001", name: str = "央宗") -> Person:
    return Person.objects.create(phone=phone, is_phone_verified=True, name=name)


ADDRESS = {
    "name": "卓玛",
    "phone": "138 0013 8000",
    "way": "door",
    "province": "11",
    "city": "110101",
    "county": "",
    "township": "",
    "line": "演示路 1 号",
    "point": "",
    "note": "",
}


def hidden(html: str) -> dict[str, list[str]]:
    """Return the hidden fields of the checkout's form."""
    import re
    from html import unescape

    fields: dict[str, list[str]] = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', html):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        fields.setdefault(name[1], []).append(unescape(value[1]))
    return fields


def confirmed(client, *, address: dict[str, str] | None = None, at: str = "/checkout/") -> dict[str, object]:
    """Open the checkout, choose the address, and return what the button sends."""
    typed = {**ADDRESS, **(address or {})}
    first = client.get(at)
    looked = client.post("/checkout/", {**hidden(first.content.decode()), **typed, "do": "look"})
    return {**hidden(looked.content.decode()), **typed, "do": "place"}


def group_id_of(response) -> UUID:
    """Return the order group that a redirect to the pay page names."""
    from teahorse.common.ids import from_short

    return from_short(response["Location"].split("/")[2])
