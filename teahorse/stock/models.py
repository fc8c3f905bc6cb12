"""Stock. It knows offers and places, never why somebody wants them: a reservation carries an opaque reference."""

import pgtrigger
from django.db import models

from teahorse.catalog.models import Offer
from teahorse.common.ids import new_id
from teahorse.common.models import CountyOwned
from teahorse.people.models import Organisation, ServicePoint


class StockPlace(CountyOwned):
    """Where units lie: a seller's warehouse, a hall's shelf, a station's counter, a vehicle."""

    class Kind(models.TextChoices):
        WAREHOUSE = "warehouse"
        SHELF = "shelf"
        VEHICLE = "vehicle"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    service_point = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+", null=True, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class StockLevel(CountyOwned):
    """
    Units of one offer at one place. ``reserved`` of ``on_hand`` are promised to somebody.

    The mall sells from the one level of an offer that ``is_online``; other places get theirs by transfer.
    """

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="+")
    place = models.ForeignKey(StockPlace, models.PROTECT, related_name="+")
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    is_online = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reserved__gte=0, on_hand__gte=models.F("reserved")), name="never_promise_more_than_on_hand"
            ),
            models.UniqueConstraint(fields=["offer", "place"], name="one_level_per_offer_and_place"),
            models.UniqueConstraint(fields=["offer"], condition=models.Q(is_online=True), name="one_online_level_per_offer"),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand - self.reserved} of {self.on_hand}"

    @property
    def available(self) -> int:
        """Units that can still be promised."""
        return self.on_hand - self.reserved


class Reservation(CountyOwned):
    """
    Units promised to a reference.

    ``held`` until a time, then ``released`` by the sweep; or ``committed`` (paid), then ``taken`` (gone) or ``released``.
    """

    class State(models.TextChoices):
        HELD = "held"
        COMMITTED = "committed"
        TAKEN = "taken"
        RELEASED = "released"

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    reference = models.UUIDField()
    quantity = models.IntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(quantity__gt=0), name="a_reservation_is_of_something")]
        indexes = [
            models.Index(fields=["reference"], name="reservation_by_reference"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="reservation_states",
                field="state",
                transitions=[
                    ("held", "committed"),
                    ("held", "released"),
                    ("committed", "taken"),
                    ("committed", "released"),
                    ("released", "committed"),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.state}"


class StockMovement(models.Model):
    """A change of what is on hand, with its reason; never changed, never deleted."""

    class Reason(models.TextChoices):
        RECEIVED = "received"
        SOLD = "sold"
        COUNTED = "counted"
        SPOILED = "spoiled"
        RETURNED = "returned"
        MOVED_OUT = "moved_out"
        MOVED_IN = "moved_in"
        WITHDRAWN = "withdrawn"

    pk = models.CompositePrimaryKey("county_id", "id")
    county_id = models.UUIDField(editable=False)
    id = models.UUIDField(default=new_id, editable=False)
    level_id = models.UUIDField()
    delta = models.IntegerField()
    reason = models.CharField(max_length=12, choices=Reason.choices)
    reference = models.UUIDField(null=True)
    by_id = models.UUIDField(null=True)
    note = models.CharField(max_length=200, blank=True)
    moved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["level_id", "-moved_at"], name="movement_of_level")]
        constraints = [
            models.UniqueConstraint(
                fields=["county_id", "level_id", "reference", "reason"],
                condition=models.Q(reference__isnull=False),
                name="one_movement_per_level_and_reference",
            )
        ]
        triggers = [pgtrigger.Protect(name="movements_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.delta:+} {self.reason}"
