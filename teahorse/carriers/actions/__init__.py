"""Every change: accounts, booking and calling off, following by question and push, bills."""

from teahorse.carriers.actions.accounts import keep_account
from teahorse.carriers.actions.billing import BillUnreadable, take_bill
from teahorse.carriers.actions.booking import AlreadyConsigned, NotPostal, call_off, consign, follow, send_back, settle_due
from teahorse.carriers.actions.following import apply_pushes, ask_due, keep_push

__all__ = [
    "AlreadyConsigned",
    "BillUnreadable",
    "NotPostal",
    "apply_pushes",
    "ask_due",
    "call_off",
    "consign",
    "follow",
    "keep_account",
    "keep_push",
    "send_back",
    "settle_due",
    "take_bill",
]
