"""
Who collects at a provider with keys of her own, and those keys, as the table has them now.

Each process keeps what it read for two seconds (:data:`FRESH_FOR`): so long after keys were replaced or an account ended another
process may still use the old ones. The process that changed them knows at once. A secret is unsealed when it is used and is in no repr.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.db import connection

from teahorse.common.seal import unseal
from teahorse.payments.models import MerchantAccount, PaymentSplit

FRESH_FOR = 2.0
COLLECT_FOR_THEMSELVES = frozenset({"alipay"})
"""The providers at which a seller's own keys take the payments that are hers alone; elsewhere the house's keys speak for her."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Account:
    """A merchant account with keys."""

    provider: str
    number: str
    organisation_id: UUID | None
    is_active: bool
    sealed_keys: bytes = field(repr=False)

    def keys(self) -> bytes:
        """Return its keys, JSON. :raises teahorse.common.seal.CannotUnseal: if the key that opens them is not here."""
        return unseal(self.sealed_keys)


class _Kept:
    """What this process read last, and when."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.accounts: tuple[Account, ...] = ()
        self.until = 0.0


_kept = _Kept()


def accounts_with_keys(provider: str) -> list[Account]:
    """Return a provider's accounts that have keys of their own, ended ones too."""
    with _kept.lock:
        if time.monotonic() >= _kept.until:
            _kept.accounts = aside(_read)
            _kept.until = time.monotonic() + FRESH_FOR
        return [account for account in _kept.accounts if account.provider == provider]


def forget_kept() -> None:
    """Have this process read anew."""
    with _kept.lock:
        _kept.until = 0.0


def active_account(provider: str, *, organisation_id: UUID | None = None) -> Account | None:
    """Return the account with keys that takes an organisation's payments (or the house's), if there is one."""
    mine = (one for one in accounts_with_keys(provider) if one.is_active and one.organisation_id == organisation_id)
    return next(mine, None)


def account_by_number(provider: str, number: str) -> Account | None:
    """Return an account with keys, an ended one too: what was paid to it can still be asked about and refunded."""
    return next((one for one in accounts_with_keys(provider) if one.number == number), None)


def collecting_number(*, provider: str, payment_id: UUID) -> str:
    """Return the number of the account that is to collect a payment: its only seller's own, if she has one; else nothing."""
    if provider not in COLLECT_FOR_THEMSELVES:
        return ""
    payees = set(PaymentSplit.objects.filter(payment=payment_id, amount_fen__gt=0).values_list("payee_id", flat=True))
    own = active_account(provider, organisation_id=payees.pop()) if len(payees) == 1 else None
    return own.number if own else ""


def aside(read: Callable[[], T]) -> T:
    """Use the database; a thread that had no connection gives the one that it took back at once."""
    had_one = connection.connection is not None
    try:
        return read()
    finally:
        if not had_one and not connection.in_atomic_block:
            connection.close()


def _read() -> tuple[Account, ...]:
    rows = MerchantAccount.objects.exclude(sealed_keys=b"").order_by("pk")
    return tuple(
        Account(
            provider=row.provider,
            number=row.number,
            organisation_id=row.organisation_id,
            is_active=row.is_active,
            sealed_keys=bytes(row.sealed_keys),
        )
        for row in rows
    )
