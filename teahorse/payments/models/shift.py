"""Cash at a station: shifts, what went in and out, and what was counted otherwise."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.people.models import Organisation


class CashShift(Keyed):
    """
    A person's time at a cash box: what lay in it first, what was taken and given, and what was counted at the end.

    It stands here and not with the receipts because what a closed box lacks must be booked from below the workbench.
    """

    number = models.CharField(max_length=24, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    counter = models.CharField(max_length=20, default="1", help_text="which box of the house")
    person_id = models.UUIDField(help_text="who answers for it")
    opened_at = models.DateTimeField()
    float_fen = models.BigIntegerField(help_text="counted when it was opened")
    closed_at = models.DateTimeField(null=True)
    expected_fen = models.BigIntegerField(null=True, help_text="float and what was taken, less what was given")
    counted_fen = models.BigIntegerField(null=True)
    closed_by_id = models.UUIDField(null=True, help_text="she, or who stood in for her")
    checked_by_id = models.UUIDField(null=True, help_text="a second person who counted it again")
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "person_id"], condition=models.Q(closed_at=None), name="one_open_shift_per_person_and_house"
            ),
            models.UniqueConstraint(
                fields=["organisation", "counter"], condition=models.Q(closed_at=None), name="one_open_shift_per_counter"
            ),
            models.CheckConstraint(condition=models.Q(float_fen__gte=0), name="a_float_is_not_negative"),
            models.CheckConstraint(
                condition=models.Q(closed_at=None, expected_fen=None, counted_fen=None)
                | models.Q(closed_at__isnull=False, expected_fen__isnull=False, counted_fen__gte=0),
                name="a_closed_shift_is_counted",
            ),
            models.CheckConstraint(
                condition=models.Q(checked_by_id=None, checked_at=None)
                | (models.Q(checked_at__isnull=False, closed_at__isnull=False) & ~models.Q(checked_by_id=models.F("person_id"))),
                name="a_second_person_checks_a_closed_shift",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-opened_at"], name="cash_shift_of_house")]
        triggers = [
            pgtrigger.Protect(name="shifts_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="a_closed_shift_keeps_its_sums",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
                func="""
                    if (new.closed_at, new.float_fen, new.expected_fen, new.counted_fen, new.person_id, new.organisation_id, new.opened_at)
                        is distinct from
                       (old.closed_at, old.float_fen, old.expected_fen, old.counted_fen, old.person_id, old.organisation_id, old.opened_at)
                    then
                        raise check_violation using message = 'a closed shift keeps its sums';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CashMovement(Keyed):
    """Cash that was taken (positive) or given (negative) in an open shift, once, for a payment, a refund or a payout."""

    shift = models.ForeignKey(CashShift, models.PROTECT, related_name="movements")
    subject_id = models.UUIDField(unique=True, help_text="the payment or the refund")
    amount_fen = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount_fen=0), name="a_movement_is_of_something")]
        triggers = [
            pgtrigger.Protect(name="movements_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="nothing_moves_in_a_closed_shift",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("ended", "timestamptz")],
                func="""
                    select closed_at into ended from payments_cashshift where id = new.shift_id for share;
                    if ended is not null then
                        raise check_violation using message = 'the shift is closed';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen}"


class CashDifference(Keyed):
    """What a closed box had too much (positive) or too little, and why; never changed."""

    shift = models.OneToOneField(CashShift, models.PROTECT, related_name="difference")
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    by_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount_fen=0), name="a_difference_is_of_something")]
        triggers = [pgtrigger.Protect(name="differences_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.amount_fen}"
