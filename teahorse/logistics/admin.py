"""Freight rates, which are entered here, and parcels to look at; who gets a parcel is hidden, the workbench shows it for a reason."""

from django.contrib import admin

from teahorse.common.admin_pages import Inside, Listed, ReadOnly
from teahorse.logistics.models import FreightRate, FreightZone, FreightZoneArea, Parcel
from teahorse.people.rules import masked_name, masked_phone


@admin.register(FreightRate)
class FreightRates(Listed):
    list_display = (
        *("__str__", "first_kg_fen", "further_kg_fen", "cm3_per_kg", "free_from_fen", "subsidy_basis_points", "subsidy_payer"),
        *("days_min", "days_max"),
    )
    list_select_related = ("destination_zone", "subsidy_payer")
    search_fields = ("^origin_code", "^destination_code", "destination_zone__name")
    autocomplete_fields = ("subsidy_payer",)
    ordering = ("origin_code", "destination_code", "pk")


class ZoneAreas(Inside):
    model = FreightZoneArea
    extra = 1


@admin.register(FreightZone)
class FreightZones(Listed):
    list_display = ("name",)
    search_fields = ("name", "areas__area_code")
    ordering = ("name", "pk")
    inlines = (ZoneAreas,)


@admin.register(Parcel)
class Parcels(ReadOnly):
    list_display = ("number", "stage", "stage_at", "sender", "pickup_point", "held_by", "carrier", "carrier_number")
    list_filter = ("stage", "carrier")
    list_select_related = ("sender", "pickup_point", "held_by")
    search_fields = ("=number", "=carrier_number", "=reference")
    ordering = ("-packed_at", "pk")
    fields = (
        *("number", "reference", "sender", "recipient", "destination_code", "destination_names", "pickup_point", "carrier"),
        *("carrier_number", "weight_grams", "stage", "stage_at", "held_by", "packed_at"),
    )

    @admin.display
    def recipient(self, parcel: Parcel) -> str:
        """Return who gets it, as on a waybill."""
        return f"{masked_name(parcel.recipient_name)} {masked_phone(parcel.recipient_phone)}"
