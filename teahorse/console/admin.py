"""Who looked at what is hidden, and where cash changed hands: to read."""

from django.contrib import admin

from teahorse.common.admin_pages import ReadOnly
from teahorse.console.models import CashReceipt, RevealLog


@admin.register(RevealLog)
class Reveals(ReadOnly):
    list_display = ("at", "person", "organisation", "subject_id", "reason")
    list_select_related = ("person", "organisation")
    search_fields = ("=subject_id", "person__name", "organisation__name", "reason")
    ordering = ("-at", "pk")


@admin.register(CashReceipt)
class Receipts(ReadOnly):
    list_display = ("at", "organisation", "person", "subject_id")
    list_select_related = ("person", "organisation")
    search_fields = ("=subject_id", "person__name", "organisation__name")
    ordering = ("-at", "pk")
