"""A payment's state is a function of what is known, whatever the order."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.payments.rules import Fact, payment_state, wait_after

PAID, UNDERPAID, FAILED, CLOSED = Fact("succeeded", 3800), Fact("succeeded", 100), Fact("failed", 3800), Fact("closed", 3800)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ([], "paying"),
        ([PAID], "succeeded"),
        ([PAID, PAID], "succeeded"),
        ([UNDERPAID], "paying"),
        ([UNDERPAID, CLOSED], "closed"),
        ([FAILED], "failed"),
        ([CLOSED], "closed"),
        ([CLOSED, FAILED], "failed"),
        ([CLOSED, PAID], "late_succeeded"),
        ([FAILED, PAID], "late_succeeded"),
        ([PAID, Fact("refunded", 3800)], "succeeded"),
    ],
)
def test_the_state_follows_from_the_facts(facts, state):
    assert payment_state(facts, due_fen=3800, otherwise="paying") == state


@given(st.lists(st.sampled_from([PAID, UNDERPAID, FAILED, CLOSED, Fact("refunded", 5)])), st.randoms())
def test_order_and_repetition_do_not_matter(facts, random):
    shuffled = [*facts, *facts[:2]]
    random.shuffle(shuffled)

    assert payment_state(shuffled, due_fen=3800, otherwise="paying") == payment_state(facts, due_fen=3800, otherwise="paying")


def test_waits_grow_to_half_an_hour():
    assert [wait_after(tries) for tries in (0, 1, 2, 9, 999)] == [
        timedelta(seconds=5),
        timedelta(seconds=10),
        timedelta(seconds=20),
        timedelta(minutes=30),
        timedelta(minutes=30),
    ]
