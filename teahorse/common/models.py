"""The base of the tables, and the few tables that belong to no trade."""

from django.db import models

from teahorse.common.ids import new_id


class Keyed(models.Model):
    """A row with a UUIDv7 key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class CountyOwned(Keyed):
    """
    A row that a county owns: the seller's or service point's county, as the plain key of its area.

    It is what a cluster distributes by, so nothing but a UUID has to be unique across counties.
    """

    county_id = models.UUIDField(editable=False)

    class Meta:
        abstract = True


class Heartbeat(models.Model):
    """When a process last gave a sign of life."""

    process = models.CharField(max_length=40, primary_key=True)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.process} {self.beaten_at:%F %T}"
