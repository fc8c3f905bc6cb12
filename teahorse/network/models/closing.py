"""Passes, when they close every year, and closures that somebody told."""

import pgtrigger
from django.db import models
from modeltrans.fields import TranslationField

from teahorse.common.models import CountyOwned
from teahorse.network.models.roads import Road
from teahorse.people.models import Person

MONTH_DAY = r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


class Pass(CountyOwned):
    """A pass, and the days between which it is closed every year, both included, as ``11-20`` and ``03-31``; empty: never by season."""

    name = models.CharField(max_length=80)
    height_m = models.SmallIntegerField()
    closes_on = models.CharField(max_length=5, blank=True)
    closes_until = models.CharField(max_length=5, blank=True)
    roads = models.ManyToManyField(Road, through="Crossing", related_name="passes")
    i18n = TranslationField(fields=("name",))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_on="", closes_until="") | models.Q(closes_on__regex=MONTH_DAY, closes_until__regex=MONTH_DAY),
                name="a_season_has_a_first_and_a_last_day",
            ),
        ]
        indexes = [models.Index(fields=["county_id"], name="pass_by_county")]

    def __str__(self) -> str:
        return f"{self.name} {self.height_m} m"


class Crossing(CountyOwned):
    """A road goes over a pass."""

    road = models.ForeignKey(Road, models.CASCADE, related_name="crossings")
    crossed = models.ForeignKey(Pass, models.CASCADE, related_name="crossings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["road", "crossed"], name="a_road_crosses_a_pass_once")]

    def __str__(self) -> str:
        return f"{self.road} · {self.crossed}"


class Closure(CountyOwned):
    """A pass or a road is closed from a moment until another one, or until further notice. What was told is never changed."""

    class Reason(models.TextChoices):
        SNOW = "snow"
        LANDSLIDE = "landslide"
        PERMIT = "permit"
        REPAIR = "repair"
        CONVOY = "convoy"

    closed_pass = models.ForeignKey(Pass, models.PROTECT, related_name="closures", null=True, blank=True)
    road = models.ForeignKey(Road, models.PROTECT, related_name="closures", null=True, blank=True)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note = models.CharField(max_length=200, blank=True)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="empty: until further notice")
    told_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_pass__isnull=False, road=None) | models.Q(closed_pass=None, road__isnull=False),
                name="a_closure_is_of_a_pass_or_of_a_road",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("begins_at")), name="a_closure_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["county_id", "begins_at"], name="closure_by_county")]
        triggers = [pgtrigger.Protect(name="closures_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.closed_pass or self.road}: {self.reason}"


class Lifting(CountyOwned):
    """Somebody said that a closure is over, before its end; once, and never changed."""

    closure = models.OneToOneField(Closure, models.PROTECT, related_name="lifting")
    lifted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        triggers = [pgtrigger.Protect(name="liftings_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.closure} {self.lifted_at:%F %T}"
