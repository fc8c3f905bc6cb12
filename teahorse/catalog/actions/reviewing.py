"""What the centre decides: a draft becomes the product, or goes back; a product leaves the shelf and returns."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.actions.drafting import DraftHasFaults, DraftIsNotSubmitted, faults_of, locked
from teahorse.catalog.actions.searching import write_search_entries
from teahorse.catalog.content import BASE_LANGUAGE, ProductContent, VariantContent, translations
from teahorse.catalog.events import DraftsReviewed, ProductsListed, ProductsWithdrawn
from teahorse.catalog.models import Brand, Category, Offer, Picture, Product, ProductDraft, Variant
from teahorse.common.events import announce
from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.people.models import Person
from teahorse.places.models import Area

State = ProductDraft.State
LONGEST_REASON = 1000


class WriterMayNotReview(Refusal):
    """Four eyes: whoever wrote a draft does not approve it."""

    code = "writer_may_not_review"
    sentence = _("You wrote this yourself; somebody else must approve it.")


class DraftChanged(Refusal):
    """The seller changed it while the centre looked."""

    code = "draft_changed"
    sentence = _("The seller has changed this while you were reading. Read it again, then decide.")


class ProductIsNotListed(Refusal):
    """The product is not on show."""

    code = "product_is_not_listed"
    sentence = _("This product is not on show.")


class ProductWasNotWithdrawn(Refusal):
    """The product was not taken off the shelf, so it cannot return."""

    code = "product_was_not_withdrawn"
    sentence = _("This product was not withdrawn.")


@transaction.atomic
def approve_draft(*, draft: ProductDraft, by: Person, now: datetime, seen: str | None = None) -> Product:
    """
    Make the product what the draft says, and show it.

    A form of the product keeps its key and so its stock and its history; a form that the draft leaves out is withdrawn.
    A product that was withdrawn is changed, and stays withdrawn.

    :raises DraftIsNotSubmitted: if it does not wait for the centre; of two who approve at once the second is told so.
    :raises WriterMayNotReview: if ``by`` wrote it.
    :raises DraftChanged: if ``seen`` is not the digest of what it says now.
    :raises DraftHasFaults: if something that it names has gone since.
    """
    draft = locked(draft)
    if draft.state != State.SUBMITTED:
        raise DraftIsNotSubmitted
    if draft.written_by_id == by.pk:
        raise WriterMayNotReview
    if seen is not None and seen != draft.digest:
        raise DraftChanged
    if draft.product_id:
        Product.objects.select_for_update().get(pk=draft.product_id)
    if faults := faults_of(draft):
        raise DraftHasFaults(faults)
    content = ProductContent.from_document(draft.content)
    product = _write_product(draft, content, now)
    _write_variants(product, content.variants, now)
    _show_pictures(product, content.pictures)
    draft.product, draft.state, draft.reviewed_by, draft.reviewed_at = product, State.APPROVED, by, now
    draft.save(update_fields=["product", "state", "reviewed_by", "reviewed_at"])
    write_search_entries(product_ids=[product.pk])
    announce(DraftsReviewed(draft_ids=(draft.pk,), is_approved=True))
    if product.is_listed:
        announce(ProductsListed(product_ids=(product.pk,)))
    return product


def _write_product(draft: ProductDraft, content: ProductContent, now: datetime) -> Product:
    product = draft.product or Product(id=new_id(), county_id=draft.county_id, seller_id=draft.seller_id)
    product.category = Category.objects.get(slug=content.category)
    product.brand = Brand.objects.get(key=content.brand) if content.brand else None
    product.origin_area = Area.objects.get(code=content.origin_area, until_date=None)
    product.item_number = content.item_number
    product.title = content.title[BASE_LANGUAGE].strip()
    product.story = content.story.get(BASE_LANGUAGE, "").strip()
    product.keep = content.keep.get(BASE_LANGUAGE, "").strip()
    product.i18n = translations(title=content.title, story=content.story, keep=content.keep)
    product.drawing = content.drawing
    product.origin_height_m = content.origin_height_m
    product.is_traceable = content.is_traceable
    product.season_from, product.season_to = content.season_from, content.season_to
    product.return_rule = content.return_rule
    product.attributes = content.attributes
    product.published_at = product.published_at or now
    product.save()
    return product


def _write_variants(product: Product, contents: list[VariantContent], now: datetime) -> None:
    """Write the forms and their prices by two statements; what the document leaves out is withdrawn."""
    variants = [_variant(product, content, position) for position, content in enumerate(contents)]
    offers = [
        Offer(
            county_id=product.county_id,
            variant=variant,
            seller_id=product.seller_id,
            price_fen=content.price_fen or 0,
            list_price_fen=content.list_price_fen,
            is_active=True,
        )
        for variant, content in zip(variants, contents, strict=True)
    ]
    gone = Variant.objects.filter(product=product).exclude(pk__in=[variant.pk for variant in variants])
    Offer.objects.filter(variant__in=gone, is_active=True).update(is_active=False)
    gone.filter(withdrawn_at=None).update(withdrawn_at=now)
    Variant.objects.bulk_create(
        variants,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["name", "i18n", "barcode", "weight_grams", "volume_cm3", "nominal_grams", "attributes", "position", "withdrawn_at"],
    )
    Offer.objects.bulk_create(
        offers, update_conflicts=True, unique_fields=["variant", "seller"], update_fields=["price_fen", "list_price_fen", "is_active"]
    )


def _variant(product: Product, content: VariantContent, position: int) -> Variant:
    return Variant(
        id=content.id or new_id(),
        county_id=product.county_id,
        product=product,
        name=content.name[BASE_LANGUAGE].strip(),
        i18n=translations(name=content.name),
        barcode=content.barcode,
        weight_grams=content.weight_grams or 0,
        volume_cm3=content.volume_cm3,
        nominal_grams=content.nominal_grams,
        attributes=content.attributes,
        position=position,
    )


def _show_pictures(product: Product, keys: list[UUID]) -> None:
    Picture.objects.filter(product=product).exclude(pk__in=keys).update(position=None)
    pictures = Picture.objects.in_bulk(keys)
    for position, key in enumerate(keys):
        pictures[key].product, pictures[key].position = product, position
    Picture.objects.bulk_update(pictures.values(), ["product", "position"])


@transaction.atomic
def send_back_draft(*, draft: ProductDraft, reason: str, by: Person, now: datetime) -> ProductDraft:
    """
    Give a draft back to its writer with what must be changed.

    :raises Malformed: without a reason.
    :raises DraftIsNotSubmitted: if it does not wait for the centre.
    """
    draft = locked(draft)
    if draft.state != State.SUBMITTED:
        raise DraftIsNotSubmitted
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Malformed(field="reason", reason=_("Write what the seller has to change, in at most 1000 characters."))
    draft.state, draft.reason, draft.reviewed_by, draft.reviewed_at = State.SENT_BACK, reason.strip(), by, now
    draft.save(update_fields=["state", "reason", "reviewed_by", "reviewed_at"])
    announce(DraftsReviewed(draft_ids=(draft.pk,), is_approved=False))
    return draft


@transaction.atomic
def withdraw_product(*, product: Product, by: Person, now: datetime) -> Product:  # noqa: ARG001 - every action names its actor
    """
    Take a product off the shelf; orders that were placed stay.

    :raises ProductIsNotListed: if it is not on show.
    """
    product = Product.objects.select_for_update().get(pk=product.pk)
    if not product.is_listed:
        raise ProductIsNotListed
    product.withdrawn_at = now
    product.save(update_fields=["withdrawn_at"])
    write_search_entries(product_ids=[product.pk])
    announce(ProductsWithdrawn(product_ids=(product.pk,)))
    return product


@transaction.atomic
def relist_product(*, product: Product, by: Person, now: datetime) -> Product:  # noqa: ARG001 - every action names its actor
    """
    Put a withdrawn product on show again, as it was last approved.

    :raises ProductWasNotWithdrawn: if it was not withdrawn.
    """
    product = Product.objects.select_for_update().get(pk=product.pk)
    if product.published_at is None or product.withdrawn_at is None:
        raise ProductWasNotWithdrawn
    product.withdrawn_at = None
    product.save(update_fields=["withdrawn_at"])
    write_search_entries(product_ids=[product.pk])
    announce(ProductsListed(product_ids=(product.pk,)))
    return product
