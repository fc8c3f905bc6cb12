"""Sold before the harvest: the deposit, the waiting, and what becomes of every order and every fen afterwards."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from teahorse.common.refusals import Malformed
from teahorse.orders import owing, quoting
from teahorse.orders.actions import (
    NothingToPay,
    NotOpenAnyMore,
    Placed,
    SaleChanged,
    SaleIsOpen,
    UnitsArePromised,
    UnitsOnTheShelf,
    WaitsForHarvest,
    cancel_order,
    declare_harvest,
    expire_orders,
    harvesting,
    lapse_overdue,
    open_harvest_sale,
    outcome_of,
    pack_order,
    place_orders,
    settle_harvests,
    start_payment,
    take_payments,
)
from teahorse.orders.following import tracking
from teahorse.orders.models import BalanceDue, HarvestSale, OrderGroup, SellerOrder
from teahorse.orders.quoting import PresaleAlone, PresaleClosed, SoldOut
from teahorse.orders.rules import deposit_of
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, PaymentSplit, Refund
from teahorse.stock.queries import levels_that_do_not_add_up
from tests import world
from tests.at_once import at_once
from tests.orders.test_weighing import came_late
from tests.world import LATER, NOW

pytestmark = pytest.mark.django_db
SHIP_BY = date(2026, 9, 30)
AFTER = NOW + timedelta(days=10)
DEADLINE = AFTER + timedelta(days=3)


@pytest.fixture
def mushrooms():
    return world.offer(world.organisation("bahe"), title="松茸", price_fen=30001, on_hand=0)


def opened(offer, *, capacity=10, deposit=10_000, now=NOW, **more) -> HarvestSale:
    terms = {"opens_at": now, "closes_at": now + timedelta(days=8), "ship_by_date": SHIP_BY} | more
    return open_harvest_sale(level=world.level_of(offer), capacity=capacity, deposit_basis_points=deposit, by=None, now=now, **terms)


def placed(offer, units=1, *, now=NOW) -> SellerOrder:
    [answer] = place_orders(wishes=[world.wish({offer: units}, now=now)], now=now)
    assert isinstance(answer, Placed), answer
    return SellerOrder.objects.get(group=answer.group_id)


def pay(order, *, now=NOW) -> Payment:
    payment = start_payment(group=order.group, provider="cash", method="counter", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=now)
    take_payments(payment_ids=[payment.pk], now=now)
    return Payment.objects.get(pk=payment.pk)


def bought(offer, units=1, *, now=NOW) -> SellerOrder:
    order = placed(offer, units, now=now)
    pay(order, now=now)
    order.refresh_from_db()
    return order


def settled(*, now=AFTER, batch=50) -> int:
    steps = 0
    while settle_harvests(now=now, batch=batch):
        steps += 1
    return steps


def states(*orders) -> list[str]:
    return [SellerOrder.objects.get(pk=order.pk).state for order in orders]


def left(offer) -> tuple[int, int]:
    level = world.level_of(offer)
    return level.on_hand, level.reserved


def test_a_deposit_is_paid_first_and_the_rest_after_the_harvest(mushrooms):
    sale = opened(mushrooms, deposit=3000)

    order = bought(mushrooms, 2)
    deposit = Payment.objects.get()
    declare_harvest(sale=sale, units=10, by=None, now=AFTER)
    settled()
    rest = pay(order, now=AFTER + timedelta(days=1))

    assert (order.state, order.goods_fen, order.deposit_fen, deposit.amount_fen) == ("presale_wait", 60002, 18001, 18001)
    assert (order.promised_from_date, order.promised_to_date) == (SHIP_BY, SHIP_BY)
    balance = BalanceDue.objects.get()
    assert (balance.kind, balance.amount_fen, balance.state, balance.due_at) == (
        "presale_balance",
        order.total_fen - 18001,
        "paid",
        DEADLINE,
    )
    assert rest.amount_fen + deposit.amount_fen == order.total_fen
    assert states(order) == ["paid"]
    pack_order(order=order, weight_grams=1000, by=None, now=AFTER)
    assert left(mushrooms) == (8, 0)
    assert not levels_that_do_not_add_up()


def test_who_has_paid_whole_is_packed_for_after_the_harvest(mushrooms):
    sale = opened(mushrooms)
    order = bought(mushrooms)

    declare_harvest(sale=sale, units=1, by=None, now=AFTER)
    settled()

    assert (order.state, order.first_fen) == ("presale_wait", order.total_fen)
    assert (states(order), BalanceDue.objects.count(), left(mushrooms)) == (["paid"], 0, (1, 1))


def test_its_capacity_is_never_oversold(mushrooms):
    opened(mushrooms, capacity=3)
    bought(mushrooms, 2)

    with pytest.raises(SoldOut):
        world.wish({mushrooms: 2})

    assert left(mushrooms) == (3, 2)


def test_it_is_ordered_alone_and_only_while_it_is_open(mushrooms):
    wine = world.offer(world.organisation("chamchen"))
    opened(mushrooms, opens_at=NOW + timedelta(days=1))

    with pytest.raises(PresaleClosed, match="松茸"):
        world.wish({mushrooms: 1})
    with pytest.raises(PresaleAlone, match="松茸"):
        world.wish({mushrooms: 1, wine: 1}, now=NOW + timedelta(days=1))
    with pytest.raises(PresaleClosed):
        world.wish({mushrooms: 1}, now=NOW + timedelta(days=8))

    assert not OrderGroup.objects.exists()


def test_a_quote_from_before_the_sale_or_its_end_orders_nothing(mushrooms):
    level = world.level_of(mushrooms)
    level.on_hand = 5
    level.save()
    before = world.wish({mushrooms: 1})
    level.on_hand = 0
    level.save()
    sale = opened(mushrooms)
    during = world.wish({mushrooms: 1})

    [early] = place_orders(wishes=[before], now=NOW)
    declare_harvest(sale=sale, units=5, by=None, now=NOW)
    [late] = place_orders(wishes=[during], now=NOW)
    settled(now=NOW)
    [on_old_terms] = place_orders(wishes=[during], now=NOW)
    [ordinary] = place_orders(wishes=[world.wish({mushrooms: 1})], now=NOW)

    assert [type(answer) for answer in (early, late, on_old_terms, ordinary)] == [SaleChanged, SaleChanged, SaleChanged, Placed]


def test_a_sale_is_opened_once_and_on_terms_that_can_be(mushrooms):
    wine = world.offer(mushrooms.seller, on_hand=5)
    dried = world.offer(mushrooms.seller, on_hand=7)
    [placed_before] = place_orders(wishes=[world.wish({wine: 1})], now=NOW)
    opened(mushrooms)

    with pytest.raises(SaleIsOpen):
        opened(mushrooms)
    with pytest.raises(UnitsArePromised):
        opened(wine)
    with pytest.raises(UnitsOnTheShelf, match="7"):
        opened(dried)
    faults = []
    for wrong in (
        {"capacity": 0}, {"deposit": 0}, {"deposit": 10_001}, {"closes_at": NOW}, {"ship_by_date": NOW.date()},
    ):  # fmt: skip
        with pytest.raises(Malformed) as refusal:
            opened(world.offer(mushrooms.seller, on_hand=0), **wrong)
        faults.append(refusal.value.field)

    assert isinstance(placed_before, Placed)
    assert left(dried) == (7, 0)
    assert faults == ["capacity", "deposit", "deposit", "closes_at", "ship_by_date"]
    assert HarvestSale.objects.count() == 1


def test_a_smaller_harvest_serves_those_who_paid_first(mushrooms):
    sale = opened(mushrooms, capacity=10, deposit=5000)
    first = bought(mushrooms, 3, now=NOW)
    greedy = bought(mushrooms, 5, now=NOW + timedelta(minutes=1))
    last = bought(mushrooms, 1, now=NOW + timedelta(minutes=2))
    told = outcome_of(sale, units=4)

    declare_harvest(sale=sale, units=4, by=None, now=AFTER)
    settled(batch=1)

    assert (told.served, told.served_units, told.cut, told.cut_units, told.back_fen) == (2, 4, 1, 5, greedy.deposit_fen)
    assert told.still_to_pay_fen == first.balance_fen + last.balance_fen
    assert states(first, greedy, last) == ["presale_wait", "cancelled", "presale_wait"]
    assert SellerOrder.objects.get(pk=greedy.pk).end_reason == "harvest_too_small"
    assert [(refund.amount_fen, refund.split.reference) for refund in Refund.objects.all()] == [(greedy.deposit_fen, greedy.pk)]
    assert set(BalanceDue.objects.values_list("order_id", "state")) == {(first.pk, "asked"), (last.pk, "asked")}
    assert left(mushrooms) == (4, 4)
    assert not levels_that_do_not_add_up()


def test_nobody_orders_between_a_declaration_and_its_end(mushrooms):
    sale = opened(mushrooms, capacity=10)
    bought(mushrooms, 2)
    declare_harvest(sale=sale, units=1, by=None, now=NOW)

    with pytest.raises(PresaleClosed):
        world.wish({mushrooms: 1})
    settled(now=NOW)

    with pytest.raises(NotOpenAnyMore):
        declare_harvest(sale=sale, units=9, by=None, now=NOW)
    assert left(mushrooms) == (1, 0)


def test_a_harvest_that_fails_gives_everything_back_though_it_is_killed_in_the_middle(mushrooms, monkeypatch):
    sale = opened(mushrooms, capacity=9, deposit=2000)
    orders = [bought(mushrooms, now=NOW + timedelta(minutes=minute)) for minute in range(7)]
    unpaid = placed(mushrooms, now=NOW + timedelta(minutes=8))
    declare_harvest(sale=sale, units=0, by=None, now=NOW + timedelta(minutes=9))
    settle_harvests(now=NOW + timedelta(minutes=9), batch=3)
    sent, real = [], payments.request_refund

    def killed_at_the_second(**given):
        sent.append(given)
        if len(sent) == 2:
            raise KeyboardInterrupt
        return real(**given)

    monkeypatch.setattr(payments, "request_refund", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        settle_harvests(now=NOW + timedelta(minutes=9), batch=3)
    monkeypatch.undo()
    between = states(*orders)
    settled(now=NOW + timedelta(minutes=10), batch=3)

    assert between == ["cancelled"] * 3 + ["presale_wait"] * 4
    assert states(*orders, unpaid) == ["cancelled"] * 8
    assert sorted(Refund.objects.values_list("split__reference", "amount_fen")) == sorted((order.pk, order.deposit_fen) for order in orders)
    assert set(SellerOrder.objects.values_list("end_reason", flat=True)) == {"harvest_failed"}
    assert left(mushrooms) == (0, 0)
    assert not levels_that_do_not_add_up()
    sale.refresh_from_db()
    assert (sale.state, sale.harvested_units, sale.settled_at) == ("failed", 0, NOW + timedelta(minutes=10))
    assert settle_harvests(now=AFTER) == 0


def test_one_sale_that_cannot_be_settled_stops_no_other(mushrooms, monkeypatch, caplog):
    poisoned, barley = opened(mushrooms), world.offer(mushrooms.seller, on_hand=0)
    sale, orders = opened(barley), [bought(mushrooms), bought(barley)]
    for one, minute in ((poisoned, 0), (sale, 1)):
        declare_harvest(sale=one, units=5, by=None, now=AFTER + timedelta(minutes=minute))
    real = harvesting._decide

    def decide(sale, orders, now):
        if sale.pk == poisoned.pk:
            raise RuntimeError
        real(sale, orders, now)

    monkeypatch.setattr(harvesting, "_decide", decide)

    settled(now=AFTER + timedelta(hours=1))

    assert states(*orders) == ["presale_wait", "paid"]
    assert str(poisoned.pk) in caplog.text


def test_a_rest_that_nobody_pays_lapses_and_the_deposit_goes_back(mushrooms):
    sale = opened(mushrooms, capacity=2, deposit=2000)
    order = bought(mushrooms)
    declare_harvest(sale=sale, units=2, by=None, now=AFTER)
    settled()
    late = start_payment(group=order.group, provider="wechat_pay", method="native", now=DEADLINE - timedelta(hours=1))

    lapsed = [lapse_overdue(now=now) for now in (DEADLINE - timedelta(seconds=1), DEADLINE, DEADLINE)]
    came_late(late, now=DEADLINE + timedelta(minutes=1))

    assert lapsed == [0, 1, 0]
    assert BalanceDue.objects.get().state == "lapsed"
    found = SellerOrder.objects.get()
    assert (found.state, found.end_reason) == ("cancelled", "balance_not_paid")
    assert sorted(Refund.objects.values_list("amount_fen", flat=True)) == sorted([order.deposit_fen, order.balance_fen])
    assert left(mushrooms) == (2, 0)
    assert not levels_that_do_not_add_up()


def test_a_rest_that_is_paid_in_time_but_taken_late_counts(mushrooms):
    sale = opened(mushrooms, deposit=2000)
    order = bought(mushrooms)
    declare_harvest(sale=sale, units=2, by=None, now=AFTER)
    settled()
    payment = start_payment(group=order.group, provider="cash", method="counter", now=AFTER)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=DEADLINE - timedelta(minutes=1))

    lapsed = lapse_overdue(now=DEADLINE)
    for _ in range(2):
        take_payments(payment_ids=[payment.pk], now=DEADLINE)

    assert (lapsed, states(order), Refund.objects.count()) == (0, ["paid"], 0)


def test_it_can_be_cancelled_when_it_is_late_and_not_before(mushrooms):
    opened(mushrooms, deposit=2000)
    order = bought(mushrooms)

    with pytest.raises(WaitsForHarvest, match="2026-09-30"):
        cancel_order(order=order, reason="changed_mind", now=AFTER)
    cancel_order(order=order, reason="too_late", now=AFTER.replace(month=9, day=30, hour=17))

    assert states(order) == ["cancelled"]
    assert Refund.objects.get().amount_fen == order.deposit_fen
    assert left(mushrooms) == (10, 0)


def test_whoever_is_asked_for_the_rest_may_cancel_instead(mushrooms):
    sale = opened(mushrooms, deposit=2000)
    order = bought(mushrooms)
    declare_harvest(sale=sale, units=5, by=None, now=AFTER)
    settled()

    cancel_order(order=order, reason="changed_mind", now=AFTER)

    assert (states(order), BalanceDue.objects.get().state) == (["cancelled"], "lapsed")
    assert Refund.objects.get().amount_fen == order.deposit_fen
    assert owing.due_of(order.group, now=AFTER) is None
    with pytest.raises(NothingToPay):
        start_payment(group=order.group, provider="cash", method="counter", now=AFTER)


def test_a_rest_that_comes_just_before_it_is_cancelled_goes_back_with_the_deposit(mushrooms):
    sale = opened(mushrooms, deposit=2000)
    order = bought(mushrooms)
    declare_harvest(sale=sale, units=5, by=None, now=AFTER)
    settled()
    rest = start_payment(group=order.group, provider="cash", method="counter", now=AFTER)
    payments.take_cash(payment_id=rest.pk, by_id=uuid4(), now=AFTER)

    cancel_order(order=order, reason="changed_mind", now=AFTER)
    for _ in range(2):
        take_payments(payment_ids=[rest.pk], now=AFTER)

    assert (states(order), BalanceDue.objects.get().state) == (["cancelled"], "lapsed")
    assert sorted(Refund.objects.values_list("amount_fen", flat=True)) == sorted([order.deposit_fen, order.balance_fen])
    assert lapse_overdue(now=DEADLINE) == 0
    assert left(mushrooms) == (5, 0)


def test_all_of_deposit_and_rest_goes_back_when_it_is_cancelled_before_packing(mushrooms):
    sale = opened(mushrooms, deposit=2000)
    order = bought(mushrooms)
    declare_harvest(sale=sale, units=5, by=None, now=AFTER)
    settled()
    pay(order, now=AFTER)

    cancel_order(order=order, reason="changed_mind", now=AFTER)

    assert sum(Refund.objects.values_list("amount_fen", flat=True)) == order.total_fen
    assert Refund.objects.count() == 2


def test_money_that_comes_after_the_reservation_is_taken_while_the_sale_is_open_and_goes_back_afterwards(mushrooms):
    sale = opened(mushrooms, capacity=2)
    in_time, too_late = placed(mushrooms), placed(mushrooms)
    tries = [start_payment(group=order.group, provider="wechat_pay", method="native", now=NOW) for order in (in_time, too_late)]
    expire_orders(now=NOW + LATER)

    came_late(tries[0], now=NOW + LATER)
    declare_harvest(sale=sale, units=2, by=None, now=NOW + LATER)
    came_late(tries[1], now=NOW + LATER)
    settled(now=NOW + LATER)

    assert states(in_time, too_late) == ["paid", "expired"]
    assert [refund.payment_id for refund in Refund.objects.all()] == [tries[1].pk]
    assert left(mushrooms) == (2, 1)


def test_the_buyer_follows_what_waits_for_its_harvest(mushrooms):
    sale = opened(mushrooms, deposit=2000, note="雨季后采")
    order = bought(mushrooms)

    [part] = tracking(order.group).orders

    assert (part.stage, part.sale.pk, part.sale.note, part.order.deposit_fen) == ("to_harvest", sale.pk, "雨季后采", order.deposit_fen)


def test_the_database_keeps_the_terms(mushrooms):
    sale = opened(mushrooms, deposit=2000)
    order = bought(mushrooms)

    for change in ({"deposit_basis_points": 1}, {"ship_by_date": date(2027, 1, 1)}):
        with pytest.raises(Exception, match=r"read only|Cannot"), transaction.atomic():
            HarvestSale.objects.filter(pk=sale.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        HarvestSale.objects.filter(pk=sale.pk).update(state="failed")
    with pytest.raises(Exception, match=r"read only|Cannot"), transaction.atomic():
        SellerOrder.objects.filter(pk=order.pk).update(deposit_fen=1)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**9), st.integers(1, 10_000), st.integers(0, 10**6))
def test_a_deposit_is_its_share_rounded_up_and_leaves_a_rest(goods, basis_points, freight):
    total = goods + freight

    deposit = deposit_of(goods, basis_points=basis_points, total_fen=total)

    if deposit is None:
        assert basis_points == 10_000 or -(-goods * basis_points // 10_000) == total
    else:
        assert 0 < deposit < total
        assert 0 <= deposit * 10_000 - goods * basis_points < 10_000


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=5),
    st.integers(0, 12),
    st.sampled_from([1, 2000, 3333, 10_000]),
    st.integers(1, 3),
)
def test_every_fen_of_a_harvest_adds_up(wishes, units, deposit, batch):
    offer = world.offer(world.organisation("bahe"), price_fen=30001, on_hand=0)
    sale = opened(offer, capacity=20, deposit=deposit)
    orders = [bought(offer, quantity, now=NOW + timedelta(minutes=place)) for place, (quantity, _pays) in enumerate(wishes)]
    expected = outcome_of(sale, units=units)

    declare_harvest(sale=sale, units=units, by=None, now=AFTER)
    settled(batch=batch)
    for order, (_quantity, pays) in zip(orders, wishes, strict=True):
        if pays and BalanceDue.objects.filter(order=order, state="asked").exists():
            pay(order, now=AFTER)
    lapse_overdue(now=DEADLINE)

    back = {order.pk: sum(Refund.objects.filter(split__reference=order.pk).values_list("amount_fen", flat=True)) for order in orders}
    paid = {order.pk: sum(PaymentSplit.objects.filter(reference=order.pk).values_list("amount_fen", flat=True)) for order in orders}
    for order in orders:
        order.refresh_from_db()
        assert order.state in {"paid", "cancelled"}
        assert paid[order.pk] - back[order.pk] == (order.total_fen if order.state == "paid" else 0)
    cut = [order for order in orders if order.end_reason in {"harvest_failed", "harvest_too_small"}]
    assert (len(cut), sum(back[order.pk] for order in cut)) == (expected.cut, expected.back_fen)
    level = world.level_of(offer)
    assert level.on_hand == units
    assert level.reserved == sum(quantity for order, (quantity, _pays) in zip(orders, wishes, strict=True) if order.state == "paid")


@pytest.mark.django_db(transaction=True)
def test_buyers_at_once_do_not_buy_more_than_its_capacity():
    offer = world.offer(world.organisation("bahe"), on_hand=0)
    opened(offer, capacity=5)
    wishes = [[world.wish({offer: 1}) for _ in range(4)] for _ in range(4)]

    rounds = [at_once(*[lambda wish=wish: place_orders(wishes=[wish], now=NOW) for wish in each]) for each in zip(*wishes, strict=True)]

    answers = [answer for outcomes in rounds for outcome in outcomes for answer in outcome]
    assert sorted(type(answer).__name__ for answer in answers) == ["Placed"] * 5 + ["SoldOut"] * 11
    assert left(offer) == (5, 5)


@pytest.mark.django_db(transaction=True)
def test_payments_buyers_and_workers_at_once_with_a_declaration_leave_nobody_waiting():
    offer = world.offer(world.organisation("bahe"), on_hand=0)
    sale = opened(offer, capacity=30)
    early = [bought(offer, now=NOW + timedelta(seconds=second)) for second in range(6)]
    unpaid = [placed(offer) for _ in range(6)]
    tries = [start_payment(group=order.group, provider="cash", method="counter", now=NOW) for order in unpaid]
    wishes = [world.wish({offer: 1}) for _ in range(6)]

    def pays():
        later = NOW + timedelta(seconds=10)  # after the early ones, who are served first
        for payment in tries:
            payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=later)
            take_payments(payment_ids=[payment.pk], now=later)

    def buys():
        for wish in wishes:
            place_orders(wishes=[wish], now=NOW)

    def declares():
        declare_harvest(sale=sale, units=7, by=None, now=NOW)
        settled(now=NOW, batch=2)

    at_once(pays, buys, declares, lambda: [settle_harvests(now=NOW) for _ in range(20)])  # who comes too late is refused
    settled(now=NOW)
    for payment in tries:
        take_payments(payment_ids=[payment.pk], now=NOW)

    assert states(*early) == ["paid"] * 6
    assert set(SellerOrder.objects.values_list("state", flat=True)) <= {"paid", "cancelled"}
    kept = SellerOrder.objects.filter(state="paid").count()
    assert kept <= 7
    assert left(offer) == (7, kept)
    taken = sum(Payment.objects.filter(state__in=Payment.TAKEN).values_list("amount_fen", flat=True))
    back = sum(Refund.objects.values_list("amount_fen", flat=True))
    assert taken - back == sum(SellerOrder.objects.filter(state="paid").values_list("total_fen", flat=True))
    assert not levels_that_do_not_add_up()


def test_a_quote_says_what_is_paid_first(mushrooms):
    opened(mushrooms, deposit=3000)

    [part] = world.wish({mushrooms: 1}).quote.orders

    assert (part.goods_fen, part.deposit_fen, part.first_fen) == (30001, 9001, 9001)
    assert quoting.unseal(quoting.seal(world.wish({mushrooms: 1}).quote), now=NOW).first_fen == 9001
