"""Money as the back office sees it: everything to read, nothing to change."""

from django.contrib import admin

from teahorse.common.admin_pages import ReadOnly, ReadOnlyInside
from teahorse.payments.models import (
    CashDifference,
    CashShift,
    MerchantAccount,
    MerchantAccountChange,
    Notification,
    Payment,
    PaymentEvent,
    PaymentSplit,
    ProviderBill,
    ProviderBillRow,
    ProviderRest,
    Refund,
    ShareLine,
    ShareReturn,
    Sharing,
    UnmatchedMoney,
    UnmatchedStep,
)


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


class LinesInside(ReadOnlyInside):
    model = ShareLine


@admin.register(Sharing)
class Sharings(ReadOnly):
    list_display = ("our_number", "state", "split", "tries", "requested_at", "due_at", "settled_at", "trouble")
    list_filter = ("state",)
    list_select_related = ("split",)
    search_fields = ("our_number", "split__our_number", "split__payment__our_number", "=split__reference")
    ordering = ("-requested_at", "pk")
    inlines = (LinesInside,)


@admin.register(ShareReturn)
class ShareReturns(ReadOnly):
    list_display = ("our_number", "state", "amount_fen", "refund", "tries", "requested_at", "due_at", "settled_at", "trouble")
    list_filter = ("state",)
    list_select_related = ("refund",)
    search_fields = ("our_number", "refund__our_number", "line__sharing__our_number")
    ordering = ("-requested_at", "pk")


@admin.register(ProviderBill)
class ProviderBills(ReadOnly):
    list_display = ("provider", "account_number", "day", "fetched_at")
    list_filter = ("provider",)
    ordering = ("-day", "provider", "account_number", "pk")


@admin.register(ProviderBillRow)
class ProviderBillRows(ReadOnly):
    list_display = (
        "bill",
        "kind",
        "amount_fen",
        "fee_fen",
        "our_number",
        "refund_number",
        "provider_number",
        "occurred_at",
        "account_number",
    )
    list_filter = ("kind", "bill__provider")
    list_select_related = ("bill",)
    search_fields = ("our_number", "refund_number", "provider_number")
    ordering = ("-occurred_at", "pk")


class ChangesInside(ReadOnlyInside):
    model = MerchantAccountChange


@admin.register(MerchantAccount)
class MerchantAccounts(ReadOnly):
    """Who collects; the keys are shown nowhere, not even sealed."""

    exclude = ("sealed_keys",)
    list_display = ("number", "provider", "organisation", "is_active", "since_at", "changed_at")
    list_filter = ("provider", "is_active")
    list_select_related = ("organisation",)
    search_fields = ("number", "organisation__name")
    ordering = ("provider", "number", "pk")
    inlines = (ChangesInside,)


@admin.register(ProviderRest)
class ProviderRests(ReadOnly):
    list_display = ("provider", "failures", "resting_since", "next_try_at", "trouble", "changed_at")
    ordering = ("provider",)


class StepsInside(ReadOnlyInside):
    model = UnmatchedStep


@admin.register(UnmatchedMoney)
class AllUnmatchedMoney(ReadOnly):
    list_display = ("provider_number", "provider", "amount_fen", "state", "problem", "owner", "found_at", "due_at")
    list_filter = ("state", "provider", "kind")
    list_select_related = ("owner",)
    search_fields = ("provider_number", "our_number", "refund_number")
    ordering = ("-found_at", "pk")
    inlines = (StepsInside,)


class DifferenceInside(ReadOnlyInside):
    model = CashDifference


@admin.register(CashShift)
class CashShifts(ReadOnly):
    list_display = ("number", "organisation", "counter", "opened_at", "float_fen", "closed_at", "expected_fen", "counted_fen", "checked_at")
    list_select_related = ("organisation",)
    search_fields = ("number", "organisation__name")
    ordering = ("-opened_at", "pk")
    inlines = (DifferenceInside,)
