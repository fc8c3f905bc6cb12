"""What is printed and stuck on goods, and who scanned it."""

import pgtrigger
from django.db import models

from teahorse.common.models import CountyOwned, Keyed
from teahorse.people.models import Organisation
from teahorse.trace.models.goods import Lot


class LabelSheet(CountyOwned):
    """
    Labels of a lot that were made together: what they say is frozen when they are made, whatever is changed afterwards.

    ``making -> ready``, or ``failed`` with what went wrong; made by a job that counts up ``made``. Voiding a sheet voids its codes.
    """

    class Form(models.TextChoices):
        A4 = "a4"
        ROLL = "roll_40x30"
        CASE = "case"
        BAG = "bag"

    class State(models.TextChoices):
        MAKING = "making"
        READY = "ready"
        FAILED = "failed"

    class Level(models.TextChoices):
        """What a code names: the lot, so that all labels are copies; one piece each; a case of pieces each."""

        LOT = "lot"
        PIECE = "piece"
        CASE = "case"

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    form_key = models.UUIDField(unique=True, null=True, help_text="made with the form, so that sending it twice asks once")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="sheets")
    form = models.CharField(max_length=10, choices=Form.choices)
    level = models.CharField(max_length=5, choices=Level.choices, default=Level.LOT)
    count = models.IntegerField()
    has_hidden = models.BooleanField(default=False, help_text="a hidden part for each code, printed once under a scratch field")
    why_more = models.CharField(max_length=200, blank=True, help_text="why there are more labels than pieces of the lot")
    frozen = models.JSONField(help_text="what every label says, by language")
    state = models.CharField(max_length=6, choices=State.choices, default=State.MAKING)
    made = models.IntegerField(default=0)
    trouble = models.CharField(max_length=200, blank=True)
    pdf = models.BinaryField(null=True)
    asked_by_id = models.UUIDField()
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    voided_by_id = models.UUIDField(null=True)
    voided_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(count__range=(1, 10000)), name="a_sheet_has_some_labels"),
            models.CheckConstraint(condition=models.Q(made__range=(0, models.F("count"))), name="no_more_is_made_than_asked"),
        ]
        indexes = [models.Index(fields=["seller", "-asked_at"], name="sheet_of_seller")]
        triggers = [
            pgtrigger.ReadOnly(
                name="a_label_says_what_it_said", fields=["seller", "lot", "form", "level", "count", "why_more", "frozen", "asked_at"]
            ),
            pgtrigger.Protect(name="sheets_are_voided_not_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.count}"


class LabelCode(models.Model):
    """
    A code that was given out: for a lot, a piece of it, or a case of pieces. Where it has a ``serial`` it names one thing.

    The hidden part is kept as a hash only, written when the sheet's file is made, and never another.
    """

    Level = LabelSheet.Level

    code = models.CharField(max_length=12, primary_key=True)
    county_id = models.UUIDField(editable=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="codes")
    sheet = models.ForeignKey(LabelSheet, models.PROTECT, related_name="codes", null=True)
    position = models.IntegerField(default=0)
    level = models.CharField(max_length=5, choices=Level.choices)
    serial = models.CharField(max_length=20, blank=True)
    uri = models.TextField()
    thing_id = models.UUIDField(db_index=True)
    hidden_hash = models.CharField(max_length=160, blank=True)
    parcel_id = models.UUIDField(null=True, db_index=True, help_text="the parcel that it was packed into")
    created_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)
    voided_by_id = models.UUIDField(null=True)
    voided_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "serial"], condition=~models.Q(serial=""), name="a_serial_is_given_once"),
            models.UniqueConstraint(
                fields=["sheet", "position"], condition=models.Q(sheet__isnull=False), name="a_place_on_a_sheet_has_one_code"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="a_code_stays_what_it_names", exclude=["hidden_hash", "parcel_id", "voided_at", "voided_by_id", "voided_why"]
            ),
            pgtrigger.Protect(
                name="a_hidden_part_is_given_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__hidden_hash__gt="") & pgtrigger.Q(old__hidden_hash__df=pgtrigger.F("new__hidden_hash")),
            ),
            pgtrigger.Protect(name="codes_are_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.code


class LabelPrint(Keyed):
    """Somebody took a sheet's file to print it, the first time or again, and why."""

    sheet = models.ForeignKey(LabelSheet, models.PROTECT, related_name="prints")
    by_id = models.UUIDField()
    at = models.DateTimeField()
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        triggers = [pgtrigger.Protect(name="prints_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.at:%F %R}"


class LabelScan(CountyOwned):
    """
    A scan of a label, as coarsely as is kept: when, in which county or country, and a visitor's mark that is worthless after a day.

    It only grows and points at the code by its text.
    """

    code = models.CharField(max_length=12)
    thing_id = models.UUIDField()
    at = models.DateTimeField()
    area_code = models.CharField(max_length=6, blank=True, help_text="of the county, as far as it is known")
    latitude = models.FloatField(null=True, help_text="rounded to a tenth of a degree, where the visitor let us")
    longitude = models.FloatField(null=True)
    visitor = models.CharField(max_length=16, blank=True)
    hidden_was_right = models.BooleanField(null=True, help_text="whether a hidden part was told and was right")
    locale = models.CharField(max_length=10, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["code", "at"], name="scan_of_code"),
            models.Index(fields=["county_id", "-at"], name="scan_in_county"),
        ]
        triggers = [pgtrigger.Protect(name="scans_of_labels_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%F %R}"


class Suspicion(CountyOwned):
    """Signs that a code was copied, gathered for its maker; she decides. Nothing is frozen by it."""

    class Sign(models.TextChoices):
        MANY_PLACES = "many_places"
        IMPOSSIBLE_TRAVEL = "impossible_travel"
        MORE_SCANS_THAN_UNITS = "more_scans_than_units"
        BEFORE_SHIPMENT = "before_shipment"

    code = models.CharField(max_length=12)
    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    sign = models.CharField(max_length=24, choices=Sign.choices)
    score = models.SmallIntegerField(default=0)
    said = models.JSONField(default=dict)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.UUIDField(null=True)
    closed_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "sign"], condition=models.Q(closed_at=None), name="a_sign_of_a_code_is_open_once"),
        ]
        indexes = [models.Index(fields=["seller", "closed_at", "-last_at"], name="suspicion_of_seller")]

    def __str__(self) -> str:
        return f"{self.sign} {self.code}"


class Report(CountyOwned):
    """What somebody who scanned a label wrote to its maker."""

    code = models.CharField(max_length=12)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="reports")
    text = models.CharField(max_length=500)
    phone = models.CharField(max_length=16, blank=True)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.UUIDField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["county_id", "answered_at", "-at"], name="report_to_answer")]

    def __str__(self) -> str:
        return self.code
