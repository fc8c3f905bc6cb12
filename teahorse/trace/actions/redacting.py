"""Personal details in events: concealed before they are told, erased when a person asks for it."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.db import transaction

from teahorse.people.models import Organisation, Person
from teahorse.trace.models import PersonalDetail

SALT_BYTES: Final = 16
LONGEST: Final = 200


@transaction.atomic
def conceal(values: Collection[str], *, owner: Organisation, now: datetime) -> list[str]:
    """
    Return the tokens that stand in events for persons' details; the same value of one owner has one token until it is erased.

    :raises ValueError: if one is nothing to conceal, or too much.
    """
    plain = [" ".join(value.split()) for value in values]
    if not all(0 < len(value) <= LONGEST for value in plain):
        msg = f"a personal detail has 1 to {LONGEST} characters"
        raise ValueError(msg)
    Organisation.objects.select_for_update(no_key=True).get(pk=owner.pk)  # the same value at the same moment gets one token
    known = dict(PersonalDetail.objects.filter(owner=owner, value__in=plain, erased_at=None).values_list("value", "token"))
    new = [_concealed(value, owner=owner, now=now) for value in dict.fromkeys(plain) if value not in known]
    PersonalDetail.objects.bulk_create(new)
    known |= {one.value: one.token for one in new}
    return [known[value] for value in plain]


def _concealed(value: str, *, owner: Organisation, now: datetime) -> PersonalDetail:
    salt = secrets.token_bytes(SALT_BYTES)
    token = PersonalDetail.NAMED + sha256(salt + value.encode()).hexdigest()
    return PersonalDetail(county_id=owner.county_id, owner=owner, token=token, salt=salt, value=value, added_at=now)


@transaction.atomic
def erase(*, tokens: Iterable[str], owner: Organisation, by: Person, now: datetime) -> int:
    """Forget what some tokens of an organisation stand for, for ever; return how many were known till now. Harmless twice."""
    kept = PersonalDetail.objects.filter(owner=owner, token__in=list(tokens), erased_at=None)
    return kept.update(salt=None, value="", erased_at=now, erased_by_id=by.pk)
