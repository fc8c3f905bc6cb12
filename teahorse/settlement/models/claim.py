"""What the house claims of those who bear a part of others' orders: budgets, and who pays for freight."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.people.models import Organisation
from teahorse.settlement.models.sale import SubsidyLine


class SubsidyClaim(Keyed):
    """
    What one payer owes for orders that buyers have by a day, asked for in writing: ``claimed``, until all of it is ``received``.

    What refunds took back since the last claim is taken off. One that was wrong is withdrawn while nothing of it has come;
    its lines are claimed anew.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed"
        PARTLY = "partly"
        RECEIVED = "received"
        WITHDRAWN = "withdrawn"

    payer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    house = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False, help_text="who claims it")
    number = models.CharField(max_length=24, unique=True)
    since_date = models.DateField(help_text="the day of the first order in it")
    until_date = models.DateField(help_text="the last day of which orders are in it")
    amount_fen = models.BigIntegerField()
    received_fen = models.BigIntegerField(default=0)
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="why it was withdrawn")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_claim_is_of_something"),
            models.CheckConstraint(condition=models.Q(until_date__gte=models.F("since_date")), name="a_claim_ends_after_it_begins"),
            models.CheckConstraint(
                condition=models.Q(received_fen__gte=0, received_fen__lte=models.F("amount_fen")), name="no_more_comes_than_was_claimed"
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None, withdrawn_by_id=None)
                | models.Q(withdrawn_at__isnull=False, withdrawn_by_id__isnull=False, received_fen=0) & ~models.Q(reason=""),
                name="a_claim_is_withdrawn_by_somebody_for_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["payer", "-made_at"], name="claim_of_payer")]
        triggers = [
            pgtrigger.Protect(name="a_claim_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="a_claim_stays_as_made", exclude=["received_fen", "withdrawn_at", "withdrawn_by_id", "reason"]),
            pgtrigger.Protect(
                name="a_withdrawn_claim_stays_so", operation=pgtrigger.Update, condition=pgtrigger.Q(old__withdrawn_at__isnull=False)
            ),
            pgtrigger.Trigger(
                name="a_claim_is_the_sum_of_its_lines",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    if new.amount_fen is distinct from
                        (select sum(amount_fen) from settlement_subsidyclaimline where claim_id = new.id)
                    then
                        raise check_violation using message = 'a claim is not the sum of its lines: ' || new.number;
                    end if;
                    return null;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def open_fen(self) -> int:
        """What of it has not come."""
        return 0 if self.withdrawn_at else self.amount_fen - self.received_fen

    @property
    def state(self) -> State:
        """How far it is."""
        if self.withdrawn_at is not None:
            return self.State.WITHDRAWN
        if self.received_fen == 0:
            return self.State.CLAIMED
        return self.State.PARTLY if self.open_fen else self.State.RECEIVED


class SubsidyClaimLine(Keyed):
    """
    What of one subsidy a claim asks for, or (negative) takes off because goods came back after it was claimed.

    ``before_fen`` is what earlier claims ask for of it: of two who claim the same at once the constraint lets one.
    """

    claim = models.ForeignKey(SubsidyClaim, models.PROTECT, related_name="lines")
    subsidy = models.ForeignKey(SubsidyLine, models.PROTECT, related_name="claims", db_index=False)
    amount_fen = models.BigIntegerField()
    before_fen = models.BigIntegerField(default=0)
    is_withdrawn = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subsidy", "before_fen"], condition=models.Q(is_withdrawn=False), name="a_subsidy_is_claimed_once"
            ),
            models.CheckConstraint(condition=~models.Q(amount_fen=0), name="a_claims_line_is_of_something"),
            models.CheckConstraint(
                condition=models.Q(before_fen__gte=0, amount_fen__gte=-models.F("before_fen")), name="no_more_is_taken_off_than_was_claimed"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="a_claims_line_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="a_claims_line_stays_as_made", exclude=["is_withdrawn"]),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen}"
