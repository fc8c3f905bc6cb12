"""A step that is told becomes an event and lots, once however often it is sent; what cannot be is refused and leaves nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import translation

from teahorse.common.refusals import Malformed
from teahorse.trace import actions, queries
from teahorse.trace.actions.telling import (
    ClockIsAhead,
    FlowIsNotInUse,
    LotGoesRound,
    NothingLeft,
    ToldDifferently,
    TooFewPieces,
    UnknownLot,
)
from teahorse.trace.answers import Given, Household, Paper, Taken
from teahorse.trace.events_of_steps import salted
from teahorse.trace.models import Flow, PersonalDetail, Site, Telling, TraceEvent
from teahorse.trace.naming import transaction_uri
from teahorse.trace.queries.redaction import revealed
from teahorse.trace.rules import digest_of, event_key, key_of
from tests import world
from tests.console.world import member

from .recipes import counted, gives, lot_of, published, takes, tell

pytestmark = pytest.mark.django_db
NOW = world.NOW
KEY = uuid4()


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def site(coop):
    return Site.objects.create(county_id=coop.county_id, owner=coop, key="brewery", kind="workshop", name="酒坊", area=coop.area)


def event_of(telling):
    return TraceEvent.objects.get(pk=telling.event_id)


def test_what_was_bought_becomes_a_lot_and_an_event_that_says_so(coop, teller, site, settings):
    settings.TRACE_HOME = "https://mall.example"

    telling = tell(
        coop, "buy-barley", key=KEY, given=gives(barley="120.5"), values={"harvested": "2026-08-10"}, site=site, by=teller,
        device_at=NOW - timedelta(hours=3),
    )  # fmt: skip

    lot, event = lot_of(telling), event_of(telling)
    assert (lot.number, lot.amount, lot.uri) == (
        "20260815-01",
        Decimal("120.5"),
        "https://mall.example/id/lot/chamchen.barley-wine-barley.20260815-01",
    )
    assert (lot.thing_id, lot.item.name, lot.item.unit, lot.item.part, lot.site) == (key_of(lot.uri), "青稞", "KGM", "barley", site)
    assert event.body == {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{KEY}",
        "eventTime": "2026-08-15T01:00:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "bizStep": "receiving",
        "disposition": "active",
        "readPoint": {"id": "https://mall.example/id/loc/chamchen.brewery"},
        "bizLocation": {"id": "https://mall.example/id/loc/chamchen.brewery"},
        "quantityList": [{"epcClass": lot.uri, "quantity": 120.5, "uom": "KGM"}],
        "ilmd": {"th:harvested": "2026-08-10", "cbvmda:lotNumber": "20260815-01"},
        "th:telling": str(KEY),
        "th:flow": "barley-wine",
        "th:step": "buy-barley",
    }
    assert event.pk == event_key(digest_of(event.body, event.context))
    assert (event.organisation_id, event.captured_by_id, event.told_as) == (coop.pk, teller.pk, f"urn:uuid:{KEY}")
    assert telling.told_for_id is None


def test_the_lots_of_a_day_are_numbered_one_after_the_other(coop, teller):
    numbers = [lot_of(tell(coop, "buy-barley", given=gives(barley=1), by=teller)).number for _time in range(3)]

    assert numbers == ["20260815-01", "20260815-02", "20260815-03"]


def test_households_are_added_up_and_none_is_named_in_the_event(coop, teller):
    brought = (Household("卓玛家", Decimal("40.5")), Household("边巴家", Decimal(20)))

    telling = tell(coop, "buy-barley", households=brought, by=teller)

    event = event_of(telling)
    assert lot_of(telling).amount == Decimal("60.5")
    tokens = [one["name"] for one in telling.said["answers"]["households"]]
    assert revealed(tokens, for_organisation=coop) == dict(zip(tokens, ("卓玛家", "边巴家"), strict=True))
    assert event.body["th:households"] == [salted(telling.said["salt"], token, kg) for token, kg in zip(tokens, (40.5, 20), strict=True)]
    assert [paper["type"] for paper in event.body["bizTransactionList"]] == ["recadv"]
    assert "卓玛" not in str(event.body) + str(telling.said)
    assert telling.said["answers"]["households"][0]["amount"] == "40.5"


def test_households_that_were_told_before_are_the_same_telling_again(coop, teller):
    key, brought = uuid4(), (Household("卓玛家", Decimal("40.5")), Household("卓玛家", Decimal(3)))

    first, again = (tell(coop, "buy-barley", key=key, households=brought, by=teller) for _time in range(2))

    assert first == again
    assert PersonalDetail.objects.count() == 1


def test_brewing_goes_on_over_several_tellings_of_one_transformation(coop, teller, barley):
    starter = lot_of(tell(coop, "get-starter", given=gives(starter=2), by=teller))
    begun = tell(coop, "steam", taken=takes(barley, amount=60), values={"water": "雅砻河"}, by=teller)
    later = NOW + timedelta(days=40)
    added = tell(
        coop, "add-starter", taken=takes(starter), values={"warmth": 28.5}, process=begun.pk, by=teller, now=NOW + timedelta(days=1)
    )
    drawn = tell(coop, "draw", given=gives(wine=80, lees=20), values={"abv": 11}, process=begun.pk, is_last=True, by=teller, now=later)

    events = [event_of(telling) for telling in (begun, added, drawn)]
    assert {event.transformation for event in events} == {transaction_uri("process", str(begun.pk))}
    assert events[1].body["sensorElementList"][0]["sensorReport"] == [{"type": "Temperature", "value": 28.5, "uom": "CEL"}]
    assert (events[0].body["th:water"], events[2].body["ilmd"]) == ("雅砻河", {"th:abv": 11})
    assert queries.left_of([barley, starter]) == {barley.pk: Decimal(40), starter.pk: Decimal(0)}
    assert not queries.open_processes(coop, flow_key="barley-wine", now=later).exists()


def test_a_process_is_open_until_its_last_telling(coop, teller, barley):
    begun = tell(coop, "steam", taken=takes(barley, amount=60), by=teller)
    tell(coop, "draw", given=gives(wine=10), process=begun.pk, by=teller)

    assert list(queries.open_processes(coop, flow_key="barley-wine", now=NOW)) == [begun]


def test_the_same_key_again_is_answered_the_same_and_told_once(coop, teller):
    first = tell(coop, "buy-barley", key=KEY, given=gives(barley=5), by=teller)
    before = counted()

    again = tell(coop, "buy-barley", key=KEY, given=gives(barley=5), by=teller, now=NOW + timedelta(days=2))

    assert again == first
    assert counted() == before


@pytest.mark.parametrize("changed", [{"given": gives(barley=6)}, {"given": gives(barley=5), "note": "另"}, {"step": "get-starter"}])
def test_another_content_under_the_key_is_refused(coop, teller, changed):
    tell(coop, "buy-barley", key=KEY, given=gives(barley=5), by=teller)
    before = counted()

    with pytest.raises(ToldDifferently):
        tell(coop, changed.pop("step", "buy-barley"), key=KEY, by=teller, **{"given": gives(starter=5), **changed})

    assert counted() == before


def test_the_key_of_another_seller_tells_nothing(coop, teller):
    tell(coop, "buy-barley", key=KEY, given=gives(barley=5), by=teller)

    with pytest.raises(ToldDifferently):
        tell(world.organisation("other"), "buy-barley", key=KEY, given=gives(barley=5), by=teller)


@pytest.mark.parametrize(
    ("device_at", "happened_at"),
    [
        (NOW - timedelta(days=9), NOW - timedelta(days=9)),
        (NOW + timedelta(hours=3), NOW),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW),
        (None, NOW),
    ],
    ids=["offline for days", "ahead", "stopped", "none"],
)
def test_a_clock_is_believed_as_far_as_it_can_be(coop, teller, device_at, happened_at):
    telling = tell(coop, "buy-barley", given=gives(barley=5), by=teller, device_at=device_at)

    assert event_of(telling).happened_at == happened_at
    assert telling.device_at == device_at


def test_a_clock_that_is_days_ahead_has_to_be_set_right(coop, teller):
    with pytest.raises(ClockIsAhead, match=r"2026-08-18 12:00"):
        tell(coop, "buy-barley", given=gives(barley=5), by=teller, device_at=NOW + timedelta(days=3))

    assert counted() == (0, 0, 0, 0)


def test_more_than_is_left_is_taken_with_a_warning_that_stays(coop, teller, barley):
    within = tell(coop, "steam", taken=takes(barley, amount=102), by=teller)
    beyond = tell(coop, "steam", taken=takes(barley, amount=50), by=teller)

    assert within.said["warnings"] == []
    assert [(one["number"], one["taken"], one["left"]) for one in beyond.said["warnings"]] == [("20260815-01", "50", "-2.000000")]


def test_pieces_are_exact(coop, teller, wine):
    bottles = lot_of(tell(coop, "bottle", taken=takes(wine, amount=50), given=gives(bottle=100), by=teller))
    before = counted()

    with pytest.raises(TooFewPieces, match=r"there are 100 pieces left, not 101") as refused:
        tell(coop, "pack", taken=takes(bottles, amount=101), by=teller)

    assert refused.value.field == f"amount.{bottles.pk}"
    assert counted() == before
    assert bottles.best_before == (NOW + timedelta(days=365)).date()


def test_a_case_holds_what_was_packed_and_uses_nothing_up(coop, teller, wine):
    bottles = lot_of(tell(coop, "bottle", taken=takes(wine, amount=50), given=gives(bottle=100), by=teller))

    packed = event_of(tell(coop, "pack", key=KEY, taken=takes(bottles, amount=12), by=teller))

    assert packed.body["childQuantityList"] == [{"epcClass": bottles.uri, "quantity": 12}]
    assert packed.body["parentID"].endswith(f"/id/case/chamchen.20260815-{KEY.hex[-6:]}")
    assert queries.left_of([bottles]) == {bottles.pk: Decimal(100)}


def test_a_sample_is_gone_and_names_its_report(coop, teller, wine):
    telling = tell(coop, "sample", taken=takes(wine, amount=1), papers=(Paper("test_report", "检-2026-88"),), by=teller)

    assert queries.left_of([wine]) == {wine.pk: Decimal(79)}
    (paper,) = event_of(telling).body["bizTransactionList"]
    assert (paper["type"], paper["bizTransaction"].rsplit("/", 2)[1]) == ("testres", "test_report")


def test_what_came_out_of_a_process_does_not_go_into_it_again(coop, teller, barley, wine):
    process = Telling.objects.get(step="draw").process_id

    def into_wine(parts, steps):
        next(step for step in steps if step["key"] == "steam")["takes"] = ["barley", "wine"]

    Flow.objects.all().update(retired_at=NOW)
    flow = published(change=into_wine)
    blended = lot_of(tell(coop, "blend-tanks", taken=takes(wine, amount=10), given=gives(wine=10), by=teller, flow=flow))
    before = counted()

    for lot in (wine, blended):
        with pytest.raises(LotGoesRound):
            tell(coop, "steam", taken=takes(lot, amount=1), process=process, by=teller, flow=flow)

    assert counted() == before


def test_a_lot_of_another_seller_is_taken_only_after_it_was_handed_over(coop, teller, wine):
    other = world.organisation("shop", kind="company")
    keeper = member(other, "+8619900074002")
    bottles = lot_of(tell(coop, "bottle", taken=takes(wine, amount=50), given=gives(bottle=100), by=teller))
    with pytest.raises(UnknownLot):
        tell(other, "pack", taken=takes(bottles, amount=6), by=keeper)

    handed = event_of(tell(coop, "ship", taken=takes(bottles, amount=40), to="shop", by=teller))
    tell(other, "pack", taken=takes(bottles, amount=6), by=keeper)

    assert handed.body["destinationList"] == [
        {"type": "owning_party", "destination": handed.body["destinationList"][0]["destination"].rsplit("/", 1)[0] + "/shop"}
    ]
    assert [lot for lot, _left in queries.lots_with_some_left(other, flow_key="barley-wine", parts=["bottle"])] == [bottles]


BAD = [
    ({"given": gives(barley=-1)}, "give.barley", "An amount is more than nothing."),
    ({"given": gives(barley="NaN")}, "give.barley", "An amount is more than nothing."),
    ({"given": gives(barley="1e9")}, "give.barley", "This is too much for one step."),
    ({"given": gives(barley="0.0001")}, "give.barley", "Write at most three digits after the point."),
    ({}, "give.barley", "Write how much it is."),
    ({"given": gives(barley=1, wine=1)}, "give", "This step gives no such part, or not twice."),
    ({"given": gives(barley=1), "values": {"harvested": "gestern"}}, "field.harvested", "Choose a day."),
    ({"given": gives(barley=1), "values": {"colour": "red"}}, "field", "This step does not ask that."),
    ({"given": gives(barley=1), "taken": (Taken(uuid4()),)}, "take", "This step takes nothing."),
    ({"given": gives(barley=1), "note": "长" * 501}, "note", "Too long: at most 500 characters."),
    ({"given": gives(barley=1), "papers": (Paper("organic", "1"),)}, "paper", "This step asks for no such certificate."),
    ({"households": (Household("", Decimal(1)),)}, "household.0.name", "Write whose it is."),
    ({"households": (Household("卓玛", Decimal(-1)),)}, "household.0.amount", "An amount is more than nothing."),
]


@pytest.mark.parametrize(("answers", "field", "told"), BAD)
def test_bad_answers_are_refused_with_their_field(coop, teller, answers, field, told):
    with pytest.raises(Malformed) as refused:
        tell(coop, "buy-barley", by=teller, **answers)

    assert (refused.value.field, str(refused.value)) == (field, told)
    assert counted() == (0, 0, 0, 0)


def test_lots_that_are_not_there_are_refused(coop, teller, barley):
    with pytest.raises(UnknownLot):
        tell(coop, "steam", taken=(Taken(uuid4(), Decimal(1)),), by=teller)
    with pytest.raises(UnknownLot):  # of a part that the step does not take
        tell(coop, "bottle", taken=takes(barley, amount=1), given=gives(bottle=1), by=teller)
    with pytest.raises(Malformed):
        tell(coop, "steam", by=teller)
    with pytest.raises(Malformed):
        tell(coop, "steam", taken=takes(barley, barley, amount=1), by=teller)
    tell(coop, "steam", taken=takes(barley), by=teller)
    with pytest.raises(NothingLeft):
        tell(coop, "steam", taken=takes(barley), by=teller)


def test_a_drawing_says_what_it_is_drawn_of(coop, teller, barley):
    bought = Telling.objects.get(step="buy-barley")
    for process in (None, uuid4(), bought.pk):
        with pytest.raises(Malformed) as refused:
            tell(coop, "draw", given=gives(wine=80), process=process, by=teller)
        assert refused.value.field == "process"


def test_a_step_that_was_never_published_is_not_told(coop, teller):
    flow = published()
    draft = Flow.objects.create(
        county_id=flow.county_id, owner=flow.owner, key="draft", name="稿", parts=flow.parts, steps=flow.steps, written_at=NOW
    )
    for of, step in ((draft, "buy-barley"), (flow, "distil")):
        with pytest.raises(FlowIsNotInUse):
            tell(coop, step, flow=of, given=gives(barley=1), by=teller)


def test_a_place_of_somebody_else_is_not_named(coop, teller):
    other = world.organisation("other", code="540222")
    place = Site.objects.create(county_id=other.county_id, owner=other, key="x", kind="store", name="别处", area=other.area)

    with pytest.raises(Malformed) as refused:
        tell(coop, "buy-barley", given=gives(barley=1), site=place, by=teller)

    assert refused.value.field == "site"


def test_a_retired_version_is_still_told_by_a_phone_that_was_away(coop, teller):
    flow = published()
    actions.retire_flow(flow=flow, now=NOW)

    assert lot_of(tell(coop, "buy-barley", flow=flow, given=gives(barley=3), by=teller)).amount == 3


def test_pieces_have_the_numbers_that_were_written(coop, teller):
    flow = published("yak-meat")
    telling = tell(coop, "tag", flow=flow, given=(Given("yak", Decimal(2), ("540524-1", "540524-2")),), by=teller)

    assert [name.rsplit(".", 1)[1] for name in event_of(telling).body["th:pieces"]] == ["540524-1", "540524-2"]
    with pytest.raises(Malformed, match="as many numbers as pieces"):
        tell(coop, "tag", flow=flow, given=(Given("yak", Decimal(3), ("a", "b")),), by=teller)
