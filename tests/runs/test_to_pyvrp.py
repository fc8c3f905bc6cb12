from teahorse.runs.planning.sheet import RELOAD, Sheet
from teahorse.runs.planning.to_pyvrp import forced, solution_of, told, ways_in
from tests.runs.county import a_day, carry, deliver, van

DAY = a_day([carry("post", "near", "far"), deliver("rice", "near"), deliver("salt", "far")], van(most_trips=2))
SHEET = Sheet(DAY)


def test_what_is_fetched_on_one_trip_and_brought_on_the_next_is_for_our_own_arithmetic_alone():
    day = told(SHEET, all_required=False)

    solution = solution_of(SHEET, day, [[3, 0, RELOAD, 1, 5]])

    assert ways_in(SHEET, day, solution) == [[3, RELOAD, 5]]


def test_a_pair_that_is_forced_in_stays_on_one_trip():
    day = told(SHEET, all_required=True)

    (way,) = ways_in(SHEET, day, forced(day, solution_of(SHEET, day, [[3, RELOAD, 5]])))

    assert sorted(way) == [RELOAD, 0, 1, 3, 5]
    assert (way.index(0) < way.index(RELOAD)) == (way.index(1) < way.index(RELOAD))
    assert way.index(0) < way.index(1)
