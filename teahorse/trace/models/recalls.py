"""Taking goods back: whom it reaches, what was held, what came back."""

import pgtrigger
from django.db import models
from modeltrans.fields import TranslationField

from teahorse.common.models import CountyOwned, Keyed
from teahorse.people.models import Organisation
from teahorse.trace.models.goods import Lot


class Recall(CountyOwned):
    """
    Lots that are taken back, and all that was made of them. ``drafted -> living -> ended``; a draft may be dropped.

    A drill goes the same way, holds nothing and tells no buyer; its times are what an inspector reads.
    """

    class State(models.TextChoices):
        DRAFTED = "drafted"
        LIVING = "living"
        ENDED = "ended"
        DROPPED = "dropped"

    number = models.CharField(max_length=24, unique=True)
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="the maker, or the centre that does it for her")
    reason = models.CharField(max_length=300)
    what_to_do = models.CharField(max_length=300, blank=True)
    is_drill = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFTED)
    asked_at = models.DateTimeField(help_text="when the question was put; the timer runs from here")
    drafted_by_id = models.UUIDField()
    found_at = models.DateTimeField(null=True, help_text="when all that it reaches was known")
    started_at = models.DateTimeField(null=True)
    started_by_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_id = models.UUIDField(null=True)
    i18n = TranslationField(fields=("reason", "what_to_do"))

    class Meta:
        indexes = [models.Index(fields=["county_id", "state", "-asked_at"], name="recall_of_county")]
        triggers = [
            pgtrigger.Protect(name="recalls_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.FSM(
                name="recall_states",
                field="state",
                transitions=[("drafted", "living"), ("drafted", "dropped"), ("living", "ended")],
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RecalledLot(Keyed):
    """A lot that a recall reaches: named by whoever began it, or made of one that was."""

    recall = models.ForeignKey(Recall, models.CASCADE, related_name="lots")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="recalls")
    is_named = models.BooleanField()
    is_within = models.BooleanField(default=True, help_text="whether it is its owner's to hold; others' lots are only told of")
    held_units = models.IntegerField(default=0, help_text="taken off the shelf by it")
    left_out_why = models.CharField(max_length=200, blank=True, help_text="why it was looked at and left out")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recall", "lot"], name="a_recall_names_a_lot_once")]
        indexes = [models.Index(fields=["lot"], name="recall_of_lot")]

    def __str__(self) -> str:
        return f"{self.lot_id}"


class RecalledParcel(CountyOwned):
    """What of a recalled lot was sent to whom: held on its way, told to its buyer, given back."""

    class State(models.TextChoices):
        TO_HOLD = "to_hold"
        HELD = "held"
        TO_TELL = "to_tell"
        TOLD = "told"
        GIVEN_BACK = "given_back"
        DESTROYED = "destroyed"
        NOT_FOUND = "not_found"

    recall = models.ForeignKey(Recall, models.CASCADE, related_name="parcels")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    order_id = models.UUIDField()
    line_id = models.UUIDField()
    parcel_id = models.UUIDField()
    quantity = models.IntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    told_at = models.DateTimeField(null=True)
    case_id = models.UUIDField(null=True, help_text="the after-sale case by which it comes back")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recall", "line_id", "lot"], name="a_recall_reaches_a_line_once_per_lot")]
        indexes = [models.Index(fields=["order_id"], name="recalled_parcel_of_order")]

    def __str__(self) -> str:
        return f"{self.state} {self.quantity}"


class RecallNote(Keyed):
    """What happened in a recall, with its time and by whom; it is what the record prints."""

    recall = models.ForeignKey(Recall, models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    said = models.JSONField(default=dict)

    class Meta:
        triggers = [pgtrigger.Protect(name="notes_of_recalls_are_never_changed", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return self.kind
