"""A day's plan as it was asked for, searched and given out; and what is tied to a vehicle by hand."""

from django.db import models

from teahorse.common.models import CountyOwned
from teahorse.people.models import Person, ServicePoint
from teahorse.runs.models.vehicles import Vehicle


class DayPlan(CountyOwned):
    """
    One answer to "who drives what in which order on this day": what was asked (``asked``), found (``plan``), and how (``record``).

    ``asked`` and ``plan`` are the planner's own values (:mod:`teahorse.runs.stored` writes and reads them), so that every figure of it
    can be explained later on. Of a centre's day one plan is searched at a time, and one is given out.
    """

    class State(models.TextChoices):
        SEARCHING = "searching"
        DRAFTED = "drafted"
        RELEASED = "released"
        REPLACED = "replaced"
        FAILED = "failed"

    class Trouble(models.TextChoices):
        NONE = ""
        NOT_FOUND = "not_found"
        INTERRUPTED = "interrupted"

    class Because(models.TextChoices):
        ASKED = ""
        CLOSED = "closed"
        OPENED = "opened"

    NEXT = {
        State.SEARCHING: (State.DRAFTED, State.FAILED, State.REPLACED),
        State.DRAFTED: (State.RELEASED, State.REPLACED),
        State.RELEASED: (State.REPLACED,),
        State.REPLACED: (),
        State.FAILED: (),
    }

    centre = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+")
    date = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.SEARCHING)
    is_from_now = models.BooleanField(default=False, help_text="some vehicles were on their way when it was asked for")
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    because = models.CharField(
        max_length=6,
        choices=Because.choices,
        blank=True,
        default=Because.ASKED,
        db_default="",
        help_text="it was asked for by itself: a way was closed or opened, by whom it names",
    )
    asked = models.JSONField()
    input_hash = models.CharField(max_length=64, help_text="SHA-256 of what was asked: two plans of one hash stand on the same facts")
    things = models.JSONField(help_text="by task: keys, codes and kinds of the parcels and units that it is made of")
    plan = models.JSONField(null=True)
    record = models.JSONField(null=True)
    left = models.JSONField(default=list, help_text="what is left for tomorrow, why, and what would help")
    progress = models.JSONField(default=dict, help_text="seconds, cost in fen and tasks left of the best so far")
    seconds = models.FloatField(null=True, help_text="that the search took")
    cost_fen = models.BigIntegerField(null=True, help_text="what is driven and what is left for tomorrow")
    found_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    trouble = models.CharField(max_length=12, choices=Trouble.choices, blank=True, default=Trouble.NONE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "date"], condition=models.Q(state="searching"), name="one_plan_of_a_day_is_searched_at_a_time"
            ),
            models.UniqueConstraint(fields=["centre", "date"], condition=models.Q(state="released"), name="one_plan_of_a_day_is_given_out"),
            models.CheckConstraint(
                condition=~models.Q(state__in=("drafted", "released")) | models.Q(plan__isnull=False, record__isnull=False),
                name="what_is_given_out_was_found",
            ),
        ]
        indexes = [models.Index(fields=["centre", "date", "-asked_at"], name="plan_of_day")]

    def __str__(self) -> str:
        return f"{self.centre} {self.date} {self.state}"


class Lock(CountyOwned):
    """A parcel or unit is tied to a vehicle by hand, until it has gone or somebody unties it."""

    thing_id = models.UUIDField(unique=True)
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="locks")
    locked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    locked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.thing_id} → {self.vehicle}"
