"""How parcels of orders are to be handled, as far as their goods say it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from teahorse.catalog.models import Offer
from teahorse.logistics.rules import Marks, is_large
from teahorse.orders.models import OrderLine

COLD_STORAGE = {"chilled", "frozen"}
"""What goods say of how they are stored that travel cold."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """The volume of an order's goods without packing, in cm3 (None: of none of them it is known), and whether some travel cold."""

    volume_cm3: int | None
    is_cold: bool

    def marks(self, *, weight_grams: int) -> Marks:
        """Return how a parcel of them is handled that weighs so much; whether it breaks, goods do not say."""
        return Marks(is_cold=self.is_cold, is_large=is_large(weight_grams=weight_grams, volume_cm3=self.volume_cm3))


def bulk_of(order_ids: Collection[UUID]) -> dict[UUID, Bulk]:
    """Return the bulk of some orders, by their keys; two queries."""
    lines = list(OrderLine.objects.filter(order__in=order_ids).values_list("order_id", "offer_id", "quantity"))
    told = Offer.objects.filter(pk__in={offer for _order, offer, _quantity in lines})
    goods = {
        key: (volume, {said.get("storage") for said in (of_product, of_variant) if said} & COLD_STORAGE)
        for key, volume, of_product, of_variant in told.values_list(
            "pk", "variant__volume_cm3", "variant__product__attributes", "variant__attributes"
        )
    }
    found = {}
    for order_id in order_ids:
        own = [(*goods.get(offer, (0, set())), quantity) for order, offer, quantity in lines if order == order_id]
        volume = sum(cm3 * quantity for cm3, _cold, quantity in own)
        found[order_id] = Bulk(volume or None, any(cold for _cm3, cold, _quantity in own))
    return found
