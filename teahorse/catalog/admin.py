"""The stock admin: what changes a few times a year. Goods are changed by drafts alone, so they are only shown."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from teahorse.catalog.models import Brand, Category, CountyLine, Picture, Product, ProductDraft, Story, Variant
from teahorse.common.admin_pages import Listed, ReadOnly, ReadOnlyInside


@admin.register(Category)
class Categories(Listed):
    list_display = ("name", "slug", "position")
    search_fields = ("name", "slug")
    ordering = ("position", "pk")
    fields = ("slug", "name", "name_bo", "name_en", "drawing", "position", "attributes", "variant_attributes")


@admin.register(Brand)
class Brands(Listed):
    list_display = ("name", "key", "owner", "is_village_brand", "has_gi_mark")
    list_filter = ("is_village_brand", "has_gi_mark")
    list_select_related = ("owner",)
    search_fields = ("name", "key", "owner__name")
    ordering = ("name", "pk")
    raw_id_fields = ("owner",)
    fields = ("key", "name", "name_bo", "name_en", "owner", "is_village_brand", "has_gi_mark")

    def get_form(self, request: HttpRequest, obj: Any = None, change: Any = False, **kwargs: Any) -> Any:  # noqa: FBT002 - Django's
        """Ask for an owner of a new brand: it says in which county the brand is at home."""
        form = super().get_form(request, obj, change, **kwargs)
        if obj is None:
            form.base_fields["owner"].required = True
        return form

    def save_model(self, request: HttpRequest, obj: Brand, form: Any, change: Any) -> None:  # noqa: ARG002 - Django's
        """Keep the brand in the county of its owner."""
        if obj.owner:
            obj.county_id = obj.owner.county_id
        obj.save()


class Variants(ReadOnlyInside):
    model = Variant
    fields = ("name", "barcode", "weight_grams", "nominal_grams", "attributes", "withdrawn_at")
    ordering = ("position", "pk")


@admin.register(Product)
class Products(ReadOnly):
    list_display = ("title", "item_number", "seller", "category", "published_at", "withdrawn_at")
    list_filter = ("category", "is_traceable", ("withdrawn_at", admin.EmptyFieldListFilter))
    list_select_related = ("seller", "category")
    search_fields = ("title", "=item_number", "seller__name")
    ordering = ("-published_at", "pk")
    inlines = (Variants,)


@admin.register(ProductDraft)
class Drafts(ReadOnly):
    list_display = ("__str__", "seller", "product", "state", "written_by", "reviewed_by", "changed_at", "submitted_at", "reviewed_at")
    list_filter = ("state",)
    list_select_related = ("seller", "product", "written_by", "reviewed_by")
    search_fields = ("seller__name", "product__title")
    ordering = ("-changed_at", "pk")


@admin.register(Picture)
class Pictures(ReadOnly):
    list_display = ("__str__", "seller", "product", "position", "width", "height", "uploaded_at")
    list_filter = (("position", admin.EmptyFieldListFilter),)
    list_select_related = ("seller", "product")
    search_fields = ("^sha256", "seller__name", "product__title")
    ordering = ("-uploaded_at", "pk")


@admin.register(Story)
class Stories(Listed):
    list_display = ("title", "organisation", "area", "position", "published_at")
    list_select_related = ("organisation", "area")
    search_fields = ("title", "organisation__name", "area__name")
    ordering = ("position", "pk")
    raw_id_fields = ("organisation", "area")
    fields = ("title", "title_bo", "title_en", "text", "text_bo", "text_en", "drawing", "organisation", "area", "position", "published_at")

    def save_model(self, request: HttpRequest, obj: Story, form: Any, change: Any) -> None:  # noqa: ARG002 - Django's
        """Keep it in the county of whom or what it is about."""
        about = obj.organisation or obj.area
        if about:  # the constraint has asked for one of the two
            obj.county_id = about.county_id
        obj.save()


@admin.register(CountyLine)
class CountyLines(Listed):
    list_display = ("area", "season", "text")
    list_filter = ("season",)
    list_select_related = ("area",)
    search_fields = ("text", "area__name", "^area__code")
    ordering = ("area__code", "season", "pk")
    raw_id_fields = ("area",)
    fields = ("area", "season", "text", "text_bo", "text_en")

    def save_model(self, request: HttpRequest, obj: CountyLine, form: Any, change: Any) -> None:  # noqa: ARG002 - Django's
        """Keep it in its county."""
        obj.county_id = obj.area.county_id
        obj.save()
