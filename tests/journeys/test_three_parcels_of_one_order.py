"""
Three sellers' parcels of one order: from a village, a township and the county to a door in Shanghai, with a pass closed on the way.

Roads, runs, scans, bags and the way to Lhasa are ours; from there SF takes them on, over HTTP. One parcel comes back and its money too.
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase
from teahorse.carriers import actions as carriers
from teahorse.common import keeping
from teahorse.common.ids import new_id, short
from teahorse.logistics import actions as logistics
from teahorse.logistics.exceptions import exceptions_at
from teahorse.logistics.models import Containment, Oddity, Parcel
from teahorse.logistics.promising import delay_between
from teahorse.network.actions import close_ways, lay_road, lift_closures
from teahorse.network.models import Node
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import Refund
from teahorse.people.models import Organisation
from teahorse.settlement import actions as settlement
from tests import world
from tests.aftersales.making import draft
from tests.carriers.conftest import _nobody_rests, running_sandbox, sandbox, sf, tariff  # noqa: F401 - fixtures
from tests.console.world import member
from tests.runs.fleet import Fleet, at
from tests.settlement.making import are_whole, paid

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]
VILLAGE, TOWNSHIP, COUNTY = "540524202202", "540524201", "540524"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Region(Fleet):
    """The county with its van and its pass, and behind it a hub in Lhasa with an airport from which all goes on."""

    def __init__(self):
        super().__init__()
        self.hub = world.service_point("hub-lhasa", kind="company", level="station", code="540102")
        self.porter = member(self.hub.organisation, "+8619900075003", name="分拣员")
        airport = Node.objects.create(
            county_id=self.hub.county_id, kind="airport", name="贡嘎机场", area=self.hub.area, latitude=29.3, longitude=90.9, height_m=3570
        )
        lay_road(start=self.county.centre, end=airport, road_class="national")
        hauled = {"name": "拉萨班车", "most_grams": 5_000_000, "most_cm3": 30_000_000, "is_cold": False, "now": at(5)}
        self.truck = logistics.register_vehicle(plate="藏A T0009", organisation=self.centre.organisation, **hauled)
        [self.bag] = logistics.make_units(kind="bag", count=1, at=self.centre, organisation=self.centre.organisation, now=at(5))

    def sold(self, buyer):
        """Return three orders of one group, of a village's, a township's and a county's seller."""
        sellers = [world.organisation(f"coop-{code}", code=code) for code in (VILLAGE, TOWNSHIP, COUNTY)]
        Organisation.objects.filter(pk__in=[one.pk for one in sellers]).update(phone="+8613900000001")
        offers = {world.offer(one, title=one.name, price_fen=10_000): 1 for one in sellers}
        found = paid(offers, now=at(5) - timedelta(days=1), provider="cash", buyer=buyer)
        return sorted(found, key=lambda order: -len(order.seller.area.code))

    def packed(self, order, place):
        """Pack an order, have SF asked to take it on, and bring it to the service point nearby."""
        orders.pack_order(order=order, weight_grams=1200, by=None, now=at(5), carrier="sf", asks_carrier=True)
        parcel = Parcel.objects.get(reference=order.pk)
        self.scan(parcel.number, "received", place, when=at(5, 30))
        return parcel


def stands(*parcels):
    found = Parcel.objects.filter(pk__in=[parcel.pk for parcel in parcels]).select_related("held_by", "inside")
    return {(row.stage, row.held_by, row.inside) for row in found}


def carried(sf, consignments):  # noqa: F811 - the fixture
    """Have SF's couriers carry parcels to the door, and ask about them as often as the clock does."""
    asked_at = timezone.now()
    for code, words in (("50", "已收件"), ("30", "运送中"), ("80", "已签收，签收人：本人")):
        for one in consignments:
            sf.act(one.number, code, words)
        asked_at += timedelta(minutes=31)
        assert carriers.ask_due(now=asked_at) == len(consignments)


def test_three_parcels_go_out_by_one_road_and_one_comes_back(sf, tariff, settings):  # noqa: F811 - fixtures
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    keeping.forget_all()
    region, buyer = Region(), world.person()
    centre, hub, van = region.centre, region.hub, region.van.unit
    sold = region.sold(buyer)
    parcels = [region.packed(order, place) for order, place in zip(sold, (region.village, region.station, centre), strict=True)]
    far, near, home = parcels

    # the pass is closed by hand until further notice: what lies behind it waits, with the reason, and buyers are told
    region.shift()
    town = region.parcel(to=region.village)
    [closure] = close_ways(passes=[region.county.snow], reason="snow", begins_at=at(4), by=region.planner, now=at(6))
    keeping.forget_all()
    stuck = region.planned()
    assert {(one["reason"], one["by"]) for one in stuck.left} == {("cut off", "雪山口")}
    assert {code for one in stuck.left for code in one["codes"]} == {far.number, near.number, town.number}
    delay = delay_between(VILLAGE, "310104", now=at(7))
    assert (delay.name, delay.until) == ("雪山口", None)

    # lifted, the day is planned again: city goods go up and the two parcels come down on one run
    lift_closures(closures=[closure], note="雪已清", by=region.planner, now=at(7, 30))
    keeping.forget_all()
    assert delay_between(VILLAGE, "310104", now=at(7, 30)) is None
    run = region.given_out(region.planned(now=at(7, 30)))
    stops = region.stops(run)
    assert [stop.place for stop in stops if stop.kind == "call"] in (
        [region.village, region.station],
        [region.station, region.village],
    )
    for hour, stop in zip((8, 11, 13, 17), stops, strict=True):
        region.tell(stop, when=at(hour, 30), code=stop.code)
        if hour == 13:
            assert stands(far, near) == {("in_transit", None, van)}
    assert stands(far, near, home) == {("in_transit", centre, None)}
    assert stands(town) == {("at_point", region.village, None)}

    # by the evening's line to Lhasa: three parcels in one bag on one truck
    for parcel in parcels:
        region.scan(parcel.number, "put_in", centre, when=at(18), into=region.bag.code)
    region.scan(region.bag.code, "loaded", centre, when=at(18, 30), into=region.truck.code)
    region.scan(region.truck.code, "departed", centre, when=at(19))
    assert stands(*parcels) == {("in_transit", None, region.bag)}
    region.scan(region.bag.code, "arrived", hub, when=at(23))
    for parcel in parcels:
        region.scan(parcel.number, "taken_out", hub, when=at(23, 30), into=region.bag.code)
    assert stands(*parcels) == {("in_transit", hub, None)}

    # SF takes them on at the hub by one list, and carries them to the door
    now = timezone.now()
    assert carriers.settle_due(now=now) == 3
    listed = carriers.make_manifest(giver=hub.organisation, carrier="sf", by=region.porter, now=now)
    assert (listed.count, listed.weight_grams) == (3, 3600)
    carried(sf, list(listed.consignments.all()))
    assert set(listed.consignments.values_list("state", flat=True)) == {"delivered"}
    assert stands(*parcels) == {("handed_over", None, None)}
    assert not Oddity.objects.exists()

    # the buyer reads the whole way on her page
    her = Client(HTTP_SEC_FETCH_SITE="same-origin")
    her.force_login(buyer, backend=BACKEND)
    page = her.get(f"/orders/{short(sold[0].group_id)}/").content.decode()
    assert all(name in page for name in (far.number, near.number, home.number, hub.name, centre.name, region.village.name))

    # one comes back: taken in at the hub, up again on the truck, to its seller at the county's centre
    order = SellerOrder.objects.select_related("group", "seller").get(pk=sold[2].pk)
    orders.confirm_receipt(orders=[order], now=now)
    case = aftersales.open_case(draft=draft(order), by=buyer, now=now)
    case = aftersales.agree(case=case, by=Actor("seller"), now=now)
    back = aftersales.hand_in(case=case, weight_grams=1100, place=hub, by=region.porter, now=now)
    later = now + timedelta(hours=1)
    region.scan(back.number, "loaded", hub, when=later, into=region.truck.code)
    region.scan(region.truck.code, "departed", hub, when=later + timedelta(minutes=5))
    assert stands(back) == {("in_transit", None, region.truck)}
    region.scan(back.number, "arrived", centre, when=later + timedelta(hours=6))
    later += timedelta(hours=7)
    case = aftersales.receive_return(case=AfterSaleCase.objects.get(pk=case.pk), by=None, now=later)
    aftersales.pass_inspection(case=case, is_sellable=True, by=Actor("seller"), now=later)
    refund = Refund.objects.get(reference=case.pk)
    payments.pay_back_cash(refund_id=refund.pk, by_id=new_id(), now=later)
    aftersales.settle_refunds(refund_ids=[refund.pk], now=later)

    # everything is somewhere, nothing is left over, and the books are whole
    case.refresh_from_db()
    assert (case.state, refund.amount_fen >= order.goods_fen) == ("done", True)
    assert stands(back) == {("handed_over", None, None)}
    assert not Containment.objects.filter(until_at=None).exists()
    assert [one.code for one in exceptions_at(centre.organisation, now=later)] == [town.number]  # nobody has fetched it since August
    settlement.book_sales(order_ids=[one.pk for one in sold], now=later)
    assert are_whole(later)
