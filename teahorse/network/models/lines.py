"""Line-hauls and county loops with their timetables."""

from django.db import models
from modeltrans.fields import TranslationField

from teahorse.common.models import CountyOwned
from teahorse.network.models.roads import Node


class Line(CountyOwned):
    """A line that leaves by a timetable on some weekdays, what it carries and what it costs; from a day to a day, both included."""

    class Mode(models.TextChoices):
        FLIGHT = "flight"
        TRUCK = "truck"
        BUS = "bus"
        LOOP = "loop"

    name = models.CharField(max_length=120)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    weekdays = models.CharField(max_length=7, help_text="ISO weekdays as digits, 1 is Monday: 135")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    capacity_grams = models.IntegerField()
    capacity_cm3 = models.IntegerField()
    cost_fixed_fen = models.IntegerField(default=0)
    cost_per_kg_fen = models.IntegerField(default=0)
    i18n = TranslationField(fields=("name",))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weekdays__regex="^1?2?3?4?5?6?7?$") & ~models.Q(weekdays=""), name="a_line_leaves_on_weekdays"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")), name="a_line_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=models.Q(capacity_grams__gt=0, capacity_cm3__gt=0), name="a_line_carries_something"),
        ]
        indexes = [models.Index(fields=["county_id"], name="line_by_county")]

    def __str__(self) -> str:
        return self.name


class LineCall(CountyOwned):
    """A stop of a line, by its place in the order; minutes from midnight of the day it begins on, more than 1,440 on later days."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="calls")
    place = models.SmallIntegerField()
    node = models.ForeignKey(Node, models.PROTECT, related_name="+")
    arrives_minute = models.IntegerField()
    departs_minute = models.IntegerField()
    cutoff_minutes = models.SmallIntegerField(default=0, help_text="how long before leaving goods have to be there")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "place"], name="a_line_stops_once_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(arrives_minute__gte=0, departs_minute__gte=models.F("arrives_minute"), cutoff_minutes__gte=0),
                name="a_line_leaves_a_stop_after_it_came",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.place}: {self.node}"
