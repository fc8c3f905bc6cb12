"""The stock admin's view of stock: to look, not to touch."""

from django.contrib import admin

from teahorse.stock.models import StockLevel, StockPlace


@admin.register(StockPlace)
class StockPlaceAdmin(admin.ModelAdmin[StockPlace]):
    list_display = ("name", "kind", "organisation")
    list_filter = ("kind",)
    search_fields = ("name",)
    raw_id_fields = ("organisation", "service_point")


@admin.register(StockLevel)
class StockLevelAdmin(admin.ModelAdmin[StockLevel]):
    list_display = ("offer", "place", "on_hand", "reserved", "is_online")
    list_select_related = ("offer", "place")
    raw_id_fields = ("offer", "place")

    def has_add_permission(self, *_: object) -> bool:
        return False

    def has_change_permission(self, *_: object) -> bool:
        return False

    def has_delete_permission(self, *_: object) -> bool:
        return False
