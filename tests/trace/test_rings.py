"""What is made of itself over several events of one teller is refused, with what was told before and under every name."""

import threading
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection

from teahorse.common.ids import new_id
from teahorse.trace import actions
from teahorse.trace.epcis.reading import read
from teahorse.trace.models import Alias, CaptureJob, TraceEvent
from teahorse.trace.rings import Line, rings_in
from teahorse.trace.rules import Role, digest_of, hash_of, key_of
from tests import world

from .telling import HOUSE, brewing, harvest, lot, told

NOW = datetime(2026, 10, 2, 4, 0, tzinfo=UTC)


def capture(*events, by="chamchen", **more):
    return actions.capture(document=read(told(*events), now=NOW), by=world.organisation(by), now=NOW, **more)


def faults(job):
    return [(one["pointer"].removeprefix("/epcisBody/eventList/"), one["reason"]) for one in job.errors]


@pytest.mark.django_db
def test_two_events_that_make_each_others_goods_are_both_named_and_nothing_is_kept():
    job = capture(harvest("barley"), brewing("wine", "mash"), brewing("mash", "wine"))

    assert (job.is_success, job.captured, job.known, TraceEvent.objects.count()) == (False, 0, 0, 0)
    assert faults(job) == [("1", "loop"), ("2", "loop")]
    made, used = f"“{lot('wine')}”", f"“{lot('mash')}”"
    assert job.errors[0]["detail"] == (
        f"what is made goes round: {made} is made of {used}, and that of it, together with /epcisBody/eventList/2"
    )


@pytest.mark.django_db
def test_a_longer_ring_keeps_only_itself_out_where_the_teller_goes_on():
    ring = [brewing("one", "three"), brewing("two", "one"), brewing("three", "two")]

    job = capture(*ring, harvest("barley"), brewing("wine", "one", "barley"), on_error=CaptureJob.OnError.PROCEED)

    assert (job.is_success, job.captured, job.known) == (False, 2, 0)
    assert faults(job) == [("0", "loop"), ("1", "loop"), ("2", "loop")]
    assert set(TraceEvent.objects.values_list("kind", flat=True)) == {"ObjectEvent", "TransformationEvent"}


@pytest.mark.django_db
def test_what_was_told_before_closes_a_ring_and_is_named_by_its_hash():
    before = brewing("mash", "wine")
    capture(before, brewing("cake", "mash"))

    job = capture(brewing("wine", "cake"))

    assert (job.is_success, TraceEvent.objects.count()) == (False, 2)
    assert faults(job) == [("0", "loop")]
    assert hash_of(digest_of(before, {})) in job.errors[0]["detail"]
    assert capture(before).is_success


@pytest.mark.django_db
def test_what_another_one_told_first_closes_a_ring_of_who_tells_it_too():
    capture(brewing("mash", "wine"), by="station")

    job = capture(brewing("mash", "wine"), brewing("wine", "mash"))

    assert (faults(job), TraceEvent.objects.count()) == ([("0", "loop"), ("1", "loop")], 1)
    assert capture(brewing("wine", "mash")).errors == []


@pytest.mark.django_db
def test_a_process_in_several_parts_goes_round_too():
    malting = brewing("unused", "barley") | {"transformationID": f"{HOUSE}/bt/brew/7"}
    malting.pop("outputQuantityList")
    bottling = brewing("wine") | {"transformationID": f"{HOUSE}/bt/brew/7"}
    bottling.pop("inputQuantityList")
    assert capture(bottling, brewing("barley", "wine")).is_success

    job = capture(malting)

    assert faults(job) == [("0", "loop")]


@pytest.mark.django_db
def test_another_name_of_the_same_lot_closes_a_ring():
    coop = world.organisation("chamchen")
    Alias.objects.create(
        id=new_id(), county_id=coop.county_id, thing_id=key_of(lot("old")), stands_for_id=key_of(lot("new")), uri=lot("old"), since_at=NOW
    )
    capture(brewing("wine", "old"))

    assert faults(capture(brewing("new", "wine"))) == [("0", "loop")]


@pytest.mark.django_db
def test_what_was_taken_back_and_what_others_say_closes_no_ring():
    wrong = brewing("mash", "wine")
    declared = wrong | {"errorDeclaration": {"declarationTime": "2026-10-01T10:00:00+08:00", "reason": "incorrect_data"}}
    capture(wrong)
    capture(brewing("cake", "wine"), by="station")

    assert capture(declared, brewing("wine", "mash"), brewing("wine", "cake")).errors == []


@pytest.mark.django_db
def test_a_kind_of_goods_may_be_made_of_itself():
    flour = [{"epcClass": "https://id.gs1.org/01/09506000134352", "quantity": 40, "uom": "KGM"}]
    sieving = brewing("sieved") | {"inputQuantityList": flour}
    blending = brewing("unused", "sieved") | {"outputQuantityList": flour}

    assert capture(sieving, blending).errors == []


@pytest.mark.django_db(transaction=True)
def test_two_documents_at_once_do_not_close_a_ring_between_them():
    halves = [brewing("wine", "mash"), brewing("mash", "wine")]
    jobs, barrier = [], threading.Barrier(2)

    def tell(event):
        barrier.wait()
        jobs.append(capture(event))
        connection.close()

    world.organisation("chamchen")
    threads = [threading.Thread(target=tell, args=(event,)) for event in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(job.is_success for job in jobs) == [False, True]
    assert TraceEvent.objects.count() == 1


def test_only_what_goes_round_is_in_a_ring_however_long_the_chain():
    def made(number, *, of, into):
        things = ((Role.INPUT, str(of)), (Role.OUTPUT, str(into)))
        return [Line(str(number), UUID(int=number), b"", role, key_of(name), name) for role, name in things]

    chain = [line for number in range(20_000) for line in made(number, of=number, into=number + 1)]
    back = made(20_001, of=15_000, into=14_990)

    assert rings_in(chain) == {}
    assert len(rings_in(chain + back)) == 11
