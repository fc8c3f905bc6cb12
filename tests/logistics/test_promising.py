"""When goods come: by what parcels of the lane took, season by season, and by what is closed on the way."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.common import keeping
from teahorse.logistics import promising
from teahorse.logistics.actions import learn_lanes
from teahorse.logistics.models import LaneDays, Parcel, Scan
from teahorse.logistics.rules import Delay, Promise, Rate, TransitDays, promise
from teahorse.network.actions import close_ways, lift_closures
from teahorse.network.models import Closure
from tests import world
from tests.network.world import County

SUMMER = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)  # a Monday
DAY = date(2026, 8, 3)
LANE = Rate("54", "", 1200, 800, None, 4, 9)
HERE, CHENGDU, LHASA = "540524", "510107", "540102"


def counted(*counts):
    return TransitDays(tuple(counts))


# --- The rule


def test_where_nothing_is_known_the_rates_days_hold():
    few = counted((2, 19))

    assert promise(LANE, placed_on=DAY) == Promise(date(2026, 8, 8), date(2026, 8, 14))
    assert promise(LANE, placed_on=DAY, taken=few) == promise(LANE, placed_on=DAY)


def test_what_parcels_took_goes_before_the_rate():
    taken = counted((3, 5), (4, 60), (6, 25), (11, 10))

    promised = promise(LANE, placed_on=DAY, taken=taken)

    assert promised == Promise(DAY + timedelta(days=1 + 4), DAY + timedelta(days=2 + 6), 90, 100)


def test_what_is_closed_makes_both_ends_later_and_is_said():
    delay = Delay("雪山口", "snow", date(2026, 8, 6), 3)

    plain, later = promise(LANE, placed_on=DAY), promise(LANE, placed_on=DAY, delay=delay)

    assert (later.from_date - plain.from_date, later.to_date - plain.to_date, later.delay) == (timedelta(3), timedelta(3), delay)


@given(
    counts=st.dictionaries(st.integers(0, 60), st.integers(1, 500), min_size=1).map(lambda found: counted(*sorted(found.items()))),
    percent=st.integers(1, 100),
)
def test_so_many_of_a_hundred_came_within_it_and_fewer_the_day_before(counts, percent):
    within = counts.within(percent)

    came = sum(parcels for days, parcels in counts.counts if days <= within)
    before = sum(parcels for days, parcels in counts.counts if days < within)
    assert came * 100 >= counts.parcels * percent
    assert before * 100 < counts.parcels * percent


# --- What is learned


@pytest.fixture
def sender(db):
    return world.organisation("chamchen")


def came(sender, *, days, number, to=CHENGDU, packed_at=SUMMER, stage="handed_over", point=None, reached_days=None):
    parcel = Parcel.objects.create(
        county_id=sender.county_id, number=f"TH{number:012}", reference=sender.pk, sender=sender, recipient_name="演示",
        recipient_phone="1", destination_code=to, destination_names="", weight_grams=1, stage=stage, packed_at=packed_at,
        stage_at=packed_at + timedelta(days=days), pickup_point=point,
    )  # fmt: skip
    if reached_days is not None:
        at = packed_at + timedelta(days=reached_days)
        Scan.objects.create(
            county_id=sender.county_id, thing_id=parcel.pk, act="arrived", place_id=point.pk, happened_at=at, recorded_at=at
        )
    return parcel


def learned(now=SUMMER + timedelta(days=60)):
    learn_lanes(now=now)
    keeping.forget_all()
    return sorted(LaneDays.objects.values_list("origin_code", "destination_code", "is_winter", "days", "parcels"))


def test_lanes_are_learned_from_parcels_that_came_by_season(sender):
    came(sender, days=5, number=1)
    came(sender, days=5, number=2)
    came(sender, days=7, number=3)
    came(sender, days=9, number=4, packed_at=datetime(2026, 1, 10, 2, tzinfo=UTC))
    came(sender, days=1, number=5, stage="in_transit")
    came(sender, days=300, number=6)
    came(sender, days=4, number=7, packed_at=SUMMER - timedelta(days=800))

    rows = [(HERE, CHENGDU, False, 5, 2), (HERE, CHENGDU, False, 7, 1), (HERE, CHENGDU, False, 60, 1), (HERE, CHENGDU, True, 9, 1)]
    assert learned() == rows
    assert learned() == rows


def test_a_parcel_came_when_it_was_at_the_point_not_when_it_was_fetched(sender):
    point = world.service_point("point")

    came(sender, days=12, number=1, to="540524202202", point=point, reached_days=3)

    assert learned() == [(HERE, HERE, False, 3, 1)]


def test_the_narrowest_lane_that_tells_enough_is_believed(sender):
    for number in range(15):
        came(sender, days=5, number=number)
        came(sender, days=8, number=100 + number, to="510104")
    learned()

    def asked(to, now=SUMMER):
        found = promising.promise(LANE, origin=HERE, destination=to, now=now)
        return found.percent, found.parcels, (found.from_date - DAY).days, (found.to_date - DAY).days

    assert asked(CHENGDU) == (90, 30, 6, 10)  # neither alone tells enough; together they are Chengdu
    for number in range(5):
        came(sender, days=5, number=200 + number)
    learned()
    assert asked(CHENGDU) == (90, 20, 6, 7)
    assert asked("5101")[:2] == (90, 35)
    assert asked(LHASA)[:2] == (None, 0)
    winter = promising.promise(LANE, origin=HERE, destination=CHENGDU, now=datetime(2026, 12, 1, tzinfo=UTC))
    assert winter.percent is None


# --- What is closed


@pytest.fixture
def county(db):
    return County()


def closed(county, **more):
    teller = world.person()
    return close_ways(
        passes=[county.snow], reason=Closure.Reason.SNOW, begins_at=SUMMER - timedelta(hours=1), by=teller, now=SUMMER, **more
    )


def delay(start=HERE, goal="540524202202"):
    keeping.forget_all()
    return promising.delay_between(start, goal, now=SUMMER)


def test_nothing_is_said_where_all_is_open_or_nothing_is_known(county):
    assert delay() is None
    assert delay(goal="540102") is None
    assert delay(start="999999") is None


def test_a_pass_that_opens_again_delays_by_days(county):
    closed(county, ends_at=SUMMER + timedelta(days=4))

    assert delay() == Delay("雪山口", "snow", date(2026, 8, 7), 4)


def test_until_further_notice_is_counted_with_a_week_and_said(county):
    (told,) = closed(county)

    found = promising.promise(LANE, origin=HERE, destination="540524202202", now=SUMMER)

    assert found.delay == Delay("雪山口", "snow", None, 7)
    assert found.to_date == DAY + timedelta(days=2 + 9 + 7)
    lift_closures(closures=[told], by=world.person(), now=SUMMER)
    assert delay() is None


def test_waiting_for_a_line_that_seldom_leaves_is_no_delay(county):
    """The loop leaves on Tuesdays and Fridays: were it the only way, a closure that is over by then delays nothing."""
    county.over.delete()
    closed(county, ends_at=SUMMER + timedelta(hours=3))

    assert delay(goal="540524201") is None


def test_a_promise_asks_nothing_a_second_time(county, django_assert_num_queries):
    closed(county)
    promising.promise(LANE, origin=HERE, destination="540524202202", now=SUMMER)

    with django_assert_num_queries(0):
        promising.promise(LANE, origin=HERE, destination="540524202202", now=SUMMER)
        promising.delay_from(county.centre.county_id, "540524202202", now=SUMMER)
