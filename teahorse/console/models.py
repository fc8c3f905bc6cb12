"""Who looked at what is hidden on screens, and why; kept for ever."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.people.models import Organisation, Person


class RevealLog(Keyed):
    """A person of the staff looked at a buyer's whole name, phone and address; never changed, never deleted."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="for which she acted")
    subject_id = models.UUIDField(help_text="the seller order whose buyer was shown")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "-at"], name="reveal_of_subject"),
            models.Index(fields=["person", "-at"], name="reveal_by_person"),
        ]
        triggers = [pgtrigger.Protect(name="reveals_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.person_id} {self.subject_id} {self.at:%F %T}"


class CashReceipt(Keyed):
    """
    A payment that was taken, or a refund or payout that was given, in cash for an organisation, so that its people can print the
    receipt again.

    ``subject_id`` is the payment, the refund or the payout; what it says stays there.
    """

    subject_id = models.UUIDField(unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-at"], name="cash_receipt_of_house")]
        triggers = [pgtrigger.Protect(name="receipts_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.at:%F %T}"
