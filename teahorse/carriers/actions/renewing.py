"""
Tokens of access that end: renewed before they do, and when a carrier says that one has; one renewal of an account at a time.

A carrier may take a token of renewal once only. So an account is claimed under its lock first, asked outside any transaction, and what
comes back is sealed at once.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from teahorse.carriers.models import CarrierAccount
from teahorse.carriers.providers import CarrierRefuses, CarrierUnavailable, guarded_call, renewed
from teahorse.carriers.rules import wait_after
from teahorse.common.seal import CannotUnseal, seal, unseal

MOST_AT_ONCE = 20
CLAIMED_FOR = timedelta(minutes=2)
"""A call may take so long; if its process dies, the next one does it."""
AHEAD = timedelta(days=7)
"""So long before it ends a token is renewed, or when a third of its life is left."""


def renew_due(*, now: datetime) -> int:
    """Renew what is due and return how many were; a silent carrier is asked again, what it refuses waits for new keys."""
    return sum(_renewed(row, now=now) for row in _claimed(now=now))


def note_ended(*, account: CarrierAccount | None, now: datetime) -> None:
    """Have an account's token renewed that a carrier says has ended, unless it was renewed since, or could not be."""
    if account is not None:
        same = CarrierAccount.objects.filter(pk=account.pk, sealed_keys=bytes(account.sealed_keys), renew_tries=0, renew_trouble="")
        same.update(renew_at=now, access_until_at=now)


@transaction.atomic
def _claimed(*, now: datetime) -> list[CarrierAccount]:
    """Take what is due, so that no other process renews it at the same time."""
    due = CarrierAccount.objects.filter(renew_at__lte=now).order_by("renew_at", "pk")
    rows = list(due.select_for_update(skip_locked=True, of=("self",))[:MOST_AT_ONCE])
    CarrierAccount.objects.filter(pk__in=[row.pk for row in rows]).update(renew_at=now + CLAIMED_FOR, renew_tries=F("renew_tries") + 1)
    return rows


def _renewed(row: CarrierAccount, *, now: datetime) -> bool:
    same = CarrierAccount.objects.filter(pk=row.pk, sealed_keys=bytes(row.sealed_keys))
    try:
        keys = unseal(bytes(row.sealed_keys))
        found = guarded_call(row.carrier, lambda: renewed(row.carrier, keys, sandbox=settings.SANDBOX_URL or ""))
    except CarrierUnavailable as unavailable:
        trouble = str(unavailable.numbers.get("trouble", ""))[:200]
        same.update(renew_at=now + wait_after(row.renew_tries), renew_trouble=trouble)
        return False
    except (CarrierRefuses, CannotUnseal) as refused:
        words = f"{refused.message} ({refused.reason})" if isinstance(refused, CarrierRefuses) else "its keys cannot be read"
        same.update(renew_at=None, renew_trouble=words[:200])
        return False
    lives = found.until - now
    renew_at = max(found.until - AHEAD, now + lives * 2 / 3)
    told = {"access_until_at": found.until, "renew_at": renew_at, "renew_tries": 0, "renew_trouble": ""}
    return same.update(sealed_keys=seal(found.keys), **told) > 0
