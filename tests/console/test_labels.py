"""Labels, numbers of GS1 and check files at the workbench."""

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.common.ids import new_id, short
from teahorse.trace.actions import labelling
from teahorse.trace.models import CheckFile, LabelPrint, LabelSheet
from tests import world
from tests.console.world import member
from tests.trace.labelled import GTIN, asked, item, lot, made

pytestmark = pytest.mark.django_db


@pytest.fixture
def wine(coop):
    return lot(item(coop))


def wish(of, **changes):
    form = {
        "form_key": str(new_id()),
        "lot": short(of.pk),
        "form": "roll_40x30",
        "level": "piece",
        "count": "3",
        "pieces": "",
        "has_hidden": "",
    }
    return {**form, **changes}


def test_a_seller_asks_follows_prints_and_prints_again_with_a_reason(wine, seller, coop, browser_of):
    browser, home = browser_of(seller), f"/console/{coop.key}/trace/labels/"

    asked = browser.post(home, wish(wine))
    waiting = browser.get(asked["Location"])
    labelling.make_sheet(sheet_id=LabelSheet.objects.get().pk, now=timezone.now())
    ready = browser.get(asked["Location"])
    first = browser.post(f"{asked['Location']}print/")
    silent = browser.post(f"{asked['Location']}print/")
    again = browser.post(f"{asked['Location']}print/", {"why": "卡纸"})

    assert (asked.status_code, waiting["Refresh"], "Refresh" in ready) == (302, "3", False)
    assert "0 / 3" in waiting.content.decode()
    assert (first["Content-Type"], first.content[:5], first["Content-Disposition"][:10]) == ("application/pdf", b"%PDF-", "attachment")
    assert (silent.status_code, again.content == first.content) == (422, True)
    assert list(LabelPrint.objects.order_by("pk").values_list("by_id", "why")) == [(seller.pk, ""), (seller.pk, "卡纸")]
    assert "卡纸" in browser.get(asked["Location"]).content.decode()
    assert "L260815" in browser.get(home).content.decode()


def test_what_is_typed_wrong_is_said_and_kept(wine, seller, coop, browser_of):
    answer = browser_of(seller).post(f"/console/{coop.key}/trace/labels/", wish(wine, count="0"))

    assert (answer.status_code, LabelSheet.objects.exists()) == (422, False)
    assert 'value="0"' in answer.content.decode()


def test_more_labels_than_pieces_are_asked_for_with_a_reason(wine, seller, coop, browser_of):
    browser, home = browser_of(seller), f"/console/{coop.key}/trace/labels/"
    form = wish(wine, count="301")

    fresh = browser.get(home).content.decode()
    silent = browser.post(home, form)
    asked = browser.post(home, {**form, "why_more": "一瓶贴两张"})

    assert 'name="why_more"' not in fresh
    assert (silent.status_code, 'name="why_more"' in silent.content.decode(), 'value="301"' in silent.content.decode()) == (422, True, True)
    assert asked.status_code == 302
    assert "一瓶贴两张" in browser.get(asked["Location"]).content.decode()


def test_sheets_are_listed_ten_at_a_time_below_the_form(wine, seller, coop, browser_of):
    for number in range(12):
        asked(wine, form=("a4", "bag")[number % 2], count=1)
    browser, home = browser_of(seller), f"/console/{coop.key}/trace/labels/"

    first, second = (browser.get(home, {"page": number}).content.decode() for number in (1, 2))

    assert [page.count('class="table__title"') for page in (first, second)] == [10, 2]
    assert first.index('name="count"') < first.index('class="table__title"')


def test_a_seller_voids_one_code_and_then_all(wine, seller, coop, browser_of):
    sheet = made(wine, count=2)
    browser, address = browser_of(seller), f"/console/{coop.key}/trace/labels/{short(sheet.pk)}/"
    code = sheet.codes.get(position=0).code

    silent = browser.post(f"{address}void/", {"code": code})
    browser.post(f"{address}void/", {"code": code, "why": "贴错了"})
    found = browser.get(f"{address}?code={code[:4].lower()}").content.decode()
    browser.post(f"{address}void/", {"why": "全部作废"})

    assert silent.status_code == 422
    assert (code in found, sheet.codes.get(position=1).code in found) == (True, False)
    assert list(sheet.codes.order_by("position").values_list("voided_why", flat=True)) == ["贴错了", "全部作废"]
    assert browser.post(f"{address}print/").status_code == 302
    assert not LabelPrint.objects.exists()


def test_the_centre_sees_the_labels_of_its_county_and_a_neighbour_does_not(wine, reviewer, coop, browser_of):
    sheet = made(wine)
    neighbour = member(world.organisation("neighbour"), "+8619900071044")
    address = f"/console/{coop.key}/trace/labels/{short(sheet.pk)}/"

    assert browser_of(reviewer).get(address).status_code == 200
    assert browser_of(neighbour).get(address).status_code == 404
    assert browser_of(neighbour).get(address.replace(coop.key, "neighbour")).status_code == 404


def test_a_seller_gives_goods_their_number_once(wine, seller, coop, browser_of):
    browser, address = browser_of(seller), f"/console/{coop.key}/trace/labels/numbers/"

    wrong = browser.post(address, {"item": short(wine.item_id), "gtin": "09506000134353"})
    right = browser.post(address, {"item": short(wine.item_id), "gtin": GTIN})

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert "09506000134353" in wrong.content.decode()
    assert GTIN in browser.get(address).content.decode()


def test_region_staff_have_a_check_file_served_at_the_root_and_under_every_prefix(browser_of, centre, reviewer):
    region = world.organisation("region-centre", kind="region_centre", code="540102")
    browser, address = browser_of(member(region, "+8619900071055")), "/console/region-centre/trace/check-files/"
    stranger = Client()

    answers = [browser.post(address, {"name": name, "content": content}) for name, content in (
        ("a1B2c3D4e5.txt", "0123456789abcdef\n"), ("robots.txt", "x"), ("page.html", "x"), ("a1B2.txt", "<p> </p>"), ("a1B2.txt", "x" * 65),
    )]  # fmt: skip

    assert [one.status_code for one in answers] == [302, 422, 422, 422, 422]
    assert list(CheckFile.objects.values_list("name", "content")) == [("a1B2c3D4e5.txt", "0123456789abcdef")]
    for prefix in ("", "t/", "T/", "01/", f"01/{GTIN}/", "id/", "id/lot/", "414/"):
        served = stranger.get(f"/{prefix}a1B2c3D4e5.txt")
        assert (served.status_code, served["Content-Type"], served.content) == (200, "text/plain; charset=utf-8", b"0123456789abcdef")
        assert served["X-Content-Type-Options"] == "nosniff"
    gone = stranger.get("/01/nothing-here.txt", headers={"accept": "text/html"})
    assert (gone.status_code, gone["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert stranger.get("/robots.txt").content.startswith(b"User-agent")
    assert browser_of(reviewer).get(f"/console/{centre.key}/trace/check-files/").status_code == 404
    browser.post(f"{address}drop/", {"name": "a1B2c3D4e5.txt"})
    assert stranger.get("/a1B2c3D4e5.txt").status_code == 404
