"""How many promises were kept."""

from django.db import models

from teahorse.common.models import Keyed


class PromiseDay(Keyed):
    """
    The promises that ended on a day on a way from county to county: how many, and how many were kept.

    Counted at night for the days that are over, the last week anew each time, for a phone without a line tells late what it did.
    """

    day = models.DateField(help_text="the last day of the promises")
    origin_code = models.CharField(max_length=6)
    destination_code = models.CharField(max_length=6)
    promised = models.IntegerField()
    kept = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "origin_code", "destination_code"], name="promises_of_a_day_stand_once"),
            models.CheckConstraint(
                condition=models.Q(kept__gte=0, promised__gt=0, kept__lte=models.F("promised")), name="no_more_is_kept_than_promised"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.origin_code} – {self.destination_code}: {self.kept}/{self.promised}"
