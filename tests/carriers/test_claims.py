"""A lost or damaged parcel is claimed over real HTTP from each carrier: lodged once, refused, looked into, granted, paid."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.carriers import actions
from teahorse.carriers.models import CarrierClaim, CarrierClaimPaper
from teahorse.common.refusals import Malformed
from tests import world

from .conftest import SENDER, book, make_parcel

pytestmark = pytest.mark.django_db
PHOTO = b"\xff\xd8\xff\xe0 a broken jar"
CARRIERS = ("sf", "jd", "china_post")


@pytest.fixture(params=CARRIERS)
def partner(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def booked(parcel, partner):
    return book(parcel, carrier=partner.path[1:])


def claimed(consignment, *, reason="damaged", amount_fen=12_850, papers=(("jar.jpg", PHOTO),), **more):
    values = {"words": "罐子碎了", "by": world.person(), "now": timezone.now(), **more}
    return actions.claim(consignment=consignment, reason=reason, amount_fen=amount_fen, papers=papers, **values)


def settled(claim, *, hours=0):
    """Have what is due done so many hours later; return the claim as it stands."""
    actions.settle_claims(now=timezone.now() + timedelta(hours=hours))
    claim.refresh_from_db()
    return claim


def decide(partner, claim, **values):
    answer = partner.http.post(f"{partner.path}/_claim", json={"claim": claim.number, **values})
    assert answer.json() == {"changed": 1}


def test_a_claim_is_lodged_looked_into_granted_and_paid(booked, partner):
    claim = claimed(booked)
    assert (claim.stage, claim.number) == ("waiting", "")

    assert settled(claim).stage == "lodged"
    assert claim.number.startswith("LP-")
    decide(partner, claim, state="EXAMINING", remark="核实中")
    assert (settled(claim, hours=13).stage, claim.answer, claim.granted_fen) == ("lodged", "核实中", None)
    decide(partner, claim, state="GRANTED", granted="100.5", remark="部分赔付")
    assert (settled(claim, hours=26).stage, claim.granted_fen, claim.settled_at) == ("granted", 10_050, None)
    decide(partner, claim, state="PAID", granted="100.50", remark="已打款")

    assert (settled(claim, hours=39).stage, claim.granted_fen, claim.answer, claim.next_try_at) == ("paid", 10_050, "已打款", None)
    assert claim.settled_at is not None


def test_a_claim_whose_answer_is_lost_is_lodged_once(booked, partner):
    partner.turn(answers=["lost"])

    claim = settled(claimed(booked))

    other = settled(claimed(book(make_parcel(), carrier=booked.carrier)))
    first, second = (int(one.number.rpartition("-")[2]) for one in (claim, other))
    assert (claim.stage, second - first) == ("lodged", 1)


def test_what_the_carrier_does_not_take_is_told_in_its_words_and_may_be_claimed_anew(booked, partner):
    claim = settled(claimed(booked, amount_fen=500_001))

    assert (claim.stage, claim.refusal_code, claim.refusal_words, claim.next_try_at) == ("refused", "CL03", "超出最高赔付金额", None)
    assert settled(claimed(booked, amount_fen=500_000)).stage == "lodged"


def test_a_carrier_may_refuse_on_demand(booked, partner):
    partner.turn(answers=["CL0099"])

    claim = settled(claimed(booked))

    assert (claim.stage, claim.refusal_code) == ("refused", "CL0099")


def test_what_was_rejected_may_be_claimed_anew(booked, partner):
    claim = settled(claimed(booked))
    with pytest.raises(actions.AlreadyClaimed):
        claimed(booked)
    decide(partner, claim, state="REJECTED", remark="外包装完好")

    assert (settled(claim, hours=13).stage, claim.answer, claim.granted_fen) == ("rejected", "外包装完好", None)
    assert settled(claimed(booked)).stage == "lodged"


def test_silence_waits_and_the_claim_is_lodged_then(booked, partner):
    partner.turn(answers=["timeout"] * 2)

    claim = settled(claimed(booked))
    assert (claim.stage, claim.trouble) == ("waiting", "504")

    assert settled(claim, hours=1).stage == "lodged"


def test_a_strange_word_for_its_state_is_believed_in_nothing(sf, tariff, parcel, monkeypatch):
    claim = settled(claimed(book(parcel)))
    monkeypatch.setattr("teahorse.carriers.providers.claiming.STATES", {})

    assert (settled(claim, hours=13).stage, "strange words" in claim.trouble) == ("lodged", True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount_fen": 0}, "amount"),
        ({"reason": "late"}, "reason"),
        ({"words": " "}, "words"),
        ({"papers": [("a.exe", b"MZ")]}, "papers"),
        ({"papers": [("a.pdf", b"%PDF-" + b"0" * 5_000_000)]}, "papers"),
        ({"papers": [(f"{place}.pdf", b"%%PDF-%d" % place) for place in range(7)]}, "papers"),
    ],
)
def test_what_is_no_claim_is_refused_by_its_field(wrong, field, sf, parcel):
    booked = book(parcel)
    with pytest.raises(Malformed) as refused:
        claimed(booked, **wrong)

    assert refused.value.field == field
    assert (CarrierClaim.objects.count(), CarrierClaimPaper.objects.count()) == (0, 0)


def test_only_what_a_carrier_has_can_be_claimed_and_what_is_delivered_is_not_lost(sf, parcel):
    waiting = actions.consign(parcel=parcel, carrier="sf", sender=SENDER, weight_grams=1250, now=timezone.now())
    with pytest.raises(actions.NotClaimable):
        claimed(waiting)
    actions.settle_due(now=timezone.now())
    waiting.refresh_from_db()
    sf.act(waiting.number, "80", "已签收")
    actions.ask_due(now=timezone.now() + timedelta(minutes=31))
    waiting.refresh_from_db()

    with pytest.raises(actions.NotClaimable):
        claimed(waiting, reason="lost")
    assert claimed(waiting, reason="damaged").stage == "waiting"


def test_the_same_paper_twice_is_sent_once(sf, parcel):
    claim = claimed(book(parcel), papers=[("a.jpg", PHOTO), ("b.jpg", PHOTO), ("c.pdf", b"%PDF-1")])

    assert list(claim.papers.order_by("place").values_list("media_type", flat=True)) == ["image/jpeg", "application/pdf"]
