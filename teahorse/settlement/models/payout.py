"""How what sellers have earned goes to them."""

import pgtrigger
from django.db import models

from teahorse.common.models import CountyOwned, Keyed
from teahorse.people.models import Organisation


class PayoutAccount(Keyed):
    """Where a seller's money goes: her bank account, as it was told last; an earlier one is kept."""

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    holder = models.CharField(max_length=80)
    bank = models.CharField(max_length=80)
    number = models.CharField(max_length=40)
    since_at = models.DateTimeField()
    told_by_id = models.UUIDField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller"], condition=models.Q(until_at=None), name="one_living_payout_account_per_seller")
        ]
        triggers = [pgtrigger.ReadOnly(name="a_payout_account_is_told_anew", exclude=["until_at"])]

    def __str__(self) -> str:
        return f"{self.holder} …{self.tail}"

    @property
    def tail(self) -> str:
        """The last digits, by which its holder knows it; pages show no more."""
        return self.number[-4:]


class BankFile(Keyed):
    """A file of payouts as it was given to the bank; ``digest`` is its SHA-256, which stands in its last line too."""

    number = models.CharField(max_length=24, unique=True)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    count = models.IntegerField()
    amount_fen = models.BigIntegerField()
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()

    class Meta:
        triggers = [pgtrigger.Protect(name="a_bank_file_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.number


class Payout(CountyOwned):
    """
    Matured earnings of one seller on their way to her: ``draft -> approved -> sent -> paid``.

    Whoever prepares it does not approve it. A draft may be dropped; what is approved, sent or even paid may come back.
    What the seller collected herself goes to her by its provider, which lets it go when the fees were shared out.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"
        SENT = "sent"
        PAID = "paid"
        RETURNED = "returned"
        DROPPED = "dropped"

    class Method(models.TextChoices):
        BANK = "bank"
        CASH = "cash"
        PROVIDER = "provider"

    ON_ITS_WAY = (State.APPROVED, State.SENT)

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    number = models.CharField(max_length=24, unique=True)
    method = models.CharField(max_length=8, choices=Method.choices)
    provider = models.CharField(max_length=20, blank=True, help_text="through which provider, where it is one")
    account = models.ForeignKey(PayoutAccount, models.PROTECT, related_name="+", null=True)
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    prepared_at = models.DateTimeField()
    prepared_by_id = models.UUIDField()
    approved_at = models.DateTimeField(null=True)
    approved_by_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    bank_file = models.ForeignKey(BankFile, models.PROTECT, related_name="payouts", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_payout_is_of_something"),
            models.CheckConstraint(
                condition=models.Q(approved_by_id=None) | ~models.Q(approved_by_id=models.F("prepared_by_id")),
                name="four_eyes_see_a_payout",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("draft", "dropped")) | models.Q(approved_by_id__isnull=False, approved_at__isnull=False),
                name="nothing_is_paid_that_was_not_approved",
            ),
            models.CheckConstraint(
                condition=models.Q(method="bank", account__isnull=False) | ~models.Q(method="bank"), name="a_bank_needs_an_account"
            ),
            models.CheckConstraint(
                condition=models.Q(method="provider") & ~models.Q(provider="") | ~models.Q(method="provider") & models.Q(provider=""),
                name="a_payout_by_a_provider_names_it",
            ),
            models.UniqueConstraint(
                fields=["seller", "provider"], condition=models.Q(state="draft"), name="one_draft_payout_per_seller_and_place"
            ),
        ]
        indexes = [models.Index(fields=["county_id", "state", "-prepared_at"], name="payout_of_county")]
        triggers = [
            pgtrigger.ReadOnly(
                name="a_payout_stays_as_prepared",
                fields=["seller", "number", "method", "provider", "account", "amount_fen", "prepared_at", "prepared_by_id"],
            ),
            pgtrigger.Protect(name="payouts_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.FSM(
                name="payout_states",
                field="state",
                transitions=[
                    ("draft", "approved"),
                    ("draft", "dropped"),
                    ("approved", "sent"),
                    ("approved", "paid"),
                    ("approved", "returned"),
                    ("sent", "paid"),
                    ("sent", "returned"),
                    ("paid", "returned"),
                ],
            ),
            pgtrigger.Trigger(
                name="a_payout_is_the_sum_of_its_earnings",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    if new.state <> 'dropped' and new.amount_fen is distinct from
                        (select sum(amount_fen) from settlement_maturity where payout_id = new.id)
                    and not exists (select from settlement_payout where id = new.id and state = 'dropped')
                    then
                        raise check_violation using message = 'a payout is not the sum of its earnings: ' || new.number;
                    end if;
                    return null;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"


class PayoutEvent(Keyed):
    """What happened to a payout: by whom, with which number of the bank or receipt, who took the money."""

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=8, choices=Payout.State.choices)
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    reference = models.CharField(max_length=64, blank=True, help_text="the bank's or the receipt's number")
    received_by = models.CharField(max_length=80, blank=True, help_text="who signed for cash")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["payout", "kind"], name="a_payout_gets_somewhere_once")]
        triggers = [pgtrigger.Protect(name="payout_events_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.kind
