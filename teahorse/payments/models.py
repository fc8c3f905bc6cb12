"""Payments. They know a reference and an amount, never what is bought; a payment's state follows from its events."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.people.models import Organisation


class MerchantAccount(Keyed):
    """
    Who collects at a provider: the house (no organisation), or a seller with an account of her own there.

    The keys are sealed with a key that is kept outside the database; a seller who is the house's sub-merchant has none.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, blank=True)
    provider = models.CharField(max_length=20)
    number = models.CharField(max_length=40, help_text="mchid or sub_mchid at WeChat, app_id or PID at Alipay")
    sealed_keys = models.BinaryField(default=b"", help_text="empty where the house's keys speak for her")
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


class Sharing(Keyed):
    """
    How the money that a seller collected for one part of a payment is shared out, once; the rest is hers when it is finished.

    ``requested -> sent -> finished | failed``; failed is what the provider refused as a whole: nothing was shared.
    """

    class State(models.TextChoices):
        REQUESTED = "requested"
        SENT = "sent"
        FINISHED = "finished"
        FAILED = "failed"

    OPEN = (State.REQUESTED, State.SENT)

    split = models.OneToOneField(PaymentSplit, models.PROTECT, related_name="sharing")
    our_number = models.CharField(max_length=40, unique=True, help_text="out_order_no")
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    trouble = models.CharField(max_length=200, blank=True, help_text="what the provider said last, if it was no yes")
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="when the provider is asked next")
    tries = models.SmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="sharing_to_send", condition=models.Q(state__in=("requested", "sent")))]
        triggers = [
            pgtrigger.FSM(
                name="sharing_states",
                field="state",
                transitions=[
                    ("requested", "sent"),
                    ("requested", "finished"),
                    ("requested", "failed"),
                    ("sent", "finished"),
                    ("sent", "failed"),
                    ("failed", "requested"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.our_number} {self.state}"


class ShareLine(Keyed):
    """What one receiver gets of a sharing; failed is what the provider gave back to the seller."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    sharing = models.ForeignKey(Sharing, models.PROTECT, related_name="lines")
    account = models.ForeignKey(MerchantAccount, models.PROTECT, related_name="+", null=True, help_text="who receives it; none: the house")
    amount_fen = models.BigIntegerField()
    description = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    trouble = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sharing", "account"], nulls_distinct=False, name="one_share_per_receiver"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_share_is_of_something"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="never_share_more_than_was_collected",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("part", "uuid")],
                func="""
                    select split_id into part from payments_sharing where id = new.sharing_id;
                    perform from payments_payment where id = (select payment_id from payments_paymentsplit where id = part) for update;
                    if new.amount_fen
                        + (select coalesce(sum(amount_fen), 0) from payments_shareline where sharing_id = new.sharing_id)
                        + (select coalesce(sum(amount_fen), 0) from payments_refund where split_id = part)
                        > (select amount_fen from payments_paymentsplit where id = part)
                    then
                        raise check_violation using message = 'more would be shared out than was collected';
                    end if;
                    return new;
                """,
            ),
            pgtrigger.FSM(
                name="share_line_states",
                field="state",
                transitions=[("requested", "succeeded"), ("requested", "failed"), ("failed", "requested")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen} {self.state}"


class ShareReturn(Keyed):
    """
    A part of a share on its way back to the seller, because a refund needs it; the refund waits for it.

    ``dropped``: the share was never handed out, so there was nothing to take back.
    """

    class State(models.TextChoices):
        REQUESTED = "requested"
        SENT = "sent"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        DROPPED = "dropped"

    OPEN = (State.REQUESTED, State.SENT)
    DONE = (State.SUCCEEDED, State.DROPPED)

    line = models.ForeignKey(ShareLine, models.PROTECT, related_name="returns")
    refund = models.ForeignKey(Refund, models.PROTECT, related_name="returns")
    our_number = models.CharField(max_length=40, unique=True, help_text="out_return_no")
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    trouble = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="when the provider is asked next")
    tries = models.SmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "refund"], name="one_return_per_share_and_refund"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_return_is_of_something"),
        ]
        indexes = [models.Index(fields=["due_at"], name="return_to_send", condition=models.Q(state__in=("requested", "sent")))]
        triggers = [
            pgtrigger.Trigger(
                name="never_take_back_more_than_was_shared",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("shared", "bigint")],
                func="""
                    select amount_fen into shared from payments_shareline where id = new.line_id for update;
                    if new.amount_fen + (
                        select coalesce(sum(amount_fen), 0) from payments_sharereturn where line_id = new.line_id
                    ) > shared then
                        raise check_violation using message = 'more would be taken back than was shared';
                    end if;
                    return new;
                """,
            ),
            pgtrigger.FSM(
                name="share_return_states",
                field="state",
                transitions=[
                    ("requested", "sent"),
                    ("requested", "succeeded"),
                    ("requested", "failed"),
                    ("requested", "dropped"),
                    ("sent", "succeeded"),
                    ("sent", "failed"),
                    ("failed", "requested"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.our_number} {self.state}"


class ProviderBill(Keyed):
    """A provider's bill of one day, as it was when it was fetched; never changed."""

    provider = models.CharField(max_length=20)
    day = models.DateField(help_text="a day of Beijing")
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "day"], name="one_bill_per_provider_and_day")]
        triggers = [pgtrigger.Protect(name="bills_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.provider} {self.day}"


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


class UnmatchedMoney(Keyed):
    """
    Money that a provider truly speaks of and that we cannot place: an unknown payment or refund, or another amount.

    ``open -> explained | refunded | assigned``, each with a reason; nothing is deleted. Somebody owns it until a deadline,
    then the region centre does and it is overdue.
    """

    class State(models.TextChoices):
        OPEN = "open"
        EXPLAINED = "explained"
        REFUNDED = "refunded"
        ASSIGNED = "assigned"

    provider = models.CharField(max_length=20)
    kind = models.CharField(max_length=16, choices=PaymentEvent.Kind.choices)
    our_number = models.CharField(max_length=64, help_text="as the provider says it")
    refund_number = models.CharField(max_length=64, blank=True)
    provider_number = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    problem = models.CharField(max_length=200)
    source = models.CharField(max_length=12, help_text="notification or poll")
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="unmatched", null=True, help_text="the one that it names, if we know it"
    )
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, help_text="the centre that must find out")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True, help_text="when nobody had resolved it in time")
    resolved_at = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(Payment, models.PROTECT, related_name="+", null=True, help_text="the payment that it was for")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "kind", "provider_number", "our_number"], name="unmatched_money_is_kept_once"),
            models.CheckConstraint(
                condition=models.Q(state="open", resolved_at=None) | (~models.Q(state="open") & models.Q(resolved_at__isnull=False)),
                name="what_is_resolved_says_when",
            ),
            models.CheckConstraint(
                condition=models.Q(state="assigned", assigned_to__isnull=False)
                | (~models.Q(state="assigned") & models.Q(assigned_to=None)),
                name="what_is_assigned_says_to_what",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="unmatched_money_open", condition=models.Q(state="open"))]
        triggers = [
            pgtrigger.Protect(name="unmatched_money_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.FSM(
                name="unmatched_money_states",
                field="state",
                transitions=[("open", "explained"), ("open", "refunded"), ("open", "assigned")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.provider_number} {self.amount_fen}"


class UnmatchedStep(Keyed):
    """What happened with unmatched money, who did it (nobody: the house) and why; never changed."""

    class What(models.TextChoices):
        FOUND = "found"
        NOTED = "noted"
        ESCALATED = "escalated"
        EXPLAINED = "explained"
        REFUNDED = "refunded"
        ASSIGNED = "assigned"

    unmatched = models.ForeignKey(UnmatchedMoney, models.PROTECT, related_name="steps")
    what = models.CharField(max_length=10, choices=What.choices)
    note = models.CharField(max_length=400, blank=True)
    by_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="unmatched_steps_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%F %T}"


class CashShift(Keyed):
    """
    A person's time at a cash box: what lay in it first, what was taken and given, and what was counted at the end.

    It stands here and not with the receipts because what a closed box lacks must be booked from below the workbench.
    """

    number = models.CharField(max_length=24, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    counter = models.CharField(max_length=20, default="1", help_text="which box of the house")
    person_id = models.UUIDField(help_text="who answers for it")
    opened_at = models.DateTimeField()
    float_fen = models.BigIntegerField(help_text="counted when it was opened")
    closed_at = models.DateTimeField(null=True)
    expected_fen = models.BigIntegerField(null=True, help_text="float and what was taken, less what was given")
    counted_fen = models.BigIntegerField(null=True)
    closed_by_id = models.UUIDField(null=True, help_text="she, or who stood in for her")
    checked_by_id = models.UUIDField(null=True, help_text="a second person who counted it again")
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "person_id"], condition=models.Q(closed_at=None), name="one_open_shift_per_person_and_house"
            ),
            models.UniqueConstraint(
                fields=["organisation", "counter"], condition=models.Q(closed_at=None), name="one_open_shift_per_counter"
            ),
            models.CheckConstraint(condition=models.Q(float_fen__gte=0), name="a_float_is_not_negative"),
            models.CheckConstraint(
                condition=models.Q(closed_at=None, expected_fen=None, counted_fen=None)
                | models.Q(closed_at__isnull=False, expected_fen__isnull=False, counted_fen__gte=0),
                name="a_closed_shift_is_counted",
            ),
            models.CheckConstraint(
                condition=models.Q(checked_by_id=None, checked_at=None)
                | (models.Q(checked_at__isnull=False, closed_at__isnull=False) & ~models.Q(checked_by_id=models.F("person_id"))),
                name="a_second_person_checks_a_closed_shift",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-opened_at"], name="cash_shift_of_house")]
        triggers = [
            pgtrigger.Protect(name="shifts_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="a_closed_shift_keeps_its_sums",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
                func="""
                    if (new.closed_at, new.float_fen, new.expected_fen, new.counted_fen, new.person_id, new.organisation_id, new.opened_at)
                        is distinct from
                       (old.closed_at, old.float_fen, old.expected_fen, old.counted_fen, old.person_id, old.organisation_id, old.opened_at)
                    then
                        raise check_violation using message = 'a closed shift keeps its sums';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CashMovement(Keyed):
    """Cash that was taken (positive) or given (negative) in a shift, for a payment or a refund; once, and never in a closed one."""

    shift = models.ForeignKey(CashShift, models.PROTECT, related_name="movements")
    subject_id = models.UUIDField(unique=True, help_text="the payment or the refund")
    amount_fen = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount_fen=0), name="a_movement_is_of_something")]
        triggers = [
            pgtrigger.Protect(name="movements_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="nothing_moves_in_a_closed_shift",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("ended", "timestamptz")],
                func="""
                    select closed_at into ended from payments_cashshift where id = new.shift_id for share;
                    if ended is not null then
                        raise check_violation using message = 'the shift is closed';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen}"


class CashDifference(Keyed):
    """What a closed box had too much (positive) or too little, and why; never changed."""

    shift = models.OneToOneField(CashShift, models.PROTECT, related_name="difference")
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    by_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount_fen=0), name="a_difference_is_of_something")]
        triggers = [pgtrigger.Protect(name="differences_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.amount_fen}"
