"""Who earned what of the goods behind a label, in a buyer's words; kept for a minute by goods and language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import pgettext

from teahorse.catalog.models import Offer
from teahorse.common.keeping import kept_for
from teahorse.settlement.queries.earned import earned
from teahorse.trace.models import TradeItem

KEPT_SECONDS, MOST_KEPT = 60, 2000


@dataclass(frozen=True, slots=True)
class EarnedRows:
    """Lines that add up, the last one their sum, and of how many it is the mean."""

    lines: Sequence[dict[str, Any]]
    pieces: int
    has_freight: bool


@kept_for(KEPT_SECONDS, most=MOST_KEPT)
def earned_rows(item_id: UUID, language: str) -> EarnedRows | None:  # noqa: ARG001 - what is kept is kept by language
    """
    Return how the price of one of these goods divides, where their maker shows it; at most a minute old.

    A guest's page is drawn anew for it every ten minutes (:mod:`.scan_pages`).
    """
    item = TradeItem.objects.select_related("variant").get(pk=item_id)
    if item.variant is None:
        return None
    offer_ids = set(Offer.objects.filter(variant=item.variant).values_list("pk", flat=True))
    found = earned(seller_id=item.seller_id, product_id=item.variant.product_id, offer_ids=offer_ids)
    if found is None:
        return None
    lines: list[dict[str, Any]] = [{"label": _who(kind), "fen": fen} for kind, fen in found.parts]
    lines.append({"label": pgettext("earned", "Paid for one"), "fen": found.price_fen, "is_sum": True})
    return EarnedRows(lines, found.pieces, any(kind == "freight" for kind, _ in found.parts))


def _who(kind: str) -> str:
    return {
        "households": pgettext("earned", "The households it comes from"),
        "maker": pgettext("earned", "The maker"),
        "station": pgettext("earned", "The service station"),
        "host": pgettext("earned", "The host who showed it"),
        "packing": pgettext("earned", "Packing"),
        "freight": pgettext("earned", "Sending it"),
        "commission": pgettext("earned", "Running the market"),
        "payment": pgettext("earned", "The payment service"),
    }[kind]
