from datetime import date

import pytest

from teahorse.dossiers import rules


@pytest.mark.parametrize(("until", "months", "first"), [
    (date(2026, 11, 22), 12, date(2025, 12, 1)), (date(2026, 3, 1), 3, date(2026, 1, 1)), (date(2026, 1, 31), 36, date(2023, 2, 1)),
])  # fmt: skip
def test_a_window_is_of_whole_months_and_the_running_one(until, months, first):
    found = rules.first_day(until, months=months)

    assert found == first
    assert len(rules.months_between(found, until)) == months


def test_seasonality_weighs_a_calendar_month_by_its_average():
    even = rules.seasonality({f"2025-{month:02}": 100 for month in range(1, 13)} | {"2026-01": 100, "2026-02": 100})
    summer = rules.seasonality({"2026-07": 300, "2026-08": 100})

    assert sum(even) == 10_000
    assert max(even) - min(even) <= 1
    assert (summer[6], summer[7], sum(summer)) == (7500, 2500, 10_000)


@pytest.mark.parametrize("typed", ["abcd-efgh-0123-4567-89JK", " ABCDEFGH O1I3 4567 89jk", "abcdefgho1l3456789jk"])
def test_a_code_is_read_however_it_is_typed(typed):
    assert rules.normal_code(typed) in {"ABCDEFGH0123456789JK", "ABCDEFGH0113456789JK"}


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCDEFGH0123456789J!", "ABCDEFGH0123456789JKX", "UUUUUUUUUUUUUUUUUUUU"])
def test_what_is_no_code_is_none(typed):
    assert rules.normal_code(typed) == ""


def test_a_digest_does_not_hang_on_the_order_of_keys():
    assert rules.digest_of({"b": 1, "a": "青稞"}) == rules.digest_of({"a": "青稞", "b": 1})
    assert rules.canonical({"b": 1, "a": "青稞"}) == '{"a":"青稞","b":1}'.encode()
    assert rules.digest_of({"a": 1}) != rules.digest_of({"a": 2})


def test_codes_are_spaced_for_people():
    code = rules.new_code()

    assert rules.normal_code(rules.spaced_code(code)) == code
    assert len({rules.new_code() for _ in range(100)}) == 100
