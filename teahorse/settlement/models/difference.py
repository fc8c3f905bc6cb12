"""What two of our sources say differently."""

from django.db import models

from teahorse.common.models import Keyed


class Difference(Keyed):
    """Two of our sources say different things about one sum: what was expected, what was found, who looks, until when."""

    class State(models.TextChoices):
        OPEN = "open"
        EXPLAINED = "explained"
        GONE = "gone"

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, help_text="the payment, refund, order, payout or account")
    expected_fen = models.BigIntegerField()
    found_fen = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    owner_id = models.UUIDField(null=True, help_text="the organisation that looks; nobody: the house")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="when it was found last")
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    explained_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], condition=~models.Q(state="gone"), name="a_difference_stands_once")
        ]
        indexes = [models.Index(fields=["due_at"], name="difference_open", condition=models.Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
