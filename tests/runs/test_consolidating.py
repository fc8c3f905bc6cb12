from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teahorse.runs.consolidating import Bag, Departure, Goes, NotToConsolidate, consolidate

MONDAY = datetime(2026, 8, 17, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def bag(key: str, kg: int = 10, *, ready: int = 0, due: int = 72, is_cold: bool = False) -> Bag:
    return Bag(key, kg * 1000, MONDAY + ready * HOUR, MONDAY + due * HOUR, is_cold=is_cold)


def leaves(key: str, at: int, kg: int = 100, *, takes: int = 4, fixed: int = 0, per_kg: int = 100, keeps_cold: bool = False) -> Departure:
    return Departure(
        key, MONDAY + at * HOUR, MONDAY + (at + takes) * HOUR, kg * 1000, fixed_fen=fixed, fen_per_kg=per_kg, keeps_cold=keeps_cold
    )


def goes(bags, departures) -> dict[str, tuple[str | None, str]]:
    return {one.bag: (one.departure, one.why) for one in consolidate(bags, departures).goes}


def test_what_nobody_is_in_a_hurry_for_waits_for_the_cheap_departure_and_says_what_that_saves():
    found = consolidate([bag("tea"), bag("milk", due=10)], [leaves("flight", 4, per_kg=600), leaves("truck", 30, per_kg=150)])

    assert found.goes == (
        Goes("tea", "truck", "cheaper", 38 * HOUR, saves_fen=4500),
        Goes("milk", "flight", "first", 2 * HOUR),
    )
    assert (found.broken, found.left, found.fen, found.is_proven) == (0, 0, 6000 + 1500, True)


def test_one_truck_for_all_is_waited_for_where_two_would_cost_more():
    bags = [bag("early"), bag("late", ready=20)]

    found = consolidate(bags, [leaves("monday", 4, fixed=50_000), leaves("tuesday", 28, fixed=50_000)])

    assert [one.departure for one in found.goes] == ["tuesday", "tuesday"]
    assert [one.why for one in found.goes] == ["cheaper", "too late for the first"]
    assert found.fen == 50_000 + 2000


def test_where_room_is_short_the_one_whose_promise_would_break_goes_first():
    bags = [bag("waits", kg=60, due=72), bag("hurries", kg=60, due=12)]

    assert goes(bags, [leaves("monday", 4), leaves("tuesday", 28)]) == {
        "waits": ("tuesday", "first is full"),
        "hurries": ("monday", "first"),
    }


def test_a_promise_that_cannot_hold_is_late_and_by_how_much():
    found = consolidate([bag("tea", due=10)], [leaves("truck", 30)])

    assert found.goes == (Goes("tea", "truck", "late", -24 * HOUR),)
    assert (found.broken, found.left) == (1, 0)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (bag("b", kg=200), "too heavy"),
        (bag("b", ready=50), "too late"),
        (bag("b", is_cold=True), "not cold"),
    ],
)
def test_a_bag_that_nothing_takes_says_why(one, why):
    found = consolidate([one], [leaves("truck", 30)])

    assert found.goes == (Goes("b", None, why),)
    assert (found.broken, found.left, found.fen) == (1, 1, 0)


def test_the_bag_that_finds_no_room_is_left_and_cold_waits_for_cold():
    assert goes([bag("a", kg=60), bag("b", kg=60)], [leaves("truck", 30)]) == {"a": ("truck", "first"), "b": (None, "full")}
    cold = [leaves("truck", 4), leaves("cold truck", 28, keeps_cold=True)]
    assert goes([bag("matsutake", is_cold=True)], cold) == {"matsutake": ("cold truck", "first is not cold")}


def test_what_cannot_be_is_refused():
    with pytest.raises(NotToConsolidate, match="a bag is there twice"):
        consolidate([bag("a"), bag("a")], [])
    with pytest.raises(NotToConsolidate, match="truck has less than nothing"):
        consolidate([], [leaves("truck", 4, fixed=-1)])


def test_a_search_that_is_cut_short_says_so_and_its_answer_holds():
    bags = [bag(f"b{number}", kg=7 + number % 5, due=30 + number) for number in range(30)]
    departures = [leaves(f"d{number}", 4 + 6 * number, kg=55, fixed=3000 + 137 * number, per_kg=90 + 7 * number) for number in range(7)]

    found = consolidate(bags, departures, most_steps=50)

    assert not found.is_proven
    for one in departures:
        assert sum(each.grams for each, where in zip(bags, found.goes, strict=True) if where.departure == one.key) <= one.grams


def test_a_usual_evening_is_answered_exactly():
    bags = [
        bag(f"b{number}", kg=8 + 4 * (number % 4), ready=number % 24, due=40 + 8 * (number % 6), is_cold=number % 9 == 0)
        for number in range(40)
    ]
    flights = [leaves(f"flight{day}", 24 * day + 10, kg=400, per_kg=520, keeps_cold=True) for day in range(4)]
    trucks = [leaves(f"truck{day}", 24 * day + 20, kg=1500, takes=20, fixed=30_000, per_kg=90) for day in range(4)]

    assert consolidate(bags, [*flights, *trucks]).is_proven


hours = st.integers(0, 60)
some_bags = st.lists(
    st.builds(lambda kg, ready, due, cold: (kg, ready, due, cold), st.integers(0, 40), hours, hours, st.booleans()), max_size=6
)
some_departures = st.lists(
    st.tuples(hours, st.integers(0, 70), st.sampled_from((0, 0, 1000, 5000)), st.sampled_from((0, 80, 300)), st.booleans()), max_size=3
)


def test_what_a_departure_costs_once_is_not_asked_again_of_those_that_join_it():
    bags = [bag("a", kg=20), bag("b", kg=10), bag("c", kg=10)]

    found = consolidate(bags, [leaves("own truck", 4, kg=40, fixed=5000, per_kg=0), leaves("line", 30, kg=40, per_kg=130)])

    assert ({one.departure for one in found.goes}, found.fen) == ({"own truck"}, 5000)


@settings(deadline=None, max_examples=300)
@given(some_bags, some_departures)
def test_the_answer_is_the_best_of_all_that_there_are(of_bags, of_departures):
    bags = [bag(f"b{n}", kg, ready=ready, due=ready + due, is_cold=cold) for n, (kg, ready, due, cold) in enumerate(of_bags)]
    departures = [
        leaves(f"d{n}", at, kg, fixed=fixed, per_kg=per_kg, keeps_cold=cold)
        for n, (at, kg, fixed, per_kg, cold) in enumerate(of_departures)
    ]

    found = consolidate(bags, departures)

    assert found.is_proven
    told = [next((one for one in departures if one.key == where.departure), None) for where in found.goes]
    assert worth(bags, told) == (found.broken, found.left, found.fen)
    assert (found.broken, found.left, found.fen) == min(
        one for tried in product([None, *departures], repeat=len(bags)) if (one := worth(bags, tried)) is not None
    )


def worth(bags, chosen) -> tuple[int, int, int] | None:
    """Broken promises, bags left, fen; None where it cannot be. Worked out anew, sharing nothing with the search."""
    fen = 0
    for one in {departure.key: departure for departure in chosen if departure}.values():
        aboard = [each for each, where in zip(bags, chosen, strict=True) if where is one]
        if sum(each.grams for each in aboard) > one.grams or any(each.ready_at > one.cutoff_at for each in aboard):
            return None
        if not one.keeps_cold and any(each.is_cold for each in aboard):
            return None
        fen += one.fixed_fen + sum(each.grams * one.fen_per_kg // 1000 for each in aboard)
    broken = sum(where is None or where.arrives_at > each.due_at for each, where in zip(bags, chosen, strict=True))
    return broken, sum(where is None for where in chosen), fen
