"""A step is told on a phone in three taps, by a plain form or by the phone's outbox; the centre writes the flows."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest

from teahorse.common.ids import short
from teahorse.trace.models import Attachment, Flow, Lot, Telling, TraceEvent
from tests import world
from tests.aftersales.making import picture
from tests.console.world import member
from tests.trace.recipes import gives, lot_of, published, tell
from tests.trace.sounds import ogg

pytestmark = pytest.mark.django_db
TRACE = "/console/coop-dorje/trace/"
BUY = f"{TRACE}tell/barley-wine/buy-barley/"


@pytest.fixture
def flow(centre):
    return published(centre=centre)


@pytest.fixture
def phone(browser_of, seller, flow):
    return browser_of(seller)


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def form(flow, **typed):
    return {"key": str(uuid4()), "version": str(flow.pk), "household": ["卓玛家", "边巴家"], "weight": ["40,5", "20"], **typed}


def test_three_taps_lead_to_a_form(phone, flow):
    start = phone.get(TRACE)
    chosen = phone.get(f"{TRACE}tell/barley-wine/")
    asked = phone.get(BUY)

    assert f'href="{TRACE}tell/barley-wine/"' in start.content.decode()
    assert f'href="{BUY}"' in chosen.content.decode()
    assert 'name="household"' in asked.content.decode()
    assert 'data-outbox="' in asked.content.decode()


def test_a_photograph_stays_chosen_when_something_else_is_wrong(phone, flow):
    sent = form(flow, photos=picture(), weight=["viel", "20"])

    refused = phone.post(BUY, sent)
    photo = Attachment.objects.get()
    told = phone.post(BUY, {**form(flow), "key": sent["key"]})
    again = phone.post(BUY, {**form(flow), "key": sent["key"]})

    assert refused.status_code == 422
    assert f"{TRACE}files/{short(photo.pk)}/?size=small" in refused.content.decode()
    assert (told.status_code, again.status_code, Telling.objects.count()) == (302, 302, 1)
    assert Attachment.objects.get().telling_id == Telling.objects.get().pk
    assert TraceEvent.objects.get().body["th:attachments"] == [{"th:kind": "photo", "th:sha256": photo.sha256}]


def test_a_plain_form_tells_and_shows_what_was_told(phone, flow, seller):
    sent = form(flow, photos=picture(), note="今年的新青稞")

    answer = phone.post(BUY, sent, follow=True)

    telling, lot = Telling.objects.get(), Lot.objects.get()
    assert answer.redirect_chain == [(f"{TRACE}told/{short(telling.pk)}/", 302)]
    assert (lot.amount, telling.told_by_id, telling.told_for_id) == (Decimal("60.5"), seller.pk, None)
    assert lot.number in text_of(answer)
    assert "60.5 kg" in text_of(answer)
    assert f"{TRACE}tell/barley-wine/steam/" in answer.content.decode()
    photo = Attachment.objects.get()
    assert (photo.telling_id, photo.kind, photo.media_type) == (telling.pk, "photo", "image/webp")
    assert TraceEvent.objects.get().body["th:attachments"] == [{"th:kind": "photo", "th:sha256": photo.sha256}]


def test_the_outbox_gets_a_receipt_and_the_same_one_again(phone, flow):
    sent = form(flow)

    receipts = [phone.post(BUY, sent, headers={"X-Outbox": "1"}).json() for _time in range(2)]

    assert receipts[0] == receipts[1]
    assert receipts[0]["telling"] == sent["key"]
    assert Telling.objects.count() == 1


def test_the_outbox_is_told_what_is_wrong_and_nothing_is_told(phone, flow):
    answer = phone.post(BUY, form(flow, weight=["-3", "20"]), headers={"X-Outbox": "1"})

    assert answer.status_code == 422
    assert answer.json() == {"code": "malformed", "field": "household.0.amount", "message": "An amount is more than nothing."}
    assert (Telling.objects.count(), Lot.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"weight": ["viel", ""]}, "Write a number."),
        ({"weight": ["", ""], "household": ["", ""]}, "Write how much it is."),
        ({"field.harvested": "gestern"}, "Choose a day."),
    ],
)
def test_a_fault_is_shown_and_what_was_typed_stays(phone, flow, typed, told):
    answer = phone.post(BUY, form(flow, note="留着", **typed))

    assert answer.status_code == 422
    assert told in text_of(answer)
    assert 'value="留着"' in answer.content.decode()


def test_files_that_are_not_what_they_say_are_refused(phone, flow):
    sound = ogg(seconds=9)
    sound.name = "photo.jpg"
    answers = [
        phone.post(BUY, form(flow, photos=sound)),
        phone.post(BUY, form(flow, voice=picture())),
        phone.post(BUY, form(flow, papers=ogg(9))),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert (Telling.objects.count(), Attachment.objects.count()) == (0, 0)


def test_lots_are_shown_newest_first_with_what_is_left_and_found_by_number(phone, coop, seller, flow):
    for amount in (30, 70):
        tell(coop, "buy-barley", flow=flow, given=gives(barley=amount), by=seller)

    shown = text_of(phone.get(f"{TRACE}tell/barley-wine/steam/"))
    found = text_of(phone.get(f"{TRACE}tell/barley-wine/steam/?q=-01"))

    assert shown.index("20260815-02 · Left 70 kg") < shown.index("20260815-01 · Left 30 kg")
    assert ("20260815-01" in found, "20260815-02" in found) == (True, False)


def test_a_lot_is_taken_whole_where_no_amount_is_typed(phone, coop, seller, flow):
    lot = lot_of(tell(coop, "buy-barley", flow=flow, given=gives(barley=30), by=seller))

    phone.post(f"{TRACE}tell/barley-wine/steam/", {"key": str(uuid4()), "take": str(lot.pk), "field.water": "雅砻河"})

    assert Telling.objects.get(step="steam").said["taken"] == {str(lot.pk): "30.000"}


def test_a_lots_page_shows_its_steps(phone, coop, seller, flow):
    lot = lot_of(tell(coop, "buy-barley", flow=flow, given=gives(barley=30), by=seller))

    shown = phone.get(f"{TRACE}lots/{short(lot.pk)}/")

    assert "Buy barley" in text_of(shown)
    assert "30 kg" in text_of(shown)
    assert f"?take={lot.pk}" in shown.content.decode()
    assert lot.number in text_of(phone.get(f"{TRACE}lots/?q={lot.number}"))


def test_what_did_not_happen_is_taken_back(phone, coop, seller, flow):
    telling = tell(coop, "buy-barley", flow=flow, given=gives(barley=30), by=seller)

    answer = phone.post(f"{TRACE}told/{short(telling.pk)}/", {"act": "withdraw", "key": str(uuid4()), "reason": "写错"}, follow=True)

    assert "Did not happen" in text_of(answer)
    assert Telling.objects.get(corrects=telling).said == {"withdrawn": "写错"}


def test_a_file_is_hidden_from_strangers_by_its_owner(phone, flow):
    phone.post(BUY, form(flow, photos=picture()))
    photo = Attachment.objects.get()
    address = f"{TRACE}files/{short(photo.pk)}/"

    assert phone.get(f"{address}?size=small")["Content-Type"] == "image/webp"
    phone.post(address, {"act": "hide"})
    photo.refresh_from_db()
    assert photo.hidden_at is not None
    phone.post(address, {"act": "show"})
    photo.refresh_from_db()
    assert photo.hidden_at is None


def test_the_centre_tells_for_a_seller_and_a_stranger_does_not(browser_of, reviewer, coop, centre, flow):
    stranger = member(world.organisation("coop-far", code="540222"), "+8619900079001")

    browser_of(reviewer).post(BUY, form(flow))

    assert Telling.objects.get().told_for_id == centre.pk
    assert browser_of(stranger).post(BUY, form(flow)).status_code == 404
    assert browser_of(stranger).get(f"{TRACE}told/{short(Telling.objects.get().pk)}/").status_code == 404


# --- The editor

FLOWS = "/console/centre-qonggyai/flows/"
WRITTEN = {
    "name.zh-hans": "蜂蜜",
    "name.bo": "སྦྲང་རྩི།",
    "part.0.key": "honey",
    "part.0.name.zh-hans": "原蜜",
    "part.0.stage": "raw",
    "part.0.unit": "KGM",
    "part.0.tolerance": "2,5",
    "step.0.key": "take",
    "step.0.name.zh-hans": "取蜜",
    "step.0.event": "object ADD",
    "step.0.biz_step": "commissioning",
    "step.0.gives": "honey",
    "step.0.wants_photo": "yes",
    "step.0.fields": '[{"key": "height", "label": {"zh-hans": "海拔"}, "kind": "number"}]',
}


def begun(desk):
    desk.post(FLOWS, {"name": "蜂蜜", "key": "honey"})
    return Flow.objects.get(key="honey")


def test_a_centre_writes_and_publishes_a_flow(browser_of, reviewer):
    desk = browser_of(reviewer)
    flow = begun(desk)
    address = f"{FLOWS}{short(flow.pk)}/"

    desk.post(address, {**WRITTEN, "act": "save"})
    shown = desk.get(address)
    desk.post(address, {**WRITTEN, "act": "publish"})

    flow.refresh_from_db()
    assert flow.parts == [{"key": "honey", "name": {"zh-hans": "原蜜"}, "stage": "raw", "unit": "KGM", "tolerance_bp": 250}]
    assert flow.steps[0]["fields"] == [{"key": "height", "label": {"zh-hans": "海拔"}, "kind": "number"}]
    assert (flow.name_bo, flow.published_at is not None) == ("སྦྲང་རྩི།", True)
    assert "取蜜" in shown.content.decode()


def test_a_centre_says_what_is_in_a_piece_and_what_a_step_yields(browser_of, reviewer):
    desk = browser_of(reviewer)
    flow = begun(desk)
    address = f"{FLOWS}{short(flow.pk)}/"
    jars = {"part.1.key": "jar", "part.1.name.zh-hans": "瓶装蜜", "part.1.content": "0,5", "part.1.content_unit": "KGM"}
    fill = {
        "step.1.key": "fill", "step.1.name.zh-hans": "装瓶", "step.1.event": "transformation", "step.1.biz_step": "commissioning",
        "step.1.takes": "honey", "step.1.gives": "jar", "step.1.least_yield": "97.5", "step.1.most_yield": "100",
    }  # fmt: skip

    desk.post(address, {**WRITTEN, **jars, **fill, "act": "save"})
    shown = desk.get(address).content.decode()
    refused = desk.post(address, {**WRITTEN, **jars, **fill, "step.1.least_yield": "97.555", "act": "save"})
    desk.post(address, {**WRITTEN, **jars, **fill, "step.1.yield_unit": "KGM", "act": "publish"})

    flow.refresh_from_db()
    assert 'value="97.5"' in shown
    assert 'value="0.5"' in shown
    assert refused.status_code == 422
    assert (flow.parts[1]["content"], flow.parts[1]["content_unit"]) == (0.5, "KGM")
    assert [flow.steps[1][name] for name in ("least_yield_bp", "most_yield_bp", "yield_unit")] == [975000, 1000000, "KGM"]


def test_what_is_wrong_is_told_and_nothing_is_published(browser_of, reviewer):
    desk = browser_of(reviewer)
    flow = begun(desk)
    address = f"{FLOWS}{short(flow.pk)}/"

    answer = desk.post(address, {**WRITTEN, "step.0.biz_step": "making", "act": "publish"})
    not_json = desk.post(address, {**WRITTEN, "step.0.fields": "[", "act": "save"})

    flow.refresh_from_db()
    assert (answer.status_code, not_json.status_code, flow.published_at) == (422, 422, None)
    assert "take: making is no step of the CBV" in text_of(answer)
    assert flow.steps[0]["biz_step"] == "making"  # kept, to be mended
    assert "The list of questions is not JSON." in text_of(not_json)


def test_a_published_version_stays_and_the_next_takes_its_place(browser_of, reviewer, flow):
    desk = browser_of(reviewer)
    address = f"{FLOWS}{short(flow.pk)}/"

    refused = desk.post(address, {**WRITTEN, "act": "save"})
    desk.post(address, {"act": "next"})
    following = Flow.objects.get(key=flow.key, version=2)
    desk.post(f"{FLOWS}{short(following.pk)}/", {**WRITTEN, "act": "publish"})

    flow.refresh_from_db()
    following.refresh_from_db()
    assert refused.status_code == 422
    assert flow.retired_at == following.published_at
    desk.post(f"{FLOWS}{short(following.pk)}/", {"act": "retire"})
    assert not Flow.objects.filter(key=flow.key, retired_at=None).exists()


def test_a_key_is_taken_once_and_written_in_small_letters(browser_of, reviewer, flow):
    desk = browser_of(reviewer)

    assert desk.post(FLOWS, {"name": "酒", "key": "barley-wine"}).status_code == 422
    assert desk.post(FLOWS, {"name": "酒", "key": "Barley Wine"}).status_code == 422
    assert desk.post(FLOWS, {"name": "", "key": "honey"}).status_code == 422
    assert Flow.objects.count() == 1
