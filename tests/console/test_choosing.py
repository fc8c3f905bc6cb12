"""For whom one works, and what the menu offers."""

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.console import waiting
from teahorse.console.access import Acting, places_of
from teahorse.payments.models import ProviderRest, UnmatchedMoney
from teahorse.people import actions as people
from tests import world
from tests.console.world import member, packed, paid, submitted

pytestmark = pytest.mark.django_db


def hrefs(page) -> list[str]:
    return [entry["href"] for entry in page.context["nav"]]


def test_a_guest_is_asked_to_log_in(coop):
    answers = [Client().get(path) for path in ("/console/", "/console/coop-dorje/day/")]

    assert [answer.url for answer in answers] == ["/me/log-in/?next=/console/", "/me/log-in/?next=/console/coop-dorje/day/"]


def test_who_works_for_one_goes_straight_there(browser_of, seller, operator):
    assert browser_of(seller).get("/console/").url == "/console/coop-dorje/day/"
    assert browser_of(operator).get("/console/").url == "/console/station-lhayu/parcels/"


def test_who_works_for_several_chooses_and_sees_what_waits(browser_of, seller, buyer, offer, centre):
    people.give_membership(person=seller, organisation=centre, role="staff", now=timezone.now())
    paid(buyer, offer)

    page = browser_of(seller).get("/console/")

    desks = {desk.organisation.key: {entry["label"]: entry["count"] for entry in desk.entries} for desk in page.context["desks"]}
    assert desks["coop-dorje"]["To ship"] == 1
    assert set(desks["centre-qonggyai"]) == {
        *("Promotions", "Approvals", "Order desk", "Late harvests", "Disputes", "Payouts", "Subsidies", "Fees", "Late invoices"),
        *(
            "Unmatched money",
            "Stuck refunds",
            "Parcels",
            "Exceptions",
            "Bags and cages",
            "Take returns in",
            "Cash",
            "Cash payouts",
            "Fees for us",
            "Cash shifts",
        ),
        *("Cash to the bank", "Recalls", "Flows", "Runs", "Departures", "Roads and passes", "My runs", "Carriers", "To carriers"),
    }
    assert browser_of(seller).get("/console/", {"organisation": "centre-qonggyai"}).url == "/console/centre-qonggyai/approvals/"


def test_what_waits_is_counted_by_one_query_on_every_page(seller, buyer, offer, coop, questions):
    now, region = timezone.localtime(), world.organisation("region", kind="region_centre", code="540102")
    packed(buyer, offer, seller)
    paid(buyer, offer)
    submitted(coop, seller)
    UnmatchedMoney.objects.create(
        provider="alipay", kind="succeeded", amount_fen=100, our_number="1", provider_number="2", owner=region, occurred_at=now,
        found_at=now, due_at=now, source="poll", problem="unknown payment",
    )  # fmt: skip
    ProviderRest.objects.create(provider="alipay", resting_since=now, next_try_at=now, changed_at=now)
    of_region = member(region, "+8619900071023")
    desks = [
        Acting(person=one, organisation=house, now=now, places=places_of(one, now)) for one, house in ((seller, coop), (of_region, region))
    ]

    told = []
    for desk in desks:
        assert desk.rights
        waiting.counts(desk)  # exceptions are asked for once a minute
        with questions() as asked:
            told.append({name: number for name, number in waiting.counts(desk).items() if number})
        assert len(asked) == 1

    assert told == [{"ship": 1}, {"approvals": 1, "unmatched": 1, "providers": 1}]


def test_what_waits_is_ones_own_though_others_of_ones_kind_asked_before(seller, buyer, offer, coop):
    now, other = timezone.localtime(), world.organisation("other-coop", code=coop.area.code)
    paid(buyer, offer)
    neighbour = member(other, "+8619900071024")
    desks = [
        Acting(person=one, organisation=house, now=now, places=places_of(one, now)) for one, house in ((seller, coop), (neighbour, other))
    ]

    assert [waiting.counts(desk)["ship"] for desk in desks] == [1, 0]


def test_who_works_for_nobody_is_told_how(browser_of, buyer):
    assert "You do not work for an organisation yet" in browser_of(buyer).get("/console/").content.decode()


def test_the_menu_holds_what_one_may_do(browser_of, coop, centre):
    staff = member(coop, "+8619900071021", role="staff")
    manager = member(centre, "+8619900071022")

    assert hrefs(browser_of(staff).get("/console/coop-dorje/day/")) == [
        f"/console/coop-dorje/{page}/"
        for page in (
            *(
                "day",
                "ship",
                "ship/packed",
                "handovers",
                "cases",
                "goods",
                "import",
                "harvests",
                "trace",
                "trace/labels",
                "money",
                "invoices",
            ),
            *("trace/recalls", "promotions"),
        )
    ]
    assert hrefs(browser_of(manager).get("/console/centre-qonggyai/desk/")) == [
        f"/console/centre-qonggyai/{page}/"
        for page in (
            *(
                "approvals",
                "desk",
                "harvests/late",
                "disputes",
                "runs",
                "departures",
                "roads",
                "carriers",
                "trace/recalls",
                "promotions",
                "flows",
                "settle",
            ),
            *("settle/claims", "fees", "papers", "unmatched", "refunds"),
            *(
                "parcels",
                "exceptions",
                "parcels/handovers",
                "bags",
                "drive",
                "returns",
                "cash",
                "cash/payouts",
                "fees-got",
                "shifts",
                "cash/bank",
                "members",
            ),
        )
    ]


def test_the_menu_marks_the_one_page_on_which_one_is(browser_of, seller, offer):
    desk = browser_of(seller)

    marked = {
        path: [e["href"] for e in desk.get(f"/console/coop-dorje/{path}/").context["nav"] if e["is_here"]]
        for path in ("ship/packed", "ship/pick")
    }

    assert marked == {"ship/packed": ["/console/coop-dorje/ship/packed/"], "ship/pick": ["/console/coop-dorje/ship/"]}


def test_a_station_that_was_granted_the_right_lists_goods_for_the_cooperative(browser_of, coop, point, operator):
    station = browser_of(operator)
    before = station.get("/console/coop-dorje/goods/").status_code

    grant = people.grant_right(grantor=coop, grantee=point.organisation, right="list_goods", now=timezone.now())
    page = station.get("/console/coop-dorje/goods/")

    assert (before, page.status_code) == (404, 200)
    assert hrefs(page) == [f"/console/coop-dorje/{name}/" for name in ("goods", "import", "harvests")]
    assert station.get("/console/coop-dorje/ship/").status_code == 404
    people.revoke_grant(grant=grant, now=timezone.now())
    assert station.get("/console/coop-dorje/goods/").status_code == 404


def test_a_centre_does_not_open_its_sellers_own_pages(browser_of, reviewer, seller, coop):
    submitted(coop, seller)
    desk = browser_of(reviewer)

    assert {
        path: desk.get(f"/console/coop-dorje/{path}/").status_code for path in ("day", "goods", "members", "desk", "approvals")
    } == dict.fromkeys(("day", "goods", "members", "desk", "approvals"), 404)


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
def test_the_pages_speak_three_languages(browser_of, seller, language):
    world.freight()
    client = browser_of(seller)
    client.cookies["language"] = language

    page = client.get("/console/coop-dorje/day/")

    assert f'<html lang="{language}"' in page.content.decode()
