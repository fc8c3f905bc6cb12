"""What a lot was made of and what became of it, by what was told: through processes, boxes, other names, loops and mistakes."""

from datetime import UTC, datetime
from random import Random

import pytest

from teahorse.trace import actions
from teahorse.trace.epcis.reading import read
from teahorse.trace.models import Alias, TraceEvent
from teahorse.trace.queries.tracing import backward, forward
from teahorse.trace.rules import key_of
from tests import world

from .telling import HOUSE, brewing, harvest, lot, told

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 2, 4, 0, tzinfo=UTC)


def at(day, hour=9):
    return f"2026-10-{day:02}T{hour:02}:00:00+08:00"


def box(name):
    return f"https://id.gs1.org/00/{name}"


PALLET, CRATE = box("095060001343520017"), box("095060001343520024")


def packing(parent, *children, day, action="ADD", hour=9):
    return {
        "type": "AggregationEvent",
        "eventTime": at(day, hour),
        "eventTimeZoneOffset": "+08:00",
        "action": action,
        "bizStep": "packing" if action == "ADD" else "unpacking",
        "parentID": parent,
        "childEPCs": [],
        "childQuantityList": [{"epcClass": lot(name), "quantity": 10} for name in children],
    }


def seen(thing, *, day, hour=9):
    return {
        "type": "ObjectEvent",
        "eventTime": at(day, hour),
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": [thing],
    }


def capture(*events, by="chamchen"):
    job = actions.capture(document=read(told(*events), now=NOW), by=world.organisation(by), now=NOW)
    assert job.errors == []
    return job


def names(trace, *, carriers=False):
    short = {thing.uri.rpartition("chamchen.")[2] or thing.uri: thing for thing in trace.things}
    return {name: thing.depth for name, thing in short.items() if thing.carries is carriers}


def steps(trace):
    return sorted(TraceEvent.objects.filter(pk__in=trace.events).values_list("kind", "happened_at__day"))


def of(*lots):
    return [key_of(lot(name)) for name in lots]


def test_both_ways_lead_through_what_is_made_of_what_and_to_nothing_else():
    capture(
        harvest("barley"), harvest("yeast"), harvest("other"), brewing("mash", "barley"), brewing("wine", "mash", "yeast"),
        brewing("cake", "mash"), brewing("another", "other", "yeast"),
    )  # fmt: skip

    back, on = backward(of("wine")), forward(of("barley"))

    assert names(back) == {"wine": 0, "mash": 1, "yeast": 1, "barley": 2}
    assert names(on) == {"barley": 0, "mash": 1, "wine": 2, "cake": 2}
    assert len(back.events) == 4
    assert len(on.events) == 4
    assert names(forward(of("yeast"))) == {"yeast": 0, "wine": 1, "another": 1}
    origins = {thing.uri: thing.origin for thing in back.things}
    assert origins[lot("barley")] == key_of(lot("mash"))
    assert [thing.uri for thing in back.beyond(None)] == [lot("wine")]


def test_a_process_that_is_told_in_several_events_is_one():
    malting = brewing("unused", "barley", at=at(1)) | {"transformationID": f"{HOUSE}/bt/brew/7"}
    malting.pop("outputQuantityList")
    bottling = brewing("wine", at=at(20)) | {"transformationID": f"{HOUSE}/bt/brew/7"}
    bottling.pop("inputQuantityList")
    capture(harvest("barley"), malting, bottling)

    assert names(backward(of("wine"))) == {"wine": 0, "barley": 1}
    assert names(forward(of("barley"))) == {"barley": 0, "wine": 1}
    assert len(backward(of("wine")).events) == len(forward(of("barley")).events) == 3


def test_a_loop_that_no_teller_closes_alone_ends():
    capture(brewing("one", "three"), brewing("two", "one"))
    capture(brewing("three", "two"), by="station")

    assert names(backward(of("one"))) == {"one": 0, "three": 1, "two": 2}
    assert names(forward(of("one"))) == {"one": 0, "two": 1, "three": 2}


def test_what_it_lay_in_tells_where_it_was_from_packing_to_unpacking_and_its_neighbours_are_no_kin():
    capture(
        harvest("meat"), harvest("cheese"), seen(PALLET, day=1), packing(CRATE, "meat", "cheese", day=2),
        packing(PALLET, day=2, hour=10) | {"childEPCs": [CRATE]}, seen(PALLET, day=3), seen(CRATE, day=3, hour=10),
        packing(PALLET, day=4, action="DELETE"), seen(PALLET, day=5), packing(CRATE, "meat", day=6, action="DELETE"),
        seen(CRATE, day=7), packing(CRATE, "later", day=8),
    )  # fmt: skip

    trace = backward(of("meat"))

    assert names(trace) == {"meat": 0}
    assert names(trace, carriers=True) == {CRATE: 1, PALLET: 2}
    days = [day for kind, day in steps(trace) if kind == "ObjectEvent"]
    assert days == [3, 3, 15]  # on the pallet, in the crate, the harvest; not before packing and not after unpacking
    assert "cheese" not in names(forward(of("meat")))


def test_what_a_box_holds_is_traced_when_the_box_is_asked_for_or_used():
    capture(
        packing(CRATE, "meat", day=2), packing(CRATE, "meat", day=4, action="DELETE"), packing(CRATE, "cheese", day=5),
        brewing("soup", at=at(6)) | {"inputEPCList": [CRATE]},
    )  # fmt: skip

    assert names(backward([key_of(CRATE)])) == {CRATE: 0, "meat": 1, "cheese": 1}
    assert names(backward(of("soup"))) == {"soup": 0, CRATE: 1, "cheese": 2}
    assert names(forward(of("cheese"))) == {"cheese": 0, "soup": 2}
    assert names(forward(of("meat"))) == {"meat": 0}


def test_what_was_taken_back_by_its_teller_is_no_fact():
    wrong = brewing("wine", "barley") | {"eventID": "urn:uuid:7e1c3b57-1a3c-4d8f-9a3c-0c5d6c0f8a11"}
    nameless = brewing("cake", "barley")
    declared = {"errorDeclaration": {"declarationTime": "2026-10-02T10:00:00+08:00", "reason": "incorrect_data"}}
    capture(harvest("barley"), wrong, nameless, brewing("beer", "barley"))

    again = capture(wrong | declared, nameless | declared)

    assert (again.captured, again.known) == (2, 0)
    assert names(forward(of("barley"))) == {"barley": 0, "beer": 1}
    assert names(backward(of("wine"))) == {"wine": 0}
    assert len(forward(of("barley")).events) == 2


def test_another_teller_takes_nothing_back():
    wrong = brewing("wine", "barley") | {"eventID": "urn:uuid:7e1c3b57-1a3c-4d8f-9a3c-0c5d6c0f8a11"}
    declared = {"errorDeclaration": {"declarationTime": "2026-10-02T10:00:00+08:00", "reason": "incorrect_data"}}
    capture(wrong)

    actions.capture(document=read(told(wrong | declared), now=NOW), by=world.organisation("stranger"), now=NOW)

    assert names(forward(of("barley"))) == {"barley": 0, "wine": 1}


def test_other_names_of_the_same_thing_are_followed():
    capture(brewing("wine", "barley"), brewing("soup", "new-wine"))
    coop = world.organisation("chamchen")
    Alias.objects.create(county_id=coop.county_id, thing_id=of("wine")[0], stands_for_id=of("new-wine")[0], uri=lot("wine"), since_at=NOW)

    assert names(forward(of("barley"))) == {"barley": 0, "wine": 1, "new-wine": 1, "soup": 2}
    assert names(backward(of("soup"))) == {"soup": 0, "wine": 1, "new-wine": 1, "barley": 2}
    assert names(backward(of("new-wine"))) == {"new-wine": 0, "wine": 0, "barley": 1}


def test_the_story_can_be_asked_for_as_it_was():
    capture(brewing("mash", "barley", at=at(1)), brewing("mash", "more", at=at(9)))

    asked = backward(of("mash"), at=datetime(2026, 10, 5, tzinfo=UTC))

    assert names(asked) == {"mash": 0, "barley": 1}
    assert len(asked.events) == 1


def test_what_nobody_told_of_is_traced_to_itself():
    trace = forward(of("nothing"))

    assert ([thing.depth for thing in trace.things], trace.events) == ([0], {})
    assert forward([]).things == []


@pytest.mark.parametrize("seed", range(8))
def test_any_net_of_transformations_is_walked_as_a_plain_walk_would(seed):
    chance = Random(seed)
    picked = [chance.sample([f"lot{number}" for number in range(40)], chance.randint(2, 4)) for _ in range(45)]
    made = [(into, out_of) for into, *out_of in picked]
    for number, (into, out_of) in enumerate(made):  # each told by another one: there are loops among them
        capture(brewing(into, *out_of, at=at(1 + number % 28, number // 28)), by=f"teller{number}")

    def walked(start, edges):
        depths, here, depth = {start: 0}, {start}, 0
        while here := {far for near, far in edges if near in here} - depths.keys():
            depth += 1
            depths |= dict.fromkeys(here, depth)
        return depths

    up = [(into, one) for into, out_of in made for one in out_of]
    for start, *_ in picked[::6]:
        assert names(backward(of(start))) == walked(start, up)
        assert names(forward(of(start))) == walked(start, [(one, into) for into, one in up])


def test_each_way_is_one_question(questions):
    capture(harvest("barley"), brewing("wine", "barley"))

    with questions() as asked:
        forward(of("barley"))

    assert len([text for text in asked if "set_config" not in text]) == 1
