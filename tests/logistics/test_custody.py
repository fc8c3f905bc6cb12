"""Who has a thing, as scans tell that come in any order."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from teahorse.logistics.custody import NOTHING, Told, holders, life, standing, stays

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
GOAL, STATION, CENTRE = UUID(int=1), UUID(int=2), UUID(int=3)
BAG, CAGE, VAN = UUID(int=11), UUID(int=12), UUID(int=13)
PLACES = {"!": GOAL, "@": STATION, "#": CENTRE}
UNITS = {"bag": BAG, "cage": CAGE, "van": VAN}


def told(text, *, first=0):
    """Read scans an hour apart: ``received@ put_in+bag departed``; a mark says where, a plus into what."""
    scans = []
    for number, word in enumerate(text.split(), first):
        act, _, unit = word.partition("+")
        place, into = PLACES.get(act[-1]), UNITS.get(unit)
        scans.append(Told(UUID(int=1000 + number), act.rstrip("!@#"), BEGAN + timedelta(hours=number), place=place, into=into))
    return scans


def lived(scans, *, around=None, goal=GOAL):
    return life(standing(scans), goal=goal, around=around or {}, is_vehicle=lambda key: key == VAN)


@pytest.mark.parametrize(
    ("acts", "stage", "holder"),
    [
        ("", "packed", "sender"),
        ("received@", "in_transit", "place"),
        ("received@ departed@", "in_transit", "carrier"),
        ("received@ departed@ arrived!", "at_point", "place"),
        ("arrived! lost! found!", "at_point", "place"),
        ("received@ lost@ found@", "in_transit", "place"),
        ("received@ lost@ arrived!", "at_point", "place"),
        ("arrived! handed_over!", "handed_over", "recipient"),
        ("handed_over! lost!", "handed_over", "recipient"),
        ("arrived! refused!", "refused", "place"),
        ("arrived! refused! departed! received@ returned@", "returned", "sender"),
        ("arrived! refused! departed!", "refused", "carrier"),
        ("arrived! refused! loaded+van", "refused", "vehicle"),
        ("arrived! refused! loaded+van received@", "refused", "place"),
        ("arrived! refused! put_in+bag taken_out@", "refused", "place"),
        ("arrived! refused! received!", "at_point", "place"),
        ("received@ loaded+van refused", "refused", "vehicle"),
        ("received@ loaded+van refused received@", "refused", "place"),
        ("received@ loaded+van refused lost@ found@", "in_transit", "place"),
        ("received@ loaded+van", "in_transit", "vehicle"),
        ("received@ loaded+van departed@", "in_transit", "vehicle"),
        ("received@ loaded+van arrived!", "at_point", "place"),
        ("received@ put_in+bag", "in_transit", "place"),
        ("received@ put_in+bag taken_out!", "at_point", "place"),
    ],
)
def test_the_last_word_says_where_it_is_and_who_has_it(acts, stage, holder):
    last = lived(told(acts)).last

    assert (last.stage, last.holder) == (stage, holder)


def test_what_happens_to_a_bag_happens_to_what_lies_in_it():
    bag = lived(told("loaded+van arrived#", first=2), goal=None)
    parcel = lived(told("received@ put_in+bag"), around={BAG: bag})

    assert [(step.holder, step.place, step.is_seen) for step in parcel.steps[2:]] == [
        ("place", STATION, True),
        ("vehicle", None, False),
        ("place", CENTRE, False),
    ]
    assert parcel.last.inside == BAG


def test_what_was_taken_out_stays_where_the_bag_left_it():
    bag = lived(told("arrived# departed# arrived!", first=2), goal=None)
    out = Told(UUID(int=1), "taken_out", BEGAN + timedelta(hours=2, minutes=30), place=CENTRE)
    parcel = lived([*told("received@ put_in+bag"), out], around={BAG: bag})

    assert (parcel.last.place, parcel.last.inside, parcel.last.stage) == (CENTRE, None, "in_transit")
    assert [(stay.container, stay.until) for stay in parcel.stays] == [(BAG, out.at)]


def test_a_damage_is_remembered_and_moves_nothing():
    last = lived(told("received@ damaged@ departed@ arrived!")).last

    assert (last.is_damaged, last.stage) == (True, "at_point")


def test_what_is_taken_back_was_never_so():
    scans = told("received@ handed_over@")
    back = Told(UUID(int=1), "corrected", BEGAN + timedelta(hours=9), corrects=scans[1].id)

    last = lived([*scans, back]).last

    assert (last.stage, last.place) == ("in_transit", STATION)


@pytest.mark.parametrize(
    ("acts", "kinds"),
    [
        ("received@ arrived!", ["elsewhere"]),
        ("received@ departed@ arrived!", []),
        ("received@ taken_out@", ["not_inside"]),
        ("received@ put_in+bag taken_out@", []),
        ("handed_over! received@", ["after_the_end"]),
        ("received@ lost@ found!", []),
    ],
)
def test_what_does_not_fit_is_noticed(acts, kinds):
    assert [odd.kind for odd in lived(told(acts)).odd] == kinds


AT_PLACES = ("received", "departed", "arrived", "refused", "lost", "found", "taken_out", "damaged", "handed_over", "returned")
OF_ANYTHING = [*(f"{act}{mark}" for act in AT_PLACES for mark in PLACES), "put_in+cage", "loaded+van"]
ACTS = some.sampled_from([*OF_ANYTHING, *["put_in+bag"] * 6])


@given(some.lists(ACTS, max_size=12), some.lists(some.sampled_from(OF_ANYTHING), max_size=6), some.randoms(use_true_random=False))
def test_whatever_is_told_one_has_it_and_the_order_of_telling_does_not_matter(acts, of_bag, random):
    bag = lived(told(" ".join(of_bag)), goal=None)
    scans = told(" ".join(acts))

    found, again = lived(scans, around={BAG: bag}), lived(random.sample(scans, len(scans)), around={BAG: bag})

    assert found == again
    for step in found.steps:
        assert step.holder in {"sender", "place", "vehicle", "carrier", "recipient"}
        assert not (step.is_aboard and step.place is not None)
        assert not (step.stage in {"handed_over", "returned"} and (step.place or step.inside or step.is_aboard))
    assert all(stay.until is not None and stay.until <= after.since for stay, after in zip(found.stays, found.stays[1:], strict=False))
    assert all(before[1] != after[1] for before, after in zip(holders(found), holders(found)[1:], strict=False))
    assert found.last.inside == next((stay.container for stay in found.stays if stay.until is None), None)


def test_nothing_told_is_nothing_known():
    assert lived([]).last == NOTHING.last
    assert stays(told("received@")) == []
