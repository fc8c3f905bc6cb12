"""Parcels, the bags, cages and vehicles they lie in, and when they did: derived from scans, whatever their order of arrival."""

from django.db import models

from teahorse.common.models import CountyOwned
from teahorse.people.models import Organisation, ServicePoint


class Unit(CountyOwned):
    """
    What holds other things: a bag holds parcels, a cage bags too, a vehicle all of them; with its own code.

    Each kind holds only kinds before it, so nothing ever lies in itself.
    """

    class Kind(models.TextChoices):
        BAG = "bag"
        CAGE = "cage"
        VEHICLE = "vehicle"

    class Stage(models.TextChoices):
        WAITING = "waiting"
        IN_TRANSIT = "in_transit"
        LOST = "lost"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    code = models.CharField(max_length=24, unique=True, help_text="as its tag says it; a vehicle's plate")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="units")
    name = models.CharField(max_length=80, blank=True)
    destination = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+", null=True, blank=True)
    is_cold = models.BooleanField(default=False)
    most_grams = models.PositiveIntegerField(null=True, blank=True)
    most_cm3 = models.PositiveIntegerField(null=True, blank=True)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.WAITING)
    stage_at = models.DateTimeField()
    held_by = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+", null=True, blank=True)
    inside = models.ForeignKey("self", models.PROTECT, related_name="units", null=True, blank=True)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["held_by", "kind"], name="unit_by_holder"),
            models.Index(fields=["inside"], name="unit_by_container"),
        ]
        constraints = [models.CheckConstraint(condition=~models.Q(inside=models.F("id")), name="nothing_lies_in_itself")]

    def __str__(self) -> str:
        return self.code


class Parcel(CountyOwned):
    """One physical parcel with its own number and QR code; it carries an opaque reference to what it is sent for."""

    class Stage(models.TextChoices):
        PACKED = "packed"
        IN_TRANSIT = "in_transit"
        AT_POINT = "at_point"
        HANDED_OVER = "handed_over"
        RETURNED = "returned"
        REFUSED = "refused"
        LOST = "lost"

    class Size(models.TextChoices):
        SMALL = "small"
        LARGE = "large"

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
    volume_cm3 = models.PositiveIntegerField(null=True, blank=True)
    size = models.CharField(max_length=8, choices=Size.choices, default=Size.SMALL, db_default=Size.SMALL)
    is_cold = models.BooleanField(default=False, db_default=False)
    is_fragile = models.BooleanField(default=False, db_default=False)
    cod_fen = models.PositiveIntegerField(default=0, db_default=0, help_text="cash to be taken when it is handed over")
    cod_taken_at = models.DateTimeField(null=True, help_text="when the money for it was here; before that it is not handed over")
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.PACKED)
    stage_at = models.DateTimeField()
    held_by = models.ForeignKey(ServicePoint, models.PROTECT, related_name="+", null=True, blank=True)
    inside = models.ForeignKey(
        Unit, models.PROTECT, related_name="parcels", null=True, blank=True, help_text="the bag, cage or vehicle that it lies in"
    )
    is_damaged = models.BooleanField(default=False, db_default=False)
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
            models.Index(fields=["inside"], name="parcel_by_container"),
            models.Index(
                fields=["stage_at"],
                name="parcel_open_since",
                condition=models.Q(stage__in=("packed", "in_transit", "at_point", "refused", "lost")),
            ),
            models.Index(fields=["pickup_code"], name="parcel_by_code", condition=~models.Q(pickup_code="")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def cod_due_fen(self) -> int:
        """What is still to be taken before it is handed over."""
        return 0 if self.cod_taken_at else self.cod_fen


class Containment(CountyOwned):
    """
    From when until when a parcel or a unit lay in a unit, as its scans tell; worked out anew with each of them.

    What is scanned of the unit meanwhile is told of all that lies in it.
    """

    thing_id = models.UUIDField(help_text="the parcel or unit")
    container_id = models.UUIDField()
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thing_id"], condition=models.Q(until_at=None), name="nothing_lies_in_two_units"),
            models.CheckConstraint(condition=models.Q(until_at=None) | models.Q(until_at__gte=models.F("since_at")), name="in_before_out"),
        ]
        indexes = [
            models.Index(fields=["thing_id", "since_at"], name="containment_of_thing"),
            models.Index(fields=["container_id", "since_at"], name="containment_in_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.thing_id} in {self.container_id}"
