"""Bags, cages and vehicles with what lies in them, scanned in any order by real connections."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed
from teahorse.logistics import actions, queries
from teahorse.logistics.models import Containment, Oddity, Parcel, Scan, Unit
from tests import world
from tests.at_once import at_once
from tests.console.world import member, packed

NOW = timezone.now().replace(microsecond=0)


class Road:
    """A station, the county's centre and a village point; parcels of one seller, a bag, a cage and a van."""

    def __init__(self, parcels=2):
        self.point = world.service_point("station-lhayu", kind="township_station", level="station", code="540524201")
        self.centre = world.service_point("centre-qonggyai", kind="county_centre", level="centre", code="540524")
        self.operator = member(self.centre.organisation, "+8619900073001")
        seller = world.organisation("coop-dorje")
        offer, shipper, buyer = world.offer(seller), member(seller, "+8619900073002"), world.person()
        self.parcels = [packed(buyer, offer, shipper, pickup_point=self.point)[1] for _ in range(parcels)]
        make = {"organisation": self.centre.organisation, "now": NOW}
        [self.bag] = actions.make_units(kind="bag", count=1, at=self.centre, **make)
        [self.cage] = actions.make_units(kind="cage", count=1, at=self.centre, **make)
        self.van = actions.register_vehicle(plate="藏C T0001", name="", most_grams=800_000, most_cm3=4_000_000, is_cold=False, **make)

    def scan(self, thing, act, *, hours=0, place=None, into=None, **more):
        code = thing if isinstance(thing, str) else thing.number if isinstance(thing, Parcel) else thing.code
        at = NOW - timedelta(days=1) + timedelta(hours=hours)
        return actions.ScanDraft(
            parcel_number=code, act=act, happened_at=at, place=place, by=self.operator, into=into.code if into else "", **more
        )

    def way(self):
        """Both parcels go in a bag, in a cage, on the van, to the point; there the bag is taken out of the cage."""
        bag, cage, centre = self.bag, self.cage, self.centre
        return [
            *(self.scan(parcel, "received", place=centre) for parcel in self.parcels),
            *(self.scan(parcel, "put_in", hours=1, place=centre, into=bag) for parcel in self.parcels),
            self.scan(bag, "put_in", hours=2, place=centre, into=cage),
            self.scan(cage, "loaded", hours=3, place=centre, into=self.van),
            self.scan(self.van, "departed", hours=4, place=centre),
            self.scan(cage, "arrived", hours=6, place=self.point),
            self.scan(bag, "taken_out", hours=7, place=self.point, into=cage),
        ]

    def stand(self):
        """Where parcels and units are now."""
        told = "stage", "held_by_id", "inside_id"
        return [
            *Parcel.objects.order_by("number").values_list("number", *told),
            *Unit.objects.order_by("code").values_list("code", *told),
        ]


@pytest.fixture
def road(db):
    return Road()


def stages(road):
    return {Parcel.objects.get(pk=parcel.pk).stage for parcel in road.parcels}


def test_what_happens_to_the_outermost_happens_to_all_within(road):
    way = road.way()

    actions.record_scans(scans=way[:6], now=NOW)
    on_the_van = {(row.stage, row.held_by_id, row.inside_id) for row in Parcel.objects.all()}
    actions.record_scans(scans=way[6:], now=NOW)

    assert on_the_van == {("in_transit", None, road.bag.pk)}
    assert {(row.stage, row.held_by_id, row.inside_id) for row in Parcel.objects.all()} == {("at_point", road.point.pk, road.bag.pk)}
    assert Unit.objects.get(pk=road.bag.pk).inside_id is None
    assert Scan.objects.count() == len(way)
    assert not Oddity.objects.exists()


def test_a_parcels_way_tells_of_all_it_lay_in(road):
    parcel = road.parcels[0]
    actions.record_scans(scans=road.way(), now=NOW)
    wrong = road.scan(parcel, "damaged", hours=8, place=road.point)
    actions.record_scans(scans=[wrong, road.scan(parcel, "corrected", hours=9, place=road.point, corrects=wrong.id)], now=NOW)

    way = queries.scans_of([parcel])

    assert [(scan.act, scan.place_id) for scan in way] == [
        ("received", road.centre.pk),
        ("put_in", road.centre.pk),
        ("loaded", road.centre.pk),
        ("departed", road.centre.pk),
        ("arrived", road.point.pk),
    ]
    assert {scan.thing_id for scan in way} == {parcel.pk}


def test_whatever_the_order_of_telling_and_however_often_the_end_is_the_same(road):
    way = road.way()
    actions.record_scans(scans=way, now=NOW)
    expected = road.stand()

    for turn in range(len(way)):
        for row in (Containment, Oddity):
            row.objects.all().delete()
        Parcel.objects.update(stage="packed", held_by=None, inside=None)
        Unit.objects.update(stage="waiting", held_by=None, inside=None)
        with connection.cursor() as cursor:
            cursor.execute("set session_replication_role = replica; delete from logistics_scan; set session_replication_role = origin")
        for scan in (*way[turn::-1], *way[turn:]):
            actions.record_scans(scans=[scan], now=NOW)

        assert road.stand() == expected
        assert not Oddity.objects.filter(explained_at=None).exists()


def test_what_is_put_elsewhere_lies_in_one_unit_only(road):
    parcel, other = road.parcels
    actions.record_scans(scans=road.way()[:4], now=NOW)

    actions.record_scans(scans=[road.scan(parcel, "put_in", hours=2, place=road.centre, into=road.cage)], now=NOW)
    actions.record_scans(scans=[road.scan(road.bag, "arrived", hours=3, place=road.point)], now=NOW)

    assert Parcel.objects.get(pk=parcel.pk).inside_id == road.cage.pk
    assert Parcel.objects.get(pk=other.pk).held_by_id == road.point.pk
    assert list(Containment.objects.filter(thing_id=parcel.pk).order_by("since_at").values_list("container_id", "until_at")) == [
        (road.bag.pk, NOW - timedelta(hours=22)),
        (road.cage.pk, None),
    ]


def test_nothing_lies_in_what_is_not_larger(road):
    for thing, into in ((road.cage, road.bag), (road.bag, road.bag)):
        with pytest.raises(actions.DoesNotFit):
            actions.record_scans(scans=[road.scan(thing, "put_in", into=into)], now=NOW)

    assert not Scan.objects.exists()


def test_a_device_is_refused_nothing(road):
    parcel = road.parcels[0]
    scans = [
        road.scan("TB000000000000", "received", place=road.centre),
        road.scan(parcel, "put_in", hours=1, place=road.centre, into=Unit(code="TB999999999999")),
        road.scan(road.cage, "put_in", hours=1, place=road.centre, into=road.bag),
        road.scan(parcel, "arrived", hours=2, place=road.point),
    ]

    taken = actions.take_scans(scans=scans, now=NOW)
    again = actions.take_scans(scans=scans, now=NOW)

    assert (
        taken.odd
        == again.odd
        == {
            scans[0].id: ["unknown_code"],
            scans[1].id: ["unknown_code"],
            scans[2].id: ["does_not_fit"],
            scans[3].id: ["elsewhere"],
        }
    )
    assert Scan.objects.count() == Oddity.objects.count() == 4
    assert (Parcel.objects.get(pk=parcel.pk).stage, Unit.objects.get(pk=road.cage.pk).inside_id) == ("at_point", None)


def test_a_later_message_explains_what_did_not_fit(road):
    parcel = road.parcels[0]
    actions.take_scans(scans=[road.scan(parcel, "received", place=road.centre)], now=NOW)
    actions.take_scans(scans=[road.scan(parcel, "arrived", hours=5, place=road.point)], now=NOW)
    before = Oddity.objects.get()

    actions.take_scans(scans=[road.scan(parcel, "departed", hours=2, place=road.centre)], now=NOW)

    assert (before.kind, before.explained_at, before.facts) == ("elsewhere", None, {"was_at": str(road.centre.pk)})
    assert Oddity.objects.get().explained_at == NOW


@pytest.mark.parametrize("days", [2, -2], ids=["ahead", "behind"])
def test_a_clock_two_days_off_is_set_right_and_noticed(road, days):
    parcel, ahead = road.parcels[0], timedelta(days=days)
    scan = road.scan(parcel, "arrived", hours=5, place=road.point)
    by_device = actions.ScanDraft(
        parcel_number=scan.parcel_number, act=scan.act, happened_at=scan.happened_at + ahead, place=scan.place, by=None, device_id=new_id()
    )

    actions.take_scans(scans=[by_device], sent_at=NOW + ahead, now=NOW)

    kept = Scan.objects.get()
    assert (kept.happened_at, kept.told_at) == (scan.happened_at, scan.happened_at + ahead)
    assert [(odd.kind, odd.facts) for odd in Oddity.objects.all()] == [("wrong_clock", {"minutes": 1440 * days})]


YEAR_1, YEAR_9999 = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "sent"),
    [(NOW, YEAR_9999), (YEAR_9999, NOW - timedelta(days=2000)), (YEAR_1, None), (YEAR_1, YEAR_1), (NOW - timedelta(days=9000), None)],
    ids=["sent far ahead", "told far ahead", "the year 1", "all in the year 1", "long ago"],
)
def test_a_device_without_a_calendar_is_told_from_and_its_scan_kept(road, told, sent):
    parcel = road.parcels[0]
    by_device = actions.ScanDraft(
        parcel_number=parcel.number, act="arrived", happened_at=told, place=road.point, by=None, device_id=new_id()
    )

    actions.take_scans(scans=[by_device], sent_at=sent, now=NOW)

    assert NOW - timedelta(days=2) < Scan.objects.get().happened_at <= NOW
    assert [odd.kind for odd in Oddity.objects.all()] == ["wrong_clock"]


def test_somebody_explains_with_a_word(road):
    actions.take_scans(scans=[road.scan("TB000000000000", "received", place=road.centre)], now=NOW)
    odd = Oddity.objects.get()

    with pytest.raises(Malformed):
        actions.explain(oddity=odd, explanation=" ", by=road.operator, now=NOW)
    actions.explain(oddity=odd, explanation="邻县的袋子", by=road.operator, now=NOW)

    assert (Oddity.objects.get().explained_by_id, Oddity.objects.get().explanation) == (road.operator.pk, "邻县的袋子")


def test_what_was_wrong_is_taken_back_by_another_scan(road):
    parcel = road.parcels[0]
    wrong = road.scan(parcel, "lost", hours=3, place=road.centre)
    actions.take_scans(scans=[road.scan(parcel, "received", place=road.centre), wrong], now=NOW)

    actions.take_scans(scans=[road.scan(parcel, "corrected", hours=4, place=road.centre, corrects=wrong.id)], now=NOW)

    assert Parcel.objects.get(pk=parcel.pk).stage == "in_transit"
    assert Scan.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_many_who_tell_of_the_same_things_at_once_end_alike():
    road = Road(parcels=6)
    way = road.way()
    actions.record_scans(scans=way, now=NOW)
    expected = road.stand()
    for row in (Containment, Oddity):
        row.objects.all().delete()
    Parcel.objects.update(stage="packed", held_by=None, inside=None)
    Unit.objects.update(stage="waiting", held_by=None, inside=None)
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica; delete from logistics_scan; set session_replication_role = origin")

    at_once(*[lambda scans=way[turn::3]: actions.take_scans(scans=scans, now=NOW) for turn in (2, 0, 1)])
    at_once(*[lambda scan=scan: actions.take_scans(scans=[scan], now=NOW) for scan in reversed(way)])

    assert road.stand() == expected
    assert Scan.objects.count() == len(way)
