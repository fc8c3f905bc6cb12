"""Papers that vouch for goods, places and makers."""

import pgtrigger
from django.db import models

from teahorse.common.models import CountyOwned
from teahorse.people.models import Organisation
from teahorse.trace.models.flows import Attachment
from teahorse.trace.models.goods import Lot, Site, TradeItem


class Certificate(CountyOwned):
    """
    A paper with issuer, number and validity, of lots, trade items or sites; of none of them: of its holder.

    The commitment certificate (Ministry of Agriculture, Order 2025 No. 4) is issued by the maker for each batch; ``said`` is what it
    says. All others are issued elsewhere and kept here as a file.
    """

    class Kind(models.TextChoices):
        COMMITMENT = "commitment"
        ANIMAL_QUARANTINE = "animal_quarantine"
        MEAT_INSPECTION = "meat_inspection"
        TEST_REPORT = "test_report"
        ORGANIC = "organic"
        GEOGRAPHICAL_INDICATION = "geographical_indication"
        PRODUCTION_LICENCE = "production_licence"
        OTHER = "other"

    holder = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24, choices=Kind.choices)
    number = models.CharField(max_length=60)
    issuer = models.CharField(max_length=120)
    issued_date = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    said = models.JSONField(default=dict, blank=True)
    paper = models.ForeignKey(Attachment, models.PROTECT, related_name="+", null=True, blank=True)
    lots = models.ManyToManyField(Lot, related_name="certificates", blank=True)
    items = models.ManyToManyField(TradeItem, related_name="certified_by", blank=True)
    sites = models.ManyToManyField(Site, related_name="certificates", blank=True)
    added_by_id = models.UUIDField(null=True)
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "issuer", "number"], name="an_issuer_gives_a_number_once"),
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gte=models.F("issued_date")),
                name="a_certificate_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["holder", "-issued_date"], name="certificate_of_holder")]
        triggers = [
            pgtrigger.ReadOnly(
                name="a_certificate_stays_as_issued", fields=["holder", "kind", "number", "issuer", "issued_date", "valid_until", "said"]
            ),
            pgtrigger.Protect(name="certificates_are_withdrawn_not_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
