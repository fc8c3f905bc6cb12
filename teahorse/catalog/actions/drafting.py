"""Writing what a product shall be, and handing it to the centre."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.content import Fault, ProductContent, check, content_of, look_up
from teahorse.catalog.events import DraftsSubmitted
from teahorse.catalog.models import Product, ProductDraft
from teahorse.common.events import announce
from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.people.models import Organisation, Person

State = ProductDraft.State
WRITABLE = (State.DRAFTING, State.SENT_BACK)


class DraftIsNotOpen(Refusal):
    """The draft lies with the centre, or was approved or dropped; it cannot be changed now."""

    code = "draft_is_not_open"
    sentence = _("This draft cannot be changed now: it waits for the centre, or it is done.")


class DraftIsNotSubmitted(Refusal):
    """The draft does not wait for the centre (any more)."""

    code = "draft_is_not_submitted"
    sentence = _("This draft does not wait for the centre any more; somebody was faster, or it was taken back.")


class DraftChangedMeanwhile(Refusal):
    """Somebody, or an other tab, wrote the draft after the writer had opened it. What is kept is untouched."""

    code = "draft_changed_meanwhile"
    sentence = _("The draft was changed at %(changed_at)s by %(changed_by)s. Compare before you write over it.")

    def __init__(self, draft: ProductDraft) -> None:
        super().__init__(changed_at=f"{draft.changed_at:%F %T}", changed_by=str(draft.written_by or "—"))
        self.draft = draft


class DraftHasFaults(Refusal):
    """Something in the draft must be mended first; ``faults`` lists all of it."""

    code = "draft_has_faults"
    status = 422
    sentence = _("Please mend what is marked: %(count)s places.")

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(
            field=faults[0].field, count=len(faults), faults=[{"field": fault.field, "message": fault.message} for fault in faults]
        )
        self.faults = list(faults)


def locked(draft: ProductDraft) -> ProductDraft:
    """Return the draft as it is now, locked until the transaction ends."""
    return ProductDraft.objects.select_for_update().get(pk=draft.pk)


def faults_of(draft: ProductDraft) -> list[Fault]:
    """Return everything that keeps a draft from being listed."""
    content = ProductContent.from_document(draft.content)
    return check(content, known=look_up([content], seller_id=draft.seller_id, product_id=draft.product_id))


@transaction.atomic
def start_draft(*, seller: Organisation, product: Product | None = None, by: Person, now: datetime) -> ProductDraft:
    """
    Open a draft: an empty one, or of a product, which begins as the product is listed now.

    Where the product has an open draft already, that one is returned.

    :raises NotThere: if the product is not this seller's.
    """
    if product is None:
        content = ProductContent()
    else:
        product = Product.objects.select_for_update().filter(pk=product.pk, seller=seller).first()
        if product is None:
            raise NotThere
        if draft := ProductDraft.objects.filter(product=product, state__in=ProductDraft.OPEN).first():
            return draft
        content = content_of(product)
    return ProductDraft.objects.create(
        county_id=seller.county_id, seller=seller, product=product, content=content.to_document(), written_by=by, changed_at=now
    )


@transaction.atomic
def write_draft(
    *, draft: ProductDraft, content: ProductContent, by: Person, now: datetime, expected_changed_at: datetime | None = None
) -> ProductDraft:
    """
    Keep what a draft says now, however unfinished. A draft that was sent back keeps its reason until it is submitted again.

    :raises DraftIsNotOpen: if it lies with the centre or is done.
    :raises DraftChangedMeanwhile: if it was changed after ``expected_changed_at``.
    :raises Malformed: if a text holds a character that cannot be kept.
    """
    draft = locked(draft)
    if draft.state not in WRITABLE:
        raise DraftIsNotOpen
    if expected_changed_at is not None and draft.changed_at != expected_changed_at:
        raise DraftChangedMeanwhile(draft)
    if b"\\u0000" in msgspec.json.encode(content):
        raise Malformed(field="content", reason=_("A text holds a character that cannot be kept."))
    draft.content, draft.written_by, draft.changed_at = content.to_document(), by, now
    draft.save(update_fields=["content", "written_by", "changed_at"])
    return draft


@transaction.atomic
def submit_draft(*, draft: ProductDraft, by: Person, now: datetime) -> ProductDraft:  # noqa: ARG001 - every action names its actor
    """
    Hand a draft to the centre.

    :raises DraftIsNotOpen: if it lies there already or is done.
    :raises DraftHasFaults: with everything that must be mended.
    """
    draft = locked(draft)
    if draft.state not in WRITABLE:
        raise DraftIsNotOpen
    if faults := faults_of(draft):
        raise DraftHasFaults(faults)
    draft.state, draft.submitted_at, draft.reason = State.SUBMITTED, now, ""
    draft.save(update_fields=["state", "submitted_at", "reason"])
    announce(DraftsSubmitted(draft_ids=(draft.pk,)))
    return draft


@transaction.atomic
def take_back_draft(*, draft: ProductDraft, by: Person, now: datetime) -> ProductDraft:  # noqa: ARG001 - every action names its actor
    """
    Take a submitted draft back to write on.

    :raises DraftIsNotSubmitted: if the centre has decided, or it was never there.
    """
    draft = locked(draft)
    if draft.state != State.SUBMITTED:
        raise DraftIsNotSubmitted
    draft.state, draft.submitted_at = State.DRAFTING, None
    draft.save(update_fields=["state", "submitted_at"])
    return draft


@transaction.atomic
def drop_draft(*, draft: ProductDraft, by: Person, now: datetime) -> ProductDraft:
    """
    Throw a draft away; the product stays as it is listed.

    :raises DraftIsNotOpen: if it lies with the centre or is done.
    """
    draft = locked(draft)
    if draft.state not in WRITABLE:
        raise DraftIsNotOpen
    draft.state, draft.written_by, draft.changed_at = State.DROPPED, by, now
    draft.save(update_fields=["state", "written_by", "changed_at"])
    return draft
