"""
The story as it was told: events that are never changed, the things they tell of, and their places in the log.

A correction is another event (EPCIS 2.0, section 7.4.1.4). Things and events have keys that are worked out from what they are,
so whoever writes many at once looks nothing up, and the same event told twice stands here once.
"""

import pgtrigger
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from teahorse.common.models import CountyOwned
from teahorse.trace.cards import SALT_BYTES
from teahorse.trace.models.hearing import WHEN_EVENTS_COME
from teahorse.trace.rules import Role


class Thing(models.Model):
    """What events tell of: a kind of goods, a lot, a piece, a box; known by its canonical URI."""

    id = models.UUIDField(primary_key=True, help_text="the first half of the SHA-256 of its URI")
    uri = models.TextField()
    level = models.CharField(max_length=10, help_text="class, lot, instance, or private: only its owner knows")

    class Meta:
        triggers = [pgtrigger.Protect(name="a_thing_stays_what_it_is", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.uri


class CaptureJob(CountyOwned):
    """A document of events that an organisation sent, and what came of it (EPCIS 2.0, section 12.6)."""

    class OnError(models.TextChoices):
        ROLLBACK = "rollback"
        PROCEED = "proceed"

    organisation_id = models.UUIDField()
    on_error = models.CharField(max_length=8, choices=OnError.choices)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    is_success = models.BooleanField()
    captured = models.IntegerField(default=0, help_text="events that are new")
    known = models.IntegerField(default=0, help_text="events that were told before")
    errors = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["organisation_id", "-id"], name="capture_job_of_organisation")]

    def __str__(self) -> str:
        return f"{self.pk} {self.captured}"


class TraceEvent(models.Model):
    """One event as it was told, with what it is asked by. ``body`` is its JSON; ``context`` what its prefixes stand for."""

    id = models.UUIDField(primary_key=True, help_text="the first half of its hash")
    county_id = models.UUIDField(editable=False)
    digest = models.BinaryField(max_length=32, help_text="its CBV hash, SHA-256")
    organisation_id = models.UUIDField(help_text="who told it")
    captured_by_id = models.UUIDField(null=True)
    job_id = models.UUIDField()
    recorded_at = models.DateTimeField()
    happened_at = models.DateTimeField()
    kind = models.CharField(max_length=22)
    action = models.CharField(max_length=8, blank=True)
    step = models.TextField(blank=True)
    disposition = models.TextField(blank=True)
    read_point = models.TextField(blank=True)
    location = models.TextField(blank=True)
    transformation = models.TextField(blank=True)
    told_as = models.TextField(blank=True, help_text="the eventID that its teller gave it")
    body = models.JSONField()
    context = models.JSONField(default=dict, help_text="prefixes of the teller's own fields")

    class Meta:
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="event_as_it_came"),
            models.Index(fields=["organisation_id", "recorded_at", "id"], name="event_of_teller_as_it_came"),
            models.Index(fields=["organisation_id", "happened_at", "id"], name="event_of_teller_in_time"),
            models.Index(fields=["organisation_id", "read_point"], name="event_of_teller_at_place", condition=~models.Q(read_point="")),
            models.Index(fields=["told_as"], name="event_by_its_tellers_name", condition=~models.Q(told_as="")),
            models.Index(fields=["transformation"], name="event_of_transformation", condition=~models.Q(transformation="")),
            models.Index(fields=["happened_at"], name="event_that_takes_back", condition=models.Q(body__has_key="errorDeclaration")),
        ]
        constraints = [
            models.CheckConstraint(condition=Exact(Length("digest"), 32), name="a_hash_is_of_32_bytes"),
        ]
        triggers = [pgtrigger.Protect(name="events_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.happened_at:%F}"


class Retelling(CountyOwned):
    """
    An organisation told an event that another one had told before: it is hers to read too.

    Nobody learns by it who told the event first, and what the event says she knew.
    """

    event = models.ForeignKey(TraceEvent, models.PROTECT, related_name="+", db_constraint=False)
    organisation_id = models.UUIDField()
    job_id = models.UUIDField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation_id", "event"], name="an_organisation_tells_an_event_again_once")]
        indexes = [models.Index(fields=["organisation_id", "told_at"], name="retelling_as_it_came")]
        triggers = [pgtrigger.Protect(name="what_was_told_again_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.event_id}"


class EventThing(models.Model):
    """An event tells of a thing: in which part, and how much of it."""

    pk = models.CompositePrimaryKey("thing_id", "event_id", "role")
    thing = models.ForeignKey(Thing, models.PROTECT, related_name="edges", db_constraint=False, db_index=False)
    event = models.ForeignKey(TraceEvent, models.PROTECT, related_name="edges", db_constraint=False)
    role = models.CharField(max_length=6, choices=[(role.value, role.value) for role in Role])
    quantity = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    unit = models.CharField(max_length=3, blank=True, help_text="of UN/ECE Recommendation 20; nothing: pieces")
    happened_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["thing"], name="what_held_something", condition=models.Q(role=Role.PARENT.value))]
        triggers = [
            pgtrigger.Protect(name="what_an_event_tells_of_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            WHEN_EVENTS_COME,
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.thing_id}"


class Leaf(models.Model):
    """An event's place in the log; places follow each other without a gap."""

    place = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(TraceEvent, models.PROTECT, related_name="leaf", db_constraint=False)
    salt = models.BinaryField(
        max_length=SALT_BYTES, null=True, help_text="the secret of its card; without one it was logged before there were cards"
    )

    class Meta:
        triggers = [pgtrigger.Protect(name="a_place_in_the_log_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.place}"
