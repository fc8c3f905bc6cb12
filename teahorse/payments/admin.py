"""Money as the back office sees it: everything to read, nothing to change."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from teahorse.payments.models import Notification, Payment, PaymentEvent, PaymentSplit, Refund

if TYPE_CHECKING:  # Django's classes take a parameter in its stubs only
    RowsAdmin = admin.ModelAdmin[Any]
    SplitsInline = admin.TabularInline[PaymentSplit, Payment]
else:
    RowsAdmin, SplitsInline = admin.ModelAdmin, admin.TabularInline


class ReadOnly(RowsAdmin):
    """Rows that only their actions write."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's
        return False


class SplitsInside(SplitsInline):
    model = PaymentSplit
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's
        return False


@admin.register(Payment)
class Payments(ReadOnly):
    list_display = ("our_number", "state", "amount_fen", "provider", "method", "attempt", "created_at", "settled_at", "trouble")
    list_filter = ("state", "provider", "method", "is_open_at_provider", ("trouble", admin.EmptyFieldListFilter))
    search_fields = ("our_number", "provider_number", "=reference")
    ordering = ("-created_at", "pk")
    inlines = (SplitsInside,)


@admin.register(PaymentEvent)
class PaymentEvents(ReadOnly):
    list_display = ("payment", "kind", "amount_fen", "provider_number", "occurred_at", "recorded_at", "source")
    list_filter = ("kind", "source")
    list_select_related = ("payment",)
    search_fields = ("payment__our_number", "provider_number")
    ordering = ("-recorded_at", "pk")


@admin.register(Notification)
class Notifications(ReadOnly):
    list_display = ("received_at", "provider", "verdict", "is_unmatched", "reason", "outcome", "applied_at")
    list_filter = ("verdict", "is_unmatched", "provider", ("applied_at", admin.EmptyFieldListFilter))
    search_fields = ("provider_event_id", "reason", "outcome")
    ordering = ("-received_at", "pk")


@admin.register(Refund)
class Refunds(ReadOnly):
    list_display = ("our_number", "state", "amount_fen", "payment", "reason", "tries", "due_at", "settled_at", "trouble")
    list_filter = ("state", "payment__provider")
    list_select_related = ("payment",)
    search_fields = ("our_number", "provider_number", "payment__our_number", "=reference")
    ordering = ("-requested_at", "pk")
