"""Every change of payments: opening and closing, the inbox, polling, the counter, refunds."""

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
from teahorse.payments.providers import ProviderRefuses, ProviderUnavailable
from teahorse.payments.rules import Payer, Split

__all__ = [
    "AlreadyPaid",
    "AnotherPayer",
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
    "Split",
    "apply_notifications",
    "ask_for_attempts",
    "close_payments",
    "forget_refused_notifications",
    "keep_notification",
    "open_payment",
    "pay_back_cash",
    "poll_open_payments",
    "prepare_payment",
    "request_refund",
    "retry_refund",
    "send_payment_back",
    "send_refunds",
    "take_cash",
]
