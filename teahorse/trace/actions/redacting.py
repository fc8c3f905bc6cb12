"""Personal details in events: concealed before they are told, erased when a person asks for it."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.db import transaction

from teahorse.people.models import Organisation, Person
from teahorse.trace.models import PersonalDetail

SALT_BYTES: Final = 16
LONGEST: Final = 200
NAMED: Final = "urn:sha256:"


@transaction.atomic
def conceal(value: str, *, owner: Organisation, now: datetime) -> str:
    """
    Return the token that stands in events for a person's detail; the same value of one owner has one token until it is erased.

    :raises ValueError: if there is nothing to conceal, or too much.
    """
    value = " ".join(value.split())
    if not 0 < len(value) <= LONGEST:
        msg = f"a personal detail has 1 to {LONGEST} characters"
        raise ValueError(msg)
    Organisation.objects.select_for_update(no_key=True).get(pk=owner.pk)  # the same value at the same moment gets one token
    known = PersonalDetail.objects.filter(owner=owner, value=value, erased_at=None).first()
    if known is not None:
        return known.token
    salt = secrets.token_bytes(SALT_BYTES)
    token = NAMED + sha256(salt + value.encode()).hexdigest()
    PersonalDetail.objects.create(county_id=owner.county_id, owner=owner, token=token, salt=salt, value=value, added_at=now)
    return token


@transaction.atomic
def erase(*, tokens: Iterable[str], owner: Organisation, by: Person, now: datetime) -> int:
    """Forget what some tokens of an organisation stand for, for ever; return how many were known till now. Harmless twice."""
    kept = PersonalDetail.objects.filter(owner=owner, token__in=list(tokens), erased_at=None)
    return kept.update(salt=None, value="", erased_at=now, erased_by_id=by.pk)
