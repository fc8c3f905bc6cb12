"""Nodes, the roads between them, and how long trips took."""

import pgtrigger
from django.db import models
from modeltrans.fields import TranslationField

from teahorse.common.models import CountyOwned
from teahorse.people.models import ServicePoint
from teahorse.places.models import Area


class Node(CountyOwned):
    """Where goods change vehicles: a service point of ours, or a partner's hub."""

    class Kind(models.TextChoices):
        SERVICE_POINT = "service_point"
        AIRPORT = "airport"
        RAILHEAD = "railhead"
        CARRIER_HUB = "carrier_hub"
        CITY = "city"

    kind = models.CharField(max_length=14, choices=Kind.choices)
    name = models.CharField(max_length=120)
    service_point = models.OneToOneField(ServicePoint, models.PROTECT, related_name="node", null=True, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    latitude = models.FloatField()
    longitude = models.FloatField()
    height_m = models.SmallIntegerField()
    i18n = TranslationField(fields=("name",))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="service_point", service_point__isnull=False)
                | (~models.Q(kind="service_point") & models.Q(service_point=None)),
                name="a_node_is_a_service_point_or_a_partners_hub",
            ),
        ]
        indexes = [models.Index(fields=["county_id", "kind"], name="node_by_county")]

    def __str__(self) -> str:
        return self.name


class Road(CountyOwned):
    """
    A road between two nodes, written once for both directions: from the node with the smaller key.

    Length and minutes are estimated; what somebody who knows the road entered goes before, then what trips measured
    (:class:`MeasuredTime`). ``teahorse/network/rules/roads.py`` says which figure holds.
    """

    class Class(models.TextChoices):
        NATIONAL = "national"
        COUNTY = "county"
        TOWNSHIP = "township"
        VILLAGE = "village"

    class Surface(models.TextChoices):
        ASPHALT = "asphalt"
        GRAVEL = "gravel"
        EARTH = "earth"

    start = models.ForeignKey(Node, models.PROTECT, related_name="+")
    end = models.ForeignKey(Node, models.PROTECT, related_name="+")
    road_class = models.CharField(max_length=10, choices=Class.choices)
    surface = models.CharField(max_length=10, choices=Surface.choices, default=Surface.ASPHALT)
    is_narrow = models.BooleanField(default=False, help_text="too narrow for a truck")
    climb_there_m = models.IntegerField(help_text="climbed from the start to the end")
    climb_back_m = models.IntegerField()
    estimated_metres = models.IntegerField()
    entered_metres = models.IntegerField(null=True, blank=True)
    entered_minutes = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["start", "end"], name="one_road_between_two_nodes"),
            models.CheckConstraint(condition=models.Q(start__lt=models.F("end")), name="a_road_is_written_from_the_smaller_key"),
            models.CheckConstraint(condition=models.Q(climb_there_m__gte=0, climb_back_m__gte=0), name="nobody_climbs_less_than_nothing"),
            models.CheckConstraint(
                condition=(models.Q(entered_metres=None) | models.Q(entered_metres__gt=0))
                & (models.Q(entered_minutes=None) | models.Q(entered_minutes__gt=0)),
                name="a_road_has_a_length_and_takes_time",
            ),
        ]
        indexes = [models.Index(fields=["county_id"], name="road_by_county")]

    def __str__(self) -> str:
        return f"{self.start} – {self.end}"


class Trip(CountyOwned):
    """A run that was observed between two nodes; never changed."""

    start = models.ForeignKey(Node, models.PROTECT, related_name="+")
    end = models.ForeignKey(Node, models.PROTECT, related_name="+")
    left_at = models.DateTimeField()
    minutes = models.IntegerField()
    reference = models.UUIDField(unique=True, help_text="whatever was observed; the same one twice is one trip")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(minutes__gt=0), name="a_trip_takes_time")]
        indexes = [models.Index(fields=["start", "end"], name="trip_between_nodes")]
        triggers = [pgtrigger.Protect(name="trips_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.minutes} min, {self.left_at:%F}"


class MeasuredTime(CountyOwned):
    """The median minutes of a road's trips in one direction and half of the year; kept with how many they are."""

    road = models.ForeignKey(Road, models.CASCADE, related_name="measured")
    is_back = models.BooleanField(help_text="from the road's end to its start")
    is_winter = models.BooleanField()
    minutes = models.IntegerField()
    trips = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["road", "is_back", "is_winter"], name="one_median_per_direction_and_season")]

    def __str__(self) -> str:
        return f"{self.minutes} min of {self.trips}"
