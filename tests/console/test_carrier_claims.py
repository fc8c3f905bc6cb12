"""What carriers lost or damaged is claimed from the workbench: by the parcel's centre or its seller, once, and followed."""

from html import escape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation

from teahorse.carriers import actions
from teahorse.carriers.models import CarrierClaim, CarrierClaimPaper, Consignment
from tests import world
from tests.carriers.conftest import SENDER, make_parcel
from tests.console.world import member

pytestmark = pytest.mark.django_db
CENTRE = "centre-qonggyai"


def at(name, org=CENTRE, **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def booked(number="SF1", **more):
    """Return what SF has taken on for a cooperative of the county."""
    made = actions.consign(parcel=make_parcel(), carrier="sf", sender=SENDER, weight_grams=1250, now=timezone.now())
    Consignment.objects.filter(pk=made.pk).update(**{"number": number, "stage": "booked", "booked_at": timezone.now(), **more})
    return Consignment.objects.select_related("parcel__sender").get(pk=made.pk)


def form(**changes):
    photo = SimpleUploadedFile("jar.jpg", b"\xff\xd8\xff a broken jar", "image/jpeg")
    return {"reason": "damaged", "amount": "128.50", "words": "罐子碎了", "papers": [photo], **changes}


@pytest.fixture
def desk(browser_of, reviewer):
    return browser_of(reviewer)


def seller_of(browser_of, row):
    return browser_of(member(row.parcel.sender, "+8619900071078"))


def test_a_centre_claims_a_parcel_once_however_often_it_is_clicked(desk):
    row = booked()
    address = at("carrier_claim_new", consignment_id=row.pk)

    first, again = (desk.post(address, form()) for _click in range(2))

    made = CarrierClaim.objects.get()
    shown = desk.get(first.url).content.decode()
    assert (made.amount_fen, made.reason, made.stage, made.papers.count()) == (12_850, "damaged", "waiting", 1)
    assert (again.status_code, again.context["fault"].code) == (409, "already_claimed")
    assert all(text in shown for text in (made.our_number, "罐子碎了", "jar.jpg"))
    assert [one["it"] for one in desk.get(at("carrier_claims")).context["rows"]] == [made]


def test_a_seller_claims_her_own_parcel_and_sees_its_paper(browser_of):
    row = booked()
    seller, browser = row.parcel.sender.key, seller_of(browser_of, row)

    answer = browser.post(at("handover_claim_new", seller, consignment_id=row.pk), form(), follow=True)
    paper = browser.get(at("handover_claim_paper", seller, claim_paper_id=CarrierClaimPaper.objects.get().pk))

    assert answer.status_code == 200
    assert (paper["Content-Type"], paper.content[:3], paper["X-Content-Type-Options"]) == ("image/jpeg", b"\xff\xd8\xff", "nosniff")
    assert len(browser.get(at("handover_claims", seller)).context["rows"]) == 1


def test_neither_another_seller_nor_another_county_sees_it(browser_of, desk):
    row = booked()
    desk.post(at("carrier_claim_new", consignment_id=row.pk), form())
    made, paper = CarrierClaim.objects.get(), CarrierClaimPaper.objects.get()
    stranger, other = world.organisation("coop-stranger"), world.organisation("centre-other", kind="county_centre", code="540102")
    hers, theirs = browser_of(member(stranger, "+8619900071079")), browser_of(member(other, "+8619900071077"))

    answers = [
        browser.get(at(f"{door}_{name}", org, **key))
        for browser, door, org in ((hers, "handover", "coop-stranger"), (theirs, "carrier", "centre-other"))
        for name, key in (
            ("claim", {"carrier_claim_id": made.pk}),
            ("claim_paper", {"claim_paper_id": paper.pk}),
            ("claim_new", {"consignment_id": row.pk}),
        )
    ]

    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("reason", ""),
        ("reason", "stolen"),
        ("amount", ""),
        ("amount", "0"),
        ("amount", "128,50"),
        ("words", "  "),
        ("papers", [SimpleUploadedFile("jar.gif", b"GIF89a", "image/jpeg")]),
        ("papers", [SimpleUploadedFile("jar.jpg", b"\xff\xd8\xff" + bytes(4 * 1024 * 1024), "image/jpeg")]),
        ("papers", [SimpleUploadedFile(f"{number}.jpg", b"\xff\xd8\xff%d" % number, "image/jpeg") for number in range(7)]),
    ],
)
def test_what_is_no_claim_is_said_at_its_field_and_what_was_typed_stays(desk, field, typed):
    row = booked()

    answer = desk.post(at("carrier_claim_new", consignment_id=row.pk), form(**{field: typed}))

    with translation.override("en"):
        said = escape(str(answer.context["errors"][field]))
    page = answer.content.decode()
    assert (answer.status_code, CarrierClaim.objects.count()) == (422, 0)
    assert said in page
    assert field == "words" or "罐子碎了" in page


def test_what_was_handed_in_by_hand_is_claimed_where_it_was(desk):
    row = booked(followed_by="kuaidi100")

    answer = desk.post(at("carrier_claim_new", consignment_id=row.pk), form())

    assert (answer.context["fault"].code, CarrierClaim.objects.count()) == ("not_our_contract", 0)
    assert actions.settle_claims(now=timezone.now()) == 0


def test_a_claim_that_came_to_nothing_can_be_made_anew_and_its_reason_is_shown(desk):
    row = booked()
    desk.post(at("carrier_claim_new", consignment_id=row.pk), form())
    CarrierClaim.objects.update(stage="refused", refusal_words="超过受理期限", settled_at=timezone.now(), next_try_at=None)
    made = CarrierClaim.objects.get()

    page = desk.get(at("carrier_claim", carrier_claim_id=made.pk))
    again = desk.post(at("carrier_claim_new", consignment_id=row.pk), form(amount="90"))

    assert "超过受理期限" in page.content.decode()
    assert (page.context["may_again"], again.status_code) == (True, 302)
    assert desk.get(at("carrier_claim", carrier_claim_id=made.pk)).context["may_again"] is False
    assert desk.get(at("carrier_claims"), {"stage": "refused"}).context["shown"].paginator.count == 1
