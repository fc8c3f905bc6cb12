"""Parcels and their scans. A parcel's stage is derived from its scans, whatever their order of arrival."""

import pgtrigger
from django.db import models

from teahorse.common.ids import new_id
from teahorse.common.models import CountyOwned, Keyed
from teahorse.people.models import Organisation, ServicePoint


class FreightZone(Keyed):
    """Destinations that one freight rate serves alike: "the far west", "coastal cities"."""

    name = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name


class FreightZoneArea(Keyed):
    """An area of a zone, with everything below it; the longest matching code decides."""

    zone = models.ForeignKey(FreightZone, models.CASCADE, related_name="areas")
    area_code = models.CharField(max_length=12)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["zone", "area_code"], name="an_area_stands_once_in_a_zone")]
        indexes = [models.Index(fields=["area_code"], name="zone_of_area")]

    def __str__(self) -> str:
        return self.area_code


class FreightRate(Keyed):
    """
    What the first kilogram and each further one cost from sellers of an area to destinations of an area or a zone.

    The rate with the longest matching origin, then the longest matching destination, holds; of two alike the one that names the
    area, not a zone. An empty code is anywhere. ``teahorse/logistics/rules.py`` reckons with it, the view ``logistics_lane`` lists
    a zone's rate once for each of its areas.
    """

    origin_code = models.CharField(max_length=12, blank=True)
    destination_code = models.CharField(max_length=12, blank=True)
    destination_zone = models.ForeignKey(FreightZone, models.PROTECT, related_name="rates", null=True, blank=True)
    first_kg_fen = models.IntegerField()
    further_kg_fen = models.IntegerField()
    cm3_per_kg = models.IntegerField(null=True, blank=True, help_text="so much volume counts as a kilogram; empty: only weight counts")
    free_from_fen = models.IntegerField(
        null=True, blank=True, help_text="goods of one seller worth this much travel free, the seller pays; 0: always"
    )
    subsidy_basis_points = models.SmallIntegerField(default=0, help_text="the share of the cost that a budget bears, 10000 is all")
    subsidy_payer = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, blank=True)
    days_min = models.SmallIntegerField()
    days_max = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["origin_code", "destination_code", "destination_zone"], nulls_distinct=False, name="one_freight_rate_per_lane"
            ),
            models.CheckConstraint(
                condition=models.Q(destination_zone=None) | models.Q(destination_code=""), name="a_rate_goes_to_an_area_or_to_a_zone"
            ),
            models.CheckConstraint(condition=models.Q(cm3_per_kg=None) | models.Q(cm3_per_kg__gt=0), name="volume_counts_by_something"),
            models.CheckConstraint(
                condition=models.Q(subsidy_basis_points=0, subsidy_payer=None)
                | models.Q(subsidy_basis_points__range=(1, 10000), subsidy_payer__isnull=False),
                name="a_subsidy_has_somebody_who_bears_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin_code or '*'} → {self.destination_zone or self.destination_code or '*'}"


class Parcel(CountyOwned):
    """One physical parcel with its own number and QR code; it carries an opaque reference to what it is sent for."""

    class Stage(models.TextChoices):
        PACKED = "packed"
        IN_TRANSIT = "in_transit"
        AT_POINT = "at_point"
        HANDED_OVER = "handed_over"
        REFUSED = "refused"
        LOST = "lost"

    OPEN = (Stage.PACKED, Stage.IN_TRANSIT, Stage.AT_POINT, Stage.REFUSED)

    number = models.CharField(max_length=24, unique=True)
    reference = models.UUIDField()
    sender = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recipient_name = models.CharField(max_length=80)
    recipient_phone = models.CharField(max_length=16)
    destination_code = models.CharField(max_length=12)
    destination_names = models.CharField(max_length=200)
    destination_line = models.CharField(max_length=200, blank=True)
    pickup_point = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+", null=True, blank=True)
    pickup_code = models.CharField(max_length=8, blank=True)
    carrier = models.CharField(max_length=20, default="network", help_text="network, or the express partner that takes it on")
    carrier_number = models.CharField(max_length=40, blank=True)
    weight_grams = models.PositiveIntegerField()
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.PACKED)
    stage_at = models.DateTimeField()
    held_by = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+", null=True, blank=True)
    packed_at = models.DateTimeField()
    stopped_why = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="why it is not to be handed over; empty: it may be"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pickup_point", "pickup_code"],
                condition=models.Q(stage__in=("packed", "in_transit", "at_point", "refused")) & ~models.Q(pickup_code=""),
                name="a_pickup_code_opens_one_parcel",
            ),
        ]
        indexes = [
            models.Index(fields=["reference"], name="parcel_by_reference"),
            models.Index(fields=["pickup_point", "stage"], name="parcel_by_point"),
            models.Index(fields=["held_by", "stage"], name="parcel_by_holder"),
            models.Index(fields=["pickup_code"], name="parcel_by_code", condition=~models.Q(pickup_code="")),
        ]

    def __str__(self) -> str:
        return self.number


class Scan(models.Model):
    """An act on a parcel, with place, person, the time of the act and of its arrival here; never changed."""

    class Act(models.TextChoices):
        RECEIVED = "received"
        DEPARTED = "departed"
        ARRIVED = "arrived"
        HANDED_OVER = "handed_over"
        REFUSED = "refused"
        LOST = "lost"
        FOUND = "found"

    class Proof(models.TextChoices):
        NONE = ""
        PICKUP_CODE = "pickup_code"
        SIGNATURE = "signature"
        CARRIER = "carrier"

    pk = models.CompositePrimaryKey("county_id", "id")
    county_id = models.UUIDField(editable=False)
    id = models.UUIDField(default=new_id, editable=False, help_text="made by the scanning device; the same scan twice is one")
    parcel_id = models.UUIDField()
    act = models.CharField(max_length=12, choices=Act.choices)
    place_id = models.UUIDField(null=True, help_text="the service point")
    by_id = models.UUIDField(null=True, help_text="the person")
    proof = models.CharField(max_length=12, choices=Proof.choices, blank=True)
    note = models.CharField(max_length=200, blank=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["parcel_id", "happened_at"], name="scan_of_parcel")]
        triggers = [pgtrigger.Protect(name="scans_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.act} {self.happened_at:%F %T}"
