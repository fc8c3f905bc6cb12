"""Taking a whole table of goods in at once."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.events import DraftsSubmitted
from teahorse.catalog.importing import ImportReport, read_products
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


def dry_run(*, seller: Organisation, file: Readable, name: str) -> ImportReport:
    """
    Say what importing a table would do; nothing is written.

    :raises teahorse.catalog.tables.CatalogueIsUnreadable: if it is no table.
    """
    return read_products(read_catalogue(file, name), seller_id=seller.pk)[1]


@transaction.atomic
def import_catalogue(*, seller: Organisation, file: Readable, name: str, by: Person, now: datetime) -> list[ProductDraft]:
    """
    Hand a table of new products to the centre as submitted drafts: all of them, or none.

    :raises NothingImported: with the report, if there is one fault, or no product.
    :raises teahorse.catalog.tables.CatalogueIsUnreadable: if it is no table.
    """
    contents, report = read_products(read_catalogue(file, name), seller_id=seller.pk)
    if not report.is_fine:
        raise NothingImported(report)
    drafts = ProductDraft.objects.bulk_create(
        ProductDraft(
            county_id=seller.county_id,
            seller=seller,
            content=content.to_document(),
            state=ProductDraft.State.SUBMITTED,
            written_by=by,
            changed_at=now,
            submitted_at=now,
        )
        for content in contents
    )
    announce(DraftsSubmitted(draft_ids=tuple(draft.pk for draft in drafts)))
    return drafts
