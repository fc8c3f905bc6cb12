"""Money that fits nothing we asked for: who looks, until when, what was done."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.payments.models.payment import Payment, PaymentEvent
from teahorse.people.models import Organisation


class UnmatchedMoney(Keyed):
    """
    Money that a provider truly speaks of and that we cannot place: an unknown payment or refund, or another amount.

    ``open -> explained | refunded | assigned``, each with a reason; nothing is deleted. Somebody owns it until a deadline,
    then the region centre does and it is overdue.
    """

    class State(models.TextChoices):
        OPEN = "open"
        EXPLAINED = "explained"
        REFUNDED = "refunded"
        ASSIGNED = "assigned"

    provider = models.CharField(max_length=20)
    kind = models.CharField(max_length=16, choices=PaymentEvent.Kind.choices)
    our_number = models.CharField(max_length=64, help_text="as the provider says it")
    refund_number = models.CharField(max_length=64, blank=True)
    provider_number = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    problem = models.CharField(max_length=200)
    source = models.CharField(max_length=12, help_text="notification or poll")
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="unmatched", null=True, help_text="the one that it names, if we know it"
    )
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, help_text="the centre that must find out")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True, help_text="when nobody had resolved it in time")
    resolved_at = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(Payment, models.PROTECT, related_name="+", null=True, help_text="the payment that it was for")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "kind", "provider_number", "our_number"], name="unmatched_money_is_kept_once"),
            models.CheckConstraint(
                condition=models.Q(state="open", resolved_at=None) | (~models.Q(state="open") & models.Q(resolved_at__isnull=False)),
                name="what_is_resolved_says_when",
            ),
            models.CheckConstraint(
                condition=models.Q(state="assigned", assigned_to__isnull=False)
                | (~models.Q(state="assigned") & models.Q(assigned_to=None)),
                name="what_is_assigned_says_to_what",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="unmatched_money_open", condition=models.Q(state="open"))]
        triggers = [
            pgtrigger.Protect(name="unmatched_money_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.FSM(
                name="unmatched_money_states",
                field="state",
                transitions=[("open", "explained"), ("open", "refunded"), ("open", "assigned")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.provider_number} {self.amount_fen}"


class UnmatchedStep(Keyed):
    """What happened with unmatched money, who did it (nobody: the house) and why; never changed."""

    class What(models.TextChoices):
        FOUND = "found"
        NOTED = "noted"
        ESCALATED = "escalated"
        EXPLAINED = "explained"
        REFUNDED = "refunded"
        ASSIGNED = "assigned"

    unmatched = models.ForeignKey(UnmatchedMoney, models.PROTECT, related_name="steps")
    what = models.CharField(max_length=10, choices=What.choices)
    note = models.CharField(max_length=400, blank=True)
    by_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="unmatched_steps_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%F %T}"
