"""The stock admin's manners: rows that only actions write are shown and never changed there; a list costs a few queries."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

if TYPE_CHECKING:  # Django's classes take a parameter in its stubs only
    Rows = admin.ModelAdmin[Any]
    Inside = admin.TabularInline[Any, Any]
else:
    Rows, Inside = admin.ModelAdmin, admin.TabularInline


class Listed(Rows):
    """A list of fifty that does not count the whole table."""

    show_full_result_count = False
    list_per_page = 50


class ReadOnly(Listed):
    """Rows that only their actions write."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's
        return False


class ReadOnlyInside(Inside):
    """Rows inside another's page, to read."""

    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's
        return False


admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class Jobs(ProcrastinateJobAdmin):
    """The worker's jobs with their actions, without what they carry: a log-in code and a phone are nobody's to read."""

    list_display = ["pk", "task_name", "queue_name", "status", "attempts", "scheduled_at"]
    list_filter = ["status", "queue_name"]
    search_fields = ("task_name",)
    ordering = ("-pk",)
    fields = ["pk", "task_name", "queue_name", "status", "lock", "queueing_lock", "priority", "scheduled_at", "attempts"]
    inlines = []
    show_full_result_count = False
    list_per_page = 50
