"""Fees as the region's centre writes them and as everybody concerned reads them; and a seller's bank account."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.settlement.models import FeeRule, PayoutAccount
from tests import world
from tests.console.world import member
from tests.settlement.making import fee

pytestmark = pytest.mark.django_db
CARD = "6228480402564890018"


@pytest.fixture
def region(db):
    return world.organisation("region-u", kind="region_centre", code="540102")


@pytest.fixture
def desk(browser_of, region):
    return browser_of(member(region, "+8619900071091", name="结算员"))


def at(name, org="region-u", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def today():
    return timezone.localdate()


def form(**changes):
    typed = {"name": "平台服务费", "kind": "commission", "basis": "goods", "rate": "1.5", "beneficiary": "platform"}
    return {"once": str(new_id()), "since": f"{today() + timedelta(days=1):%F}", **typed, **changes}


def test_a_fee_is_written_once_though_the_page_is_sent_twice(desk, coop):
    typed = form(seller=str(coop.pk), until="")

    answers = [desk.post(at("fee_new"), typed) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    rule = FeeRule.objects.get()
    assert (rule.rate, rule.seller, rule.since_date) == (150, coop, today() + timedelta(days=1))
    listed = desk.get(at("fees")).content.decode()
    assert "平台服务费" in listed
    assert "1.5 % of the goods" in listed


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": " "}),
        ("rate", {"rate": "viel"}),
        ("rate", {"rate": "0"}),
        ("rate", {"rate": "100.01"}),
        ("since", {"since": "2026-02-30"}),
        ("since", {"since": "2026-01-01"}),
        ("until", {"until": "2026-01-01"}),
        ("kind", {"kind": "gift"}),
        ("seller", {"seller": str(new_id())}),
        ("county", {"county": str(new_id())}),
        ("provider", {"provider": "barter"}),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(desk, coop, field, changes):
    answer = desk.post(at("fee_new"), form(**changes))

    assert answer.status_code == 422
    assert list(answer.context["errors"]) == [field]
    assert answer.context["typed"]["beneficiary"] == "platform"
    assert not FeeRule.objects.exists()


def test_an_order_fee_is_a_sum_of_yuan(desk, coop):
    desk.post(at("fee_new"), form(basis="order", rate="2.00", kind="packing"))

    assert "¥2.00 an order" in desk.get(at("fees")).content.decode()
    assert FeeRule.objects.get().rate == 200


def test_fees_stand_in_the_order_in_which_they_are_tried(desk, coop):
    fee(rate=300, name="所有人")
    fee(rate=100, name="本社", seller=coop)

    (group,) = desk.get(at("fees")).context["groups"]

    assert [row["rule"].name for row in group["rows"]] == ["本社", "所有人"]


def test_the_list_of_one_seller_leaves_out_what_is_agreed_with_others(desk, coop):
    other = world.organisation("coop-o", kind="cooperative", code="542200")
    fee(rate=100, name="别社", seller=other)
    fee(rate=300, name="所有人")

    (group,) = desk.get(at("fees"), {"seller": coop.key}).context["groups"]

    assert [row["rule"].name for row in group["rows"]] == ["所有人"]


def test_a_fee_ends_on_a_day_to_come_and_never_in_the_past(desk):
    rule = fee(rate=300, name="所有人")

    late = desk.post(at("fee_end", rule_id=rule.pk), {"until": f"{today():%F}"}, follow=True)
    desk.post(at("fee_end", rule_id=rule.pk), {"until": f"{today() + timedelta(days=1):%F}"})

    assert "Fees change from tomorrow" in late.content.decode()
    rule.refresh_from_db()
    assert rule.until_date == today() + timedelta(days=1)


def test_a_fee_that_has_not_begun_is_withdrawn(desk, coop):
    desk.post(at("fee_new"), form())
    rule = FeeRule.objects.get()

    desk.post(at("fee_end", rule_id=rule.pk), {"until": f"{rule.since_date:%F}"})

    assert desk.get(at("fees")).context["groups"] == []


def test_a_county_reads_fees_and_writes_none(browser_of, centre):
    fee(rate=300, name="所有人")
    county = browser_of(member(centre, "+8619900071092", name="县里"))

    assert "所有人" in county.get(at("fees", centre.key)).content.decode()
    assert county.get(at("fee_new", centre.key)).status_code == 404


def test_a_seller_reads_the_fees_that_could_hold_for_her(browser_of, seller, coop):
    other = world.organisation("coop-o", kind="cooperative", code="542200")
    fee(rate=300, name="所有人")
    fee(rate=100, name="别社", seller=other)

    page = browser_of(seller).get(at("own_fees", coop.key)).content.decode()

    assert "所有人" in page
    assert "别社" not in page


# --- Where her money goes


def test_a_seller_tells_her_account_and_reads_no_more_than_its_last_digits(browser_of, seller, coop):
    browser = browser_of(seller)

    browser.post(
        at("payout_account", coop.key), {"holder": "琼结合作社", "bank": "农业银行琼结县支行", "number": "6228 4804 0256 4890 018"}
    )

    account = PayoutAccount.objects.get()
    assert (account.number, account.seller) == (CARD, coop)
    page = browser.get(at("payout_account", coop.key)).content.decode()
    assert "•••• 0018" in page
    assert CARD not in page


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("holder", {"holder": " "}),
        ("bank", {"bank": ""}),
        ("number", {"number": "1234567"}),
        ("number", {"number": "62284804O2564890018"}),
        ("number", {"number": "6228480402564890019"}),
    ],
)
def test_a_wrong_account_is_told_field_by_field(browser_of, seller, coop, field, typed):
    whole = {"holder": "琼结合作社", "bank": "农业银行", "number": CARD, **typed}

    answer = browser_of(seller).post(at("payout_account", coop.key), whole)

    assert answer.status_code == 422
    assert list(answer.context["errors"]) == [field]
    assert not PayoutAccount.objects.exists()


def test_an_account_that_was_told_lately_is_asked_about(browser_of, seller, coop):
    browser = browser_of(seller)
    for number in ("11010400012345678", CARD):
        browser.post(at("payout_account", coop.key), {"holder": "琼结合作社", "bank": "农业银行", "number": number})

    told = browser.get(at("payout_account", coop.key)).context["told"]

    assert [(account.tail, account.until_at is None, who) for account, who in told] == [
        ("0018", True, seller.name),
        ("5678", False, seller.name),
    ]


def test_a_region_writes_no_fee_for_another_ones_sellers(desk, coop):
    far = world.organisation("coop-deqen", kind="cooperative", code="533422")
    theirs = fee(rate=300, name="别处", seller=far)
    everybodys = fee(rate=200, name="所有人")

    general = desk.post(at("fee_new"), form())
    ends = [desk.post(at("fee_end", rule_id=rule.pk), {"until": f"{today() + timedelta(days=1):%F}"}) for rule in (theirs, everybodys)]
    own = desk.post(at("fee_new"), form(county=str(coop.county_id)))

    assert list(general.context["errors"]) == ["county"]
    assert [answer.status_code for answer in ends] == [404, 404]
    assert own.status_code == 302
    assert "别处" not in desk.get(at("fees")).content.decode()
