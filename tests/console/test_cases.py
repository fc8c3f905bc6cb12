"""Cases at the workbench: the seller answers, the station takes in, the centre decides, nobody else sees."""

import pytest
from django.utils import timezone

from teahorse.aftersales import actions
from teahorse.aftersales.models import CasePhoto
from teahorse.common.ids import new_id, short
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel
from teahorse.payments.models import Refund
from tests import world
from tests.aftersales.making import BUYER, picture
from tests.console.world import member, packed


@pytest.fixture
def case(buyer, offer, seller):
    """A case about a bottle that was handed over just now, with a photograph."""
    order, parcel = packed(buyer, offer, seller)
    now, key = timezone.now(), new_id()
    scan = logistics.ScanDraft(parcel_number=parcel.number, act="handed_over", happened_at=now, place=None, by=seller)
    logistics.record_scans(scans=[scan], now=now)
    actions.add_photo(order=order, case_id=key, file=picture(), by_seller=False, now=now)
    units = {line.pk: 1 for line in order.lines.all()}
    draft = actions.CaseDraft(key=key, order=order, kind="return_refund", reason="damaged", units=units, story="瓶口裂了")
    return actions.open_case(draft=draft, by=buyer, now=now)


@pytest.fixture
def at(browser_of, seller, operator, reviewer, coop, point, centre):
    """``at("seller", "cases/")``: the address and the browser of one side; with values it is a press of a button."""
    browsers = {"seller": browser_of(seller), "station": browser_of(operator), "centre": browser_of(reviewer)}
    keys = {"seller": coop.key, "station": point.organisation.key, "centre": centre.key}

    def answer(side, page, **values):
        address = f"/console/{keys[side]}/{page}"
        return browsers[side].post(address, values) if values else browsers[side].get(address)

    return answer


def state(case):
    case.refresh_from_db()
    return case.state


def test_the_seller_reads_and_grants(at, case):
    assert case.number in at("seller", "cases/").content.decode()
    page = f"cases/{short(case.pk)}/"
    shown = at("seller", page).content.decode()
    assert "瓶口裂了" in shown
    assert "¥50.00" in shown  # 38 for the bottle, 12 for the way

    first, second = (at("seller", page, act="agree") for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 409)
    assert state(case) == "await_return"
    assert case.number not in at("seller", "cases/").content.decode()
    assert case.number in at("seller", "cases/?show=open").content.decode()


def test_what_was_typed_stays_where_it_is_refused(at, case):
    page = f"cases/{short(case.pk)}/"

    no_reason = at("seller", page, act="refuse", words="不")
    no_amount = at("seller", page, act="offer", offer="很多", words="请您收下")
    too_much = at("seller", page, act="offer", offer="50")

    assert [answer.status_code for answer in (no_reason, no_amount, too_much)] == [422, 422, 422]
    assert 'value="很多"' in no_amount.content.decode()
    assert "请您收下" in no_amount.content.decode()
    assert state(case) == "seller_review"


def test_the_open_pages_of_seller_and_centre_fetch_what_moves(at, case, seller):
    pages = (("seller", f"cases/{short(case.pk)}/"), ("centre", f"disputes/{short(case.pk)}/"))
    shown = [at(*page).content.decode() for page in pages]
    actions.offer(case=case, amount_fen=1234, words="", by=seller, now=timezone.now())

    moved = [at(side, f"{page}live/").content.decode() for side, page in pages]

    assert [f'{page}live/"' in text for (_, page), text in zip(pages, shown, strict=True)] == [True, True]
    assert [("¥12.34" in text, "<nav" in text) for text in moved] == [(True, False), (True, False)]


def test_where_something_was_refused_the_page_stands_still(at, case):
    refused = at("seller", f"cases/{short(case.pk)}/", act="refuse", words="不")

    assert (refused.status_code, "<live-part" in refused.content.decode()) == (422, False)


def test_a_return_is_handed_in_looked_at_and_paid(at, case):
    at("seller", f"cases/{short(case.pk)}/", act="agree")
    case.refresh_from_db()

    found = at("station", f"returns/?code={case.hand_in_code}").content.decode()
    light = at("station", "returns/", code=case.hand_in_code, weight="x")
    taken = [at("station", "returns/", code=case.hand_in_code, weight="0.9") for _ in range(2)]

    assert case.number in found
    assert "瓶口裂了" not in found  # what the buyer tells is not the station's
    assert (light.status_code, [answer.status_code for answer in taken]) == (422, [302, 302])
    [parcel] = Parcel.objects.filter(reference=case.pk)
    assert (parcel.weight_grams, parcel.stage) == (900, "in_transit")
    at("seller", f"cases/{short(case.pk)}/", act="receive")
    at("seller", f"cases/{short(case.pk)}/", act="pass", shelf="sellable")
    assert state(case) == "refunding"
    assert Refund.objects.get(reference=case.pk).amount_fen == 5000


def test_an_unknown_code_is_said_kindly(at, case):
    shown = at("station", "returns/?code=00000000")

    assert shown.status_code == 200
    assert "Nothing is to be handed in under 00000000" in shown.content.decode()


def test_the_seller_shows_what_is_not_in_order(at, case, seller, point):
    now = timezone.now()
    actions.agree(case=case, by=actions.Actor("seller"), now=now)
    actions.hand_in(case=case, weight_grams=900, place=point, by=seller, now=now)
    page = f"cases/{short(case.pk)}/"
    at("seller", page, act="receive")

    at("seller", page, act="fail", words="瓶子是空的", photos=picture("green"))

    assert state(case) == "refused"
    assert CasePhoto.objects.filter(case_id=case.pk, by_seller=True).count() == 1


def test_the_centre_decides_what_was_brought_before_it(at, case, seller):
    now = timezone.now()
    assert case.number not in at("centre", "disputes/").content.decode()
    actions.refuse(case=case, words="照片不清楚", by=seller, now=now)
    actions.escalate(case=case, words="请再看一次", by=BUYER, now=now)
    page = f"disputes/{short(case.pk)}/"
    assert case.number in at("centre", "disputes/").content.decode()
    assert "请再看一次" in at("centre", page).content.decode()

    silent = at("centre", page, act="for_buyer", words="")
    decided = at("centre", page, act="for_buyer", words="各担一半", amount="20")

    assert (silent.status_code, decided.status_code) == (422, 302)
    assert state(case) == "refunding"
    assert Refund.objects.get(reference=case.pk).amount_fen == 2000


def test_money_in_trouble_is_sent_again_by_the_centre(at, case):
    now = timezone.now()
    actions.offer(case=case, amount_fen=500, words="", by=world.person(), now=now)
    actions.accept_offer(case=case, by=BUYER, now=now)
    Refund.objects.filter(reference=case.pk).update(state="failed", trouble="账户已注销")
    actions.settle_refunds(refund_ids=[Refund.objects.get(reference=case.pk).pk], now=now)
    page = f"disputes/{short(case.pk)}/"
    assert "账户已注销" in at("centre", page).content.decode()

    first, second = (at("centre", page, act="retry") for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 409)
    assert Refund.objects.get(reference=case.pk).state == "requested"


def test_photographs_are_for_the_parties(at, case, browser_of):
    [photo] = CasePhoto.objects.filter(case_id=case.pk)
    keys = f"{short(case.pk)}/photos/{short(photo.pk)}/"
    stranger = browser_of(member(world.organisation("coop-other"), "+8619900071050"))

    answers = [at("seller", f"cases/{keys}"), at("centre", f"disputes/{keys}"), stranger.get(f"/console/coop-other/cases/{keys}")]

    assert [answer.status_code for answer in answers] == [200, 200, 404]


def test_the_counter_in_the_menu_says_what_waits(at, case, coop):
    def waiting():
        menu = at("seller", "goods/").context["nav"]
        return next(entry["count"] for entry in menu if entry["href"] == f"/console/{coop.key}/cases/")

    before = waiting()
    at("seller", f"cases/{short(case.pk)}/", act="agree")

    assert (before, waiting()) == (1, 0)
