"""A missed parcel, and its return."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.common.refusals import Malformed
from teahorse.logistics import actions, queries
from teahorse.logistics.models import Parcel, Scan
from tests import world
from tests.console.world import arrived, member, packed

pytestmark = pytest.mark.django_db


@pytest.fixture
def point(db):
    return world.service_point("station-lhayu", kind="township_station", level="station", code="540524201")


@pytest.fixture
def operator(point):
    return member(point.organisation, "+8619900073001")


@pytest.fixture
def parcel(point, operator):
    seller = world.organisation("coop-dorje")
    made = packed(world.person(), world.offer(seller), member(seller, "+8619900073002"), pickup_point=point)[1]
    return arrived(made, point, operator)


def missed(parcel, point, operator):
    return actions.report_lost(parcel=parcel, note="架上没有", place=point, by=operator, now=timezone.now())


def test_who_missed_it_answers_for_it_until_it_is_found(parcel, point, operator):
    lost = missed(parcel, point, operator)
    answering = (lost.stage, lost.held_by_id, list(queries.missed_at(point)))

    found = actions.report_found(parcel=lost, place=point, by=operator, now=timezone.now())

    assert answering == ("lost", point.pk, [parcel])
    assert (found.stage, found.held_by_id, list(queries.missed_at(point))) == ("at_point", point.pk, [])
    assert list(Scan.objects.order_by("happened_at", "id").values_list("act", flat=True)) == ["arrived", "lost", "found"]


def test_a_missed_parcel_is_not_missed_again_and_a_known_one_not_found(parcel, point, operator):
    with pytest.raises(actions.IsNotLost):
        actions.report_found(parcel=parcel, place=point, by=operator, now=timezone.now())
    missed(parcel, point, operator)
    with pytest.raises(actions.NotYoursToMiss):
        missed(parcel, point, operator)

    assert Scan.objects.count() == 2


def test_a_word_is_needed_and_nothing_is_kept_without(parcel, point, operator):
    with pytest.raises(Malformed):
        actions.report_lost(parcel=parcel, note=" ? ", place=point, by=operator, now=timezone.now())

    assert Parcel.objects.get(pk=parcel.pk).stage == "at_point"
    assert Scan.objects.count() == 1


def test_a_parcel_that_comes_back_gets_another_code_where_its_own_was_given_away(parcel, point, operator):
    missed(parcel, point, operator)
    twin = Parcel.objects.get(pk=parcel.pk)
    twin.pk, twin.number, twin.stage = None, "TH000000000000", "at_point"
    twin.save(force_insert=True)

    found = actions.report_found(parcel=parcel, place=point, by=operator, now=timezone.now())

    assert found.stage == "at_point"
    assert found.pickup_code != twin.pickup_code
    assert len(found.pickup_code) == 6


def test_a_late_scan_from_before_leaves_it_missed(parcel, point, operator):
    missed(parcel, point, operator)
    late = actions.ScanDraft(
        parcel_number=parcel.number, act="received", happened_at=timezone.now() - timedelta(days=1), place=point, by=operator
    )

    (told,) = actions.record_scans(scans=[late], now=timezone.now())

    assert told.stage == "lost"
