"""When the books were compared with everybody else's, and what was said differently."""

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


class Comparison(Keyed):
    """One comparing of everything: by the clock, or because somebody asked. One at a time; ``open_count`` is what stood open at its end."""

    asked_at = models.DateTimeField()
    asked_by_id = models.UUIDField(null=True, help_text="nobody: the clock")
    ended_at = models.DateTimeField(null=True)
    open_count = models.IntegerField(null=True, help_text="none where it ended without a result")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ended_at"], condition=models.Q(ended_at=None), nulls_distinct=False, name="the_books_are_compared_once_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["-asked_at"], name="comparison_latest")]

    def __str__(self) -> str:
        return f"{self.asked_at:%F %T}"
