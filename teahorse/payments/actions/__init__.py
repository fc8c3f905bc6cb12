"""Every change of payments: accounts, opening and closing, the inbox, polling, the counter and its shifts, refunds, unmatched money."""

from teahorse.payments.actions.accounts import AccountEnded, AccountKnown, end_account, keep_account, replace_keys, reseal_accounts
from teahorse.payments.actions.counter import NotAtACounter, RefundNotOpen, pay_back_cash, take_cash
from teahorse.payments.actions.inbox import apply_notifications, forget_refused_notifications, keep_notification
from teahorse.payments.actions.opening import (
    AlreadyPaid,
    AnotherPayer,
    PaymentNotOpen,
    ask_for_attempts,
    close_payments,
    open_payment,
    prepare_payment,
)
from teahorse.payments.actions.polling import poll_open_payments
from teahorse.payments.actions.refunding import (
    NothingToRefund,
    RefundDiffers,
    RefundNotFailed,
    RefundTooLarge,
    request_refund,
    retry_refund,
    send_payment_back,
    send_refunds,
)
from teahorse.payments.actions.resolving import (
    CannotBeAssigned,
    UnmatchedResolved,
    assign_unmatched,
    explain_unmatched,
    note_on_unmatched,
    say_unmatched_was_refunded,
)
from teahorse.payments.actions.shifts import (
    BoxDiffers,
    CannotCheck,
    NoOpenShift,
    ShiftClosed,
    ShiftOpen,
    check_shift,
    close_shift,
    expected_fen,
    open_shift,
)
from teahorse.payments.actions.unmatched import escalate_unmatched
from teahorse.payments.providers import ProviderRefuses, ProviderUnavailable
from teahorse.payments.rules import Payer, Split

__all__ = [
    "AccountEnded",
    "AccountKnown",
    "AlreadyPaid",
    "AnotherPayer",
    "BoxDiffers",
    "CannotBeAssigned",
    "CannotCheck",
    "NoOpenShift",
    "NotAtACounter",
    "NothingToRefund",
    "Payer",
    "PaymentNotOpen",
    "ProviderRefuses",
    "ProviderUnavailable",
    "RefundDiffers",
    "RefundNotFailed",
    "RefundNotOpen",
    "RefundTooLarge",
    "ShiftClosed",
    "ShiftOpen",
    "Split",
    "UnmatchedResolved",
    "apply_notifications",
    "ask_for_attempts",
    "assign_unmatched",
    "check_shift",
    "close_payments",
    "close_shift",
    "end_account",
    "escalate_unmatched",
    "expected_fen",
    "explain_unmatched",
    "forget_refused_notifications",
    "keep_account",
    "keep_notification",
    "note_on_unmatched",
    "open_payment",
    "open_shift",
    "pay_back_cash",
    "poll_open_payments",
    "prepare_payment",
    "replace_keys",
    "request_refund",
    "reseal_accounts",
    "retry_refund",
    "say_unmatched_was_refunded",
    "send_payment_back",
    "send_refunds",
    "take_cash",
]
