"""Every change of payments: opening and closing, the inbox, polling, the counter, refunds, sharing, bills."""

from teahorse.payments.actions.bills import days_without_bill, fetch_bill
from teahorse.payments.actions.counter import NotAtACounter, RefundNotOpen, pay_back_cash, take_cash
from teahorse.payments.actions.inbox import apply_notifications, forget_refused_notifications, keep_notification
from teahorse.payments.actions.opening import (
    AlreadyPaid,
    AnotherPayer,
    PaymentNotOpen,
    TooManyParts,
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
from teahorse.payments.actions.sharing import (
    NoAccountToShareWith,
    NothingToShare,
    ShareTooLarge,
    SharingDiffers,
    SharingNotFailed,
    retry_sharing,
    send_returns,
    send_sharings,
    share_out,
)
from teahorse.payments.providers import BillNotReady, ProviderRefuses, ProviderUnavailable
from teahorse.payments.rules import Payer, Share, Split

__all__ = [
    "AlreadyPaid",
    "AnotherPayer",
    "BillNotReady",
    "NoAccountToShareWith",
    "NotAtACounter",
    "NothingToRefund",
    "NothingToShare",
    "Payer",
    "PaymentNotOpen",
    "ProviderRefuses",
    "ProviderUnavailable",
    "RefundDiffers",
    "RefundNotFailed",
    "RefundNotOpen",
    "RefundTooLarge",
    "Share",
    "ShareTooLarge",
    "SharingDiffers",
    "SharingNotFailed",
    "Split",
    "TooManyParts",
    "apply_notifications",
    "ask_for_attempts",
    "close_payments",
    "days_without_bill",
    "fetch_bill",
    "forget_refused_notifications",
    "keep_notification",
    "open_payment",
    "pay_back_cash",
    "poll_open_payments",
    "prepare_payment",
    "request_refund",
    "retry_refund",
    "retry_sharing",
    "send_payment_back",
    "send_refunds",
    "send_returns",
    "send_sharings",
    "share_out",
    "take_cash",
]
