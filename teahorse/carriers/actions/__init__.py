"""Every change: accounts, claims, booking and calling off, handing over, following by question and push, bills."""

from teahorse.carriers.actions.accounts import AccountHasEnded, end_account, keep_account
from teahorse.carriers.actions.billing import LONGEST_NOTE, BillUnreadable, IsCleared, clear_line, take_bill
from teahorse.carriers.actions.booking import (
    AlreadyConsigned,
    NotPostal,
    NumberTaken,
    call_off,
    consign,
    follow,
    send_back,
    settle_due,
    unfollow,
)
from teahorse.carriers.actions.claiming import LARGEST_PAPER, AlreadyClaimed, NotClaimable, NotOurContract, claim, settle_claims
from teahorse.carriers.actions.following import apply_pushes, ask_due, keep_push
from teahorse.carriers.actions.manifests import NothingToHandOver, make_manifest
from teahorse.carriers.actions.renewing import renew_due
from teahorse.carriers.actions.tariffs import HEADINGS as TARIFF_HEADINGS
from teahorse.carriers.actions.tariffs import TariffUnreadable, take_tariff

__all__ = [
    "LARGEST_PAPER",
    "LONGEST_NOTE",
    "TARIFF_HEADINGS",
    "AccountHasEnded",
    "AlreadyClaimed",
    "AlreadyConsigned",
    "BillUnreadable",
    "IsCleared",
    "NotClaimable",
    "NotOurContract",
    "NotPostal",
    "NothingToHandOver",
    "NumberTaken",
    "TariffUnreadable",
    "apply_pushes",
    "ask_due",
    "call_off",
    "claim",
    "clear_line",
    "consign",
    "end_account",
    "follow",
    "keep_account",
    "keep_push",
    "make_manifest",
    "renew_due",
    "send_back",
    "settle_claims",
    "settle_due",
    "take_bill",
    "take_tariff",
    "unfollow",
]
