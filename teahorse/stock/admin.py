"""The stock admin's view of stock: places are entered here, levels and promises are to look at, not to touch."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from teahorse.common.admin_pages import Listed, ReadOnly
from teahorse.stock.models import Reservation, StockLevel, StockPlace


@admin.register(StockPlace)
class StockPlaces(Listed):
    list_display = ("name", "kind", "organisation")
    list_filter = ("kind",)
    list_select_related = ("organisation",)
    search_fields = ("name", "organisation__name", "organisation__key")
    ordering = ("name", "pk")
    raw_id_fields = ("organisation", "service_point")

    def save_model(self, request: HttpRequest, obj: StockPlace, form: Any, change: Any) -> None:  # noqa: ARG002 - Django's
        """Keep it in the county of its organisation."""
        obj.county_id = obj.organisation.county_id
        obj.save()


@admin.register(StockLevel)
class StockLevels(ReadOnly):
    list_display = ("goods", "variant", "place", "on_hand", "reserved", "is_online")
    list_filter = ("is_online",)
    list_select_related = ("offer__variant__product", "place")
    search_fields = ("offer__variant__product__title", "=offer__variant__barcode", "place__name", "place__organisation__name")
    ordering = ("pk",)

    @admin.display(ordering="offer__variant__product__title")
    def goods(self, level: StockLevel) -> str:
        """Return the product's title."""
        return level.offer.variant.product.title

    @admin.display(ordering="offer__variant__name")
    def variant(self, level: StockLevel) -> str:
        """Return the form's name."""
        return level.offer.variant.name


@admin.register(Reservation)
class Reservations(ReadOnly):
    list_display = ("reference", "goods", "quantity", "state", "expires_at")
    list_filter = ("state",)
    list_select_related = ("level__offer__variant__product",)
    search_fields = ("=reference",)
    ordering = ("-pk",)

    @admin.display
    def goods(self, reservation: Reservation) -> str:
        """Return the product's title."""
        return reservation.level.offer.variant.product.title
