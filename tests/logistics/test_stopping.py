"""A parcel that was stopped is not handed over, until it is let go."""

import pytest
from django.utils import timezone

from teahorse.logistics import actions
from teahorse.logistics.models import Parcel
from tests import world
from tests.at_once import at_once
from tests.console.world import arrived, member, packed

pytestmark = pytest.mark.django_db


def here():
    """Return a parcel that waits to be fetched, and where."""
    point = world.service_point("station-lhayu", kind="township_station", level="station", code="540524201")
    seller, operator = world.organisation("coop-dorje"), member(point.organisation, "+8619900073001")
    made = packed(world.person(), world.offer(seller), member(seller, "+8619900073002"), pickup_point=point)[1]
    return arrived(made, point, operator), point, operator


def given(parcel, point, operator):
    return actions.hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=operator, now=timezone.now())


def test_a_stopped_parcel_stays_until_it_is_let_go():
    parcel, point, operator = here()

    assert [actions.stop_parcels(parcel_ids=[parcel.pk], why=why) for why in ("发霉", "别的")] == [{parcel.pk}] * 2
    with pytest.raises(actions.IsStopped, match="发霉"):
        given(parcel, point, operator)
    assert Parcel.objects.get().stage == "at_point"

    actions.let_go(parcel_ids=[parcel.pk])
    assert given(parcel, point, operator).stage == "handed_over"


def test_what_is_gone_is_not_stopped():
    parcel, point, operator = here()
    given(parcel, point, operator)

    assert actions.stop_parcels(parcel_ids=[parcel.pk], why="发霉") == set()
    assert Parcel.objects.get().stopped_why == ""


@pytest.mark.django_db(transaction=True)
def test_of_stopping_and_handing_over_at_once_one_comes_first():
    parcel, point, operator = here()

    stopped, gave = at_once(lambda: actions.stop_parcels(parcel_ids=[parcel.pk], why="发霉"), lambda: given(parcel, point, operator))

    parcel.refresh_from_db()
    if stopped:
        assert (type(gave), parcel.stage, parcel.stopped_why) == (actions.IsStopped, "at_point", "发霉")
    else:
        assert (gave.stage, parcel.stopped_why) == ("handed_over", "")
