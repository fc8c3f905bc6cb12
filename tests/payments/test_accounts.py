"""Merchants' keys: sealed at rest, replaced while the house runs, told by fingerprints only."""

import json
import logging
import os
import stat
import subprocess
import sys
import time

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from sandbox.keys import make, make_alipay, public_pem
from teahorse import environment
from teahorse.carriers import actions as carriers
from teahorse.carriers.models import CarrierAccount
from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed
from teahorse.common.seal import CannotUnseal, unseal
from teahorse.payments import actions, merchants
from teahorse.payments.actions.recording import NOTIFICATION, record
from teahorse.payments.models import MerchantAccount, MerchantAccountChange
from teahorse.payments.providers import Outcome, alipay, wechat_pay
from teahorse.payments.providers.alipay.credentials import NoCredentials
from teahorse.payments.providers.keys import KeysChecked
from tests import world

from .making import CLERK, opened, whole

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_sealing_keys(tmp_path, monkeypatch):
    """Each test has a data folder of its own, so no key of it is another's."""
    monkeypatch.setenv("TEAHORSE_DATA", str(tmp_path))
    monkeypatch.delenv("TEAHORSE_SEAL_KEYS", raising=False)
    monkeypatch.delenv("TEAHORSE_ALIPAY", raising=False)
    monkeypatch.delenv("TEAHORSE_WECHAT_PAY", raising=False)


ALIPAY, OTHER = make_alipay(), make_alipay()


def values(keys=ALIPAY, **changes):
    names = ("app_id", "seller_id", "app_private_key", "alipay_public_key")
    return {**{name: getattr(keys, name) for name in names}, **changes}


def kept(**changes):
    wishes = {"provider": "alipay", "organisation": None, "values": values(), "by_id": CLERK, "now": timezone.now(), **changes}
    account = actions.keep_account(**wishes)
    merchants.forget_kept()  # the test's own transaction never ends
    return account


def secrets_of(keys):
    """Every piece by which a secret would be found in a text."""
    lines = keys.app_private_key.strip().splitlines()
    return [lines[1], lines[5]]


def test_what_is_kept_is_not_what_was_typed_and_is_opened_by_the_key_outside(tmp_path):
    account = kept()

    account.refresh_from_db()
    sealed = bytes(account.sealed_keys)
    assert not any(piece.encode() in sealed for piece in secrets_of(ALIPAY))
    assert json.loads(unseal(sealed))["app_private_key"] == ALIPAY.app_private_key
    file = tmp_path / environment.SEAL_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(Fernet.generate_key())
    with pytest.raises(CannotUnseal):
        unseal(sealed)


def test_a_row_wins_over_the_file_and_is_used_for_signing(settings):
    settings.SANDBOX_URL = ""
    with pytest.raises(NoCredentials):
        alipay.credentials()

    kept()

    assert alipay.credentials().app_id == ALIPAY.app_id
    assert alipay.credentials().is_real
    assert alipay.provider().code == "alipay"


def test_wechats_keys_are_kept_in_the_same_way(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    keys = make()
    names = (
        "mchid",
        "appid",
        "merchant_serial",
        "merchant_private_key",
        "api_v3_key",
        "platform_key_id",
        "platform_public_key",
        "app_secret",
    )

    account = kept(provider="wechat_pay", values={name: getattr(keys, name) for name in names})

    found = wechat_pay.credentials()
    assert (account.number, found.mchid, found.api_v3_key) == (keys.mchid, keys.mchid, keys.api_v3_key)
    assert found.gateway == "http://127.0.0.1:9/wechatpay"  # a house with a sandbox moves no real money
    assert keys.api_v3_key not in repr(found)


def test_bare_base64_as_alipays_tool_writes_it_is_taken():
    bare = "".join(ALIPAY.app_private_key.strip().splitlines()[1:-1])

    kept(values=values(app_private_key=bare, alipay_public_key="".join(ALIPAY.alipay_public_key.strip().splitlines()[1:-1])))

    assert alipay.credentials().app_private_key == ALIPAY.app_private_key


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"app_private_key": "nonsense"}, "app_private_key"),
        ({"app_private_key": ""}, "app_private_key"),
        ({"app_private_key": ALIPAY.alipay_public_key}, "app_private_key"),
        ({"alipay_public_key": ALIPAY.app_private_key}, "alipay_public_key"),
        ({"alipay_public_key": ALIPAY.app_public_key}, "alipay_public_key"),
        ({"alipay_public_key": public_pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))}, "alipay_public_key"),
        ({"app_id": "20210000"}, "app_id"),
        ({"seller_id": "x" * 9000}, "seller_id"),
    ],
)
def test_what_is_no_key_is_refused_with_its_field_and_without_its_words(changes, field):
    with pytest.raises(Malformed) as refused:
        kept(values=values(**changes))

    assert refused.value.field == field
    assert not any(value and value[:40] in repr(refused.value) + str(refused.value) for value in changes.values())
    assert not MerchantAccount.objects.exists()


def test_keys_are_replaced_and_the_change_is_written_down_by_fingerprints():
    account = kept()
    before = alipay.credentials()

    actions.replace_keys(account_id=account.pk, values=values(OTHER, app_id=ALIPAY.app_id), by_id=CLERK, now=timezone.now())
    merchants.forget_kept()

    assert (before.app_private_key, alipay.credentials().app_private_key) == (ALIPAY.app_private_key, OTHER.app_private_key)
    changes = list(MerchantAccountChange.objects.order_by("at", "pk"))
    assert [(change.what, change.by_id) for change in changes] == [("kept", CLERK), ("replaced", CLERK)]
    assert changes[0].fingerprints != changes[1].fingerprints
    assert all(len(told) == 19 for change in changes for told in change.fingerprints.values())


def test_another_apps_keys_do_not_replace_these():
    account = kept()

    with pytest.raises(Malformed) as refused:
        actions.replace_keys(account_id=account.pk, values=values(OTHER), by_id=CLERK, now=timezone.now())

    assert refused.value.field == "app_id"
    assert alipay.credentials().app_private_key == ALIPAY.app_private_key


def test_there_is_one_active_account_at_a_provider_and_a_number_is_known_once():
    coop = world.organisation("coop-dorje")
    kept()

    for wish in ({"values": values(OTHER)}, {"organisation": coop}):
        with pytest.raises(actions.AccountKnown):
            kept(**wish)

    assert MerchantAccount.objects.count() == 1


def test_an_ended_account_takes_no_new_payments_but_what_was_paid_to_it_is_still_asked_about(settings):
    settings.SANDBOX_URL = ""
    account = kept()
    actions.end_account(account_id=account.pk, by_id=CLERK, now=timezone.now())
    merchants.forget_kept()

    with pytest.raises(NoCredentials):
        alipay.credentials()
    assert alipay.credentials(ALIPAY.app_id).seller_id == ALIPAY.seller_id
    with pytest.raises(actions.AccountEnded):
        actions.end_account(account_id=account.pk, by_id=CLERK, now=timezone.now())
    with pytest.raises(actions.AccountEnded):
        actions.replace_keys(account_id=account.pk, values=values(), by_id=CLERK, now=timezone.now())

    kept()
    assert alipay.credentials().app_id == ALIPAY.app_id
    assert [change.what for change in MerchantAccountChange.objects.order_by("at", "pk")] == ["kept", "ended", "kept"]


def test_a_sub_merchant_has_a_number_and_no_keys():
    coop = world.organisation("coop-dorje")

    account = kept(provider="wechat_pay", organisation=coop, values={}, number="1900100001")

    assert (account.number, bytes(account.sealed_keys)) == ("1900100001", b"")
    assert MerchantAccountChange.objects.get().fingerprints == {}
    with pytest.raises(Malformed):
        kept(provider="wechat_pay", values={}, number="1900100002")  # the house speaks by its own keys


def test_a_payment_of_one_seller_with_keys_of_her_own_is_hers_and_any_other_the_houses():
    coop, other = world.organisation("coop-dorje"), world.organisation("coop-pema")
    kept()
    kept(organisation=coop, values=values(OTHER))

    def collected(*payees):
        splits = [actions.Split(payee_id=payee.pk, reference=payee.pk, amount_fen=100) for payee in payees]
        payment = opened(provider="alipay", method="page", amount_fen=100 * len(payees), splits=lambda _: splits)
        return merchants.collecting_number(provider="alipay", payment_id=payment.pk)

    assert (collected(coop), collected(other), collected(coop, other)) == (OTHER.app_id, "", "")
    assert merchants.collecting_number(provider="wechat_pay", payment_id=opened(splits=whole).pk) == ""


def test_sealed_keys_that_were_moved_into_another_row_open_nothing():
    coop = world.organisation("coop-dorje")
    house = kept()
    hers = kept(organisation=coop, values=values(OTHER))

    MerchantAccount.objects.filter(pk=house.pk).update(sealed_keys=hers.sealed_keys)
    merchants.forget_kept()

    with pytest.raises(NoCredentials, match="another's"):
        alipay.credentials()


def test_a_change_is_never_changed():
    kept()

    with pytest.raises(DatabaseError), transaction.atomic():
        MerchantAccountChange.objects.update(what="ended")


# --- the sealing key


def test_the_sealing_key_is_rotated_without_a_gap(tmp_path, capsys):
    kept()
    first = environment.seal_keys()

    call_command("reseal", "--rotate")

    both = environment.seal_keys()
    assert len(both) == 2
    assert both[1:] == first
    assert Fernet(both[0]).decrypt(bytes(MerchantAccount.objects.get().sealed_keys))
    call_command("reseal", "--forget")
    merchants.forget_kept()
    assert environment.seal_keys() == both[:1]
    assert alipay.credentials().app_id == ALIPAY.app_id
    assert capsys.readouterr().out.split() == ["1", "resealed", "1", "resealed"]


def test_a_key_that_is_lost_is_said_and_nothing_is_changed(tmp_path):
    account = kept()
    (tmp_path / environment.SEAL_FILE).write_bytes(Fernet.generate_key())

    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("reseal")

    sealed = MerchantAccount.objects.get().sealed_keys
    assert bytes(sealed) == bytes(account.sealed_keys)
    merchants.forget_kept()
    with pytest.raises(NoCredentials, match="CannotUnseal"):
        alipay.credentials()


def test_whatever_is_sealed_anywhere_is_sealed_anew_before_old_keys_are_forgotten(tmp_path, capsys):
    keys = {"partner_id": "TH1", "checkword": "w", "monthly_card": "1"}
    carriers.keep_account(organisation=None, carrier="sf", values=keys, by=world.person(), now=timezone.now())
    kept()

    call_command("reseal", "--rotate", "--forget")

    assert len(environment.seal_keys()) == 1
    assert json.loads(unseal(bytes(CarrierAccount.objects.get().sealed_keys))) == keys
    assert capsys.readouterr().out.split() == ["2", "resealed"]


def test_keys_of_the_environment_are_changed_there(monkeypatch):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("TEAHORSE_SEAL_KEYS", old)
    kept()
    monkeypatch.setenv("TEAHORSE_SEAL_KEYS", f"{new},{old}")

    with pytest.raises(CommandError):
        call_command("reseal", "--rotate")
    call_command("reseal")

    monkeypatch.setenv("TEAHORSE_SEAL_KEYS", new)
    merchants.forget_kept()
    assert alipay.credentials().app_id == ALIPAY.app_id


# --- nothing leaks


def test_no_key_is_in_a_repr_a_log_or_an_error(caplog, settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    caplog.set_level(logging.DEBUG)
    account = kept()
    keys = alipay.credentials()
    payment = opened(provider="alipay", method="precreate")
    errors = []
    for bad in ("nonsense " + secrets_of(ALIPAY)[0], ALIPAY.app_private_key[:-300]):
        with pytest.raises(Malformed) as refused:
            actions.replace_keys(account_id=account.pk, values=values(app_private_key=bad), by_id=CLERK, now=timezone.now())
        errors.append(refused.value)
    with pytest.raises(actions.ProviderUnavailable) as silent:
        alipay.provider().open(payment)
    checked = KeysChecked(number="1", content=ALIPAY.app_private_key.encode(), fingerprints={})

    told = " ".join(
        [
            repr(account), str(account), repr(keys), str(keys), repr(merchants.accounts_with_keys("alipay")), repr(checked), repr(errors),
            repr(silent.value), repr(silent.value.numbers), caplog.text, str(MerchantAccountChange.objects.values()),
        ]
    )  # fmt: skip

    assert not any(piece in told for piece in secrets_of(ALIPAY))
    assert "app_private_key=" not in told


# --- every process


@pytest.mark.django_db(transaction=True)
def test_another_process_uses_new_keys_two_seconds_later_without_a_restart(settings, tmp_path):
    account = kept()
    program = (
        "import sys, time, django; django.setup()\n"
        "from teahorse.payments.providers.keys import fingerprint, private_key\n"
        "from teahorse.payments.providers.alipay.credentials import credentials\n"
        "for _ in sys.stdin:\n"
        "    print(fingerprint(private_key(credentials().app_private_key, name='k').public_key()), flush=True)\n"
    )
    database = settings.DATABASES["default"]
    address = " ".join(
        f"{name}={value}"
        for name, value in (
            ("dbname", database["NAME"]), ("user", database["USER"]), ("password", database["PASSWORD"]),
            ("host", database["HOST"]), ("port", database["PORT"]),
        )
        if value
    )  # fmt: skip
    environ = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "teahorse.settings", "TEAHORSE_DATA": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)

    def told():
        process.stdin.write("?\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    try:
        before = told()
        actions.replace_keys(account_id=account.pk, values=values(OTHER, app_id=ALIPAY.app_id), by_id=CLERK, now=timezone.now())
        time.sleep(merchants.FRESH_FOR)
        after = told()
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()

    first, second = MerchantAccountChange.objects.order_by("at", "pk")
    assert (before, after) == (first.fingerprints["app_private_key"], second.fingerprints["app_private_key"])
    assert before != after


def test_a_part_says_whose_own_app_collects_it_from_the_beginning():
    coop, other = world.organisation("coop-dorje"), world.organisation("coop-pema")
    own = kept(organisation=coop, values=values(OTHER))

    def opened_for(*payees):
        splits = [actions.Split(payee_id=payee.pk, reference=new_id(), amount_fen=100) for payee in payees]
        payment = opened(provider="alipay", method="page", amount_fen=100 * len(payees), splits=lambda _: splits)
        return [split.account for split in payment.splits.order_by("pk")]

    assert (opened_for(coop), opened_for(coop, coop)) == ([own], [own, own])
    assert (opened_for(other), opened_for(coop, other)) == ([None], [None, None])


@pytest.mark.parametrize(("account_number", "state"), [(OTHER.app_id, "succeeded"), ("", "created")], ids=["hers", "nobodys"])
def test_money_of_a_sellers_own_app_is_told_by_that_app_only(account_number, state):
    coop = world.organisation("coop-dorje")
    kept(organisation=coop, values=values(OTHER))
    splits = [actions.Split(payee_id=coop.pk, reference=new_id(), amount_fen=100)]
    payment = opened(provider="alipay", method="page", amount_fen=100, splits=lambda _: splits)
    told = Outcome(
        our_number=payment.our_number,
        kind="succeeded",
        provider_number="1",
        amount_fen=100,
        occurred_at=timezone.now(),
        account_number=account_number,
    )

    record([told], source=NOTIFICATION, now=timezone.now())

    payment.refresh_from_db()
    assert payment.state == state
