"""The centre's queue."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.catalog import actions
from teahorse.catalog.content import content_of
from teahorse.catalog.models import Category, Product, ProductDraft, Variant
from teahorse.common.ids import short
from tests import world
from tests.console.world import member, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(browser_of, reviewer):
    return browser_of(reviewer)


def at(name, **more):
    return reverse(f"console:{name}", kwargs={"org": "centre-qonggyai", **more})


def test_the_queue_stands_oldest_first(desk, coop, seller):
    drafts = [submitted(coop, seller, title=title) for title in ("先来", "后到")]

    page = desk.get(at("approvals"))

    assert [draft.pk for draft, _content in page.context["rows"]] == [draft.pk for draft in drafts]


def test_an_approved_draft_is_on_show_and_the_next_one_comes(desk, coop, seller):
    first, second = [submitted(coop, seller, title=title) for title in ("先来", "后到")]

    answer = desk.post(at("review", draft_id=first.pk), {"act": "approve", "seen": first.digest})
    last = desk.post(at("review", draft_id=second.pk), {"act": "approve", "seen": second.digest})

    assert answer.url == at("review", draft_id=second.pk)
    assert last.url == at("approvals")
    assert sorted(Product.objects.values_list("title", flat=True)) == ["先来", "后到"]


def test_a_double_click_approves_once_and_goes_on(desk, coop, seller):
    draft = submitted(coop, seller)

    answers = [desk.post(at("review", draft_id=draft.pk), {"act": "approve", "seen": draft.digest}) for _ in range(2)]

    assert [answer.url for answer in answers] == [at("approvals")] * 2
    assert Product.objects.count() == 1


def test_what_was_changed_after_it_was_read_is_read_again_before_it_goes_on_show(desk, coop, seller):
    draft = submitted(coop, seller)
    seen = draft.digest
    ProductDraft.objects.filter(pk=draft.pk).update(content={**draft.content, "title": {"zh-hans": "换了名字"}})

    refused = desk.post(at("review", draft_id=draft.pk), {"act": "approve", "seen": seen})
    shown = re.search(r'name="seen" value="(\w+)"', refused.content.decode())[1]
    accepted = desk.post(at("review", draft_id=draft.pk), {"act": "approve", "seen": shown})

    assert refused.status_code == 422
    assert "换了名字" in refused.content.decode()
    assert accepted.status_code == 302
    assert Product.objects.get().title == "换了名字"


def test_sending_back_needs_a_reason_which_the_seller_reads(desk, coop, seller):
    draft = submitted(coop, seller)

    refused = desk.post(at("review", draft_id=draft.pk), {"act": "send_back", "reason": " "})
    state = ProductDraft.objects.get(pk=draft.pk).state
    desk.post(at("review", draft_id=draft.pk), {"act": "send_back", "reason": "请写产地"})

    draft.refresh_from_db()
    assert refused.status_code == 422
    assert "Write what the seller has to change" in refused.content.decode()
    assert state == "submitted"
    assert (draft.state, draft.reason) == ("sent_back", "请写产地")


def test_changes_stand_beside_what_is_listed_now(desk, seller, offer):
    product = offer.variant.product
    draft = actions.start_draft(seller=product.seller, product=product, by=seller, now=timezone.now())
    wanted = content_of(product)
    wanted.variants[0].price_fen = 4200
    draft = actions.write_draft(draft=draft, content=wanted, by=seller, now=timezone.now())
    actions.submit_draft(draft=draft, by=seller, now=timezone.now())

    page = desk.get(at("review", draft_id=draft.pk))

    assert [(change.before, change.after) for change in page.context["changes"]] == [("¥38.00", "¥42.00")]
    assert "<del>¥38.00</del>" in page.content.decode()
    assert "<ins>¥42.00</ins>" in page.content.decode()


def test_what_a_form_tells_is_compared_in_words(desk, seller, offer):
    grade = {"key": "grade", "label": {"zh-hans": "等级", "en": "Grade"}, "kind": "choice", "choices": [
        {"key": "first", "label": {"en": "First"}}, {"key": "second", "label": {"en": "Second"}},
    ]}  # fmt: skip
    Category.objects.update(variant_attributes=[grade])
    Variant.objects.update(attributes={"grade": "second"})
    product = offer.variant.product
    draft = actions.start_draft(seller=product.seller, product=product, by=seller, now=timezone.now())
    wanted = content_of(product)
    wanted.variants[0].attributes = {"grade": "first"}
    draft = actions.write_draft(draft=draft, content=wanted, by=seller, now=timezone.now())
    actions.submit_draft(draft=draft, by=seller, now=timezone.now())

    changes = desk.get(at("review", draft_id=draft.pk)).context["changes"]

    assert [(change.label, change.before, change.after) for change in changes] == [("Form · Grade", "Second", "First")]


def test_a_new_product_is_told_in_words_with_chinese_first(desk, coop, seller):
    draft = submitted(coop, seller, title="藏刀")
    type(draft).objects.update(content={**draft.content, "title": {"bo": "གྲི", "en": "Knife", "zh-hans": "藏刀"}})
    Category.objects.update(i18n={"name_en": "Food and drink"})

    changes = desk.get(at("review", draft_id=draft.pk)).context["changes"]

    told = [(change.label, change.after) for change in changes]
    assert told[:4] == [("Title · 中文", "藏刀"), ("Title · བོད་ཡིག", "གྲི"), ("Title · English", "Knife"), ("Category", "Food and drink")]
    assert "540524" not in dict(told)["Place of origin"]


def test_nobody_approves_what_she_wrote(browser_of, coop, centre):
    both = member(centre, "+8619900071041")
    draft = submitted(coop, both)

    answer = browser_of(both).post(at("review", draft_id=draft.pk), {"act": "approve", "seen": draft.digest})

    assert answer.status_code == 422
    assert "You wrote this yourself" in answer.content.decode()
    assert Product.objects.count() == 0


def test_a_draft_of_another_county_is_not_there(desk):
    other = world.organisation("coop-gyangze", code="540222")
    draft = submitted(other, member(other, "+8619900071042"))

    assert desk.get(at("review", draft_id=draft.pk)).status_code == 404
    assert desk.post(at("review", draft_id=draft.pk), {"act": "approve", "seen": draft.digest}).status_code == 404
    assert desk.get(at("approvals")).context["rows"] == []


def test_a_region_centre_sees_all_its_counties(browser_of, coop, seller):
    region = world.organisation("region", kind="region_centre", code="540102")
    draft = submitted(coop, seller)

    page = browser_of(member(region, "+8619900071043")).get("/console/region/approvals/")

    assert short(draft.pk) in page.content.decode()


def test_an_empty_queue_says_so(desk):
    assert "Nothing waits" in desk.get(at("approvals")).content.decode()
