"""
What somebody says of another one's lot.

Everybody may send events, and of everything. What is said of a lot by another one than its seller, to whom it was not handed over, is kept
and counts for nothing in the lot's story, its balance and in what leads to it or from it, until the seller says that it is true.
"""

from django.db import models

from teahorse.common.models import CountyOwned
from teahorse.people.models import Organisation, Person
from teahorse.trace.models.goods import Lot


class Hearsay(CountyOwned):
    """One event says something of one lot that is not its teller's."""

    event_id = models.UUIDField()
    thing_id = models.UUIDField()
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    teller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    is_true = models.BooleanField(default=False)
    noticed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "thing_id"], name="hearsay_is_written_down_once")]
        indexes = [
            models.Index(fields=["lot"], name="hearsay_to_decide", condition=models.Q(decided_at=None)),
            models.Index(fields=["event_id", "thing_id"], name="hearsay_that_counts_not", condition=models.Q(is_true=False)),
        ]

    def __str__(self) -> str:
        return f"{self.teller_id} of {self.lot_id}"
