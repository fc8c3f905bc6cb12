"""What docs/interfaces.md tells programs to send works as it stands there."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import resolve
from django.utils import timezone

from teahorse.people.actions import issue_token
from tests import world

from .labelled import lot, made

TOLD = (Path(__file__).parents[2] / "docs" / "interfaces.md").read_text()
SHELL = re.findall(r"```\n(.*?)```", TOLD, re.DOTALL)
FILLED = {"CODE": "0123456789AB", "GTIN": "09506000134352", "SERIAL": "7", "…": "x", "MAKER.ITEM.LOT": "a.b.c", "LOT": "L1"}


@pytest.fixture(scope="session", autouse=True)
def _static_files():
    """The server looks for them when it starts, before any other fixture of a test."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def test_every_address_of_the_table_is_one():
    listed = [one for row in re.findall(r"^\| (`/.*?) \|", TOLD, re.MULTILINE) for one in re.findall(r"`(/[^`]+)`", row)]

    for address in listed:
        for word, there in FILLED.items():
            address = address.replace(word, there)  # noqa: PLW2901 - the same address, filled
        assert resolve(address if address != "/api/v1/" else "/api/v1/areas").func is not None, address
    assert len(listed) > 15


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")
@pytest.mark.django_db(transaction=True)
def test_what_is_to_be_typed_works(live_server):
    _token, key = issue_token(organisation=world.organisation("coop-dorje"), name="docs", now=timezone.now())
    code = made(lot(), count=1).codes.get().code
    asked = [text for text in SHELL if text.startswith("curl")]

    def typed(text):
        environment = {**os.environ, "HOUSE": live_server.url, "KEY": key, "CODE": code, "NO_PROXY": "*"}
        done = subprocess.run(["bash", "-c", text], env=environment, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    told, found, links = (typed(text) for text in asked)

    assert (told["success"], told["captured"], typed(asked[0])["known"]) == (True, 1, 1)
    (event,) = found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert event["quantityList"][0]["quantity"] == 120.5
    assert links["linkset"][0]["anchor"].endswith(f"/t/{code}")
