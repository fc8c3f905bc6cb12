"""Taking lots back: whom it reaches, what it holds, who is told, what came of it; by a maker, by a centre, in a drill."""

import shutil
import subprocess
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.refusals import Malformed, NotThere
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel
from teahorse.trace import actions
from teahorse.trace.models import Lot, LotMovement, LotStock, PackedLot, Recall, RecalledLot, RecalledParcel, TraceEvent
from teahorse.trace.queries.recalling import notices_for, reach_of, recalls_of
from teahorse.trace.record import record_pdf
from tests import world
from tests.at_once import at_once
from tests.console.world import arrived, member, packed
from tests.trace.goods import item_of, lot_of, tell_made

pytestmark = pytest.mark.django_db
WHY = "化验发现霉菌"


@pytest.fixture
def now():
    return timezone.now()


class Chain:
    """Barley of which wine was bottled; ten bottles on the shelf, two sent to a buyer, one of them fetched."""

    def __init__(self):
        self.now = timezone.now()
        self.coop = world.organisation("chamchen")
        self.centre = world.organisation("centre", kind="county_centre")
        self.maker = member(self.coop, "+8619900072001", name="掌柜")
        self.official = member(self.centre, "+8619900072002", name="主任")
        self.buyer = world.person("+8619900072009", name="买家")
        self.point = world.service_point("station-lhayu", kind="township_station", level="station", code="540524201")
        self.operator = member(self.point.organisation, "+8619900072003", name="站长")
        self.offer = world.offer(self.coop, on_hand=20)
        self.barley = lot_of(item_of(self.coop, "barley", unit="KGM"), "B1", amount=120)
        self.wine = lot_of(item_of(self.coop, "wine", variant=self.offer.variant), "W1", amount=24)
        self.other = lot_of(item_of(self.coop, "cheese", unit="KGM"), "C1", amount=5)
        tell_made(self.wine, 24, {self.barley: 40}, by=self.coop, now=self.now)
        LotStock.objects.create(lot=self.wine, offer=self.offer, on_hand=10)
        self.sent, self.parcel = packed(self.buyer, self.offer, self.maker, pickup_point=self.point)
        self.got, self.fetched = packed(self.buyer, self.offer, self.maker, pickup_point=self.point)
        arrived(self.fetched, self.point, self.operator)
        self.fetched.refresh_from_db()
        logistics.hand_over(parcel=self.fetched, pickup_code=self.fetched.pickup_code, place=self.point, by=self.operator, now=self.now)
        for order, parcel in ((self.sent, self.parcel), (self.got, self.fetched)):
            PackedLot.objects.create(
                county_id=self.coop.county_id, lot=self.wine, order_id=order.pk, line_id=order.lines.get().pk, parcel_id=parcel.pk,
                quantity=1, packed_at=self.now,
            )  # fmt: skip

    def draft(self, *lots, owner=None, by=None, **more):
        return actions.draft_recall(
            owner=owner or self.coop, lot_ids=[lot.pk for lot in lots or (self.barley,)], reason=WHY, by=by or self.maker, now=self.now,
            **more,
        )  # fmt: skip

    def started(self, *lots, **more):
        return actions.start_recall(recall=self.draft(*lots, **more), by=self.maker, now=self.now)


@pytest.fixture
def chain(db):
    return Chain()


def units(chain):
    level = world.level_of(chain.offer)
    return LotStock.objects.get(lot=chain.wine).on_hand, level.on_hand - level.reserved


def test_a_draft_finds_what_was_made_of_it_and_whom_it_reached_and_holds_nothing(chain):
    recall = chain.draft()

    reach = reach_of(recall)
    assert [(row.lot, row.is_named) for row in reach.lots] == [(chain.barley, True), (chain.wine, False)]
    assert reach.amounts == {"KGM": Decimal(120), "": Decimal(24)}
    assert (reach.shelf, len(reach.orders), len(reach.buyers)) == ({chain.wine.pk: 10}, 2, 1)
    assert [one.parcel for one in reach.on_the_way] == [chain.parcel]
    assert reach.holders == [("chamchen合作社", 10)]
    assert "买家" not in reach.sent[0].buyer
    assert units(chain) == (10, 18)
    assert (recall.state, TraceEvent.objects.count()) == ("drafted", 1)


def test_a_recall_clears_the_shelf_stops_parcels_tells_buyers_and_the_story(chain):
    recall = chain.started()

    assert units(chain) == (0, 8)
    assert LotMovement.objects.filter(lot=chain.wine).values_list("delta", "reason", "reference").get() == (-10, "recalled", recall.pk)
    assert RecalledLot.objects.get(recall=recall, lot=chain.wine).held_units == 10
    assert sorted(recall.parcels.values_list("order_id", "state")) == sorted([(chain.sent.pk, "held"), (chain.got.pk, "told")])
    told = TraceEvent.objects.get(step="holding")
    assert told.body["persistentDisposition"] == {"set": ["recalled"]}
    assert {one["epcClass"] for one in told.body["quantityList"]} == {chain.barley.uri, chain.wine.uri}
    notices = {notice.order_id: notice.is_held for notice in notices_for([chain.sent.pk, chain.got.pk])}
    assert notices == {chain.sent.pk: True, chain.got.pk: False}
    arrived(chain.parcel, chain.point, chain.operator)
    parcel = Parcel.objects.get(pk=chain.parcel.pk)
    with pytest.raises(logistics.IsStopped, match=WHY):
        logistics.hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=chain.point, by=chain.operator, now=chain.now)
    assert Parcel.objects.get(pk=parcel.pk).stage == "at_point"


def test_what_is_promised_to_buyers_stays_promised(chain):
    from tests.console.world import paid

    paid(chain.buyer, chain.offer, units=15)  # of the eighteen

    chain.started()

    level = world.level_of(chain.offer)
    assert (level.on_hand, level.reserved) == (15, 15)


def test_buyers_get_a_case_each_once(chain):
    recall = chain.started()

    assert [actions.open_recall_cases(now=chain.now) for _ in range(2)] == [2, 0]

    cases = {case.order_id: case for case in AfterSaleCase.objects.all()}
    assert {key: case.kind for key, case in cases.items()} == {chain.sent.pk: "refund_only", chain.got.pk: "return_refund"}
    assert {case.state for case in cases.values()} == {"seller_review"}
    assert all(recall.number in case.story and case.opened_by_id is None for case in cases.values())
    assert cases[chain.got.pk].events.get().party == "house"


def test_a_line_of_two_recalled_lots_is_in_one_case_whole(chain):
    more = lot_of(chain.wine.item, "W2", amount=24)
    tell_made(more, 24, {chain.barley: 41}, by=chain.coop, now=chain.now)
    order, parcel = packed(chain.buyer, chain.offer, chain.maker, pickup_point=chain.point, units=3)
    for lot, units in ((chain.wine, 1), (more, 2)):
        PackedLot.objects.create(
            county_id=chain.coop.county_id, lot=lot, order_id=order.pk, line_id=order.lines.get().pk, parcel_id=parcel.pk,
            quantity=units, packed_at=chain.now,
        )  # fmt: skip
    recall = chain.started()

    assert actions.open_recall_cases(now=chain.now) == 4

    case = AfterSaleCase.objects.get(order=order)
    assert case.lines.get().quantity == 3
    assert set(recall.parcels.filter(order_id=order.pk).values_list("case_id", flat=True)) == {case.pk}


def test_the_end_counts_what_came_back_and_what_nobody_heard_of(chain):
    recall = chain.started()
    held = recall.parcels.get(state="held")
    actions.account_for(recall=recall, row_id=held.pk, state="given_back", by=chain.maker, now=chain.now)
    actions.account_for(recall=recall, row_id=held.pk, state="destroyed", by=chain.maker, now=chain.now)
    actions.account_for(recall=recall, row_id=held.pk, state="destroyed", by=chain.maker, now=chain.now)
    actions.open_recall_cases(now=chain.now)

    ended = actions.end_recall(recall=recall, by=chain.maker, now=chain.now)

    sums = reach_of(ended).sums
    assert (sums.shelf, sums.sent, sums.held, sums.came_back, sums.destroyed, sums.not_found, sums.still_out) == (10, 2, 0, 0, 1, 1, 0)
    assert ended.notes.get(kind="ended").said["not_found"] == 1
    with pytest.raises(actions.MovedOn):
        actions.account_for(recall=recall, row_id=held.pk, state="given_back", by=chain.maker, now=chain.now)


def test_what_came_back_by_its_case_is_counted(chain):
    recall = chain.started()
    actions.open_recall_cases(now=chain.now)
    case = AfterSaleCase.objects.get(order=chain.got)
    AfterSaleCase.objects.filter(pk=case.pk).update(received_at=chain.now)

    actions.end_recall(recall=recall, by=chain.maker, now=chain.now)

    assert recall.parcels.get(order_id=chain.got.pk).state == "given_back"


def test_a_lot_is_left_out_with_a_reason_and_stays_on_the_shelf(chain):
    recall = chain.draft()
    actions.leave_out(recall=recall, lot_id=chain.wine.pk, why="蒸煮灭菌后检测合格", by=chain.maker, now=chain.now)

    actions.start_recall(recall=recall, by=chain.maker, now=chain.now)

    assert units(chain) == (10, 18)
    assert not recall.parcels.exists()
    with pytest.raises(actions.MovedOn):
        actions.leave_out(recall=recall, lot_id=chain.wine.pk, why="", by=chain.maker, now=chain.now)


def test_what_was_made_after_the_draft_is_reached_too(chain):
    recall = chain.draft(chain.other)
    soup = lot_of(item_of(chain.coop, "soup", unit="KGM"), "S1", amount=9)
    tell_made(soup, 9, {chain.other: 5}, by=chain.coop, now=chain.now)

    actions.start_recall(recall=recall, by=chain.maker, now=chain.now)

    assert set(recall.lots.values_list("lot__number", flat=True)) == {"C1", "S1"}


def test_nothing_is_recalled_when_all_is_left_out(chain):
    recall = chain.draft(chain.other)
    actions.leave_out(recall=recall, lot_id=chain.other.pk, why="弄错了批次", by=chain.maker, now=chain.now)

    with pytest.raises(actions.NothingLeft):
        actions.start_recall(recall=recall, by=chain.maker, now=chain.now)

    assert Recall.objects.get().state == "drafted"


def test_a_drill_writes_what_it_found_and_touches_nothing(chain):
    recall = chain.started(is_drill=True)
    ended = actions.end_recall(recall=recall, by=chain.maker, now=chain.now)

    assert units(chain) == (10, 18)
    assert sorted(recall.parcels.values_list("state", flat=True)) == ["to_hold", "to_tell"]
    assert (notices_for([chain.sent.pk, chain.got.pk]), actions.open_recall_cases(now=chain.now)) == ([], 0)
    assert not Parcel.objects.exclude(stopped_why="").exists()
    assert TraceEvent.objects.count() == 1
    assert (ended.asked_at, ended.ended_at) == (chain.now, chain.now)
    assert chain.now < ended.found_at < chain.now + timedelta(minutes=1)
    assert [note.kind for note in ended.notes.order_by("pk")] == ["drafted", "started", "ended"]


def test_a_maker_recalls_her_own_lots_alone_and_a_centre_those_of_its_county(chain):
    stranger = world.organisation("stranger")
    far = world.organisation("far-centre", kind="county_centre", code=world.GYANGZE)

    for owner in (stranger, far):
        with pytest.raises(NotThere):
            chain.draft(owner=owner)

    recall = chain.draft(owner=chain.centre, by=chain.official)
    actions.start_recall(recall=recall, by=chain.official, now=chain.now)
    assert units(chain) == (0, 8)
    assert list(recalls_of(chain.coop)) == [recall]
    assert list(recalls_of(stranger)) == []


def test_what_others_made_of_it_is_told_of_and_left_to_them(chain):
    stranger = world.organisation("gyangze-coop", code=world.GYANGZE)
    bread = lot_of(item_of(stranger, "bread", unit="KGM"), "R1", amount=9)
    shelf = LotStock.objects.create(lot=bread, offer=world.offer(stranger), on_hand=3)
    tell_made(bread, 9, {chain.barley: 5}, by=stranger, now=chain.now)

    recall = chain.started()

    assert RecalledLot.objects.get(recall=recall, lot=bread).is_within is False
    shelf.refresh_from_db()
    assert shelf.on_hand == 3
    assert list(recalls_of(stranger)) == [recall]


def test_the_same_key_is_the_same_draft_and_a_draft_has_a_reason_and_a_lot(chain):
    first = chain.draft()

    assert chain.draft(key=first.pk) == first
    with pytest.raises(Malformed):
        actions.draft_recall(owner=chain.coop, lot_ids=[chain.wine.pk], reason=" 无 ", by=chain.maker, now=chain.now)
    with pytest.raises(Malformed):
        actions.draft_recall(owner=chain.coop, lot_ids=[], reason=WHY, by=chain.maker, now=chain.now)
    assert Recall.objects.count() == 1


def test_a_draft_that_was_dropped_is_not_started(chain):
    recall = chain.draft()
    actions.drop_recall(recall=recall, by=chain.maker, now=chain.now)

    with pytest.raises(actions.MovedOn):
        actions.start_recall(recall=recall, by=chain.maker, now=chain.now)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_start_the_same_recall_one_does():
    chain = Chain()
    recall = chain.draft()

    came = at_once(*[lambda: actions.start_recall(recall=recall, by=chain.maker, now=chain.now)] * 4)

    assert sum(isinstance(one, Recall) for one in came) == 1
    assert sum(isinstance(one, actions.MovedOn) for one in came) == 3
    assert units(chain) == (0, 8)
    assert recall.parcels.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_recalls_of_one_lot_at_once_one_starts():
    chain = Chain()
    hers, theirs = chain.draft(), chain.draft(owner=chain.centre, by=chain.official)

    came = at_once(
        lambda: actions.start_recall(recall=hers, by=chain.maker, now=chain.now),
        lambda: actions.start_recall(recall=theirs, by=chain.official, now=chain.now),
    )

    assert sorted(type(one).__name__ for one in came) == ["Recall", "RecalledAlready"]
    assert RecalledParcel.objects.count() == 2
    assert Lot.objects.count() == 3


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is missing: make browser installs it")
@pytest.mark.parametrize("is_drill", [False, True])
def test_the_record_says_who_led_it_who_made_what_who_holds_it_and_what_each_number_is(chain, tmp_path, is_drill):
    chief = member(chain.coop, "+8619900072004", name="理事长")
    recall = actions.start_recall(recall=chain.draft(is_drill=is_drill), by=chief, now=chain.now)
    (tmp_path / "record.pdf").write_bytes(record_pdf(recall))

    text = subprocess.run(["pdftotext", "-layout", "record.pdf", "-"], cwd=tmp_path, check=True, capture_output=True).stdout.decode()

    said = ["".join(line.split()) for line in text.splitlines()]
    shelf, way = ("货架上（演练，未下架）", "途中（演练，未扣留）") if is_drill else ("货架上，已下架封存", "途中扣留")
    for line in (
        "召回负责人理事长",
        "生产者chamchen合作社",
        f"{shelf}10件",
        f"{way}1件",
        "已售出并发货2件",
        "仍在买家手中1件",
        "生产总量24件",
    ):
        assert line in said, line
    assert "barleyB1chamchen合作社120公斤0000" in said
    assert "wineW1chamchen合作社24件10210" in said
    assert [line[:6] for line in said if line.startswith(("查明", "启动"))] == ["查明掌柜20", "启动理事长2"]
    assert ("chamchen合作社10件" in said) is is_drill
