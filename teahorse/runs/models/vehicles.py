"""A centre's vehicles, and who drives which one when."""

from django.db import models

from teahorse.common.models import CountyOwned
from teahorse.logistics.models import Unit
from teahorse.people.models import Person, ServicePoint


class Vehicle(CountyOwned):
    """
    A vehicle of a county's centre: what a plan has to know of it.

    What it may carry (``most_grams``, and ``most_cm3`` of the hold without the cold box) stands with its unit, where scanning asks
    for it too; an own vehicle's unit always says both.
    """

    class Kind(models.TextChoices):
        TRUCK = "truck"
        VAN = "van"
        PICKUP = "pickup"

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="vehicle")
    centre = models.ForeignKey(ServicePoint, models.PROTECT, related_name="vehicles")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    cold_cm3 = models.PositiveIntegerField(default=0)
    fits_narrow = models.BooleanField(default=True)
    takes_large = models.BooleanField(default=False)
    most_trips = models.PositiveSmallIntegerField(default=1)
    fixed_fen = models.PositiveIntegerField(help_text="for a day on which it is used")
    fen_per_km = models.PositiveIntegerField()
    climb_fen_per_km = models.PositiveIntegerField(help_text="fuel for 1,000 m of height, beside that for the way")
    driver_fen_per_hour = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(most_trips__range=(1, 6)), name="a_vehicle_makes_a_few_trips_a_day")]
        indexes = [models.Index(fields=["centre"], name="vehicle_by_centre")]

    def __str__(self) -> str:
        return self.unit.code


class Shift(CountyOwned):
    """
    Somebody drives a vehicle from a moment until another one.

    That nobody drives two at once, and no vehicle has two drivers at once, the database's exclusion constraints
    ``nobody_drives_two_vehicles_at_once`` and ``a_vehicle_has_one_driver_at_a_time`` hold.
    """

    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="shifts")
    driver = models.ForeignKey(Person, models.PROTECT, related_name="+")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("begins_at")), name="a_shift_takes_time")]
        indexes = [models.Index(fields=["vehicle", "begins_at"], name="shift_of_vehicle")]

    def __str__(self) -> str:
        return f"{self.vehicle} {self.begins_at:%F %R}"
