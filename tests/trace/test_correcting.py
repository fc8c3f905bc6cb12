"""What was told wrongly is declared so and told anew; nothing that was made of it since becomes untrue."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import translation

from teahorse.trace import actions, queries
from teahorse.trace.actions.correcting import CorrectedBefore, LotWasTaken
from teahorse.trace.answers import Answers
from teahorse.trace.models import Telling, TraceEvent
from tests import world

from .recipes import counted, gives, lot_of, takes, tell

pytestmark = pytest.mark.django_db
NOW = world.NOW


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def event_of(telling):
    return TraceEvent.objects.get(pk=telling.event_id)


def correct(telling, answers, *, key=None, by, now=NOW + timedelta(hours=1), **more):
    return actions.correct_telling(key=key or uuid4(), telling=telling, answers=answers, by=by, now=now, **more)


def test_a_correction_declares_the_event_wrong_and_tells_it_anew_of_the_same_lot(coop, teller):
    wrong = tell(coop, "buy-barley", given=gives(barley=1000), by=teller)
    lot, key = lot_of(wrong), uuid4()

    right = correct(wrong, Answers(gives=gives(barley=100)), key=key, by=teller)

    lot.refresh_from_db()
    declared = TraceEvent.objects.get(body__has_key="errorDeclaration")
    assert (lot.amount, queries.left_of([lot])) == (Decimal(100), {lot.pk: Decimal(100)})
    assert declared.told_as == event_of(wrong).told_as
    assert declared.body["errorDeclaration"] == {
        "declarationTime": "2026-08-15T05:00:00.000Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": [f"urn:uuid:{key}"],
    }
    assert (right.corrects, event_of(right).happened_at, lot_of(right)) == (wrong, event_of(wrong).happened_at, lot)
    assert correct(wrong, Answers(gives=gives(barley=100)), key=key, by=teller) == right
    with pytest.raises(CorrectedBefore):
        correct(wrong, Answers(gives=gives(barley=90)), by=teller)


def test_a_correction_gives_back_what_was_taken_wrongly(coop, teller, barley):
    wrong = tell(coop, "steam", taken=takes(barley, amount=90), by=teller)

    correct(wrong, Answers(takes=takes(barley, amount=9)), by=teller)

    assert queries.left_of([barley]) == {barley.pk: Decimal(91)}


def test_what_did_not_happen_leaves_nothing_of_its_lot(coop, teller):
    wrong = tell(coop, "buy-barley", given=gives(barley=10), by=teller)
    lot = lot_of(wrong)

    withdrawn = correct(wrong, None, reason="写错了", by=teller)

    assert queries.left_of([lot]) == {lot.pk: Decimal(0)}
    assert withdrawn.said == {"withdrawn": "写错了"}
    assert TraceEvent.objects.get(pk=withdrawn.event_id).body["errorDeclaration"]["reason"] == "did_not_occur"


def test_a_lot_that_was_made_into_something_cannot_become_less_or_nothing(coop, teller, barley):
    bought = Telling.objects.get(step="buy-barley")
    tell(coop, "steam", taken=takes(barley, amount=60), by=teller)
    before = counted()

    for answers in (Answers(gives=gives(barley=50)), None):
        with pytest.raises(LotWasTaken):
            correct(bought, answers, by=teller)

    barley.refresh_from_db()
    assert (counted(), barley.amount) == (before, Decimal(100))
