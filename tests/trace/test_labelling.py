"""Labels are asked for once, made by a job that may be killed, printed with a log, and voided with a reason."""

import pytest
from django.db import ProgrammingError, transaction
from django.utils import translation

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, NotThere
from teahorse.trace import labels
from teahorse.trace.actions import labelling, shelve
from teahorse.trace.actions.recalling import draft_recall, start_recall
from teahorse.trace.gs1.short_codes import hidden_matches, read_code
from teahorse.trace.models import LabelCode, LabelPrint, LabelSheet
from tests import world

from .labelled import GTIN, NOW, asked, item, lot, made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(settings):
    settings.TRACE_HOME = "https://chama.example"


@pytest.fixture
def drawn(monkeypatch):
    """The labels that are drawn, instead of their paper."""
    papers = []

    def pdf(form, said, made):
        papers.append(list(made))
        return b"%PDF " + form.encode()

    monkeypatch.setattr(labels, "labels_pdf", pdf)
    return papers


def test_each_piece_has_a_code_of_its_own_that_is_its_serial_number(drawn):
    wine = lot()

    sheet = made(wine, count=3)

    codes = list(sheet.codes.order_by("position"))
    assert (sheet.state, sheet.made, bytes(sheet.pdf)) == ("ready", 3, b"%PDF roll_40x30")
    assert [(one.position, one.level, one.serial) for one in codes] == [(n, "piece", code.code) for n, code in enumerate(codes)]
    assert all(read_code(one.code) == one.code for one in codes)
    assert [one.uri for one in codes] == [f"https://chama.example/id/obj/coop-dorje.wine.{one.code}" for one in codes]
    assert [label.code for label in drawn[0]] == [one.code for one in codes]


def test_copies_of_a_lots_label_share_one_code(drawn):
    wine = lot()

    sheet = made(wine, level="lot", count=40)

    code = sheet.codes.get()
    assert (code.serial, code.uri, code.thing_id, sheet.made) == ("", wine.uri, wine.thing_id, 40)
    assert [label.code for label in drawn[0]] == [code.code] * 40


def test_a_case_has_a_name_of_the_house_and_says_how_many_lie_in_it(drawn):
    sheet = made(lot(item(gtin=GTIN)), level="case", form="case", count=2, pieces=12)

    assert sheet.frozen["pieces"] == 12
    assert all(one.uri == f"https://chama.example/id/case/coop-dorje.{one.code}" for one in sheet.codes.all())
    assert len(drawn[0]) == 2


def test_the_same_form_sent_twice_asks_once(drawn):
    wine, key = lot(), new_id()

    first, again = asked(wine, form_key=key), asked(wine, form_key=key)

    assert first.pk == again.pk
    assert LabelSheet.objects.count() == 1


def test_a_label_says_what_the_lot_was_called_when_it_was_asked_for(drawn):
    wine = lot()
    sheet = asked(wine)
    wine.item.name = "别的名字"
    wine.item.save()

    sheet = labelling.make_sheet(sheet_id=sheet.pk, now=NOW)

    assert sheet.frozen["item"] == {"bo": "ནས་ཆང་།", "zh": "青稞酒"}
    assert (sheet.frozen["lot"], sheet.frozen["made"], sheet.frozen["best_before"]) == ("L260815", "2026-08-15", "2027-08-14")
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        LabelSheet.objects.filter(pk=sheet.pk).update(frozen={})


def test_a_job_that_was_killed_goes_on_with_the_codes_that_stand(drawn, monkeypatch):
    monkeypatch.setattr(labelling, "PART", 2)
    sheet, real, calls = asked(lot(), count=7), labelling._given, []

    def dies_at_the_third_part(*args, **named):
        calls.append(args)
        if len(calls) == 3:
            raise SystemExit
        return real(*args, **named)

    monkeypatch.setattr(labelling, "_given", dies_at_the_third_part)
    with pytest.raises(SystemExit):
        labelling.make_sheet(sheet_id=sheet.pk, now=NOW)
    sheet.refresh_from_db()
    left = set(sheet.codes.values_list("code", flat=True))
    assert (sheet.state, sheet.made, len(left)) == ("making", 4, 4)

    assert labelling.make_forgotten_sheets(now=NOW + labelling.WAITS) == 1

    sheet.refresh_from_db()
    assert (sheet.state, sheet.made) == ("ready", 7)
    assert left < set(sheet.codes.values_list("code", flat=True))
    assert [label.code for label in drawn[0]] == list(sheet.codes.order_by("position").values_list("code", flat=True))
    assert labelling.make_sheet(sheet_id=sheet.pk, now=NOW).state == "ready"
    assert len(drawn) == 1


def test_hidden_parts_stand_in_clear_on_the_paper_only_and_never_change(drawn):
    sheet = made(lot(), count=3, has_hidden=True)

    codes = {one.code: one for one in sheet.codes.all()}
    for label in drawn[0]:
        assert hidden_matches(label.hidden, codes[label.code].hidden_hash)
        assert label.hidden not in codes[label.code].hidden_hash
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        LabelCode.objects.filter(sheet=sheet).update(hidden_hash="1$00$00")


def test_printing_again_gives_the_same_file_and_asks_why(drawn):
    wine = lot()
    sheet, person = made(wine), world.person()
    by = {"seller": wine.seller, "sheet_id": sheet.pk, "by": person, "now": NOW}

    first = labelling.take_to_print(**by)
    with pytest.raises(Malformed) as refused:
        labelling.take_to_print(**by, why=" ")
    again = labelling.take_to_print(**by, why="打印机卡纸")

    assert refused.value.field == "why"
    assert first == again
    assert list(LabelPrint.objects.order_by("pk").values_list("by_id", "why")) == [(person.pk, ""), (person.pk, "打印机卡纸")]


def test_what_is_not_made_or_is_void_is_not_printed(drawn):
    wine = lot()
    sheet, person = asked(wine), world.person()
    by = {"seller": wine.seller, "sheet_id": sheet.pk, "by": person, "now": NOW}

    with pytest.raises(labelling.SheetNotReady):
        labelling.take_to_print(**by)
    labelling.make_sheet(sheet_id=sheet.pk, now=NOW)
    with pytest.raises(Malformed):
        labelling.void_sheet(**by, why="")
    labelling.void_sheet(**by, why="标签纸错了")
    with pytest.raises(labelling.SheetVoided):
        labelling.take_to_print(**by)

    assert set(sheet.codes.values_list("voided_at", "voided_by_id", "voided_why")) == {(NOW, person.pk, "标签纸错了")}
    assert not LabelPrint.objects.exists()


def test_a_sheet_that_is_voided_while_it_is_made_is_not_made(drawn):
    wine = lot()
    sheet = asked(wine)
    labelling.void_sheet(seller=wine.seller, sheet_id=sheet.pk, by=world.person(), now=NOW, why="不要了")

    sheet = labelling.make_sheet(sheet_id=sheet.pk, now=NOW)

    assert (sheet.state, sheet.codes.count(), drawn) == ("failed", 0, [])


def test_one_code_is_voided_and_the_others_stand(drawn):
    wine = lot()
    sheet = made(wine, count=3)
    code = sheet.codes.get(position=1).code

    labelling.void_code(seller=wine.seller, code=code, by=world.person(), now=NOW, why="丢了一张")

    assert list(sheet.codes.order_by("position").values_list("voided_why", flat=True)) == ["", "丢了一张", ""]
    with pytest.raises(NotThere):
        labelling.void_code(seller=world.organisation("neighbour"), code=code, by=world.person(), now=NOW, why="不是我的")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"form": "a3"}, "form"),
        ({"level": "pallet"}, "level"),
        ({"count": 0}, "count"),
        ({"count": 10_001}, "count"),
        ({"level": "case"}, "pieces"),
        ({"level": "lot", "has_hidden": True}, "has_hidden"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_at_its_field(wish, field):
    with pytest.raises(Malformed) as refused:
        asked(lot(), **wish)

    assert refused.value.field == field
    assert not LabelSheet.objects.exists()


def test_more_labels_than_pieces_need_a_reason_that_stays_with_the_sheet(drawn):
    wine = lot(amount=5)
    made(wine, count=4)

    with translation.override("en"), pytest.raises(Malformed) as refused:
        asked(wine, count=2)
    sheet = asked(wine, count=2, why_more="  一张 贴坏了 ")

    assert refused.value.field == "why_more"
    assert [number in str(refused.value) for number in ("5 pieces", "for 4", "for 2 more")] == [True] * 3
    assert LabelSheet.objects.get(pk=sheet.pk).why_more == "一张 贴坏了"
    with pytest.raises(ProgrammingError), transaction.atomic():
        LabelSheet.objects.filter(pk=sheet.pk).update(why_more="")


def test_void_labels_are_made_again_without_a_reason_and_each_level_counts_by_itself(drawn):
    wine = lot(amount=6)
    pieces, by = made(wine, count=6), world.person()
    labelling.void_code(seller=wine.seller, code=pieces.codes.get(position=0).code, by=by, now=NOW, why="丢了")

    again = asked(wine, count=1)
    copies, cases = asked(wine, level="lot", count=6), asked(wine, level="case", pieces=3, count=2)

    assert [sheet.why_more for sheet in (again, copies, cases)] == ["", "", ""]
    for wish in ({"count": 1}, {"level": "lot", "count": 1}, {"level": "case", "pieces": 1, "count": 1}):
        with pytest.raises(Malformed):
            asked(wine, **wish)
    labelling.void_sheet(seller=wine.seller, sheet_id=copies.pk, by=by, now=NOW, why="字错了")
    assert asked(wine, level="lot", count=6).why_more == ""


def test_of_kilograms_so_many_labels_are_made_as_there_are_units_and_any_number_while_nobody_packed_them(drawn):
    seller = world.organisation("coop-dorje")
    offer = world.offer(seller)
    tea = lot(item(seller, unit="KGM", variant=offer.variant), amount=12)
    loose = asked(tea, count=40)
    labelling.void_sheet(seller=seller, sheet_id=loose.pk, by=world.person(), now=NOW, why="没装袋")

    shelve(lot=tea, units=24, by=None, now=NOW)

    assert asked(tea, count=24).why_more == ""
    with pytest.raises(Malformed):
        asked(tea, count=1)


def test_a_lot_that_is_recalled_gets_no_labels_and_none_is_printed(drawn):
    wine = lot()
    sheet = made(wine)
    drill = draft_recall(owner=wine.seller, lot_ids=[wine.pk], reason="每季演练", by=world.person(), now=NOW, is_drill=True)
    start_recall(recall=drill, by=world.person(), now=NOW)
    asked(wine)
    recall = draft_recall(owner=wine.seller, lot_ids=[wine.pk], reason="瓶盖不严", by=world.person(), now=NOW)
    start_recall(recall=recall, by=world.person(), now=NOW)

    with pytest.raises(labelling.LotRecalled, match=recall.number):
        asked(wine, why_more="还要")
    with pytest.raises(labelling.LotRecalled):
        labelling.take_to_print(seller=wine.seller, sheet_id=sheet.pk, by=world.person(), now=NOW)
    assert (LabelSheet.objects.count(), LabelPrint.objects.count()) == (2, 0)


def test_goods_with_numbers_of_their_own_have_no_label_for_all():
    with pytest.raises(labelling.LotHasNone):
        asked(lot(item(is_serialised=True)), level="lot")


def test_a_number_of_one_till_comes_on_no_label():
    with pytest.raises(labelling.NumberNotForLabels):
        asked(lot(item(gtin="02012345678903")), level="piece")

    assert not LabelSheet.objects.exists()


def test_nobody_labels_a_neighbours_lot():
    wine = lot()

    with pytest.raises(NotThere):
        labelling.ask_labels(
            seller=world.organisation("neighbour"), lot_id=wine.pk, form="a4", level="lot", count=1, by=world.person(), form_key=new_id(),
            now=NOW,
        )  # fmt: skip
