"""With whose keys a partner is asked: an organisation's own account, else the house's, else, where one is set up, the sandbox's."""

from pathlib import Path
from typing import cast
from uuid import UUID

from django.conf import settings

from teahorse.carriers.models import CarrierAccount
from teahorse.carriers.providers import CARRIERS, Carrier, CarrierUnavailable, Tracker, keys_module, kuaidi100
from teahorse.common.seal import CannotUnseal, unseal


def account_for(*, carrier: str, organisation_id: UUID) -> CarrierAccount | None:
    """Return the account that an organisation's parcels go by: its own, else the house's; None: only a sandbox's could."""
    mine = CarrierAccount.objects.filter(carrier=carrier, is_active=True)
    return mine.filter(organisation=organisation_id).first() or mine.filter(organisation=None).first()


def can_book(*, carrier: str, organisation_id: UUID) -> bool:
    """Return whether a carrier can be asked to take an organisation's parcels on: somebody has a contract, or a sandbox runs."""
    return carrier in CARRIERS and (bool(settings.SANDBOX_URL) or account_for(carrier=carrier, organisation_id=organisation_id) is not None)


def can_follow(*, carrier: str, organisation_id: UUID) -> bool:
    """Return whether a typed number of a carrier can be followed: the tracker knows the carrier, and somebody has an account with it."""
    is_open = bool(settings.SANDBOX_URL) or account_for(carrier=kuaidi100.CODE, organisation_id=organisation_id) is not None
    return carrier in kuaidi100.COMPANIES and is_open


def tracker(code: str, account: CarrierAccount | None) -> Tracker:
    """
    Return a partner with an account's keys; without an account the sandbox's, if there is one.

    :raises CarrierUnavailable: if nothing is set up here; :raises ValueError: for a code that nobody has.
    """
    module = keys_module(code)
    try:
        if account is not None:
            return module.made(unseal(bytes(account.sealed_keys)), sandbox=settings.SANDBOX_URL or "")
        if settings.SANDBOX_URL:
            return module.made((Path(settings.SANDBOX_KEYS) / module.FILE).read_bytes(), sandbox=settings.SANDBOX_URL)
    except (OSError, CannotUnseal) as error:
        raise CarrierUnavailable(trouble=f"its keys cannot be read: {type(error).__name__}") from error
    raise CarrierUnavailable(trouble="not set up")


def carrier(code: str, account: CarrierAccount | None) -> Carrier:
    """Return a partner who takes parcels on; see :func:`tracker`."""
    if code not in CARRIERS:
        msg = f"{code!r} takes no parcels on here"
        raise ValueError(msg)
    return cast("Carrier", tracker(code, account))
