"""Loading the areas: what the files hold is what the table holds, however often they are loaded."""

import csv
import datetime as dt
from collections import Counter

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from teahorse.places import actions
from teahorse.places.models import Area, area_id

from .conftest import TODAY

TOMORROW = TODAY + dt.timedelta(days=1)


def rows():
    return list(Area.objects.order_by("code").values())


def without(tmp_path, *codes):
    """The project's own file without some codes."""
    with actions.OWN_AREAS.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    path = tmp_path / "areas.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(line for line in lines if line["code"] not in codes)
    return path


def test_the_own_file_holds_tibet_and_deqen_down_to_the_villages(own_areas):
    levels = Counter(Area.objects.values_list("level", flat=True))

    assert (own_areas.read, own_areas.written, own_areas.ended) == (6603, 6603, 0)
    assert levels == {"region": 2, "prefecture": 8, "county": 81, "township": 735, "village": 5777}


def test_every_area_stands_below_an_area(own_areas):
    codes = set(Area.objects.values_list("code", flat=True))

    above = {12: 9, 9: 6, 6: 4, 4: 2}

    assert {code for code in codes if len(code) > 2 and code[: above[len(code)]] not in codes} == set()


def test_an_area_keeps_its_names_points_heights_and_how_far_they_are_to_be_trusted(own_areas):
    qonggyai = Area.objects.get(code="540524")

    assert qonggyai.id == area_id("540524")
    assert (qonggyai.name, qonggyai.name_en, qonggyai.name_bo) == ("琼结县", "Qonggyai County", "འཕྱོངས་རྒྱས")
    assert qonggyai.name_status == {"en": "check", "bo": "check"}
    assert (qonggyai.latitude, qonggyai.longitude, qonggyai.point_status) == (29.03, 91.68, "seat, rounded, check")
    assert (qonggyai.height_m, qonggyai.height_status) == (4002, "coarse")


def test_a_second_load_writes_nothing(own_areas):
    before = rows()

    again = actions.load_areas(today=TOMORROW, national=None)

    assert (again.read, again.written, again.ended) == (6603, 0, 0)
    assert rows() == before


def test_a_code_that_is_gone_ends_and_lives_again_when_it_comes_back(own_areas, tmp_path):
    village = Area.objects.filter(code__startswith="540524", level="village").order_by("code")[0]

    gone = actions.load_areas(today=TOMORROW, own=without(tmp_path, village.code), national=None)
    ended = Area.objects.get(pk=village.pk)
    back = actions.load_areas(today=TOMORROW, national=None)

    assert (gone.written, gone.ended, ended.until_date) == (0, 1, TOMORROW)
    assert (back.written, back.ended) == (1, 0)
    assert Area.objects.get(pk=village.pk).until_date is None
    assert Area.objects.count() == 6603


def test_a_name_that_a_person_checked_is_not_written_over(own_areas):
    town = Area.objects.get(code="540524100")
    town.name_en, town.name_bo, town.name_status = "Qonggyai Town", "འཕྱོངས་རྒྱས་གྲོང་རྡལ", {"en": "checked", "bo": "guess"}
    town.save()

    actions.load_areas(today=TOMORROW, national=None)

    town.refresh_from_db()
    assert town.i18n == {"name_en": "Qonggyai Town"}
    assert town.name_status == {"en": "checked"}


def test_an_area_of_a_new_code_keeps_its_key(own_areas):
    """The code moved to a row that was first known by another code; loading must find it by its living code."""
    Area.objects.filter(code="540524100").update(code="540524199")
    Area.objects.filter(code="540524").update(until_date=TODAY)
    Area.objects.create(id=area_id("540599"), code="540524", level="county", name="琼结县")

    actions.load_areas(today=TOMORROW, national=None)

    assert Area.objects.get(code="540524", until_date=None).id == area_id("540599")


def test_a_missing_national_tree_is_refused_and_nothing_is_loaded(db, tmp_path):
    with pytest.raises(actions.NationalTreeMissing) as refused:
        actions.load_areas(today=TODAY, national=tmp_path)

    assert "npm ci" in str(refused.value)
    assert Area.objects.count() == 0


def test_the_command_says_what_it_did(db, monkeypatch, capsys, tmp_path):
    load = actions.load_areas
    monkeypatch.setattr(actions, "load_areas", lambda *, today: load(today=today, national=None))

    call_command("load_areas")

    assert capsys.readouterr().out.startswith("6603 areas read, 6603 written, 0 ended, in ")


def test_the_command_fails_in_words(db, monkeypatch, tmp_path):
    load = actions.load_areas
    monkeypatch.setattr(actions, "load_areas", lambda *, today: load(today=today, national=tmp_path))

    with pytest.raises(CommandError, match="npm ci"):
        call_command("load_areas")
