"""The real sandbox in a process of its own, and parcels to hand to carriers."""

import json
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.utils import timezone

from teahorse.carriers import actions
from teahorse.carriers.models import CarrierTariff
from teahorse.carriers.providers import Party, asking
from teahorse.logistics import actions as logistics
from teahorse.payments.models import ProviderRest
from tests import world
from tests.payments.conftest import running_sandbox  # noqa: F401 - a fixture

SENDER = Party(name="演示合作社", phone="13900000001", address="西藏自治区山南市琼结县拉玉乡")


@dataclass
class Partner:
    """The hands of one partner's demonstrator."""

    http: object
    path: str
    keys: dict

    def turn(self, **knobs):
        answer = self.http.post(f"{self.path}/_control", json=knobs)
        assert answer.status_code == 200, answer.text

    def act(self, number, code, words="", **more):
        answer = self.http.post(f"{self.path}/_act", json={"number": number, "code": code, "words": words, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()["pushed"]


@pytest.fixture
def sandbox(running_sandbox, settings, monkeypatch):  # noqa: F811 - the fixture
    settings.SANDBOX_URL, settings.SANDBOX_KEYS = running_sandbox.address, running_sandbox.keys
    settings.SITE_URL = "http://127.0.0.1:9"
    monkeypatch.setattr(asking, "PAUSES", (0.0,))
    return running_sandbox


def _partner(sandbox, name):
    found = Partner(sandbox.http, f"/{name}", json.loads((sandbox.keys / f"{name}.json").read_text()))
    found.turn(reset=True)
    return found


@pytest.fixture
def sf(sandbox):
    return _partner(sandbox, "sf")


@pytest.fixture
def jd(sandbox):
    return _partner(sandbox, "jd")


@pytest.fixture
def china_post(sandbox):
    return _partner(sandbox, "china_post")


@pytest.fixture
def kuaidi100(sandbox):
    return _partner(sandbox, "kuaidi100")


@pytest.fixture
def tariff(db):
    return CarrierTariff.objects.create(
        carrier="sf", service="2", first_grams=1000, first_fen=1800, step_grams=1000, step_fen=500, cm3_per_kg=6000, days=4
    )


@pytest.fixture
def parcel(db):
    return make_parcel()


def make_parcel(**more):
    recipient = logistics.Recipient(
        name="演示买家",
        phone="13900000002",
        area_code="310104",
        area_names="上海市徐汇区",
        line="某某路1号",
        pickup_point=more.get("pickup_point"),
    )
    draft = logistics.ParcelDraft(reference=uuid4(), weight_grams=more.pop("weight_grams", 1250), carrier="sf")
    return logistics.pack(draft=draft, sender=world.organisation("coop-dorje"), recipient=recipient, now=timezone.now())


@pytest.fixture
def booked(parcel, sf, tariff):
    return book(parcel)


def book(parcel, **more):
    """Return a parcel's consignment that a carrier (SF unless told) has taken on."""
    now = timezone.now()
    made = actions.consign(parcel=parcel, sender=SENDER, now=now, **{"carrier": "sf", "weight_grams": 1250, **more})
    assert actions.settle_due(now=now) == 1
    made.refresh_from_db()
    return made


@pytest.fixture(autouse=True)
def _nobody_rests(db):
    ProviderRest.objects.all().delete()
