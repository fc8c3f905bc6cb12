from datetime import date, timedelta
from random import Random

import pytest

from teahorse.runs.planning.sheet import Sheet
from teahorse.runs.simulating.county import CENTRE, SEASONAL, county_of
from teahorse.runs.simulating.dispatching import by_fixed_rounds, by_planner, morning_of
from teahorse.runs.simulating.goods import SUNDAY, Parcel, parcels_of, working_day
from teahorse.runs.simulating.playing import Luck, played
from teahorse.runs.simulating.year import lived, table, world_of

FIRST, DAYS = date(2025, 8, 4), 14
WORLD = world_of(seed=3, first=FIRST, days=DAYS)
RULES = {"fixed rounds": by_fixed_rounds, "planner": by_planner(15)}
REASONS = {"not taken today", "nobody was there", "was not ready", "no room was left", "the day was over", "has only just come"}


@pytest.fixture(scope="module")
def years():
    return {name: lived(WORLD, rule) for name, rule in RULES.items()}


@pytest.mark.parametrize("name", RULES)
def test_every_parcel_is_done_or_waits_and_says_why(years, name):
    year, keys = years[name], {parcel.key for parcel in WORLD.parcels}

    assert year.done_on.keys() | year.waits.keys() == keys
    assert not year.done_on.keys() & year.waits.keys()
    assert all(why in REASONS or why.endswith("is closed") for why in year.waits.values())
    assert year.total.done == len(year.done_on) == sum(month.done for month in year.months.values())
    assert year.total.driven.fen == sum(month.driven.fen for month in year.months.values())
    assert all(year.done_on[parcel.key] >= parcel.ready for parcel in WORLD.parcels if parcel.key in year.done_on)
    assert not any(day.isoweekday() == SUNDAY for day in year.done_on.values())


@pytest.mark.parametrize("name", RULES)
def test_a_promise_is_kept_or_broken_once(years, name):
    year, ends = years[name], FIRST + timedelta(days=DAYS)
    kept = sum(year.done_on.get(parcel.key, ends) <= parcel.promised for parcel in WORLD.parcels if parcel.key in year.done_on)
    overdue = sum(parcel.key in year.waits and parcel.promised < ends for parcel in WORLD.parcels)

    assert year.total.kept == kept
    assert year.total.broken == year.total.done - kept + overdue


@pytest.mark.parametrize("name", RULES)
def test_the_same_seed_gives_the_same_year(years, name):
    again = lived(world_of(seed=3, first=FIRST, days=DAYS), RULES[name])

    assert (again.total, again.done_on, again.waits) == (years[name].total, years[name].done_on, years[name].waits)


def test_another_seed_gives_another_year():
    assert world_of(seed=4, first=FIRST, days=DAYS).parcels != WORLD.parcels


def test_the_planner_does_the_fortnight_for_less_and_drives_less_with_nothing_aboard(years):
    today, planned = years["fixed rounds"].total, years["planner"].total

    assert planned.fen_per_parcel < today.fen_per_parcel
    assert planned.empty_share < today.empty_share
    assert planned.full_share > today.full_share


def test_the_table_has_the_whole_and_each_month_of_each_rule(years):
    head, rule, *rows = table(years)

    assert head.count("|") == rule.count("|") == rows[0].count("|")
    assert [row.split("|")[1:3] for row in rows] == [[span, f" {name} "] for span in (" **all** ", " 2025-08 ") for name in RULES]


def parcel(key: str, place: str, *, kind="deliver", grams=1000, is_cold=False) -> Parcel:
    return Parcel(key, kind, place, grams, 4 * grams, is_cold=is_cold, ready=FIRST, promised=FIRST)


class Good(Luck):
    def on_leg(self, start, end):  # noqa: ARG002 - Luck's
        return 1.0, 0

    def is_there(self, parcel):
        return parcel != "absent"


def test_a_day_by_hand_costs_what_its_road_its_climb_and_its_driver_cost():
    morning = morning_of(FIRST, WORLD.county, [parcel("rice", "Bahe")])
    sheet = Sheet(morning.day)

    evening = played(morning, sheet, [[], [1], [], []], luck=Good(""))

    minutes = 2 * 45 + 240 // 25
    assert evening.done == ["rice"]
    assert (evening.driven.metres, evening.driven.empty_metres, evening.driven.vehicles) == (60_000, 30_000, 1)
    seconds = minutes * 60 + 300 + 90
    assert evening.driven.fen == pytest.approx(5000 + 60 * 110 + 0.24 * 500 + 2800 * seconds / 3600, abs=60)


def test_what_nobody_takes_goes_back_and_waits_with_its_reason():
    morning = morning_of(FIRST, WORLD.county, [parcel("absent", "Bahe"), parcel("left", "Zhongsha")])
    sheet = Sheet(morning.day)

    evening = played(morning, sheet, [[], [2 * sheet.number_of["absent"] + 1], [], []], luck=Good(""))

    assert evening.waits == {"absent": "nobody was there", "left": "not taken today"}
    assert evening.driven.empty_metres == 0


def test_fixed_rounds_take_each_valley_on_its_days_in_the_order_of_the_road():
    parcels = [parcel("far", "Cuogao"), parcel("near", "Bahe"), parcel("up", "Jinda"), parcel("side", "Zhula", kind="collect")]
    morning = morning_of(FIRST, WORLD.county, parcels)
    sheet = Sheet(morning.day)

    ways = by_fixed_rounds(morning, sheet)

    named = [[sheet.tasks[node >> 1].key for node in way] for way in ways if way]
    assert FIRST.isoweekday() == 1
    assert named == [["near", "far"], ["side"]]


def test_a_pass_that_its_season_closes_is_promised_for_and_named():
    winter = county_of(Random(5), first=date(2025, 12, 15), days=7)
    day = date(2025, 12, 16)
    xueka = next(one for one in parcels_of(Random(5), winter, first=day, days=1) if winter.township[one.place] == "Xueka")

    assert SEASONAL in winter.closed_on(day)
    assert xueka.promised >= date(2026, 3, 1)
    assert winter.ground_on(day).closed_by["Xueka"] == SEASONAL
    assert "Bahe" not in winter.ground_on(day).closed_by


def test_days_of_runs_pass_over_sundays():
    assert working_day(date(2025, 8, 9), 1) == date(2025, 8, 11)
    assert working_day(date(2025, 8, 9), 0) == date(2025, 8, 9)


def test_the_morning_bundles_what_goes_to_one_place_and_no_bundle_is_more_than_fits():
    morning = morning_of(FIRST, WORLD.county, [parcel(f"p{n}", "Bahe", grams=50_000) for n in range(5)])

    assert morning.day.centre == CENTRE
    assert sorted(len(one.parcels) for one in morning.bundles.values()) == [1, 2, 2]
