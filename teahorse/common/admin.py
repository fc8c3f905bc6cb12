"""The worker's jobs in the stock admin."""

from django.contrib import admin
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

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
