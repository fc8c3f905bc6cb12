"""The page of a label for guests: kept for a lot, filled for a scan, and never older than a minute."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.mall import scan_pages, story
from teahorse.trace import actions
from teahorse.trace.actions import scanning
from teahorse.trace.actions.recalling import draft_recall, start_recall
from teahorse.trace.gs1.short_codes import make_code, spaced
from teahorse.trace.models import LabelCode, LabelScan, Site
from teahorse.trace.naming import piece_uri
from teahorse.trace.queries.story import mark_of
from teahorse.trace.rules import key_of
from tests import world
from tests.trace.goods import lot_of
from tests.trace.shelf import trade_item

pytestmark = pytest.mark.django_db
PHONE, OTHER_PHONE = "Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0", "Mozilla/5.0 (iPhone) MicroMessenger/8.0"


@pytest.fixture(autouse=True)
def _pages_are_drawn_anew(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture
def maker():
    return world.organisation("chamchen")


@pytest.fixture
def lot(maker):
    return lot_of(trade_item(world.offer(maker), maker), "B1")


def label(lot, serial):
    uri = piece_uri(lot, serial)
    return LabelCode.objects.create(
        code=make_code(), county_id=lot.county_id, lot=lot, level="piece", serial=serial, uri=uri, thing_id=key_of(uri),
        created_at=timezone.now(),
    )  # fmt: skip


def look(code, *, agent=PHONE, cookies=(), **headers):
    client = Client(headers={"user-agent": agent, "accept-language": "en", **headers})
    client.cookies.load(dict(cookies))
    return client.get(f"/t/{code}")


def words(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def seen_of(code, visitor):
    return scanning.Look(code, visitor, "", "en", counts=True, now=timezone.now())


def tell(maker, uri):
    event = {
        "type": "ObjectEvent", "eventTime": "2026-08-01T09:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
        "bizStep": "inspecting", "quantityList": [{"epcClass": uri, "quantity": 300}],
    }  # fmt: skip
    actions.capturing.capture_own([event], by=maker, now=timezone.now())


def test_two_pieces_of_a_lot_share_a_page_and_have_their_own_numbers(lot):
    one, other = label(lot, "0001"), label(lot, "0002")

    first, second = words(look(one.code)), words(look(other.code))

    for page, mine, not_mine in ((first, one, other), (second, other, one)):
        assert spaced(mine.code) in page
        assert f"/t/{mine.code}/proof/" in page
        assert f">{mine.serial}<" in page
        assert not_mine.code not in page
        assert scan_pages._MARK not in page
    assert first.replace(one.code, "").replace(spaced(one.code), "").replace("0001", "") == second.replace(other.code, "").replace(
        spaced(other.code), ""
    ).replace("0002", "")


def test_what_is_said_first_asks_for_no_story_again(lot, monkeypatch):
    one, other = label(lot, "0001"), label(lot, "0002")
    look(one.code)
    story.told.forget()
    monkeypatch.setattr(story, "story_of", None)

    assert "Genuine" in words(look(other.code, agent=OTHER_PHONE))
    assert "Scanned before" in words(look(one.code, agent=OTHER_PHONE))


def test_a_guest_and_somebody_with_a_cart_read_the_same(lot):
    piece = label(lot, "0001")

    guests, hers = look(piece.code), look(piece.code, cookies={"cart": "x"})

    assert re.findall(r"<main.*</main>", words(guests)) == re.findall(r"<main.*</main>", words(hers))
    assert re.findall(r"<main.*</main>", words(guests)) != []
    assert (guests["Cache-Control"], hers["Cache-Control"]) == ("private, no-cache", "private, no-store")
    assert "ETag" not in hers


def test_whoever_has_the_page_is_not_sent_it_again(lot):
    piece = label(lot, "0001")
    tag = look(piece.code)["ETag"]

    again = look(piece.code, **{"if-none-match": tag})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert LabelScan.objects.count() == 1


def test_the_page_of_a_scan_after_hers_is_another_one(lot):
    piece = label(lot, "0001")
    tag = look(piece.code, agent=OTHER_PHONE)["ETag"]

    hers = look(piece.code, **{"if-none-match": tag})

    assert hers.status_code == 200
    assert "It was scanned 1 time before" in words(hers)
    assert LabelScan.objects.count() == 2


def test_a_kept_page_says_at_once_that_its_label_was_withdrawn(lot):
    piece = label(lot, "0001")
    look(piece.code)
    LabelCode.objects.filter(pk=piece.pk).update(voided_at=timezone.now())

    assert "This label was withdrawn" in words(look(piece.code, agent=OTHER_PHONE))


def test_a_piece_of_which_something_is_told_has_a_page_of_its_own(maker, lot):
    piece, plain = label(lot, "0001"), label(lot, "0002")
    event = {
        "type": "ObjectEvent", "eventTime": "2026-08-01T09:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
        "bizStep": "inspecting", "epcList": [piece.uri],
    }  # fmt: skip
    actions.capturing.capture_own([event], by=maker, now=timezone.now())

    assert "Inspected" in words(look(piece.code))
    assert "Inspected" not in words(look(plain.code))


def test_of_many_scans_together_the_second_of_a_code_sees_the_first(lot):
    one, other = label(lot, "0001").code, label(lot, "0002").code
    looks = [
        seen_of(one, "a"),
        seen_of(other, "a"),
        seen_of("0" * 12, "a"),
        seen_of(one, "b")._replace(now=timezone.now() + timedelta(seconds=1)),
    ]

    first, elsewhere, unknown, second = scanning._scan_all(looks)

    assert unknown is None
    assert [seen.verdict for seen in (first, elsewhere, second)] == ["genuine", "genuine", "seen_before"]
    assert second.times_before == 1
    assert LabelScan.objects.count() == 3


@pytest.mark.parametrize("change", ["event", "name", "certificate", "site"])
def test_the_mark_of_a_story_is_another_one_when_it_changes(maker, lot, change):
    before, again = mark_of(lot.pk), mark_of(lot.pk)

    match change:
        case "event":
            tell(maker, lot.uri)
        case "name":
            lot.item.name = "别的酒"
            lot.item.save()
        case "certificate":
            told = {"kind": "organic", "number": "1", "issuer": "某中心", "issued_date": world.NOW.date()}
            actions.add_certificate(holder=maker, lots=[lot], **told, by=world.person(), now=world.NOW)
        case "site":
            own = {"county_id": maker.county_id, "owner": maker, "area": maker.area}
            lot.site = Site.objects.create(key="field", kind="field", name="地", **own)
            lot.save()

    assert before == again
    assert mark_of(lot.pk) != before


def test_what_is_recalled_is_not_offered_again_by_a_kept_page(maker, lot):
    one, other = label(lot, "0001"), label(lot, "0002")
    before = words(look(one.code))
    recall = draft_recall(owner=maker, lot_ids=[lot.pk], reason="瓶盖不严", by=world.person(), now=timezone.now())
    start_recall(recall=recall, by=world.person(), now=timezone.now())

    after = words(look(other.code))

    assert "Buy again" in before
    assert "Recalled: do not use it" in after
    assert "Buy again" not in after
