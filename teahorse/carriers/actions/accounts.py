"""Keeping an account's keys, sealed."""

from datetime import datetime

from django.db import transaction

from teahorse.carriers.models import CarrierAccount
from teahorse.carriers.providers import keys_module
from teahorse.payments.seal import seal
from teahorse.people.models import Organisation, Person


@transaction.atomic
def keep_account(*, organisation: Organisation | None, carrier: str, keys: bytes, by: Person, now: datetime) -> CarrierAccount:
    """
    Keep an organisation's (or the house's) keys at a carrier, sealed; the account before it ends, what went by it goes on by it.

    :raises Malformed: if they are no keys; nothing is changed.
    """
    keys_module(carrier).made(keys, sandbox="")
    CarrierAccount.objects.select_for_update().filter(organisation=organisation, carrier=carrier, is_active=True).update(is_active=False)
    return CarrierAccount.objects.create(
        organisation=organisation, carrier=carrier, sealed_keys=seal(keys), since_at=now, changed_by_id=by.pk
    )
