"""Scans of parcels and units, and what is odd about some of them."""

import pgtrigger
from django.db import models

from teahorse.common.ids import new_id
from teahorse.common.models import CountyOwned
from teahorse.people.models import Person, ServicePoint


class Scan(models.Model):
    """
    An act on a parcel or a unit, with place, person, the time of the act and of its arrival here; never changed.

    What was wrong is taken back by another scan (``CORRECTED``), which names it.
    """

    class Act(models.TextChoices):
        RECEIVED = "received"
        PUT_IN = "put_in"
        TAKEN_OUT = "taken_out"
        LOADED = "loaded"
        DEPARTED = "departed"
        ARRIVED = "arrived"
        HANDED_OVER = "handed_over"
        REFUSED = "refused"
        LOST = "lost"
        FOUND = "found"
        RETURNED = "returned"
        DAMAGED = "damaged"
        HELD = "held"
        CORRECTED = "corrected"

    class Proof(models.TextChoices):
        NONE = ""
        PICKUP_CODE = "pickup_code"
        SIGNATURE = "signature"
        CARRIER = "carrier"

    pk = models.CompositePrimaryKey("county_id", "id")
    county_id = models.UUIDField(editable=False)
    id = models.UUIDField(default=new_id, editable=False, help_text="made by the scanning device; the same scan twice is one")
    thing_id = models.UUIDField(null=True, help_text="the parcel or unit; none where the code is nobody's")
    code = models.CharField(max_length=60, blank=True, default="", db_default="", help_text="what was read, where it is nobody's")
    act = models.CharField(max_length=12, choices=Act.choices)
    place_id = models.UUIDField(null=True, help_text="the service point")
    into_id = models.UUIDField(null=True, help_text="the unit that it was put in, loaded on or taken out of")
    corrects_id = models.UUIDField(null=True, help_text="the scan that is taken back")
    by_id = models.UUIDField(null=True, help_text="the person")
    proof = models.CharField(max_length=12, choices=Proof.choices, blank=True)
    note = models.CharField(max_length=200, blank=True)
    device_id = models.UUIDField(null=True)
    told_at = models.DateTimeField(null=True, help_text="what the device's clock said; empty: as happened_at")
    happened_at = models.DateTimeField(help_text="set right by the clock of this house")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["thing_id", "happened_at"], name="scan_of_parcel"),
            models.Index(fields=["id"], name="scan_by_key"),
        ]
        triggers = [pgtrigger.Protect(name="scans_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.act} {self.happened_at:%F %T}"


class Oddity(CountyOwned):
    """Something about a scan that does not fit what else is known; somebody looks at it, or a later message explains it."""

    class Kind(models.TextChoices):
        UNKNOWN_CODE = "unknown_code"
        WRONG_CLOCK = "wrong_clock"
        ELSEWHERE = "elsewhere"
        NOT_INSIDE = "not_inside"
        AFTER_THE_END = "after_the_end"
        DOES_NOT_FIT = "does_not_fit"
        OVERLOADED = "overloaded"
        NOT_PAID = "not_paid"

    scan_id = models.UUIDField()
    thing_id = models.UUIDField(null=True)
    place = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    facts = models.JSONField(default=dict, help_text="what a sentence about it needs: places, minutes, the code")
    noticed_at = models.DateTimeField()
    explained_at = models.DateTimeField(null=True)
    explained_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True, help_text="empty: a later message did")
    explanation = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scan_id", "kind"], name="a_scan_is_odd_once_in_a_way")]
        indexes = [
            models.Index(fields=["place", "noticed_at"], name="oddity_by_place", condition=models.Q(explained_at=None)),
            models.Index(fields=["thing_id"], name="oddity_of_thing"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.noticed_at:%F %T}"
