"""What reached the house's bank account from where its money stood, or from who owed it."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.people.models import Organisation
from teahorse.settlement.models.claim import SubsidyClaim


class Transfer(Keyed):
    """
    Money that a provider, who brought cash, or who bears subsidies paid onto the house's bank account: of ``amount_fen`` the bank
    got all but ``fee_fen``.

    With one number of the bank somebody may pay several claims; else it counts once. One that was written down wrongly is undone,
    not changed; its number is free again.
    """

    provider = models.CharField(max_length=20, help_text="whence: wechat_pay, alipay, cash, budget")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", null=True, help_text="out of whose box cash was brought"
    )
    claim = models.ForeignKey(
        SubsidyClaim, models.PROTECT, related_name="transfers", null=True, help_text="what of subsidies was paid by it"
    )
    amount_fen = models.BigIntegerField(help_text="what is no longer there")
    fee_fen = models.BigIntegerField(default=0, help_text="what of it was kept on the way")
    reference = models.CharField(max_length=64, help_text="the bank's number")
    day = models.DateField(help_text="the bank's")
    written_at = models.DateTimeField()
    written_by_id = models.UUIDField()
    undone_at = models.DateTimeField(null=True)
    undone_by_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="why it was undone")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(fee_fen__gte=0, fee_fen__lt=models.F("amount_fen")), name="a_transfer_brings_something_to_the_bank"
            ),
            models.CheckConstraint(
                condition=models.Q(provider="cash", organisation__isnull=False) | ~models.Q(provider="cash") & models.Q(organisation=None),
                name="cash_is_brought_by_a_house",
            ),
            models.CheckConstraint(
                condition=models.Q(provider="budget", claim__isnull=False) | ~models.Q(provider="budget") & models.Q(claim=None),
                name="a_budget_pays_a_claim",
            ),
            models.CheckConstraint(
                condition=models.Q(undone_at=None, undone_by_id=None)
                | models.Q(undone_at__isnull=False, undone_by_id__isnull=False) & ~models.Q(reason=""),
                name="a_transfer_is_undone_by_somebody_for_a_reason",
            ),
            models.UniqueConstraint(
                fields=["reference", "claim"],
                condition=models.Q(undone_at=None),
                nulls_distinct=False,
                name="a_number_of_the_bank_counts_once",
            ),
        ]
        indexes = [models.Index(fields=["-day"], name="transfer_latest")]
        triggers = [
            pgtrigger.Protect(name="a_transfer_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="a_transfer_stays_as_written", exclude=["undone_at", "undone_by_id", "reason"]),
            pgtrigger.Protect(
                name="a_transfer_is_undone_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__undone_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def net_fen(self) -> int:
        """What the bank got."""
        return self.amount_fen - self.fee_fen
