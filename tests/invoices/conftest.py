"""The real sandbox in a process of its own, and a seller who is registered for tax with a paid order."""

import json

import pytest
from django.utils import timezone

from teahorse.invoices import actions
from teahorse.invoices.providers.nuonuo import client
from teahorse.invoices.rules import check_sign
from tests import world
from tests.dossiers.making import manager, paid
from tests.payments.conftest import running_sandbox  # noqa: F401 - a fixture

FIRST = "91540524MA6T1ABCD"
TAX_NUMBER = FIRST + check_sign(FIRST)


@pytest.fixture
def sandbox(running_sandbox, settings, monkeypatch):  # noqa: F811 - the fixture
    """The sandbox with every knob as it should be, and the house set up for it."""
    settings.SANDBOX_URL, settings.SANDBOX_KEYS = running_sandbox.address, running_sandbox.keys
    monkeypatch.delenv("TEAHORSE_NUONUO", raising=False)
    monkeypatch.setattr(client, "PAUSES", (0.01, 0.01))
    running_sandbox.http.post("/fapiao/_control", json={"reset": True}).raise_for_status()
    return running_sandbox


@pytest.fixture
def knobs(sandbox):
    """Turn knobs of the invoice platform."""

    def turn(**values):
        answer = sandbox.http.post("/fapiao/_control", json=values)
        assert answer.status_code == 200, answer.text

    return turn


@pytest.fixture
def keys(sandbox):
    return json.loads((sandbox.keys / "fapiao.json").read_text())


@pytest.fixture
def coop(db):
    return world.organisation("coop-dorje")


@pytest.fixture
def buyer(db):
    return world.person("+8619900003000", name="买家")


@pytest.fixture
def offers(coop):
    return [world.offer(coop, title=title, price_fen=price, on_hand=50) for title, price in (("青稞酒", 3800), ("糌粑", 1299))]


@pytest.fixture
def register(coop):
    """Have the seller registered for tax."""

    def act(**changes):
        now = timezone.now()
        known = {"name": "多吉合作社", "tax_number": TAX_NUMBER, "tax_rate": "exempt", "clerk": "次仁", "is_automatic": True}
        return actions.register_issuer(organisation=coop, by=manager(coop, now=now), now=now, **{**known, **changes})

    return act


@pytest.fixture
def order(offers, buyer):
    """One order of three units, 63.98 yuan of goods and freight."""
    (made,) = paid({offers[0]: 1, offers[1]: 2}, at=timezone.now(), buyer=buyer)
    return made


@pytest.fixture
def title():
    return actions.title_typed(kind="company", name="上海 某某贸易有限公司", tax_number=TAX_NUMBER.lower(), email="fp@example.com")
