"""The providers' bills, day by day."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed


class ProviderBill(Keyed):
    """
    A provider's bill of one day, as it was when it was fetched; never changed.

    A seller whose app is her own there has bills of her own, under her account's number; the house's carries none.
    """

    provider = models.CharField(max_length=20)
    account_number = models.CharField(max_length=40, blank=True, db_default="", help_text="whose app it is of; empty for the house")
    day = models.DateField(help_text="a day of Beijing")
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "account_number", "day"], name="one_bill_per_collector_and_day")]
        triggers = [pgtrigger.Protect(name="bills_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.provider} {self.account_number} {self.day}"


class ProviderBillRow(Keyed):
    """A line of a bill; see ``providers.BillRow``."""

    class Kind(models.TextChoices):
        PAYMENT = "payment"
        REFUND = "refund"
        FUND_IN = "fund_in"
        FUND_OUT = "fund_out"

    bill = models.ForeignKey(ProviderBill, models.PROTECT, related_name="rows")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    our_number = models.CharField(max_length=64, blank=True)
    refund_number = models.CharField(max_length=64, blank=True)
    provider_number = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField(default=0)
    occurred_at = models.DateTimeField()
    account_number = models.CharField(max_length=40, blank=True, help_text="who collected it; empty for the house")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bill", "kind", "provider_number"], name="a_movement_stands_once_on_a_bill"),
        ]
        indexes = [
            models.Index(fields=["our_number"], name="bill_row_by_our_number"),
            models.Index(fields=["refund_number"], name="bill_row_by_refund_number", condition=~models.Q(refund_number="")),
        ]
        triggers = [pgtrigger.Protect(name="bill_rows_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_fen}"
