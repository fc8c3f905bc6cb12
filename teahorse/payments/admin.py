"""Money as the back office sees it: everything to read, nothing to change."""

from django.contrib import admin

from teahorse.common.admin_pages import ReadOnly, ReadOnlyInside
from teahorse.payments.models import Notification, Payment, PaymentEvent, PaymentSplit, Refund


class SplitsInside(ReadOnlyInside):
    model = PaymentSplit


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
