"""Taking a whole table of goods in at once."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.events import DraftsSubmitted
from teahorse.catalog.importing import ImportReport, Reading, read_products
from teahorse.catalog.models import ProductDraft
from teahorse.catalog.pictures import Readable
from teahorse.catalog.tables import read_catalogue
from teahorse.common.events import announce
from teahorse.common.refusals import Refusal
from teahorse.people.models import Organisation, Person


class NothingImported(Refusal):
    """The table holds faults; ``report`` tells all of them, and nothing was imported."""

    code = "nothing_imported"
    status = 422
    sentence = _("Nothing was imported: %(faults)s places in %(rows)s rows must be mended first.")

    def __init__(self, report: ImportReport) -> None:
        super().__init__(field="file", faults=len(report.faults), rows=report.rows)
        self.report = report


class GoodsChangedMeanwhile(Refusal):
    """Somebody opened one of the products to write on it at this very moment."""

    code = "goods_changed_meanwhile"
    sentence = _("Somebody opened one of these products meanwhile. Nothing was imported; look the table through again.")


def dry_run(*, seller: Organisation, file: Readable, name: str) -> ImportReport:
    """
    Say what importing a table would do; nothing is written.

    :raises teahorse.catalog.tables.CatalogueIsUnreadable: if it is no table.
    """
    return read_products(read_catalogue(file, name), seller_id=seller.pk)[1]


@transaction.atomic
def import_catalogue(*, seller: Organisation, file: Readable, name: str, by: Person, now: datetime) -> list[ProductDraft]:
    """
    Hand a table of products to the centre as submitted drafts, all of them or none; return the drafts.

    What the seller has already is changed: its open draft, wherever it lies, says now what the table says, or a draft of what
    is listed is opened. What is already as the table says is left alone.

    :raises NothingImported: with the report, if there is one fault, or no product.
    :raises GoodsChangedMeanwhile: if somebody opened one of them at this moment.
    :raises teahorse.catalog.tables.CatalogueIsUnreadable: if it is no table.
    """
    readings, report = read_products(read_catalogue(file, name), seller_id=seller.pk, lock=True)
    if not report.is_fine:
        raise NothingImported(report)
    handed_in = [reading for reading in readings if reading.known is None or reading.is_changed]
    drafts = [_draft(reading, seller) for reading in handed_in]
    for draft, reading in zip(drafts, handed_in, strict=True):
        draft.content, draft.written_by, draft.changed_at = reading.content.to_document(), by, now
        draft.state, draft.submitted_at, draft.reason = ProductDraft.State.SUBMITTED, now, ""
    changed = ["content", "written_by", "changed_at", "state", "submitted_at", "reason"]
    ProductDraft.objects.bulk_update([draft for draft in drafts if not draft._state.adding], changed)  # noqa: SLF001 - Django's own name
    try:
        ProductDraft.objects.bulk_create([draft for draft in drafts if draft._state.adding])  # noqa: SLF001 - as above
    except IntegrityError as error:
        raise GoodsChangedMeanwhile from error
    if drafts:
        announce(DraftsSubmitted(draft_ids=tuple(draft.pk for draft in drafts)))
    return drafts


def _draft(reading: Reading, seller: Organisation) -> ProductDraft:
    known = reading.known
    if known is not None and known.draft is not None:
        return known.draft
    return ProductDraft(county_id=seller.county_id, seller=seller, product=known.product if known else None)
