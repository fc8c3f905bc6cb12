"""Payments. They know a reference and an amount, never what is bought; a payment's state follows from its events."""

from teahorse.payments.models.accounts import MerchantAccount, MerchantAccountChange, ProviderRest
from teahorse.payments.models.bill import ProviderBill, ProviderBillRow
from teahorse.payments.models.payment import WITH_PARTS, Notification, Payment, PaymentEvent, PaymentSplit, Refund
from teahorse.payments.models.sharing import ShareLine, ShareReturn, Sharing
from teahorse.payments.models.shift import CashDifference, CashMovement, CashShift
from teahorse.payments.models.unmatched import UnmatchedMoney, UnmatchedStep

__all__ = [
    "WITH_PARTS",
    "CashDifference",
    "CashMovement",
    "CashShift",
    "MerchantAccount",
    "MerchantAccountChange",
    "Notification",
    "Payment",
    "PaymentEvent",
    "PaymentSplit",
    "ProviderBill",
    "ProviderBillRow",
    "ProviderRest",
    "Refund",
    "ShareLine",
    "ShareReturn",
    "Sharing",
    "UnmatchedMoney",
    "UnmatchedStep",
]
