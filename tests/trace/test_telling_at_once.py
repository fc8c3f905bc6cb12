"""What several phones tell at the same moment is told once, and the last pieces are taken once."""

import threading
from uuid import uuid4

import pytest
from django.db import connection

from teahorse.trace.actions.telling import (
    TooFewPieces,
)
from teahorse.trace.models import EventThing
from tests import world
from tests.console.world import member

from .recipes import counted, gives, lot_of, published, takes, tell

pytestmark = pytest.mark.django_db(transaction=True)
KEY = uuid4()


def test_the_same_key_at_once_is_told_once():
    coop = world.organisation("chamchen")
    teller, flow = member(coop, "+8619900074001"), published()
    answered, start = [], threading.Barrier(4)

    def tells():
        start.wait()
        try:
            answered.append(tell(coop, "buy-barley", key=KEY, given=gives(barley=5), by=teller, flow=flow).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=tells) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answered == [KEY] * 4
    assert counted() == (1, 1, 1, 1)
    assert EventThing.objects.count() == 1


def test_the_last_pieces_are_taken_by_one_of_two_who_want_them():
    coop = world.organisation("chamchen")
    teller, flow = member(coop, "+8619900074001"), published("carpet")
    dyed = lot_of(tell(coop, "buy-yarn", flow=flow, given=gives(yarn=5), by=teller))
    dyed = lot_of(tell(coop, "dye", flow=flow, taken=takes(dyed), given=gives(dyed=5), by=teller))
    warp = tell(coop, "warp", flow=flow, taken=takes(dyed), by=teller)
    carpet = lot_of(tell(coop, "finish", flow=flow, given=gives(carpet=1), process=warp.pk, by=teller))
    answered, start = [], threading.Barrier(2)

    def reworks():
        start.wait()
        try:
            answered.append(tell(coop, "rework", flow=flow, taken=takes(carpet, amount=1), given=gives(carpet=1), by=teller).step)
        except TooFewPieces as refusal:
            answered.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=reworks) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answered) == ["rework", "too_few_pieces"]
