"""The stock admin's manners: rows that only actions write are shown and never changed there; a list costs a few queries."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

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
