"""Signs that a label was copied: what counts as odd, how it is kept, and what its maker does about it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed
from teahorse.places.models import Area, area_id
from teahorse.trace import actions
from teahorse.trace.gs1.short_codes import make_code
from teahorse.trace.models import LabelCode, LabelScan, PackedLot, Report, Suspicion
from teahorse.trace.naming import piece_uri
from teahorse.trace.rules import key_of
from teahorse.trace.suspicions import Scanned, Seen, signs_of
from tests import world
from tests.console.world import member
from tests.trace.goods import lot_of
from tests.trace.shelf import trade_item

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SHANGHAI, LHASA, NEAR_SHANGHAI = (31.2, 121.5), (29.7, 91.1), (31.3, 121.0)


def seen(minutes, *, area="", point=None, visitor="a"):
    return Seen(NOW + timedelta(minutes=minutes), area, point, visitor)


def signs(*scans, is_piece=True, units=1, sent_at=None):
    return {sign.kind: sign.numbers for sign in signs_of(Scanned(is_piece, units, sent_at, scans))}


# --- What is odd


def test_one_piece_in_three_counties_is_odd_and_in_two_is_not():
    three = [seen(day * 1440, area=area) for day, area in enumerate(("310104", "540102", "110101"))]

    assert signs(*three) == {"many_places": {"areas": ["110101", "310104", "540102"]}}
    assert signs(*three[:2]) == {}


def test_a_piece_that_is_faster_than_an_airliner_is_odd():
    assert signs(seen(0, point=SHANGHAI), seen(60, point=LHASA)) == {"impossible_travel": {"km": 2910, "minutes": 60}}


@pytest.mark.parametrize(("minutes", "point"), [(300, LHASA), (1, NEAR_SHANGHAI)])
def test_a_flight_and_a_rounded_neighbourhood_are_not_odd(minutes, point):
    assert signs(seen(0, point=SHANGHAI), seen(minutes, point=point)) == {}


@pytest.mark.parametrize(("visitors", "is_odd"), [(20, False), (21, True)])
def test_a_piece_that_a_crowd_scans_is_odd(visitors, is_odd):
    crowd = [seen(number, visitor=str(number)) for number in range(visitors)]

    assert ("more_scans_than_units" in signs(*crowd)) is is_odd


def test_a_lots_label_is_odd_only_when_more_scan_it_than_there_are_goods():
    crowd = [seen(number, visitor=str(number)) for number in range(60)]

    assert signs(*crowd, is_piece=False, units=60) == {}
    assert signs(*crowd, is_piece=False, units=59) == {"more_scans_than_units": {"visitors": 60, "units": 59}}


def test_a_piece_that_is_scanned_before_it_is_sent_is_odd():
    assert signs(seen(0), sent_at=NOW + timedelta(minutes=1)) == {"before_shipment": {"scans": 1}}
    assert signs(seen(0), sent_at=NOW) == {}


# --- How it is kept


@pytest.fixture
def code(db):
    coop = world.organisation("chamchen")
    lot = lot_of(trade_item(None, coop), "B1")
    uri = piece_uri(lot, "1")
    return LabelCode.objects.create(
        code=make_code(), county_id=lot.county_id, lot=lot, level="piece", serial="1", uri=uri, thing_id=key_of(uri), created_at=NOW
    )


def scan(code, *, at, **more):
    return LabelScan.objects.create(county_id=code.county_id, code=code.code, thing_id=code.thing_id, at=at, **more)


def fly(code, *, now):
    for minutes, (latitude, longitude) in ((20, SHANGHAI), (10, LHASA)):
        scan(code, at=now - timedelta(minutes=minutes), latitude=latitude, longitude=longitude)


def test_a_sign_is_kept_once(code):
    fly(code, now=NOW)

    assert [actions.suspect(now=NOW), actions.suspect(now=NOW)] == [1, 0]
    (kept,) = Suspicion.objects.all()
    assert (kept.code, kept.sign, kept.seller_id, kept.said["minutes"]) == (code.code, "impossible_travel", code.lot.seller_id, 10)


def test_codes_that_nobody_scanned_lately_are_left_alone(code):
    fly(code, now=NOW - timedelta(days=1))

    assert actions.suspect(now=NOW) == 0


def test_what_was_put_aside_comes_again_only_by_new_scans(code):
    fly(code, now=NOW)
    actions.suspect(now=NOW)
    actions.close_suspicion(suspicion=Suspicion.objects.get(), why="礼品", by=world.person(), now=NOW)
    scan(code, at=NOW + timedelta(minutes=1))
    quiet = actions.suspect(now=NOW + timedelta(minutes=2))
    fly(code, now=NOW + timedelta(minutes=40))

    assert (quiet, actions.suspect(now=NOW + timedelta(minutes=41))) == (0, 1)


def test_when_a_piece_was_packed_is_known_by_its_parcel(code):
    parcel = new_id()
    LabelCode.objects.filter(pk=code.pk).update(parcel_id=parcel)
    PackedLot.objects.create(
        county_id=code.county_id, lot=code.lot, order_id=new_id(), line_id=new_id(), parcel_id=parcel, quantity=1, packed_at=NOW
    )
    scan(code, at=NOW - timedelta(minutes=5))

    actions.suspect(now=NOW)

    assert Suspicion.objects.get().sign == "before_shipment"


@pytest.mark.parametrize("why", ["", "  "])
def test_nothing_is_put_aside_without_a_reason(code, why):
    fly(code, now=NOW)
    actions.suspect(now=NOW)

    with pytest.raises(Malformed):
        actions.close_suspicion(suspicion=Suspicion.objects.get(), why=why, by=world.person(), now=NOW)

    assert Suspicion.objects.get().closed_at is None


# --- The maker's page


@pytest.fixture
def _plain_files(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.mark.usefixtures("_plain_files")
def test_a_scan_in_a_city_is_drawn_at_the_nearest_place_of_which_a_point_is_known(code, client, settings):
    now = timezone.now()
    for number, (area, name, point) in enumerate(
        [("31", "上海市", (31.2, 121.5)), ("310110", "杨浦区", (None, None)), ("99", "无处", (None, None))]
    ):
        level = "region" if len(area) == 2 else "county"
        Area.objects.update_or_create(
            code=area, defaults={"id": area_id(area), "level": level, "name": name, "latitude": point[0], "longitude": point[1]}
        )
        look = {"visitor": f"{number:016}", "locale": "en", "counts": True}
        actions.scan(code=code.code, area_code=area, now=now, **look)
    client.force_login(member(code.lot.seller, "+8619900071001"), backend=settings.AUTHENTICATION_BACKENDS[0])

    shown = client.get(reverse("console:scans", args=[code.lot.seller.key])).context

    assert "上海市" in shown["map"]
    assert (shown["count"], shown["unknown"]) == (3, 1)


@pytest.mark.usefixtures("_plain_files")
def test_the_maker_sees_signs_and_reports_and_answers_them(code, client, settings):
    now = timezone.now()
    fly(code, now=now)
    actions.suspect(now=now)
    actions.report(code=code.code, text="瓶口漏了", phone="", now=now)
    coop = code.lot.seller
    client.force_login(member(coop, "+8619900071001"), backend=settings.AUTHENTICATION_BACKENDS[0])
    address = reverse("console:scans", args=[coop.key])

    page = client.get(address).content.decode()
    client.post(reverse("console:suspicion_close", args=[coop.key, Suspicion.objects.get().pk]), {"why": "礼品"})
    client.post(reverse("console:report_answer", args=[coop.key, Report.objects.get().pk]), {"answer": "已换货"})

    assert "瓶口漏了" in page
    assert "2910" in page
    assert (Suspicion.objects.get().closed_why, Report.objects.get().answer) == ("礼品", "已换货")
