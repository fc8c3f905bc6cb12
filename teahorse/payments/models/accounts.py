"""Who collects at a provider, with sealed keys, and the rest of a provider that does not answer."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.common.seal import SealedField
from teahorse.people.models import Organisation


class MerchantAccount(Keyed):
    """
    Who collects at a provider: the house (no organisation), or a seller with an account of her own there.

    The keys are sealed with a key that is kept outside the database; a seller who is the house's sub-merchant has none.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, blank=True)
    provider = models.CharField(max_length=20)
    number = models.CharField(max_length=40, help_text="mchid or sub_mchid at WeChat, app_id or PID at Alipay")
    sealed_keys = SealedField(default=b"", help_text="empty where the house's keys speak for her")
    is_active = models.BooleanField(default=True)
    since_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "provider"],
                condition=models.Q(is_active=True),
                nulls_distinct=False,
                name="one_active_account_per_organisation_and_provider",
            ),
            models.UniqueConstraint(fields=["provider", "number"], name="an_account_is_known_once"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.number}"


class MerchantAccountChange(Keyed):
    """Who kept, replaced or ended an account's keys, and when; of the keys only fingerprints. Never changed."""

    class What(models.TextChoices):
        KEPT = "kept"
        REPLACED = "replaced"
        ENDED = "ended"

    account = models.ForeignKey(MerchantAccount, models.PROTECT, related_name="changes")
    what = models.CharField(max_length=10, choices=What.choices)
    fingerprints = models.JSONField(default=dict, help_text="by the name of the key: what it may be told by")
    by_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="account_changes_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%F %T}"


class ProviderRest(models.Model):
    """
    Whether a provider answers, as all processes see it; see :mod:`teahorse.payments.providers.guarded`.

    A row without ``resting_since`` counts failures in a row; with it nobody but one probe at a time calls the provider.
    """

    provider = models.CharField(max_length=20, primary_key=True)
    failures = models.IntegerField(default=0)
    rests = models.IntegerField(default=0, help_text="probes in a row that failed: each makes the next rest longer")
    resting_since = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    probing_until = models.DateTimeField(null=True, help_text="one process tries; if it dies, another may from then on")
    trouble = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(resting_since=None, next_try_at=None) | models.Q(resting_since__isnull=False, next_try_at__isnull=False),
                name="who_rests_is_tried_again",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {'rests' if self.resting_since else 'answers'}"
