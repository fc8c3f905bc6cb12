"""The stock admin: categories and brands, which change a few times a year. Goods are changed by drafts alone."""

from django.contrib import admin

from teahorse.catalog.models import Brand, Category


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin[Category]):
    list_display = ("name", "slug", "position")
    ordering = ("position", "pk")
    fields = ("slug", "name", "name_bo", "name_en", "drawing", "position", "attributes", "variant_attributes")


@admin.register(Brand)
class BrandAdmin(admin.ModelAdmin[Brand]):
    list_display = ("name", "key", "owner", "is_village_brand", "has_gi_mark")
    list_filter = ("is_village_brand", "has_gi_mark")
    search_fields = ("name", "key")
    ordering = ("name", "pk")
    autocomplete_fields = ()
    raw_id_fields = ("owner",)
    fields = ("key", "name", "name_bo", "name_en", "owner", "is_village_brand", "has_gi_mark")

    def save_model(self, request: object, obj: Brand, form: object, change: object) -> None:  # noqa: ARG002 - Django's own signature
        """Keep the brand in the county of its owner."""
        if obj.owner:
            obj.county_id = obj.owner.county_id
        obj.save()
