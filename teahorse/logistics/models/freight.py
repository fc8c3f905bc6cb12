"""What sending costs: rates of lanes, and the zones they go to."""

from django.db import models

from teahorse.common.models import Keyed
from teahorse.people.models import Organisation


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


class LaneDays(Keyed):
    """
    How many parcels of a lane took how many days, in one half of the year; counted anew every night from those handed over.

    Lanes go from county to county; ``teahorse/logistics/promising.py`` adds up what is wider.
    """

    origin_code = models.CharField(max_length=6)
    destination_code = models.CharField(max_length=6)
    is_winter = models.BooleanField()
    days = models.SmallIntegerField(help_text="from the day of packing to the day it was where it was to go")
    parcels = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["origin_code", "destination_code", "is_winter", "days"], name="days_of_a_lane_stand_once"),
            models.CheckConstraint(condition=models.Q(days__gte=0, parcels__gt=0), name="no_parcel_came_before_it_went"),
        ]

    def __str__(self) -> str:
        return f"{self.origin_code} – {self.destination_code}: {self.days}"
