"""Keeping an account's keys, sealed; letting it end."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.carriers.models import CarrierAccount
from teahorse.carriers.providers import RENEWING, keys_module
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.seal import seal
from teahorse.payments.providers.keys import texts
from teahorse.people.models import Organisation, Person

LONGEST_NUMBER = 40


class AccountHasEnded(Refusal):
    """Nothing new goes by it."""

    code = "account_has_ended"
    sentence = _("This account has ended.")


@transaction.atomic
def keep_account(
    *, organisation: Organisation | None, carrier: str, values: Mapping[str, str], by: Person, now: datetime
) -> CarrierAccount:
    """
    Keep an organisation's (or the house's) keys at a carrier, sealed; the account before it ends, what went by it goes on by it.

    :param values: by the names of the carrier's ``FIELDS``.
    :raises Malformed: with the field, if one is missing or no key; nothing is changed.
    """
    module = keys_module(carrier)
    found = {name: text for name, text in texts(values, module.FIELDS).items() if text}
    number = found[module.FIELDS[0].name]
    if len(number) > LONGEST_NUMBER:
        raise Malformed(field=module.FIELDS[0].name, reason=_("This is too long to be a customer's number."))
    content = msgspec.json.encode(found)
    module.made(content, sandbox="")
    whose = f"carriers: {carrier} of {organisation.pk if organisation else 'the house'}"
    with connection.cursor() as cursor:  # of two who keep one at the same moment the later one's holds
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [whose])
    _end(CarrierAccount.objects.filter(organisation=organisation, carrier=carrier, is_active=True).first(), by=by, now=now)
    return CarrierAccount.objects.create(
        organisation=organisation,
        carrier=carrier,
        number=number,
        sealed_keys=seal(content),
        since_at=now,
        changed_by_id=by.pk,
        renew_at=now if carrier in RENEWING and found.get("refresh_token") else None,  # nobody said when its token ends
    )


@transaction.atomic
def end_account(*, account: CarrierAccount, by: Person, now: datetime) -> None:
    """
    Let nothing new go by an account. Its keys stay, sealed: what went by it is still asked about, called off and claimed.

    :raises AccountHasEnded: if it has ended before.
    """
    row = CarrierAccount.objects.select_for_update().get(pk=account.pk)
    if not row.is_active:
        raise AccountHasEnded
    _end(row, by=by, now=now)


def _end(row: CarrierAccount | None, *, by: Person, now: datetime) -> None:
    if row is not None:
        row.is_active, row.ended_at, row.ended_by_id = False, now, by.pk
        row.save(update_fields=["is_active", "ended_at", "ended_by_id"])
