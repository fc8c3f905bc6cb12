"""Who guesses codes waits; a hall full of people who scan right ones does not."""

import pytest

from teahorse.common.tries import TooManyTries
from teahorse.trace.guarding import MOST_OF_A_VISITOR, MOST_OF_AN_ADDRESS, Guesses

HALL = "203.0.113.7"


def waits(guesses, visitor, address=HALL):
    try:
        guesses.let_in(address, visitor)
    except TooManyTries:
        return True
    return False


def test_a_thousand_right_codes_from_one_address_are_free():
    guesses = Guesses()

    for number in range(1000):
        guesses.let_in(HALL, f"phone {number % 50}")
        guesses.told_right(HALL, f"phone {number % 50}")

    assert not waits(guesses, "phone 1")


def test_a_visitor_who_guesses_waits_and_her_neighbours_do_not():
    guesses = Guesses()

    for _ in range(MOST_OF_A_VISITOR):
        guesses.let_in(HALL, "guesser")
        guesses.told_wrong(HALL, "guesser")

    assert waits(guesses, "guesser")
    assert not waits(guesses, "phone 1")
    with pytest.raises(TooManyTries) as refused:
        guesses.let_in(HALL, "guesser")
    assert refused.value.status == 429


def test_who_changes_her_mark_is_stopped_by_the_address_and_who_has_a_right_code_is_not():
    guesses = Guesses()
    guesses.told_right(HALL, "phone 1")

    for number in range(MOST_OF_AN_ADDRESS):
        guesses.told_wrong(HALL, f"mark {number}")

    assert waits(guesses, "mark 301")
    assert not waits(guesses, "phone 1")
    assert not waits(guesses, "mark 301", address="198.51.100.1")
    guesses.forget()
    assert not waits(guesses, "mark 301")
