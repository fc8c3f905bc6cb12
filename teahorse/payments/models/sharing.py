"""What a seller collected is shared out, and shares come back before a refund."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.payments.models.accounts import MerchantAccount
from teahorse.payments.models.payment import PaymentSplit, Refund


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
        indexes = [
            models.Index(fields=["due_at"], name="sharing_to_send", condition=models.Q(state__in=("requested", "sent"))),
            models.Index(fields=["settled_at"], name="sharing_settled_at", condition=models.Q(settled_at__isnull=False)),
        ]
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
        indexes = [
            models.Index(fields=["due_at"], name="return_to_send", condition=models.Q(state__in=("requested", "sent"))),
            models.Index(fields=["settled_at"], name="return_settled_at", condition=models.Q(settled_at__isnull=False)),
        ]
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
