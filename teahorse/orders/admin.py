"""Orders to look at; who bought is hidden, the order desk shows it for a reason."""

from django.contrib import admin

from teahorse.common.admin_pages import ReadOnly, ReadOnlyInside
from teahorse.orders.models import OrderGroup, OrderLine, SellerOrder
from teahorse.people.rules import masked_name, masked_phone


@admin.register(OrderGroup)
class OrderGroups(ReadOnly):
    list_display = ("number", "buyer", "destination_names", "total_fen", "origin", "placed_at", "expires_at")
    list_filter = ("origin",)
    search_fields = ("=number", "=idempotency_key")
    ordering = ("-placed_at", "pk")
    fields = (
        *("number", "buyer", "destination_code", "destination_names", "goods_fen", "freight_fen", "total_fen"),
        *("origin", "locale", "quote_version", "placed_at", "expires_at"),
    )

    @admin.display
    def buyer(self, group: OrderGroup) -> str:
        """Return who gets it, as on a waybill."""
        return f"{masked_name(group.contact_name)} {masked_phone(group.contact_phone)}"


class Lines(ReadOnlyInside):
    model = OrderLine
    fields = ("position", "titles", "unit_price_fen", "quantity", "amount_fen", "weight_grams")
    ordering = ("position", "pk")


@admin.register(SellerOrder)
class SellerOrders(ReadOnly):
    list_display = ("number", "state", "seller", "total_fen", "placed_at", "paid_at", "packed_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("seller",)
    search_fields = ("=number", "=group__number")
    ordering = ("-placed_at", "pk")
    inlines = (Lines,)
