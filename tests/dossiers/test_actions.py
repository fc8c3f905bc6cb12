"""A dossier from the signature to the banker's screen, and back."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from teahorse.dossiers import actions, rules
from teahorse.dossiers.models import Dossier, DossierPaper, DossierView
from teahorse.mall.views import verifying
from tests import world

from .making import asked, manager, sold

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _pages(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    actions.wrong_codes.forget()


@pytest.fixture
def coop(db):
    return world.organisation("coop-dorje")


@pytest.fixture
def made(coop, monkeypatch):
    """A dossier with one sale; printing is tested elsewhere."""
    monkeypatch.setattr(actions.paper, "dossier_pdf", lambda *_given, **_more: b"%PDF-made")
    now = timezone.now()
    sold({world.offer(coop, title="青稞酒"): 2}, at=now - timedelta(days=40), buyer=world.person("+8619900003000", name="某买家"))
    dossier = asked(coop, manager(coop, now=now), now=now)
    actions.make_dossier(dossier_id=dossier.pk, now=now)
    dossier.refresh_from_db()
    return dossier


def look(code, **more):
    return Client(headers={"accept-language": "en", "user-agent": "Mozilla/5.0 (X11)"}).get(f"/verify/{code}/", **more)


def test_it_is_made_once_and_frozen(made):
    again = actions.make_dossier(dossier_id=made.pk, now=timezone.now() + timedelta(hours=1))

    assert (again.made_at, again.digest) == (made.made_at, rules.digest_of(made.figures))
    assert bytes(DossierPaper.objects.get(dossier=made).content) == b"%PDF-made"
    for change in ({"figures": {"sold_fen": 1}}, {"bank_name": "别的银行"}, {"expires_at": timezone.now()}):
        with pytest.raises(Exception, match=r"figures of a dossier|annot update"), transaction.atomic():
            Dossier.objects.filter(pk=made.pk).update(**change)


def test_a_banker_compares_the_frozen_figures(made):
    page = look(rules.spaced_code(made.code).lower()).content.decode()
    answer = look(made.code, query_params={"form": "json"})

    assert "Valid" in page
    assert made.digest in page
    assert "青稞酒" in page
    assert rules.digest_of(json.loads(answer.content)) == made.digest
    assert all(word not in page for word in ("某买家", "19900003000", "漕溪北路"))


def test_any_other_code_shows_nothing_and_is_not_written_down(made):
    for code in ("0000000000000000000N", "x", made.code[:-1]):
        answer = look(code)
        assert answer.status_code == 404
        assert "青稞酒" not in answer.content.decode()

    assert not DossierView.objects.exists()


def test_it_expires_by_the_clock_and_can_be_withdrawn_for_ever(made, coop, monkeypatch):
    seller, now = made.signed_by, timezone.now()

    monkeypatch.setattr(verifying.timezone, "now", lambda: made.expires_at - timedelta(seconds=1))
    before = look(made.code).content.decode()
    monkeypatch.setattr(verifying.timezone, "now", lambda: made.expires_at)
    after = look(made.code).content.decode()
    gone = look(made.code, query_params={"form": "json"})
    monkeypatch.undo()
    actions.withdraw_dossier(organisation=coop, dossier_id=made.pk, by=seller, now=now)
    withdrawn = look(made.code).content.decode()

    assert made.digest in before
    assert "Expired" in after
    assert made.digest not in after + withdrawn
    assert "青稞酒" not in after + withdrawn
    assert (gone.status_code, gone.content) == (410, b"{}")
    assert "Withdrawn" in withdrawn
    with pytest.raises(IntegrityError, match="stays withdrawn"), transaction.atomic():
        Dossier.objects.filter(pk=made.pk).update(withdrawn_at=None)


def test_who_looked_is_kept_coarsely_and_once_an_hour(made):
    for address in ("203.0.113.9", "203.0.99.1", "198.51.100.7", "2001:db8:1:2::3"):
        actions.note_view(dossier=made, address=address, agent="Mozilla/5.0 (Linux; Android 14) Mobile", now=made.made_at)

    assert set(DossierView.objects.values_list("network", "device", "was")) == {
        ("203.0.*.*", "phone", "valid"), ("198.51.*.*", "phone", "valid"), ("2001:0db8:0001:*", "phone", "valid"),
    }  # fmt: skip


def test_who_guesses_has_to_wait(made, monkeypatch):
    for _ in range(30):
        look("0000000000000000000N")

    assert look(made.code).status_code == 429


def test_a_dossier_whose_job_was_lost_is_made_by_the_clock_and_a_hopeless_one_given_up(coop, monkeypatch):
    now = timezone.now()
    waiting = asked(coop, manager(coop, now=now), now=now)

    def breaks(*_given, **_more):
        msg = "no font"
        raise RuntimeError(msg)

    monkeypatch.setattr(actions.paper, "dossier_pdf", breaks)
    assert actions.make_forgotten(now=now) == 0
    actions.make_forgotten(now=now + timedelta(minutes=2))
    waiting.refresh_from_db()
    soon = waiting.state
    actions.make_forgotten(now=now + timedelta(minutes=31))
    waiting.refresh_from_db()

    assert (soon, waiting.state, waiting.figures) == ("asked", "failed", None)


def test_only_so_many_a_day(coop):
    now = datetime(2026, 11, 22, 4, tzinfo=UTC)
    signer = manager(coop, now=now)
    for _ in range(10):
        asked(coop, signer, now=now)

    with pytest.raises(actions.TooManyDossiers):
        asked(coop, signer, now=now)

    assert asked(coop, signer, now=now + timedelta(days=1)).state == "asked"
