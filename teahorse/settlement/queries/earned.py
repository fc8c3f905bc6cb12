"""Who earned what of a product: how the price of one divides, reckoned from what was frozen of its last sales."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import F

from teahorse.common.money import allot
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.settlement.models import FeeLine, OpenBook, Sale
from teahorse.settlement.queries.sellers import divisions_of
from teahorse.settlement.rules import WHOLE_BP, day_of

SALES: Final = 12
LOOKED_AT: Final = 300
"""Among so many of the seller's last sales those of the offer are looked for."""
HOUSEHOLDS, MAKER = "households", "maker"
ORDER: Final = (HOUSEHOLDS, MAKER, "station", "host", "packing", "freight", "commission", "payment")


@dataclass(frozen=True, slots=True)
class Earned:
    """
    How what was paid for one piece divides, in fen; the ``parts`` add up to ``price_fen``.

    It is the mean of the ``pieces`` in the last sales, sending and what others paid of the price included. A part is of the households
    together, the maker, or who gets a kind of fee; nobody is named.
    """

    price_fen: int
    parts: Sequence[tuple[str, int]]
    pieces: int


def is_open(*, seller_id: UUID, product_id: UUID) -> bool:
    """Return whether a seller lets everybody see how the price of a product divides."""
    return OpenBook.objects.filter(seller=seller_id, product_id=product_id, closed_at=None).exists()


def earned(*, seller_id: UUID, product_id: UUID, offer_ids: Collection[UUID]) -> Earned | None:
    """Return how the price of one divides; None where its seller has not opened the book, or nothing was sold lately. Six queries."""
    if not is_open(seller_id=seller_id, product_id=product_id):
        return None
    sales = _last_sales(seller_id, offer_ids)
    if not sales:
        return None
    lines: dict[UUID, list[tuple[UUID, int, int]]] = defaultdict(list)
    rows = OrderLine.objects.filter(order__in=sales).order_by("order_id", "position")
    for order_id, offer_id, cost, quantity in rows.values_list("order_id", "offer_id", F("amount_fen") - F("discount_fen"), "quantity"):
        lines[order_id].append((offer_id, cost, quantity))
    fees: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for sale_id, kind, fen in FeeLine.objects.filter(sale__in=sales).values_list("sale_id", "kind", F("amount_fen") - F("reversed_fen")):
        fees[sale_id].append((kind, fen))
    shares_bp = _shares_of_households(seller_id, product_id, sales)
    sums, pieces = Counter[str](), 0
    for key, sale in sales.items():
        sums += _of_offer(sale.sold_fen, lines[key], fees[key], offer_ids, shares_bp[key])
        pieces += sum(quantity for offer_id, _, quantity in lines[key] if offer_id in offer_ids)
    price_fen = (sums.total() + pieces // 2) // pieces
    parts = [(kind, fen) for kind, fen in zip(ORDER, allot(price_fen, [sums[kind] for kind in ORDER]), strict=True) if fen]
    return Earned(price_fen, parts, pieces) if price_fen else None


def _last_sales(seller_id: UUID, offer_ids: Collection[UUID]) -> dict[UUID, Sale]:
    """Return the last sales in which something of these offers was sold; none of which something went back."""
    kept = Sale.objects.filter(seller_id=seller_id, frozen_at__isnull=False, refunded_fen=0, subsidy_back_fen=0)
    latest = {sale.pk: sale for sale in kept.order_by("-frozen_at", "-pk")[:LOOKED_AT]}
    of_offer = set(OrderLine.objects.filter(order__in=latest, offer_id__in=offer_ids).values_list("order_id", flat=True))
    return dict([(key, sale) for key, sale in latest.items() if key in of_offer][:SALES])


def _shares_of_households(seller_id: UUID, product_id: UUID, sales: Collection[UUID]) -> Mapping[UUID, int]:
    """Return what of the product came from households when each of these was ordered, in basis points."""
    divisions = divisions_of(seller_id=seller_id, product_id=product_id)
    found = {}
    for key, placed_at in SellerOrder.objects.filter(pk__in=sales).values_list("pk", "placed_at"):
        held = next((one for one in divisions if one.since_date <= day_of(placed_at)), None)
        found[key] = sum(share.share_bp for share in held.shares.all()) if held else 0
    return found


def _of_offer(
    sold_fen: int, lines: Sequence[tuple[UUID, int, int]], fees: Sequence[tuple[str, int]], offer_ids: Collection[UUID], shares_bp: int
) -> Counter[str]:
    """Return what of a sale is of an offer's lines, by who gets it; what is of the whole order is of its lines by what they cost."""
    weights = [cost for _, cost, _ in lines]
    if not sum(weights):
        weights = [quantity for *_, quantity in lines]  # nothing of it cost anything: freight only
    wanted = [offer_id in offer_ids for offer_id, *_ in lines]
    found = Counter[str]()
    for kind, fen in fees:
        found[kind] += _those(allot(fen, weights), wanted)
    left = max(0, _those(allot(sold_fen, weights), wanted) - found.total())
    found[HOUSEHOLDS], found[MAKER] = allot(left, [shares_bp, WHOLE_BP - shares_bp])
    return found


def _those(parts: Sequence[int], wanted: Sequence[bool]) -> int:
    return sum(part for part, is_wanted in zip(parts, wanted, strict=True) if is_wanted)
