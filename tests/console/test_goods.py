"""The editor: what is typed is kept, what is wrong is told at its field, nobody writes over another."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image

from teahorse.catalog import actions
from teahorse.catalog.content import ProductContent
from teahorse.catalog.models import Category, Picture, Product, ProductDraft
from teahorse.people import actions as people
from tests import world
from tests.console.world import content, member, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(browser_of, seller):
    return browser_of(seller)


@pytest.fixture
def draft(coop, seller):
    now = timezone.now()
    made = actions.start_draft(seller=coop, by=seller, now=now)
    return actions.write_draft(draft=made, content=content("藏刀"), by=seller, now=now)


def at(name, **more):
    return reverse(f"console:{name}", kwargs={"org": "coop-dorje", **more})


def typed(draft, **more):
    """Return what a browser sends for a draft, with some of it changed."""
    return {
        "changed_at": draft.changed_at.isoformat(),
        "title.zh-hans": "藏刀",
        "category": "food-drink",
        "origin_area": "540524",
        "return_rule": "seven_days",
        "drawing": "knife",
        "variants.0.id": "",
        "variants.0.name.zh-hans": "一瓶",
        "variants.0.price_fen": "38.00",
        "variants.0.weight_grams": "900",
        "act": "save",
        **more,
    }


def written(draft) -> ProductContent:
    draft.refresh_from_db()
    return ProductContent.from_document(draft.content)


def test_a_new_product_is_one_draft_however_often_the_button_is_pressed(desk, coop):
    answers = [desk.post(at("new")) for _ in range(2)]

    assert answers[0].url == answers[1].url
    assert ProductDraft.objects.count() == 1
    assert desk.get(answers[0].url).status_code == 200


def test_what_is_typed_is_kept(desk, draft):
    answer = desk.post(
        at("edit", draft_id=draft.pk),
        typed(
            draft,
            **{
                "title.bo": "བོད་གྲི",
                "story.en": "Forged\r\nby hand",
                "variants.0.price_fen": "¥1,280.5",
                "variants.0.list_price_fen": "1380",
                "season_from": "7-1",
                "season_to": "9月30日",
                "origin_height_m": "3,900",
                "is_traceable": "1",
            },
        ),
    )

    now = written(draft)
    assert answer.status_code == 302
    assert now.title == {"zh-hans": "藏刀", "bo": "བོད་གྲི"}
    assert now.story == {"en": "Forged\nby hand"}
    assert (now.variants[0].price_fen, now.variants[0].list_price_fen) == (128050, 138000)
    assert (now.season_from, now.season_to, now.origin_height_m, now.is_traceable) == (701, 930, 3900, True)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("variants.0.price_fen", "38 yuan", "Write an amount in yuan"),
        ("variants.0.price_fen", "38.005", "Write an amount in yuan"),
        ("variants.0.weight_grams", "heavy", "Write a whole number"),
        ("origin_height_m", "high", "Write a whole number"),
        ("season_from", "July", "Write month and day"),
    ],
)
def test_what_cannot_be_read_stays_in_its_field_with_a_word(desk, draft, field, text, said):
    before = written(draft)

    answer = desk.post(at("edit", draft_id=draft.pk), typed(draft, **{field: text, "title.zh-hans": "另一个名"}))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in answer.context["faults"][field]
    assert f'value="{text}"' in page
    assert 'value="另一个名"' in page
    assert written(draft) == before


def test_forms_come_and_go_by_buttons_and_what_is_typed_stays(desk, draft):
    added = desk.post(at("edit", draft_id=draft.pk), typed(draft, **{"act": "add_variant", "title.en": "Knife"}))
    two = written(draft)
    desk.post(
        at("edit", draft_id=draft.pk),
        typed(
            draft, **{"act": "remove_variant.0", "variants.1.id": "", "variants.1.name.zh-hans": "两把", "variants.1.weight_grams": "900"}
        ),
    )

    assert added.url.endswith("#variant-1")
    assert two.title["en"] == "Knife"
    assert len(two.variants) == 2
    assert [variant.name for variant in written(draft).variants] == [{"zh-hans": "两把"}]


def test_a_form_keeps_its_key_and_a_foreign_key_is_not_believed(desk, coop, seller, offer):
    foreign = world.offer(world.organisation("coop-other")).variant
    own = actions.start_draft(seller=coop, product=offer.variant.product, by=seller, now=timezone.now())

    desk.post(at("edit", draft_id=own.pk), typed(own, **{"variants.0.id": str(offer.variant_id)}))
    kept = written(own).variants[0].id
    desk.post(at("edit", draft_id=own.pk), typed(own, **{"variants.0.id": str(foreign.pk)}))

    assert kept == offer.variant_id
    assert written(own).variants[0].id is None


def test_the_place_is_found_by_its_name_and_taken_by_a_button(desk, draft):
    world.area("540222")

    found = desk.post(at("edit", draft_id=draft.pk), typed(draft, act="find_area", area_text="江孜"))
    page = desk.get(found.url.split("#")[0])
    draft.refresh_from_db()
    desk.post(at("edit", draft_id=draft.pk), typed(draft, act="save", origin_area=["540524", "540222"]))

    assert [area.code for area, _name in page.context["areas"]] == ["540222"]
    assert written(draft).origin_area == "540222"


def test_nobody_writes_over_what_somebody_else_wrote_meanwhile(desk, draft, coop):
    colleague = member(coop, "+8619900071031")
    actions.write_draft(draft=draft, content=content("同事写的"), by=colleague, now=timezone.now())

    refused = desk.post(at("edit", draft_id=draft.pk), typed(draft, **{"title.zh-hans": "我写的"}))
    kept = written(draft).title
    forced = desk.post(at("edit", draft_id=draft.pk), typed(draft, **{"title.zh-hans": "我写的", "act": "overwrite"}))

    assert refused.status_code == 409
    assert "Somebody wrote on it meanwhile" in refused.content.decode()
    assert 'value="我写的"' in refused.content.decode()
    assert kept == {"zh-hans": "同事写的"}
    assert forced.status_code == 302
    assert written(draft).title == {"zh-hans": "我写的"}


def test_a_draft_with_faults_is_not_handed_in_and_each_is_told_at_its_field(desk, draft):
    answer = desk.post(at("edit", draft_id=draft.pk), typed(draft, **{"act": "submit", "title.zh-hans": "", "variants.0.price_fen": "0"}))

    assert answer.status_code == 422
    assert set(answer.context["faults"]) == {"title.zh-hans", "variants.0.price_fen"}
    assert 'href="#variants-0-price_fen"' in answer.content.decode()
    assert written(draft).title == {}
    assert ProductDraft.objects.get(pk=draft.pk).state == "drafting"


def test_a_draft_is_handed_in_and_taken_back(desk, draft):
    desk.post(at("edit", draft_id=draft.pk), typed(draft, act="submit"))
    waiting = desk.get(at("edit", draft_id=draft.pk)).content.decode()
    late = desk.post(at("edit", draft_id=draft.pk), typed(draft, **{"title.zh-hans": "太晚"}))
    submitted_state = ProductDraft.objects.get(pk=draft.pk).state

    desk.post(at("take_back", draft_id=draft.pk))

    assert "It waits for the centre" in waiting
    assert late.status_code == 302
    assert submitted_state == "submitted"
    assert written(draft).title == {"zh-hans": "藏刀"}
    assert draft.state == "drafting"


def test_what_the_centre_said_stands_above_a_draft_that_was_sent_back(desk, coop, seller, reviewer):
    draft = submitted(coop, seller)
    actions.send_back_draft(draft=draft, reason="请补一张照片", by=reviewer, now=timezone.now())

    assert "请补一张照片" in desk.get(at("edit", draft_id=draft.pk)).content.decode()
    assert "Mend" in desk.get(at("goods")).content.decode()


def test_attributes_of_the_category_are_asked_and_kept(desk, draft):
    kind = world.category()
    kind.attributes = [
        {"key": "alcohol", "label": {"zh-hans": "酒精度", "en": "Alcohol"}, "kind": "number", "unit": {"zh-hans": "%vol"}},
        {"key": "storage", "label": {"zh-hans": "存放"}, "kind": "choice", "choices": [{"key": "dry", "label": {"zh-hans": "干燥"}}]},
        {"key": "made_of", "label": {"zh-hans": "配料"}, "kind": "text"},
    ]
    kind.save()

    page = desk.get(at("edit", draft_id=draft.pk)).content.decode()
    desk.post(
        at("edit", draft_id=draft.pk),
        typed(
            draft,
            **{
                "attributes.alcohol": "12.5",
                "attributes.storage": "dry",
                "attributes.made_of.zh-hans": "青稞",
                "attributes.made_of.en": "barley",
            },
        ),
    )

    assert 'name="attributes.alcohol"' in page
    assert written(draft).attributes == {"alcohol": 12.5, "storage": "dry", "made_of": {"zh-hans": "青稞", "en": "barley"}}
    assert "barley" in desk.get(at("preview", draft_id=draft.pk)).content.decode()


SIZE = {
    "key": "size_cm",
    "label": {"zh-hans": "尺寸", "en": "Size"},
    "kind": "number",
    "unit": {"zh-hans": "厘米", "en": "cm"},
    "is_needed": True,
}


def test_a_form_tells_what_its_category_asks(desk, draft):
    world.category()
    Category.objects.update(variant_attributes=[SIZE, {"key": "wool", "label": {"zh-hans": "羊毛", "en": "Wool"}, "kind": "text"}])

    page = desk.get(at("edit", draft_id=draft.pk)).content.decode()
    desk.post(
        at("edit", draft_id=draft.pk),
        typed(draft, **{"variants.0.attributes.size_cm": "90", "variants.0.attributes.wool.en": "Sheep"}),
    )

    assert 'name="variants.0.attributes.size_cm"' in page
    assert "Form 1 · Size (cm): Fill this in." in page
    assert written(draft).variants[0].attributes == {"size_cm": 90, "wool": {"en": "Sheep"}}
    shown = desk.get(at("preview", draft_id=draft.pk)).content.decode()
    assert "Size: 90 cm" in shown
    assert "Wool: Sheep" in shown


@pytest.mark.parametrize(("text", "said"), [("large", "Write a number."), ("", "Fill this in.")])
def test_a_fault_of_a_form_stands_at_its_field_under_its_name(desk, draft, text, said):
    world.category()
    Category.objects.update(variant_attributes=[SIZE])

    answer = desk.post(at("edit", draft_id=draft.pk), typed(draft, act="submit", **{"variants.0.attributes.size_cm": text}))

    assert answer.status_code == 422
    assert answer.context["fault_list"] == [("variants-0-attributes-size_cm", f"Form 1 · Size (cm): {said}")]
    assert "aria-invalid" in answer.content.decode()


def test_a_table_to_fill_in_has_the_columns_of_a_category(desk):
    world.category()
    Category.objects.update(variant_attributes=[SIZE])

    book = load_workbook(io.BytesIO(desk.get(at("import_template") + "?category=food-drink").content))

    assert [cell.value for cell in book.worksheets[0][1]][-1] == "尺寸（厘米）"
    assert desk.get(at("import_template") + "?category=unknown").status_code == 404


def test_a_picture_is_uploaded_and_named_by_the_draft(desk, draft, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    out = io.BytesIO()
    Image.new("RGB", (400, 400), "#8E2F24").save(out, "PNG")
    files = [SimpleUploadedFile("knife.png", out.getvalue()), SimpleUploadedFile("virus.exe", b"MZ" * 200)]

    answer = desk.post(at("edit", draft_id=draft.pk), typed(draft, act="upload", pictures=files), follow=True)

    picture = Picture.objects.get()
    assert written(draft).pictures == [picture.pk]
    assert "virus.exe" in answer.content.decode()
    assert "1 picture is added" in answer.content.decode()
    desk.post(at("edit", draft_id=draft.pk), typed(draft, act=f"remove_picture.{picture.pk}"))
    assert written(draft).pictures == []
    assert list(Path(tmp_path).rglob("*.webp"))


def test_a_product_is_changed_through_one_draft(desk, offer):
    product = offer.variant.product

    answers = [desk.post(at("change", product_id=product.pk)) for _ in range(2)]

    assert answers[0].url == answers[1].url
    assert ProductDraft.objects.get().product_id == product.pk


def test_a_product_leaves_the_shelf_and_returns(desk, offer):
    product = offer.variant.product

    desk.post(at("shelve", product_id=product.pk), {"act": "withdraw"})
    gone = Product.objects.get(pk=product.pk).withdrawn_at
    twice = desk.post(at("shelve", product_id=product.pk), {"act": "withdraw"}, follow=True)
    desk.post(at("shelve", product_id=product.pk), {"act": "relist"})

    assert gone is not None
    assert "This product is not on show" in twice.content.decode()
    assert Product.objects.get(pk=product.pk).withdrawn_at is None


def test_a_draft_is_thrown_away(desk, draft):
    desk.post(at("drop", draft_id=draft.pk))

    draft.refresh_from_db()
    assert draft.state == "dropped"
    assert "This draft was thrown away" in desk.get(at("edit", draft_id=draft.pk)).content.decode()


@pytest.mark.parametrize("state", ["all", "listed", "submitted", "sent_back", "drafting", "withdrawn"])
def test_the_list_is_chosen_by_state(desk, coop, seller, offer, draft, state):
    submitted(coop, seller, title="等着的")

    rows = desk.get(at("goods"), {"state": state}).context["rows"]

    expected = {"all": {"青稞酒", "藏刀", "等着的"}, "listed": {"青稞酒"}, "submitted": {"等着的"}, "drafting": {"藏刀"}}
    assert {row.title for row in rows} == expected.get(state, set())


def test_goods_are_found_by_a_word_of_their_title(desk, coop, offer):
    world.offer(coop, title="糌粑")

    assert [row.title for row in desk.get(at("goods"), {"q": "糌"}).context["rows"]] == ["糌粑"]


def test_what_a_station_writes_for_the_cooperative_bears_its_name(browser_of, coop, point, operator):
    people.grant_right(grantor=coop, grantee=point.organisation, right="list_goods", now=timezone.now())
    station = browser_of(operator)

    where = station.post(at("new")).url

    assert station.get(where).status_code == 200
    assert ProductDraft.objects.get().written_by == operator
    assert ProductDraft.objects.get().seller == coop
