"""Carriers at the workbench: how they did, whom to choose, what is handed to their drivers, and their bills."""

import io
from datetime import timedelta
from html import escape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from teahorse.carriers import actions
from teahorse.carriers.models import BillLine, CarrierBill, Consignment, Manifest
from teahorse.places.models import Area
from tests import world
from tests.carriers.conftest import SENDER, make_parcel, tariff  # noqa: F401 - a fixture
from tests.console.world import member

pytestmark = pytest.mark.django_db
# ruff: noqa: F811 - the fixture's name


def at(name, org, **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def booked(number, *, weight_grams=1250, **more):
    """Return what SF has taken on for a cooperative."""
    made = actions.consign(parcel=make_parcel(), carrier="sf", sender=SENDER, weight_grams=weight_grams, now=timezone.now())
    Consignment.objects.filter(pk=made.pk).update(**{"number": number, "stage": "booked", "booked_at": timezone.now(), **more})
    return Consignment.objects.select_related("parcel__sender").get(pk=made.pk)


@pytest.fixture
def office(browser_of, officer):
    return browser_of(officer)


@pytest.fixture
def desk(browser_of, reviewer):
    return browser_of(reviewer)


def bill(text="number,kg,yuan\nSF1,1.25,23\nSF2,12.5,78\nSTRANGE,1,18\n", **more):
    return {"carrier": "sf", "month": "2026-08", "file": SimpleUploadedFile("bill.csv", text.encode(), "text/csv"), **more}


def test_how_a_carrier_did_is_counted_by_its_promises(desk, office, tariff):
    now = timezone.now()
    booked("SF1", delivered_at=now, promised_by=now + timedelta(days=1), heard_at=now)
    booked("SF2", delivered_at=now, promised_by=now - timedelta(days=1))
    booked("SF3", booked_at=now - timedelta(days=91))

    [one] = desk.get(at("carriers", "centre-qonggyai")).context["standings"]
    [whole] = office.get(at("carriers", "region")).context["standings"]

    assert (one.carrier, one.parcels, one.delivered, one.kept_percent, one.heard_at) == ("sf", 2, 2, 50, now)
    assert whole == one


def test_another_countys_parcels_are_not_counted(browser_of, tariff):
    booked("SF1")
    other = world.organisation("centre-other", kind="county_centre", code="540102")

    assert browser_of(member(other, "+8619900071077")).get(at("carriers", "centre-other")).context["standings"] == []


def test_whom_to_choose_is_said_with_its_marks_and_bad_questions_are_answered(desk, tariff):
    Area.objects.update_or_create(
        code="31", defaults={"id": world.area("540524").pk.__class__(int=31), "level": "region", "name": "上海市"}
    )
    good = desk.get(at("carriers", "centre-qonggyai"), {"to": "31", "kg": "1,5", "litres": ""}).context
    faults = [
        list(desk.get(at("carriers", "centre-qonggyai"), {"to": to, "kg": kg, "litres": litres}).context["errors"])
        for to, kg, litres in (
            ("99", "1", ""),
            ("31", "schwer", ""),
            ("31", "0", ""),
            ("31", "5000", ""),
            ("31", "1", "20000"),
            ("31", "1", "x"),
        )
    ]

    assert [(one.carrier, one.is_cheapest) for one in good["chosen"]] == [("sf", True)]
    assert faults == [["to"], ["kg"], ["kg"], ["kg"], ["litres"], ["litres"]]


def test_a_carrier_that_says_nothing_for_a_day_is_marked(desk, tariff):
    now = timezone.now()
    booked("SF1", booked_at=now - timedelta(days=2))
    silent = desk.get(at("carriers", "centre-qonggyai"))
    Consignment.objects.update(heard_at=now)

    assert silent.context["silent"] == {"sf"}
    assert desk.get(at("carriers", "centre-qonggyai")).context["silent"] == set()


# --- Handing over


def test_a_seller_makes_one_list_of_all_that_waits_and_prints_it(browser_of, tariff):
    sender = booked("SF1").parcel.sender
    booked("SF2", weight_grams=750)
    browser = browser_of(member(sender, "+8619900071078"))

    page = browser.get(at("handovers", sender.key))
    waiting = page.context["waiting"]
    counted = [one["count"] for one in page.context["nav"] if one["href"] == at("handovers", sender.key)]
    answers = [browser.post(at("handovers", sender.key), {"carrier": "sf"}, follow=True) for _click in range(2)]
    [made] = Manifest.objects.all()
    paper = browser.get(at("handover_list", sender.key, manifest_id=made.pk))

    assert (waiting, counted) == ([{"carrier": "sf", "count": 2, "grams": 2000}], [2])
    assert [answer.context["waiting"] for answer in answers] == [[], []]
    assert (made.count, made.weight_grams) == (2, 2000)
    assert (paper["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")


def test_a_list_is_its_givers_alone(browser_of, desk, coop, tariff):
    row = booked("SF1")
    made = actions.make_manifest(giver=row.parcel.sender, carrier="sf", by=world.person(), now=timezone.now())
    stranger = world.organisation("coop-stranger")

    answers = [
        desk.get(at("point_handover_list", "centre-qonggyai", manifest_id=made.pk)),
        browser_of(member(stranger, "+8619900071079")).get(at("handover_list", stranger.key, manifest_id=made.pk)),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


# --- Bills


def test_the_region_takes_a_bill_in_and_what_differs_stands_with_its_reason(office, tariff):
    booked("SF1")
    booked("SF2")

    answers = [office.post(at("carrier_bills", "region"), bill(), follow=True) for _click in range(2)]
    heavier = office.get(at("carrier_bills", "region"), {"reason": "heavier"}).context

    [one] = answers[1].context["bills"]
    assert (CarrierBill.objects.count(), one.count, one.differing, one.open) == (1, 3, 2, 2)
    assert [row["line"].number for row in heavier["lines"]] == ["SF2"]
    assert heavier["lines"][0]["more_fen"] == 7800 - 2300


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("carrier", ""),
        ("carrier", "post"),
        ("month", "2026-13"),
        ("file", b"number,kg,yuan\nSF1,heavy,1\n"),
        ("file", b"\xff\xfe"),
        ("file", b""),
    ],
)
def test_what_is_no_bill_is_said_at_its_field_and_nothing_kept(office, field, wrong):
    typed = SimpleUploadedFile("bill.csv", wrong, "text/csv") if field == "file" else wrong

    answer = office.post(at("carrier_bills", "region"), bill(**{field: typed}))

    with translation.override("en"):
        said = escape(str(answer.context["errors"][field]))
    assert (answer.status_code, list(answer.context["errors"]), CarrierBill.objects.count()) == (422, [field], 0)
    assert said in answer.content.decode()


def test_a_difference_is_cleared_once_with_a_word_on_it_by_its_county(desk, office, centre, tariff):
    booked("SF2")
    office.post(at("carrier_bills", "region"), bill())
    line = BillLine.objects.get(number="SF2")
    address = at("carrier_bill_clear", "centre-qonggyai", bill_line_id=line.pk)

    desk.post(address, {"note": " "})
    silent = BillLine.objects.get(pk=line.pk).cleared_at
    desk.post(address, {"note": "SF 认可，下月冲减"})
    late = office.post(at("carrier_bill_clear", "region", bill_line_id=line.pk), {"note": "由地区 <核对>"})

    line.refresh_from_db()
    said = late.content.decode()
    assert late.status_code == 409
    assert all(words in said for words in (escape("由地区 <核对>"), "SF 认可，下月冲减", "审核员", line.number))
    assert (silent, line.note) == (None, "SF 认可，下月冲减")
    assert desk.get(at("carrier_bills", "centre-qonggyai")).context["reasons"] == []


def test_a_county_neither_takes_bills_in_nor_clears_what_nobody_of_it_booked(desk, office, tariff):
    office.post(at("carrier_bills", "region"), bill())
    strange = BillLine.objects.get(number="STRANGE")

    answers = [
        desk.post(at("carrier_bills", "centre-qonggyai"), bill("number,kg,yuan\nSF9,1,2\n")),
        desk.post(at("carrier_bill_clear", "centre-qonggyai", bill_line_id=strange.pk), {"note": "mine"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert CarrierBill.objects.count() == 1


def test_what_differs_goes_to_the_carrier_as_a_table(desk, office, tariff):
    booked("SF2")
    office.post(at("carrier_bills", "region"), bill())

    sheets = [
        load_workbook(io.BytesIO(browser.get(at("carrier_bills", org), {"table": "", **asked}).content)).active
        for browser, org, asked in ((office, "region", {}), (office, "region", {"reason": "heavier"}), (desk, "centre-qonggyai", {}))
    ]

    rows = [[row[2].value for row in sheet.iter_rows(min_row=2)] for sheet in sheets]
    assert [sorted(one) for one in rows] == [["SF1", "SF2", "STRANGE"], ["SF2"], ["SF2"]]
    assert [cell.value for cell in sheets[1][2]][5:9] == [12.5, 78, 1.25, 23]


def test_a_county_sees_of_each_bill_its_own_lines_with_their_sums_and_the_region_all(desk, office, centre, tariff):
    booked("SF1")
    booked("SF2")
    office.post(at("carrier_bills", "region"), bill())
    office.post(at("carrier_bills", "region"), bill("number,kg,yuan\nSTRANGE9,1,18\n", month="2026-09"))
    taken = CarrierBill.objects.get(month="2026-08")
    line = BillLine.objects.get(number="SF2")
    desk.post(at("carrier_bill_clear", "centre-qonggyai", bill_line_id=line.pk), {"note": "冲减"})

    [hers] = desk.get(at("carrier_bills", "centre-qonggyai")).context["bills"]
    whole = {one.month: one for one in office.get(at("carrier_bills", "region")).context["bills"]}
    page = desk.get(at("carrier_bills", "centre-qonggyai"), {"bill": taken.pk})
    file = desk.get(at("carrier_bills", "centre-qonggyai"), {"bill": taken.pk, "table": ""})

    assert (hers.count, hers.billed_fen, hers.differing, hers.open) == (2, 10_100, 1, 0)
    assert hers.more_fen == 7800 - 2300
    assert (whole["2026-08"].count, whole["2026-08"].billed_fen, whole["2026-09"].count) == (3, 11_900, 1)
    assert [row["line"].number for row in page.context["lines"]] == ["SF2", "SF1"]  # what differs stands first
    assert "冲减" in page.content.decode()
    rows = load_workbook(io.BytesIO(file.content)).active.iter_rows(min_row=2, values_only=True)
    assert sorted((row[2], row[10] or "") for row in rows) == [("SF1", ""), ("SF2", "冲减")]


def test_a_bill_without_a_line_of_hers_is_not_there_for_a_county(desk, browser_of, office, tariff):
    booked("SF1")
    office.post(at("carrier_bills", "region"), bill())
    other = world.organisation("centre-other", kind="county_centre", code="540102")
    neighbour = browser_of(member(other, "+8619900071076"))
    taken = CarrierBill.objects.get()

    answers = [
        neighbour.get(at("carrier_bills", "centre-other"), {"bill": taken.pk}),
        neighbour.get(at("carrier_bills", "centre-other"), {"bill": taken.pk, "table": ""}),
        desk.get(at("carrier_bills", "centre-qonggyai"), {"bill": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert neighbour.get(at("carrier_bills", "centre-other")).context["bills"] == []


# --- Tariffs


def test_the_region_takes_a_tariff_in_and_every_centre_reads_it(desk, office):
    table = b"service,to,first_kg,first_yuan,step_kg,step_yuan,cm3_per_kg,days\n2,,1,24,1,14,,6\n"

    def sent():
        return {"carrier": "jd", "file": SimpleUploadedFile("jd.csv", table, "text/csv")}

    refused = desk.post(at("carrier_tariffs", "centre-qonggyai"), sent())
    answer = office.post(at("carrier_tariffs", "region"), sent(), follow=True)

    assert (refused.status_code, answer.status_code) == (404, 200)
    assert [row.carrier for row, _area in desk.get(at("carrier_tariffs", "centre-qonggyai")).context["rows"]] == ["jd"]


@pytest.mark.parametrize(("field", "wrong"), [("carrier", "post"), ("file", b""), ("file", b"a,b\n")])
def test_what_is_no_tariff_is_said_at_its_field(office, field, wrong):
    file = SimpleUploadedFile("jd.csv", wrong if field == "file" else b"x", "text/csv")

    answer = office.post(at("carrier_tariffs", "region"), {"carrier": "post" if field == "carrier" else "jd", "file": file})

    assert (answer.status_code, list(answer.context["errors"])) == (422, [field])
