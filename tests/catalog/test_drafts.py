from datetime import timedelta

import pytest

from teahorse.catalog import actions, queries
from teahorse.catalog.content import ProductContent, VariantContent
from teahorse.catalog.events import DraftsReviewed, DraftsSubmitted, ProductsListed, ProductsWithdrawn
from teahorse.catalog.models import Offer, Product, ProductDraft, SearchEntry, Variant
from teahorse.common.refusals import Malformed, NotThere
from tests.at_once import at_once
from tests.catalog.conftest import make_town, put_on_show, wine

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def told(monkeypatch):
    """The events that the actions announce."""
    events = []
    for module in ("drafting", "reviewing", "importing"):
        monkeypatch.setattr(f"teahorse.catalog.actions.{module}.announce", events.append)
    return events


def submitted(town, now, content=None, product=None):
    draft = actions.start_draft(seller=town.seller, product=product, by=town.writer, now=now)
    if content is not None:
        draft = actions.write_draft(draft=draft, content=content, by=town.writer, now=now)
    return actions.submit_draft(draft=draft, by=town.writer, now=now)


def test_an_approved_draft_becomes_the_product(town, now, told):
    draft = submitted(town, now, wine())

    product = actions.approve_draft(draft=draft, by=town.reviewer, now=now + A_MINUTE)

    product.refresh_from_db()
    assert (product.title, product.i18n, product.county_id) == (
        "手工青稞酒",
        {"title_bo": "ནས་ཆང་།", "title_en": "Barley wine"},
        town.seller.county_id,
    )
    assert (product.published_at, product.category, product.brand, product.origin_area.code) == (
        now + A_MINUTE,
        town.food,
        town.brand,
        "540528",
    )
    variant = product.variants.get()
    offer = variant.offers.get()
    assert (variant.name, variant.weight_grams, variant.barcode, variant.position) == ("一瓶 500 毫升", 900, "6901234567892", 0)
    assert (offer.seller, offer.price_fen, offer.list_price_fen, offer.is_active) == (town.seller, 3800, None, True)
    draft.refresh_from_db()
    assert (draft.state, draft.product, draft.reviewed_by, draft.reviewed_at) == ("approved", product, town.reviewer, now + A_MINUTE)
    assert SearchEntry.objects.get().price_from_fen == 3800
    assert told == [
        DraftsSubmitted(draft_ids=(draft.pk,)),
        DraftsReviewed(draft_ids=(draft.pk,), is_approved=True),
        ProductsListed(product_ids=(product.pk,)),
    ]


def test_a_draft_of_a_product_begins_as_it_is_listed(town, listed, now):
    draft = actions.start_draft(seller=town.seller, product=listed, by=town.writer, now=now)

    content = ProductContent.from_document(draft.content)
    assert content == wine(variants=[VariantContent(**(_plain(wine().variants[0]) | {"id": listed.variants.get().pk}))])


def _plain(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def test_a_product_has_one_open_draft(town, listed, now):
    first = actions.start_draft(seller=town.seller, product=listed, by=town.writer, now=now)

    again = actions.start_draft(seller=town.seller, product=listed, by=town.reviewer, now=now)

    assert again == first
    assert ProductDraft.objects.filter(product=listed, state="drafting").count() == 1


def test_nobody_drafts_another_sellers_product(town, listed, now):
    with pytest.raises(NotThere):
        actions.start_draft(seller=town.other_seller, product=listed, by=town.writer, now=now)

    assert ProductDraft.objects.count() == 1


def test_an_older_tab_is_refused_and_what_is_kept_stays(town, now):
    draft = actions.start_draft(seller=town.seller, by=town.writer, now=now)
    actions.write_draft(draft=draft, content=wine(), by=town.reviewer, now=now + A_MINUTE, expected_changed_at=now)

    with pytest.raises(actions.DraftChangedMeanwhile, match="扎西") as refusal:
        actions.write_draft(draft=draft, content=ProductContent(), by=town.writer, now=now + 2 * A_MINUTE, expected_changed_at=now)

    draft.refresh_from_db()
    assert refusal.value.draft == draft
    assert (draft.content["title"]["zh-hans"], draft.changed_at) == ("手工青稞酒", now + A_MINUTE)


def test_a_character_that_cannot_be_kept_is_refused(town, now):
    draft = actions.start_draft(seller=town.seller, by=town.writer, now=now)

    with pytest.raises(Malformed):
        actions.write_draft(draft=draft, content=wine(title={"zh-hans": "酒\0"}), by=town.writer, now=now)


def test_all_faults_are_told_at_once_and_nothing_is_submitted(town, now, told):
    draft = actions.start_draft(seller=town.seller, by=town.writer, now=now)
    actions.write_draft(draft=draft, content=wine(category="x", title={}, variants=[]), by=town.writer, now=now)

    with pytest.raises(actions.DraftHasFaults) as refusal:
        actions.submit_draft(draft=draft, by=town.writer, now=now)

    draft.refresh_from_db()
    assert [fault.field for fault in refusal.value.faults] == ["title.zh-hans", "category", "variants"]
    assert (draft.state, told) == ("drafting", [])


def test_a_submitted_draft_is_not_written_on(town, now):
    draft = submitted(town, now, wine())

    with pytest.raises(actions.DraftIsNotOpen):
        actions.write_draft(draft=draft, content=ProductContent(), by=town.writer, now=now)
    with pytest.raises(actions.DraftIsNotOpen):
        actions.drop_draft(draft=draft, by=town.writer, now=now)

    draft.refresh_from_db()
    assert (draft.state, draft.content["category"]) == ("submitted", "food-drink")


def test_a_draft_is_taken_back_and_dropped(town, now):
    draft = submitted(town, now, wine())

    taken = actions.take_back_draft(draft=draft, by=town.writer, now=now)
    dropped = actions.drop_draft(draft=taken, by=town.writer, now=now)

    assert (taken.submitted_at, dropped.state) == (None, "dropped")
    with pytest.raises(actions.DraftIsNotSubmitted):
        actions.take_back_draft(draft=draft, by=town.writer, now=now)


def test_a_draft_goes_back_with_a_reason_and_is_submitted_again(town, now, told):
    draft = submitted(town, now, wine())

    with pytest.raises(Malformed):
        actions.send_back_draft(draft=draft, reason="  ", by=town.reviewer, now=now)
    back = actions.send_back_draft(draft=draft, reason="照片太暗", by=town.reviewer, now=now)

    assert (back.state, back.reason) == ("sent_back", "照片太暗")
    assert told[-1] == DraftsReviewed(draft_ids=(draft.pk,), is_approved=False)
    again = actions.submit_draft(draft=draft, by=town.writer, now=now)
    assert (again.state, again.reason) == ("submitted", "")


def test_the_writer_does_not_approve_her_own_draft(town, now):
    draft = submitted(town, now, wine())

    with pytest.raises(actions.WriterMayNotReview):
        actions.approve_draft(draft=draft, by=town.writer, now=now)

    draft.refresh_from_db()
    assert (draft.state, Product.objects.count()) == ("submitted", 0)


def test_forms_keep_their_keys_and_a_form_left_out_is_withdrawn(town, now):
    small = VariantContent(name={"zh-hans": "小瓶"}, price_fen=2000, weight_grams=400)
    product = put_on_show(town, now, wine(variants=[*wine().variants, small]))
    large_id, small_id = product.variants.order_by("position").values_list("pk", flat=True)
    draft = actions.start_draft(seller=town.seller, product=product, by=town.writer, now=now)
    content = ProductContent.from_document(draft.content)
    jar = VariantContent(name={"zh-hans": "一坛"}, price_fen=9900, list_price_fen=12000, weight_grams=5000)
    content.variants = [jar, *[form for form in content.variants if form.id == small_id]]
    actions.write_draft(draft=draft, content=content, by=town.writer, now=now)
    actions.submit_draft(draft=draft, by=town.writer, now=now)

    actions.approve_draft(draft=draft, by=town.reviewer, now=now + A_MINUTE)

    forms = list(Variant.objects.filter(product=product, withdrawn_at=None).order_by("position").values_list("pk", "name"))
    assert forms == [(forms[0][0], "一坛"), (small_id, "小瓶")]
    gone = Variant.objects.get(pk=large_id)
    assert (gone.withdrawn_at, gone.offers.get().is_active) == (now + A_MINUTE, False)
    assert sorted(Offer.objects.filter(is_active=True).values_list("price_fen", "list_price_fen")) == [(2000, None), (9900, 12000)]
    assert SearchEntry.objects.get().price_from_fen == 2000
    assert Product.objects.get().published_at == now


def test_a_form_of_another_product_cannot_be_taken_over(town, listed, now):
    theirs = VariantContent(**(_plain(wine().variants[0]) | {"id": listed.variants.get().pk}))
    draft = actions.start_draft(seller=town.seller, by=town.writer, now=now)
    actions.write_draft(draft=draft, content=wine(variants=[theirs]), by=town.writer, now=now)

    with pytest.raises(actions.DraftHasFaults) as refusal:
        actions.submit_draft(draft=draft, by=town.writer, now=now)

    assert [fault.field for fault in refusal.value.faults] == ["variants.0.id"]


def test_a_withdrawn_product_is_not_found_until_it_is_relisted(town, listed, now, told):
    actions.withdraw_product(product=listed, by=town.reviewer, now=now)

    assert (queries.listed_products().count(), SearchEntry.objects.count()) == (0, 0)
    with pytest.raises(actions.ProductIsNotListed):
        actions.withdraw_product(product=listed, by=town.reviewer, now=now)
    actions.relist_product(product=listed, by=town.reviewer, now=now)
    assert (queries.listed_products().get(), SearchEntry.objects.count()) == (listed, 1)
    with pytest.raises(actions.ProductWasNotWithdrawn):
        actions.relist_product(product=listed, by=town.reviewer, now=now)
    assert told == [ProductsWithdrawn(product_ids=(listed.pk,)), ProductsListed(product_ids=(listed.pk,))]


def test_what_a_draft_would_change_is_listed_place_by_place(town, listed, now):
    draft = actions.start_draft(seller=town.seller, product=listed, by=town.writer, now=now)
    content = ProductContent.from_document(draft.content)
    content.title["zh-hans"] = "老窖青稞酒"
    content.variants[0].price_fen = 4200
    draft = actions.write_draft(draft=draft, content=content, by=town.writer, now=now)

    changes = queries.changes_of(draft)

    form = listed.variants.get().pk
    assert [(change.field, change.before, change.after) for change in changes] == [
        ("title.zh-hans", "手工青稞酒", "老窖青稞酒"),
        (f"variants.{form}.price_fen", 3800, 4200),
    ]


def test_drafts_are_listed_for_their_seller_and_for_the_centre(town, now):
    waiting = submitted(town, now, wine())
    open_draft = actions.start_draft(seller=town.seller, by=town.writer, now=now + A_MINUTE)

    assert list(queries.drafts_of([town.seller])) == [open_draft, waiting]
    assert list(queries.drafts_to_review([town.seller.county_id])) == [waiting]
    assert list(queries.drafts_to_review([town.other_seller.county_id])) == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_does(now):
    town = make_town()
    draft = submitted(town, now, wine())

    outcomes = at_once(*[lambda: actions.approve_draft(draft=draft, by=town.reviewer, now=now)] * 4)

    assert [type(one) for one in outcomes].count(actions.DraftIsNotSubmitted) == 3
    assert (Product.objects.count(), Variant.objects.count(), Offer.objects.count()) == (1, 1, 1)
