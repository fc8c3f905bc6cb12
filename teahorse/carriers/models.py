"""Accounts at carriers, what they took on, what they told of it, what they charge and what they billed."""

import pgtrigger
from django.db import models

from teahorse.carriers.states import NAMES, State
from teahorse.common.models import CountyOwned, Keyed
from teahorse.common.seal import SealedField
from teahorse.logistics.models import Parcel
from teahorse.people.models import Organisation


class CarrierAccount(Keyed):
    """Who has a contract with a carrier: the house (no organisation) or an organisation. Keys are sealed as merchants' are."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, blank=True)
    carrier = models.CharField(max_length=20)
    number = models.CharField(max_length=40, blank=True, default="", db_default="", help_text="by which the carrier knows the customer")
    sealed_keys = SealedField()
    is_active = models.BooleanField(default=True)
    since_at = models.DateTimeField()
    changed_by_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="since when nothing new goes by it; what went by it still does")
    ended_by_id = models.UUIDField(null=True)
    access_until_at = models.DateTimeField(null=True, help_text="until when its token lets anybody in; null: it has none, or nobody said")
    renew_at = models.DateTimeField(null=True, help_text="when its token is renewed or that is tried again; null: not by itself")
    renew_tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    renew_trouble = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["renew_at"], name="account_to_renew", condition=models.Q(renew_at__isnull=False))]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "carrier"],
                condition=models.Q(is_active=True),
                nulls_distinct=False,
                name="one_active_account_per_organisation_and_carrier",
            )
        ]

    def __str__(self) -> str:
        return self.carrier


class CarrierTariff(Keyed):
    """What a carrier's service costs to an area, and the days that it promises; the longest matching code holds."""

    carrier = models.CharField(max_length=20)
    service = models.CharField(max_length=40)
    destination_code = models.CharField(max_length=12, blank=True)
    first_grams = models.PositiveIntegerField()
    first_fen = models.PositiveIntegerField()
    step_grams = models.PositiveIntegerField()
    step_fen = models.PositiveIntegerField()
    cm3_per_kg = models.PositiveIntegerField(null=True, blank=True, help_text="so much volume counts as a kilogram; empty: only weight")
    days = models.PositiveSmallIntegerField(help_text="within so many days of being collected it is promised to be there")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["carrier", "service", "destination_code"], name="one_tariff_per_service_and_area"),
            models.CheckConstraint(condition=models.Q(step_grams__gt=0), name="a_tariff_steps_by_something"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.service} → {self.destination_code or '*'}"


class Manifest(CountyOwned):
    """What was handed to a carrier's driver together: a list that both sides sign."""

    number = models.CharField(max_length=20, unique=True)
    carrier = models.CharField(max_length=20)
    giver = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    count = models.PositiveIntegerField()
    weight_grams = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()

    def __str__(self) -> str:
        return self.number


class Consignment(CountyOwned):
    """
    A parcel that a carrier takes on, under our number, which the carrier keeps once.

    ``number`` is the carrier's. A forward and a return consignment of the same parcel are two rows.
    """

    class Stage(models.TextChoices):
        WAITING = "waiting"
        BOOKED = "booked"
        REFUSED = "refused"
        CANCELLING = "cancelling"
        CANCELLED = "cancelled"

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="consignments")
    carrier = models.CharField(max_length=20)
    followed_by = models.CharField(max_length=20, help_text="whose events it is followed by: the carrier itself, or kuaidi100")
    account = models.ForeignKey(CarrierAccount, models.PROTECT, related_name="+", null=True, blank=True)
    our_number = models.CharField(max_length=40, unique=True)
    number = models.CharField(max_length=40, blank=True)
    is_return = models.BooleanField(default=False)
    stage = models.CharField(max_length=12, choices=Stage.choices)
    sender = models.JSONField(help_text="name, phone, address as they stood when it was booked")
    recipient = models.JSONField()
    weight_grams = models.PositiveIntegerField(help_text="as it was weighed here")
    volume_cm3 = models.PositiveIntegerField(default=0, help_text="as it was measured here; 0: it was not")
    charged_grams = models.PositiveIntegerField(null=True)
    fee_fen = models.PositiveIntegerField(null=True, help_text="by our tariff, when it was booked; null: there was none")
    state = models.CharField(max_length=20, blank=True, choices=[(state.value, NAMES[state]) for state in State])
    state_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    booked_at = models.DateTimeField(null=True)
    promised_by = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    manifest = models.ForeignKey(Manifest, models.PROTECT, related_name="consignments", null=True, blank=True)
    is_subscribed = models.BooleanField(default=False)
    heard_at = models.DateTimeField(null=True, help_text="when the last new event came in")
    next_try_at = models.DateTimeField(null=True, help_text="when it is booked, cancelled or asked about again; null: no more")
    tries = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=200, blank=True)
    refusal_code = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="why the carrier does not take it on, by its code"
    )
    refusal_words = models.CharField(max_length=200, blank=True, default="", db_default="", help_text="and in its own words")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["carrier", "number"], condition=~models.Q(number=""), name="a_carriers_number_is_of_one_consignment"
            )
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="consignment_due", condition=models.Q(next_try_at__isnull=False)),
            models.Index(fields=["carrier", "booked_at"], name="consignment_by_carrier"),
        ]

    def __str__(self) -> str:
        return self.our_number

    @property
    def is_typed(self) -> bool:
        """Whether its number was read from a label by hand: another partner follows it, and the carrier was asked by nobody here."""
        return self.followed_by != self.carrier


class CarrierEvent(Keyed):
    """What a carrier told of a number, in its own words, once however often it was told; never changed. Unmapped ones are flagged."""

    consignment = models.ForeignKey(Consignment, models.PROTECT, related_name="events")
    source = models.CharField(max_length=20)
    code = models.CharField(max_length=20, blank=True)
    words = models.CharField(max_length=500)
    place = models.CharField(max_length=200, blank=True)
    happened_at = models.DateTimeField()
    heard_at = models.DateTimeField()
    state = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consignment", "source", "happened_at", "code", "words"], name="a_carriers_event_is_kept_once")
        ]
        indexes = [models.Index(fields=["-heard_at"], name="carrier_event_unmapped", condition=models.Q(state=""))]
        triggers = [pgtrigger.Protect(name="carrier_events_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} {self.words}"


class CarrierMessage(Keyed):
    """A push as it came in, kept raw; refused ones too, with the reason."""

    source = models.CharField(max_length=20)
    body = models.BinaryField()
    digest = models.CharField(max_length=64)
    is_accepted = models.BooleanField()
    reason = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "digest"], condition=models.Q(is_accepted=True), name="an_accepted_push_is_kept_once")
        ]
        indexes = [models.Index(fields=["received_at"], name="push_to_apply", condition=models.Q(is_accepted=True, applied_at=None))]

    def __str__(self) -> str:
        return f"{self.source} {self.received_at:%F %T}"


class CarrierClaim(CountyOwned):
    """What is asked of a carrier for a parcel that it lost or damaged, and what became of that. One open claim for a consignment."""

    class Reason(models.TextChoices):
        LOST = "lost"
        DAMAGED = "damaged"

    class Stage(models.TextChoices):
        WAITING = "waiting"
        LODGED = "lodged"
        GRANTED = "granted"
        PAID = "paid"
        REJECTED = "rejected", "rejected after it was looked into"
        REFUSED = "refused", "not taken at all"

    consignment = models.ForeignKey(Consignment, models.PROTECT, related_name="claims")
    our_number = models.CharField(max_length=40, unique=True)
    number = models.CharField(max_length=40, blank=True, help_text="the carrier's")
    reason = models.CharField(max_length=8, choices=Reason.choices)
    amount_fen = models.PositiveIntegerField()
    granted_fen = models.PositiveIntegerField(null=True)
    words = models.CharField(max_length=500, help_text="what happened")
    answer = models.CharField(max_length=500, blank=True, help_text="what the carrier says to it, in its own words")
    stage = models.CharField(max_length=8, choices=Stage.choices)
    made_by_id = models.UUIDField()
    made_at = models.DateTimeField()
    lodged_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True, help_text="when it is lodged or asked about again; null: no more")
    tries = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=200, blank=True)
    refusal_code = models.CharField(max_length=40, blank=True)
    refusal_words = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consignment"],
                condition=~models.Q(stage__in=["rejected", "refused"]),
                name="a_parcel_is_claimed_once_at_a_time",
            ),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_claim_is_for_something"),
        ]
        indexes = [models.Index(fields=["next_try_at"], name="claim_due", condition=models.Q(next_try_at__isnull=False))]

    def __str__(self) -> str:
        return self.our_number


class CarrierClaimPaper(Keyed):
    """A paper or photograph of a claim, as it is sent to the carrier; shown to nobody else."""

    claim = models.ForeignKey(CarrierClaim, models.PROTECT, related_name="papers")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    media_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claim", "sha256"], name="a_claim_has_a_paper_once")]

    def __str__(self) -> str:
        return self.name


class CarrierBill(Keyed):
    """What a carrier wants for a month, as the file has it; the same file is kept once."""

    carrier = models.CharField(max_length=20)
    month = models.CharField(max_length=7, help_text="2026-08")
    digest = models.CharField(max_length=64, unique=True)
    total_fen = models.BigIntegerField()
    taken_by_id = models.UUIDField()
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.carrier} {self.month}"


class BillLine(Keyed):
    """One number of a bill beside what was weighed here; with a reason where they differ, and who has to clear it."""

    class Reason(models.TextChoices):
        UNKNOWN = "unknown", "nobody here booked it"
        TWICE = "twice", "it was billed before"
        CANCELLED = "cancelled", "it was cancelled"
        HEAVIER = "heavier", "billed heavier than it was weighed"
        DEARER = "dearer", "dearer than the tariff for its weight"
        CHEAPER = "cheaper", "cheaper than the tariff for its weight"
        NO_TARIFF = "no_tariff", "no tariff to compare with"

    bill = models.ForeignKey(CarrierBill, models.PROTECT, related_name="lines")
    place = models.PositiveIntegerField(help_text="its line in the file")
    number = models.CharField(max_length=40)
    consignment = models.ForeignKey(Consignment, models.PROTECT, related_name="bill_lines", null=True)
    billed_grams = models.PositiveIntegerField()
    billed_fen = models.PositiveIntegerField()
    our_grams = models.PositiveIntegerField(null=True)
    our_fen = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, help_text="who clears it; null: the region centre")
    cleared_at = models.DateTimeField(null=True)
    cleared_by_id = models.UUIDField(null=True)
    note = models.CharField(max_length=200, blank=True, default="", db_default="", help_text="how it was cleared")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bill", "place"], name="a_bill_has_each_line_once"),
            models.CheckConstraint(
                condition=models.Q(cleared_at=None, cleared_by_id=None, note="")
                | (models.Q(cleared_at__isnull=False, cleared_by_id__isnull=False) & ~models.Q(note="")),
                name="who_clears_a_line_says_how",
            ),
        ]
        indexes = [models.Index(fields=["bill"], name="bill_line_that_differs", condition=~models.Q(reason=""))]

    def __str__(self) -> str:
        return f"{self.number} {self.billed_fen}"
