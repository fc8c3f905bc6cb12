"""Payments, whose parts they are, what happened to them, what providers told us, and what goes back. A state follows from events."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.payments.models.accounts import MerchantAccount


class Payment(Keyed):
    """
    One attempt to pay one reference through one provider.

    ``created -> paying -> succeeded | failed | closed``; ``late_succeeded`` is money that came after the
    reference had expired: the app above takes it (reserving again) or has it refunded.
    """

    class State(models.TextChoices):
        CREATED = "created"
        PAYING = "paying"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CLOSED = "closed"
        LATE_SUCCEEDED = "late_succeeded"

    OPEN = (State.CREATED, State.PAYING)
    TAKEN = (State.SUCCEEDED, State.LATE_SUCCEEDED)

    reference = models.UUIDField(help_text="what is paid: an order group")
    attempt = models.SmallIntegerField(default=1)
    provider = models.CharField(max_length=20)
    method = models.CharField(max_length=20, blank=True, help_text="native, jsapi, h5; counter")
    our_number = models.CharField(max_length=32, unique=True, help_text="out_trade_no")
    provider_number = models.CharField(max_length=64, blank=True)
    amount_fen = models.BigIntegerField()
    subject = models.CharField(max_length=120)
    state = models.CharField(max_length=16, choices=State.choices, default=State.CREATED)
    asked = models.JSONField(default=dict, help_text="what the provider was asked with first; asking again must say the same")
    prompt = models.JSONField(default=dict, help_text="what the payer's device needs: code_url, h5_url, prepay_id")
    is_open_at_provider = models.BooleanField(default=False, help_text="the provider may still take money for it")
    is_combined = models.BooleanField(default=False, db_default=False, help_text="several collect: each part is an order of its own there")
    trouble = models.CharField(max_length=200, blank=True, help_text="what a person must look at: another amount was paid")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, help_text="when the outcome became known")
    polled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "attempt"], name="one_payment_per_attempt"),
            models.UniqueConstraint(
                fields=["reference"], condition=models.Q(state__in=("created", "paying")), name="one_open_payment_per_reference"
            ),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_payment_is_of_something"),
        ]
        indexes = [
            models.Index(
                fields=["polled_at"],
                name="payment_to_poll",
                condition=models.Q(state__in=("created", "paying")) | models.Q(is_open_at_provider=True),
            ),
            models.Index(fields=["settled_at"], name="payment_taken_at", condition=models.Q(state__in=("succeeded", "late_succeeded"))),
        ]
        triggers = [
            pgtrigger.FSM(
                name="payment_states",
                field="state",
                transitions=[
                    ("created", "paying"),
                    ("created", "failed"),
                    ("created", "closed"),
                    ("created", "succeeded"),
                    ("paying", "succeeded"),
                    ("paying", "failed"),
                    ("paying", "closed"),
                    ("failed", "late_succeeded"),
                    ("closed", "late_succeeded"),
                    # facts may come in any order: the provider's "closed" after its "paid", or both at once
                    ("created", "late_succeeded"),
                    ("paying", "late_succeeded"),
                    ("succeeded", "late_succeeded"),
                    ("closed", "failed"),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.our_number} {self.state}"


class PaymentSplit(Keyed):
    """Whose part of a payment how much is, and who collects it; the parts add up to the payment."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="splits")
    payee_id = models.UUIDField(help_text="the organisation it belongs to")
    reference = models.UUIDField(help_text="the seller order")
    amount_fen = models.BigIntegerField()
    account = models.ForeignKey(
        MerchantAccount,
        models.PROTECT,
        related_name="+",
        null=True,
        help_text="who collects it, as it was when the payment began; none: the house",
    )
    our_number = models.CharField(max_length=32, blank=True, db_default="", help_text="out_trade_no of a combined payment's part")
    provider_number = models.CharField(max_length=64, blank=True, db_default="", help_text="transaction_id of a combined payment's part")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "reference"], name="one_split_per_reference"),
            models.UniqueConstraint(fields=["our_number"], condition=~models.Q(our_number=""), name="a_part_is_known_by_one_number"),
            models.CheckConstraint(condition=models.Q(amount_fen__gte=0), name="a_split_is_not_negative"),
        ]
        indexes = [models.Index(fields=["reference"], name="split_of_reference")]
        triggers = [
            pgtrigger.Trigger(
                name="splits_add_up_to_the_payment",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    if (select sum(amount_fen) from payments_paymentsplit where payment_id = coalesce(new.payment_id, old.payment_id))
                        is distinct from (select amount_fen from payments_payment where id = coalesce(new.payment_id, old.payment_id))
                    then
                        raise check_violation using message = 'the splits do not add up to the payment';
                    end if;
                    return null;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen}"


WITH_PARTS = models.Prefetch("splits", PaymentSplit.objects.select_related("account").order_by("pk"))
"""A payment's parts in key order with who collects them, for whoever asks a provider."""


class PaymentEvent(Keyed):
    """What a provider told us or we found out, once; never changed. A payment's state is computed from them."""

    class Kind(models.TextChoices):
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CLOSED = "closed"
        REFUNDED = "refunded"
        REFUND_FAILED = "refund_failed"

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    provider_number = models.CharField(max_length=64, help_text="the provider's number of the transaction or refund")
    amount_fen = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=12, help_text="notification, poll, counter; house: we closed it")
    by_id = models.UUIDField(null=True, help_text="who took or gave the money at a counter")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "kind", "provider_number"], name="an_event_is_recorded_once"),
        ]
        triggers = [pgtrigger.Protect(name="payment_events_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_fen}"


class Notification(Keyed):
    """A provider's message as it came in, kept raw. Refused ones are kept too, with the reason."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted"
        REFUSED = "refused"

    provider = models.CharField(max_length=20)
    provider_event_id = models.CharField(max_length=64, blank=True)
    nonce = models.CharField(max_length=64, blank=True)
    headers = models.JSONField()
    body = models.BinaryField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=200, blank=True)
    content = models.JSONField(default=dict, help_text="what an accepted one says: numbers, amount, time; nothing of the payer")
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)
    is_unmatched = models.BooleanField(default=False, help_text="it speaks of a payment or an amount that we do not know")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_event_id"],
                condition=models.Q(verdict="accepted"),
                name="an_accepted_notification_is_kept_once",
            ),
            models.UniqueConstraint(fields=["provider", "nonce"], condition=models.Q(verdict="accepted"), name="a_nonce_is_accepted_once"),
        ]
        indexes = [
            models.Index(fields=["received_at"], name="notification_to_apply", condition=models.Q(verdict="accepted", applied_at=None)),
            models.Index(fields=["-received_at"], name="notification_refused", condition=models.Q(verdict="refused")),
            models.Index(fields=["-received_at"], name="notification_unmatched", condition=models.Q(is_unmatched=True)),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.verdict} {self.reason}"


class Refund(Keyed):
    """Money on its way back, out of one part of a payment; the decision to refund is taken above, this is the movement."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        SENT = "sent"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    OPEN = (State.REQUESTED, State.SENT)

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    split = models.ForeignKey(PaymentSplit, models.PROTECT, related_name="refunds", help_text="the part of the payment that it goes out of")
    reference = models.UUIDField(help_text="what it is refunded for: a seller order that fell through, or an after-sale case")
    our_number = models.CharField(max_length=40, unique=True, help_text="out_refund_no")
    provider_number = models.CharField(max_length=64, blank=True)
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    trouble = models.CharField(max_length=200, blank=True, help_text="why the provider did not take it")
    is_number_spent = models.BooleanField(default=False, help_text="the provider closed it: a new try needs a new number")
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="when the provider is asked next")
    tries = models.SmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["split", "reference"], name="one_refund_per_reference"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_refund_is_of_something"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="refund_to_send", condition=models.Q(state__in=("requested", "sent"))),
            models.Index(fields=["requested_at"], name="refund_requested_at"),
            models.Index(fields=["requested_at"], name="refund_not_arrived", condition=models.Q(state__in=("requested", "sent", "failed"))),
            models.Index(fields=["settled_at"], name="refund_settled_at", condition=models.Q(settled_at__isnull=False)),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="never_refund_more_than_was_paid",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("paid", "bigint")],
                func="""
                    perform from payments_payment where id = new.payment_id for update;
                    select amount_fen into paid from payments_paymentsplit where id = new.split_id and payment_id = new.payment_id;
                    if paid is null or new.amount_fen + (
                        select coalesce(sum(amount_fen), 0) from payments_refund where split_id = new.split_id
                    ) > paid then
                        raise check_violation using message = 'more would be refunded than was paid';
                    end if;
                    return new;
                """,
            ),
            pgtrigger.FSM(
                name="refund_states",
                field="state",
                transitions=[
                    ("requested", "sent"),
                    ("requested", "succeeded"),
                    ("requested", "failed"),
                    ("sent", "succeeded"),
                    ("sent", "failed"),
                    ("failed", "requested"),
                    ("failed", "succeeded"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.our_number} {self.state}"
