"""Merchant accounts and their keys: kept, replaced, ended. Of the keys nothing leaves but fingerprints; who did it is written down."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.seal import seal
from teahorse.payments import merchants
from teahorse.payments.models import MerchantAccount, MerchantAccountChange
from teahorse.payments.providers import CASH, METHODS
from teahorse.payments.providers.keys import KeysChecked, key_form
from teahorse.people.models import Organisation

What = MerchantAccountChange.What
LONGEST_NUMBER = 40


class AccountKnown(Refusal):
    """The number belongs to an account already, or who collects has one at this provider."""

    code = "account_known"
    sentence = _("This number is known already, or there is an account at this provider. End that one first, or replace its keys.")


class AccountEnded(Refusal):
    """The account takes no payments any more; another one is kept instead."""

    code = "account_ended"
    sentence = _("This account has ended.")


@transaction.atomic
def keep_account(
    *, provider: str, organisation: Organisation | None, values: Mapping[str, str], by_id: UUID, now: datetime, number: str = ""
) -> MerchantAccount:
    """
    Keep an organisation's account at a provider (of nobody: the house's), with its keys sealed; an ended one of hers is begun again.

    ``values`` are the keys by the names of ``key_form(provider).FIELDS``. Without any, and with a ``number``, she is the
    house's sub-merchant, for whom the house's keys speak.

    :raises Malformed: with the field, if a key is missing or none.
    :raises AccountKnown: if the number is another's, or she has an account there. Nothing is changed in either.
    """
    _check_provider(provider)
    keys = _checked(provider, values) if any(values.values()) or organisation is None else None
    number = keys.number if keys else number.strip()
    if not (0 < len(number) <= LONGEST_NUMBER and number.isascii() and number.isalnum()):
        raise Malformed(field="number", reason=_("The number of the account has letters and digits only."))
    known = MerchantAccount.objects.select_for_update().filter(provider=provider, number=number).first()
    if known is not None and (known.is_active or known.organisation_id != (organisation.pk if organisation else None)):
        raise AccountKnown
    account = known or MerchantAccount(provider=provider, number=number, organisation=organisation)
    account.is_active, account.since_at = True, now
    account.sealed_keys = seal(keys.content) if keys else b""
    account.changed_at, account.changed_by_id = now, by_id
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        raise AccountKnown from error
    _write_down(account, What.KEPT, keys, by_id=by_id, now=now)
    return account


@transaction.atomic
def replace_keys(*, account_id: UUID, values: Mapping[str, str], by_id: UUID, now: datetime) -> MerchantAccount:
    """
    Put new keys in the place of an account's; every process uses them within ``merchants.FRESH_FOR`` seconds.

    :raises Malformed: with the field, if a key is missing or none, or belongs to another account.
    :raises AccountEnded: if it has ended. Nothing is changed in either.
    """
    account = MerchantAccount.objects.select_for_update().get(pk=account_id)
    if not account.is_active:
        raise AccountEnded
    keys = _checked(account.provider, values)
    if keys.number != account.number:
        first = key_form(account.provider).FIELDS[0]
        raise Malformed(field=first.name, reason=_("These are the keys of another account. Its number must stay the same."))
    account.sealed_keys, account.changed_at, account.changed_by_id = seal(keys.content), now, by_id
    account.save(update_fields=["sealed_keys", "changed_at", "changed_by_id"])
    _write_down(account, What.REPLACED, keys, by_id=by_id, now=now)
    return account


@transaction.atomic
def end_account(*, account_id: UUID, by_id: UUID, now: datetime) -> MerchantAccount:
    """
    Take no new payments by an account. Its keys stay, sealed: what was paid to it is still asked about and refunded.

    :raises AccountEnded: if it has ended before.
    """
    account = MerchantAccount.objects.select_for_update().get(pk=account_id)
    if not account.is_active:
        raise AccountEnded
    account.is_active, account.changed_at, account.changed_by_id = False, now, by_id
    account.save(update_fields=["is_active", "changed_at", "changed_by_id"])
    _write_down(account, What.ENDED, None, by_id=by_id, now=now)
    return account


def _check_provider(provider: str) -> None:
    if provider not in METHODS or provider == CASH:
        raise Malformed(field="provider", reason=_("Choose one of the list."))


def _checked(provider: str, values: Mapping[str, str]) -> KeysChecked:
    return key_form(provider).checked(values)


def _write_down(account: MerchantAccount, what: str, keys: KeysChecked | None, *, by_id: UUID, now: datetime) -> None:
    MerchantAccountChange.objects.create(
        account=account, what=what, fingerprints=dict(keys.fingerprints) if keys else {}, by_id=by_id, at=now
    )
    transaction.on_commit(merchants.forget_kept)  # this process at once, the others when what they keep is two seconds old
