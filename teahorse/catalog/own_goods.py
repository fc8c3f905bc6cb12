"""What a seller has already, found by what a table says of it: its own numbers and bar codes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from teahorse.catalog.content import ProductContent, contents_of
from teahorse.catalog.models import Product, ProductDraft, Variant
from teahorse.catalog.tables import Row, Table


@dataclass(frozen=True)
class Known:
    """A product that the seller has, or a draft of one: what it says now."""

    content: ProductContent
    product: Product | None
    draft: ProductDraft | None

    @property
    def is_being_written(self) -> bool:
        """Whether somebody has a draft of it that is not handed in."""
        return self.draft is not None and self.draft.state != ProductDraft.State.SUBMITTED


class OwnGoods:
    """What the seller has already, found by its numbers and bar codes."""

    def __init__(self, table: Table, *, seller_id: UUID, lock: bool = False) -> None:
        """
        Look up what a table may mean, in ten queries.

        ``lock`` keeps it as it is until the transaction ends: drafts first, then products, as an approval does.
        """
        numbers = {row.cells["product_key"] for row in table.rows} - {""}
        barcodes = {row.cells.get("barcode", "") for row in table.rows} - {""}
        drafts = ProductDraft.objects.filter(seller_id=seller_id, state__in=ProductDraft.OPEN).order_by("pk")
        bearing = Variant.objects.filter(product__seller_id=seller_id, barcode__in=barcodes, withdrawn_at=None).values("product_id")
        products = Product.objects.filter(Q(item_number__in=numbers) | Q(pk__in=bearing), seller_id=seller_id).order_by("pk")
        written = list(drafts.select_for_update() if lock else drafts)
        listed = {product.pk: product for product in (products.select_for_update() if lock else products)}
        of_product = {draft.product_id: draft for draft in written if draft.product_id}
        more = Product.objects.in_bulk(of_product.keys() - listed.keys())
        contents = contents_of([product for key, product in listed.items() if key not in of_product]) if listed else {}
        self.found = [
            *(Known(ProductContent.from_document(one.content), (listed | more).get(one.product_id), one) for one in written),
            *(Known(content, listed[key], None) for key, content in contents.items()),
        ]
        self.by_number = {known.content.item_number: known for known in self.found if known.content.item_number}
        for known in self.found:  # a draft may be giving a listed product another number
            if known.product and known.product.item_number:
                self.by_number.setdefault(known.product.item_number, known)
        self.by_barcode: defaultdict[str, list[Known]] = defaultdict(list)
        for known in self.found:
            for code in {variant.barcode for variant in known.content.variants} - {""}:
                self.by_barcode[code].append(known)

    def meant_by(self, rows: Sequence[Row]) -> Known | None:
        """
        Return what some rows mean, by their number, else by a bar code.

        :raises ValueError: if the bar codes are of several products.
        """
        known = self.by_number.get(rows[0].cells["product_key"])
        if known is not None:
            return known
        codes = {row.cells.get("barcode", "") for row in rows} - {""}
        bearing = {id(one): one for code in codes for one in self.by_barcode.get(code, ())}
        if len(bearing) > 1:
            raise ValueError(_("Several of your products bear this bar code. Give the product's number."))
        return next(iter(bearing.values()), None)
