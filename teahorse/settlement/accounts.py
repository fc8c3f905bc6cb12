"""The accounts of decision 0009 by name, and the kinds of entries; nobody else writes these words."""

from functools import lru_cache
from uuid import UUID

from teahorse.ledger.rules import Account

PAYMENT_TAKEN = "payment taken"
DISCOUNTS_GRANTED = "discounts granted"
ORDER_CLOSED = "order closed"
BALANCE_EARNED = "balance earned"
REFUND_DECIDED = "refund decided"
REFUND_ARRIVED = "refund arrived"
EARNING_MATURED = "earning matured"
SHARED_OUT = "shared out"
SHARE_CAME_BACK = "share came back"
FEES_COLLECTED = "fees collected"
SUBSIDIES_CLAIMED = "subsidies claimed"
TRANSFERRED = "moved to the bank"
PAYOUT_APPROVED = "payout approved"
PAYOUT_PAID = "payout paid"
PAYOUT_RETURNED = "payout returned"

GOING_BACK = Account("going_back")
UNEXPLAINED = Account("unexplained")
BANK = Account("bank")


@lru_cache(maxsize=4096)
def at_provider(code: str, collector_id: UUID | None = None) -> Account:
    """Return where a provider, or the counters' boxes, hold money: for a seller with an account of her own, or for the house."""
    return Account(f"at_provider:{code}", collector_id)


def of_seller(purpose: str, seller_id: UUID, county_id: UUID | None = None) -> Account:
    """Return a seller's ``held``, ``earned``, ``payable`` or ``in_payout``."""
    return Account(purpose, seller_id, county_id)


@lru_cache(maxsize=4096)
def fees(kind: str, beneficiary_id: UUID | None) -> Account:
    """Return what somebody gets as a fee."""
    return Account(f"fees:{kind}", beneficiary_id)


@lru_cache(maxsize=4096)
def subsidy(bearer_id: UUID | None) -> Account:
    """Return what a budget, or the platform (nobody), owes for discounts and freight that it bears, and was not asked for yet."""
    return Account("subsidy", bearer_id)


def claimed(payer_id: UUID) -> Account:
    """Return what a budget was asked for and has not paid."""
    return Account("claimed", payer_id)


def is_kept_for_us(purpose: str) -> bool:
    """Whether an account's debits are the house's: money that stands somewhere. Of all others credits are more for whose they are."""
    return purpose == "bank" or purpose.startswith("at_provider")
