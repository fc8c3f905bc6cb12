"""The page that a scanned label opens."""

import json
import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.common import keeping
from teahorse.common.ids import new_id, short
from teahorse.mall.views import scanned
from teahorse.places import queries as places
from teahorse.places.models import Area
from teahorse.trace import actions
from teahorse.trace.epcis.reading import read
from teahorse.trace.gs1.short_codes import hash_hidden, make_code
from teahorse.trace.guarding import guesses
from teahorse.trace.models import Attachment, LabelCode, LabelScan, Recall, RecalledLot, Report, Site, Suspicion
from teahorse.trace.naming import piece_uri, site_uri, transaction_uri
from teahorse.trace.rules import key_of
from tests import world
from tests.at_once import at_once
from tests.trace.goods import lot_of
from tests.trace.shelf import trade_item
from tests.trace.telling import told as document

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0"
OTHER_PHONE = "Mozilla/5.0 (iPhone) MicroMessenger/8.0"


@pytest.fixture(autouse=True)
def _pages_are_drawn_anew(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    for kept in (scanned.reports, scanned.hidden_tries, guesses):
        kept.forget()


@pytest.fixture
def maker():
    return world.organisation("chamchen")


@pytest.fixture
def site(maker):
    return Site.objects.create(
        county_id=maker.county_id, owner=maker, key="field", kind="field", name="上青稞地", area=world.area("540524202202"),
        latitude=29.0253, longitude=91.6837, height_m=3900, shown_as="township", water="雪山水",
    )  # fmt: skip


@pytest.fixture
def lot(maker, site):
    made = lot_of(trade_item(world.offer(maker), maker), "B1", best_before=date(2030, 1, 1))
    barley = lot_of(trade_item(None, maker, key="barley", unit="KGM"), "G1")
    place = {"id": site_uri(site)}
    tell(
        maker,
        {
            "type": "ObjectEvent", "eventTime": "2026-08-01T09:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "ADD",
            "bizStep": "collecting", "readPoint": place, "bizLocation": place,
            "quantityList": [{"epcClass": barley.uri, "quantity": 300, "uom": "KGM"}],
        },
        {
            "type": "TransformationEvent", "eventTime": "2026-08-10T09:00:00+08:00", "eventTimeZoneOffset": "+08:00",
            "bizStep": "commissioning", "readPoint": place,
            "inputQuantityList": [{"epcClass": barley.uri, "quantity": 120, "uom": "KGM"}],
            "outputQuantityList": [{"epcClass": made.uri, "quantity": 300}],
            "sensorElementList": [{"sensorReport": [{"type": "Temperature", "minValue": 275.15, "maxValue": 281.65, "uom": "KEL"}]}],
        },
    )  # fmt: skip
    return made


def tell(maker, *events):
    job = actions.capture(document=read(document(*events), now=timezone.now()), by=maker, now=timezone.now())
    assert job.is_success, job.errors


def label(lot, *, level="lot", serial="", hidden=""):
    uri = piece_uri(lot, serial) if serial else lot.uri
    return LabelCode.objects.create(
        code=make_code(), county_id=lot.county_id, lot=lot, level=level, serial=serial, uri=uri, thing_id=key_of(uri),
        hidden_hash=hash_hidden(hidden) if hidden else "", created_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def piece(lot):
    return label(lot, level="piece", serial="0001", hidden="ABCD2345")


def look(code, *more, agent=PHONE, language="zh-hans", **query):
    client = Client(headers={"user-agent": agent, "accept-language": language})
    return client.get("/".join(["/t", getattr(code, "code", code), *more, *([""] if is_folder(more) else [])]), query)


def is_folder(more):
    """All pages under a code end in a slash, the code itself and a lot's do not, for the sake of the printed square."""
    return bool(more)


def words(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


# --- What is said first


def test_whoever_scans_a_piece_first_is_told_so(piece):
    answer = look(piece, language="en")

    assert (answer.status_code, answer.context["verdict"]) == (200, "genuine")
    assert "You are the first to scan it." in words(answer)


def test_another_one_is_told_of_the_first(piece):
    look(piece)
    answer = look(piece, agent=OTHER_PHONE, language="en")

    assert answer.context["verdict"] == "seen_before"
    assert "scanned 1 time before" in words(answer)


def test_the_same_visitor_looking_again_is_one_scan(piece):
    for _ in range(3):
        answer = look(piece, language="en")

    assert "You are the first to scan it." in words(answer)
    assert LabelScan.objects.count() == 1


@pytest.mark.parametrize("agent", ["Googlebot/2.1", "facebookexternalhit/1.1", "curl/8", ""])
def test_robots_see_the_page_and_do_not_count(piece, agent):
    assert look(piece, agent=agent).status_code == 200
    assert not LabelScan.objects.exists()


def test_a_glance_at_the_headers_does_not_count(piece):
    assert Client(headers={"user-agent": PHONE}).head(f"/t/{piece.code}").status_code == 200
    assert not LabelScan.objects.exists()


def test_a_lots_label_is_on_many_goods(lot):
    code = label(lot)
    look(code)

    assert look(code, agent=OTHER_PHONE).context["verdict"] == "genuine"


def test_of_a_lots_label_it_is_said_when_and_where_the_first_was_scanned(lot, settings):
    settings.AREA_HEADER = "X-Area"
    code, place = label(lot), world.area("540524")
    Client(headers={"user-agent": PHONE, "x-area": place.code}).get(f"/t/{code.code}")

    answer = words(look(code, agent=OTHER_PHONE, language="en"))

    assert f"Labels of this lot were scanned 1 time before, first on {timezone.localdate()}. That was in " in answer
    assert places.full_name(place.code, "en") in answer


def test_what_is_past_its_date_is_said(lot, piece):
    type(lot).objects.filter(pk=lot.pk).update(best_before=timezone.localdate() - timedelta(days=1))

    assert look(piece).context["verdict"] == "expired"


def test_a_voided_label_is_said(piece):
    LabelCode.objects.filter(pk=piece.pk).update(voided_at=timezone.now())

    assert look(piece).context["verdict"] == "voided"


def recall_of(lot, **more):
    now = timezone.now()
    made = Recall.objects.create(
        county_id=lot.county_id, number=f"R{new_id()}"[:24], owner=lot.seller, reason="瓶内有异物", what_to_do="请勿饮用", asked_at=now,
        drafted_by_id=new_id(), **({"state": "living", "started_at": now} | more),
    )  # fmt: skip
    RecalledLot.objects.create(recall=made, lot=lot, is_named=True)
    return made


def test_a_recall_outweighs_everything(lot, piece):
    LabelCode.objects.filter(pk=piece.pk).update(voided_at=timezone.now())
    recall_of(lot)
    answer = look(piece)

    assert answer.context["verdict"] == "recalled"
    assert "瓶内有异物" in words(answer)
    assert "请勿饮用" in words(answer)
    assert "瓶内有异物" in words(Client().get(f"/t/lot/{short(lot.pk)}"))


@pytest.mark.parametrize("more", [{"is_drill": True}, {"state": "drafted"}])
def test_a_drill_and_a_draft_frighten_nobody(lot, piece, more):
    recall_of(lot, **more)

    assert look(piece).context["verdict"] == "genuine"


def test_a_code_that_nobody_gave_out_is_said_to_be_none_of_ours(piece):
    answer = look(make_code(), language="en")

    assert answer.status_code == 404
    assert "Not given out by us" in words(answer)


@pytest.mark.parametrize("typed", ["0", "0123456789AC", "\N{SNOWMAN}" * 12, "A" * 300])
def test_what_cannot_be_a_code_is_said_to_be_mistyped(typed):
    answer = look(typed, language="en")

    assert answer.status_code == 404
    assert "This cannot be a code" in words(answer)


def test_small_letters_and_groups_are_the_same_code(piece):
    code = piece.code.lower()

    assert look(f"{code[:4]}-{code[4:8]}-{code[8:]}").context["verdict"] == "genuine"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_scan_first_at_once_both_are_kept(piece):
    now = timezone.now()
    scans = [
        lambda mark=mark: actions.scan(code=piece.code, visitor=mark, area_code="", locale="bo", counts=True, now=now)
        for mark in ("a", "b")
    ]

    assert all(seen.verdict == "genuine" for seen in at_once(*scans))
    assert LabelScan.objects.count() == 2


# --- The story


def test_the_way_from_the_field_is_told_the_newest_step_first(piece):
    told = look(piece, language="en").context["told"]

    assert [(f"{step.at:%F}", list(step.took), list(step.gave)) for step in told.steps] == [
        ("2026-08-10", ["青稞酒 · 120 kg · G1"], ["青稞酒 · 300 pieces · B1"]),
        ("2026-08-01", [], ["青稞酒 · 300 kg · G1"]),
    ]


def test_what_else_came_of_a_step_has_its_name_too(maker, lot, piece):
    cake = lot_of(trade_item(None, maker, key="cake", unit="KGM"), "K1")
    out = [{"epcClass": lot.uri, "quantity": 5}, {"epcClass": cake.uri, "quantity": 7, "uom": "KGM"}]
    tell(
        maker,
        {
            "type": "TransformationEvent", "eventTime": "2026-08-11T09:00:00+08:00", "eventTimeZoneOffset": "+08:00",
            "bizStep": "commissioning", "outputQuantityList": out, "transformationID": "urn:uuid:01a20461-94c8-7388-8b3f-bc9baefb2fcc",
        },
    )  # fmt: skip

    (step, *_) = look(piece, language="en").context["told"].steps

    assert sorted(step.gave) == ["青稞酒 · 5 pieces · B1", "青稞酒 · 7 kg · K1"]


def test_temperatures_are_told_in_degrees_celsius(piece):
    (strip,) = [step.temperature for step in look(piece, language="en").context["told"].steps if step.temperature]

    assert strip.words == "2.0 – 8.5 °C"


def test_nobody_sees_more_exactly_where_it_was_than_the_owner_lets_her(piece, site):
    page = look(piece).content.decode()

    assert "上青稞地" in page
    assert "雪山水" in page
    assert not any(secret in page for secret in ("29.0", "91.6", "区540524202202"))
    assert "区540524202" in page


def test_the_map_draws_the_counties_where_too_few_townships_are_known(piece):
    for number, code in enumerate(("540524", "540521", "540522")):
        Area.objects.filter(pk=world.area(code).pk).update(latitude=29.0 + number, longitude=91.0 + number)

    page = look(piece).content.decode()

    assert page.count('<circle class="ground__about"') == 2  # one drawing for a phone, one for a desk
    assert page.count('<circle class="ground__spot"') == 4
    assert page.count('class="ground__bar"') == 2
    assert re.search(r">\d+ 公里<", page)


def test_a_page_fits_a_bad_line(piece):
    assert len(look(piece).content) < 40_000


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
def test_it_is_told_in_three_languages(piece, language):
    answer = look(piece, language=language)

    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.content.decode()


def test_certificates_are_shown_with_their_state(lot, piece):
    made = actions.commit_lot(lot=lot, by=world.person(), now=timezone.now())
    (chip,) = look(piece).context["told"].papers
    printed = look(piece, "papers", short(made.pk))

    assert (chip.number, chip.state, chip.has_paper) == (made.number, "valid", True)
    assert printed.content.startswith(b"%PDF")


def test_a_certificate_of_another_story_is_not_shown(lot, piece):
    other = world.organisation("neighbour")
    theirs = actions.commit_lot(lot=lot_of(trade_item(None, other), "N1"), by=world.person(), now=timezone.now())

    assert look(piece, "papers", short(theirs.pk)).status_code == 404


def test_a_file_of_another_story_is_not_shown(piece):
    other = world.organisation("neighbour")
    theirs = Attachment.objects.create(
        county_id=other.county_id, owner=other, telling_id=new_id(), kind="photo", media_type="image/webp", sha256="0" * 64, content=b"x",
        added_at=timezone.now(),
    )  # fmt: skip

    assert look(piece, "files", short(theirs.pk)).status_code == 404


# --- The hidden part, where, reports


def post(code, *more, agent=PHONE, **sent):
    client = Client(headers={"user-agent": agent, "sec-fetch-site": "same-origin"})
    return client.post("/".join(["/t", code.code, *more, ""]), sent)


@pytest.mark.parametrize(("typed", "is_right"), [("abcd-2345", True), ("ABCD2346", False), ("", False)])
def test_a_hidden_part_is_compared(piece, typed, is_right):
    answer = post(piece, "hidden", hidden=typed)

    assert answer.context["is_hidden_right"] is is_right
    assert LabelScan.objects.get().hidden_was_right is is_right


def test_a_hall_full_of_people_who_scratch_right_ones_waits_for_nobody(piece):
    answers = [post(piece, "hidden", hidden="ABCD2345") for _ in range(20)]

    assert {answer.status_code for answer in answers} == {200}


def test_hidden_parts_are_not_tried_without_end(piece):
    answers = [post(piece, "hidden", hidden=f"ABCD{number:04}") for number in range(2000, 2011)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]


def test_a_label_without_a_hidden_part_says_so(lot):
    assert post(label(lot), "hidden", hidden="ABCD2345").status_code == 409


@pytest.mark.parametrize(
    ("latitude", "longitude", "status"), [("31.23", "121.47", 204), ("99", "0", 422), ("x", "0", 422), ("nan", "0", 422)]
)
def test_where_somebody_is_is_kept_coarsely(piece, latitude, longitude, status):
    answer = post(piece, "where", latitude=latitude, longitude=longitude)

    assert answer.status_code == status
    kept = [(one.latitude, one.longitude) for one in LabelScan.objects.all()]
    assert kept == ([(31.2, 121.5)] if status == 204 else [])


def test_a_problem_is_written_to_the_maker(piece):
    empty = post(piece, "report", text=" ")
    sent = post(piece, "report", text="瓶口漏了", phone="19900001001")

    assert (empty.status_code, sent.status_code) == (422, 302)
    assert [(one.code, one.text) for one in Report.objects.all()] == [(piece.code, "瓶口漏了")]


def test_no_flood_of_reports_is_taken(piece):
    answers = [post(piece, "report", text=f"{number}") for number in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429]


# --- The proof


def test_each_step_has_its_proof_once_it_is_logged(piece, settings, tmp_path):
    settings.TRACE_LOG, settings.TRACE_KEY = tmp_path / "log", tmp_path / "key"
    unlogged = look(piece, "proof")
    actions.publish(now=timezone.now())
    keeping.forget_all()
    logged = look(piece, "proof")
    hashes = [step.hash for step in logged.context["told"].steps]
    proof = Client().get(f"/t/{piece.code}/proof/{hashes[0].replace('?', '%3F')}")

    card = Client().get(f"/t/{piece.code}/card/{hashes[0].replace('?', '%3F')}")
    said = json.loads(logged.context["told"].steps[0].said)

    fields = {name: value for _, name, value in map(json.loads, card.json()["shown"])}
    assert card["content-type"] == "application/json"
    assert said["temperature"] == fields["temperature"] == [2.0, 8.5]
    assert said["time"] == fields["time"] == "2026-08-10T01:00:00.000000Z"
    assert sorted(said["amounts"]) == [["in", "120", "KGM"], ["out", "300", ""]]
    assert "data-proof" not in words(unlogged)
    assert words(logged).count("data-proof") == 2
    assert proof.content.decode().startswith("c2sp.org/tlog-proof@v1")


def test_an_event_of_another_story_is_not_proved_here(piece, maker, settings, tmp_path):
    settings.TRACE_LOG, settings.TRACE_KEY = tmp_path / "log", tmp_path / "key"
    actions.publish(now=timezone.now())

    for what in ("proof", "card"):
        assert look(piece, what, "ni:///sha-256;" + "0" * 64).status_code == 404


def test_who_says_where_she_is_has_scanned_once(piece):
    look(piece)
    Client(headers={"user-agent": PHONE}).post(f"/t/{piece.code}/where/", {"latitude": "29.65", "longitude": "91.11"})
    Client(headers={"user-agent": PHONE}).post(f"/t/{piece.code}/hidden/", {"hidden": "ABCD2345"})

    assert "You are the first to scan it." in words(look(piece, language="en"))
    assert look(piece, agent=OTHER_PHONE).context["seen"].times_before == 1


# --- What happened to it


def sent(lot, number, *, units, day):
    tell(
        lot.seller,
        {
            "type": "ObjectEvent", "eventTime": f"2026-08-{day:02}T09:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
            "bizStep": "shipping", "disposition": "in_transit", "quantityList": [{"epcClass": lot.uri, "quantity": units}],
            "bizTransactionList": [{"type": "po", "bizTransaction": transaction_uri("order", number)}],
        },
    )  # fmt: skip


def test_all_parcels_of_a_lot_are_one_step(lot):
    for day in (12, 13, 14):
        sent(lot, f"A{day}", units=day, day=day)

    told = look(f"lot/{short(lot.pk)}", language="en").context["told"]

    assert [step.what for step in told.steps] == ["Sent to buyers in 3 parcels", "Made", "Collected"]
    assert (told.steps[0].at.day, told.steps[0].gave) == (14, ["青稞酒 · 39 pieces · B1"])


def test_a_place_of_the_countys_centre_is_shown(lot, maker):
    centre = world.organisation("centre-qonggyai", kind="county_centre")
    house = Site.objects.create(
        county_id=centre.county_id, owner=centre, key="house-1", kind="slaughterhouse", name="屠宰场", area=centre.area
    )
    place = {"id": site_uri(house)}
    tell(
        maker,
        {
            "type": "ObjectEvent", "eventTime": "2026-08-11T09:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
            "bizStep": "inspecting", "readPoint": place, "bizLocation": place, "quantityList": [{"epcClass": lot.uri, "quantity": 300}],
        },
    )  # fmt: skip

    assert "屠宰场" in [one.name for one in look(f"lot/{short(lot.pk)}").context["told"].places]


def test_what_is_taken_back_is_not_offered_again(piece):
    product = piece.lot.item.variant.product_id
    before = look(piece).content.decode()
    recall = Recall.objects.create(
        county_id=piece.county_id, number="ZH1", owner=piece.lot.seller, reason="瓶盖不严", state="living", asked_at=timezone.now(),
        drafted_by_id=new_id(), started_at=timezone.now(),
    )  # fmt: skip
    RecalledLot.objects.create(recall=recall, lot=piece.lot, is_named=True)

    assert f"/goods/{short(product)}/" in before
    assert f"/goods/{short(product)}/" not in look(piece).content.decode()


def test_nobody_is_asked_to_buy_what_may_be_a_copy(lot, piece):
    product = f"/goods/{short(lot.item.variant.product_id)}/"
    other = label(lot, level="piece", serial="0002", hidden="ABCD2345")
    Suspicion.objects.create(
        county_id=lot.county_id, code=piece.code, seller=lot.seller, sign="many_places", first_at=timezone.now(), last_at=timezone.now()
    )

    guest, known = look(piece).content.decode(), Client(headers={"user-agent": OTHER_PHONE})
    known.cookies["cart"] = "x"
    wrong = Client(headers={"user-agent": PHONE}).post(f"/t/{other.code}/hidden/", {"hidden": "AAAA2345"}).content.decode()

    assert product in look(other).content.decode()
    assert [product in page for page in (guest, known.get(f"/t/{piece.code}").content.decode(), wrong)] == [False] * 3


def test_the_address_of_a_scanned_page_can_be_typed_too(piece):
    for typed in (f"https://mall.example/t/{piece.code}", f"https://mall.example/t/lot/{short(piece.lot.pk)}"):
        assert Client().get("/scan/", {"code": typed})["Location"] == typed.removeprefix("https://mall.example")
