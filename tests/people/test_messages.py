"""A code reaches the message partner: signed as it wants, in the person's language, and never late."""

import json
import time
from pathlib import Path

import httpx
import pytest

from teahorse.people import sms, tasks
from tests.sandbox.conftest import Process

PHONE = "+8613800138000"


@pytest.fixture(scope="module")
def partner(tmp_path_factory):
    """The project's own partner of short messages, over real HTTP."""
    folder = tmp_path_factory.mktemp("sandbox")
    process = Process.start(folder)
    yield process.address, folder / "keys"
    process.stop()


@pytest.fixture
def house(partner, settings):
    settings.SANDBOX_URL, settings.SANDBOX_KEYS = partner
    return settings


def last(house):
    return httpx.get(f"{house.SANDBOX_URL}/sms/last", params={"phone": PHONE}, trust_env=False)


def send(code="482913", *, seconds=300):
    tasks.send_code(phone=PHONE, code=code, locale="en", minutes=5, holds_until=int(time.time()) + seconds)


def test_the_worker_sends_the_code(house):
    send()

    message = last(house).json()
    assert (message["phone"], message["code"]) == (PHONE, "482913")
    assert message["text"].startswith("482913 is your Teahorse log-in code. It holds for 5 minutes.")


def test_a_code_that_ran_out_is_not_sent(house, caplog):
    send("111111", seconds=-1)

    assert "111111" not in last(house).text
    assert "was not sent" in caplog.text


def test_a_message_that_is_not_taken_fails_so_that_it_is_tried_again(house, tmp_path):
    Path(tmp_path / "merchant.json").write_text(json.dumps({"sms_key": "0" * 64}))
    house.SANDBOX_KEYS = tmp_path

    with pytest.raises(sms.MessageNotTaken, match=r"401 .*SIGNATURE_WRONG"):
        send("222222")


def test_a_partner_that_is_not_there_fails_too(settings, partner):
    settings.SANDBOX_URL, settings.SANDBOX_KEYS = "http://127.0.0.1:1", partner[1]

    with pytest.raises(httpx.ConnectError):
        send("333333")
    assert tasks.send_code.retry_strategy.max_attempts == 4
