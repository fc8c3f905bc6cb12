"""Areas to look up; they are loaded from the official list."""

from django.contrib import admin

from teahorse.common.admin_pages import ReadOnly
from teahorse.places.models import Area


@admin.register(Area)
class Areas(ReadOnly):
    list_display = ("code", "name", "level", "height_m", "since_date", "until_date")
    list_filter = ("level", ("until_date", admin.EmptyFieldListFilter))
    search_fields = ("^code", "name")
    ordering = ("code", "pk")
    fields = (
        *("code", "level", "name", "name_bo", "name_en", "name_status", "latitude", "longitude", "point_status"),
        *("height_m", "height_status", "since_date", "until_date"),
    )
