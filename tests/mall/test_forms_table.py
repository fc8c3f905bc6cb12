"""What the forms of a product tell stands side by side on its page."""

import pytest

from teahorse.catalog.models import Category, Variant

pytestmark = pytest.mark.django_db
ASKED = [
    {"key": "length_cm", "label": {"zh-hans": "长", "en": "Length"}, "kind": "number", "unit": {"zh-hans": "厘米", "en": "cm"}},
    {"key": "wool_of", "label": {"zh-hans": "毛料", "en": "Wool of"}, "kind": "text"},
    {"key": "unused", "label": {"zh-hans": "没人填", "en": "Told by none"}, "kind": "text"},
]


@pytest.fixture
def guest(guest):
    guest.cookies["language"] = "en"
    return guest


def test_several_forms_are_compared_and_what_none_tells_is_left_out(world, guest):
    Category.objects.update(variant_attributes=ASKED)
    Variant.objects.filter(pk=world.carpet.variant_id).update(attributes={"length_cm": 180, "wool_of": {"zh-hans": "绵羊", "en": "Sheep"}})
    Variant.objects.filter(pk=world.small_carpet.variant_id).update(attributes={"length_cm": 90.5})

    page = guest.get(world.page(world.carpet)).content.decode()

    table = page[page.index("forms-table") : page.index("</table>")]
    assert [table.count(text) for text in ("Length", "Wool of", "180 cm", "90.5 cm", "Sheep", "Told by none")] == [1, 1, 1, 1, 1, 0]


def test_an_only_form_is_told_among_the_facts(world, guest):
    Category.objects.update(variant_attributes=ASKED)
    Variant.objects.filter(pk=world.incense.variant_id).update(attributes={"length_cm": 25})

    page = guest.get(world.page(world.incense)).content.decode()

    assert "forms-table" not in page
    assert "<dt>Length</dt><dd>25 cm</dd>" in page
