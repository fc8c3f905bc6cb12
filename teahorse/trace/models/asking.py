"""Who asks again and again: queries with a name, subscriptions to them, what was sent; and master data, by which places lie in places."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from teahorse.common.models import CountyOwned, Keyed


class MasterData(CountyOwned):
    """What an organisation's documents said last of a place, a party or a class (EPCIS 2.0, section 6.1.2)."""

    organisation_id = models.UUIDField()
    kind = models.TextField(help_text="the vocabulary's type, as it was told")
    uri = models.TextField()
    attributes = models.JSONField(default=dict)
    children = ArrayField(models.TextField(), default=list)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation_id", "uri", "kind"], name="master_data_stand_once")]

    def __str__(self) -> str:
        return self.uri


class NamedQuery(CountyOwned):
    """A question with a name, as its organisation wrote it (EPCIS 2.0, section 12.7)."""

    organisation_id = models.UUIDField()
    name = models.CharField(max_length=100)
    parameters = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation_id", "name"], name="an_organisation_names_a_query_once")]

    def __str__(self) -> str:
        return self.name


class Subscription(Keyed):
    """
    A query whose new results are sent to an address: at once, or by a schedule of Beijing's clock.

    ``told_until`` is up to where it was looked; ``paused_at`` and ``trouble`` say that, and why, nothing is sent any more.
    """

    query = models.ForeignKey(NamedQuery, models.CASCADE, related_name="subscriptions")
    dest = models.URLField(max_length=1000)
    signature_token = models.CharField(max_length=200, blank=True)
    is_stream = models.BooleanField()
    schedule = models.JSONField(default=dict)
    reports_if_empty = models.BooleanField(default=False)
    since_at = models.DateTimeField(help_text="events that came before are not told")
    created_at = models.DateTimeField()
    told_until = models.DateTimeField()
    next_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="subscription_that_is_due", condition=models.Q(paused_at=None))]

    def __str__(self) -> str:
        return f"{self.query_id} {self.dest}"


class Delivery(Keyed):
    """Events that are sent to a subscriber in one document; they are not sent to it a second time."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="deliveries")
    events = ArrayField(models.UUIDField())
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["subscription", "created_at"], name="delivery_of_subscription")]

    def __str__(self) -> str:
        return f"{self.subscription_id} {len(self.events)}"
