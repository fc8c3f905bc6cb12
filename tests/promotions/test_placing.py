from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from msgspec.structs import replace as changed

from teahorse.catalog import actions as catalog
from teahorse.common.ids import new_id
from teahorse.orders import queries
from teahorse.orders.actions import (
    Placed,
    PriceChanged,
    Wish,
    cancel_order,
    expire_orders,
    place_orders,
    start_payment,
    take_payments,
)
from teahorse.orders.models import LineDiscount, OrderGroup, OrderLine, SellerOrder
from teahorse.orders.queries import Used, used
from teahorse.orders.quoting import Buyer, CodeDoesNotFit, CodeOver, CodeUnknown, SoldOut, ThresholdMissed, quote, seal, unseal
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from teahorse.promotions.actions import (
    BudgetSpent,
    CouponGone,
    LimitReached,
    PhoneNotVerified,
    PromotionOver,
    fetch_voucher,
    pause_promotion,
)
from teahorse.promotions.actions.taking import FIND_COUPONS
from teahorse.promotions.models import CouponUse
from teahorse.stock.queries import levels_that_do_not_add_up
from tests import world
from tests.promotions.offers import centre, platform, promotion
from tests.world import LATER, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), price_fen=3800, on_hand=50)


@pytest.fixture
def carpet():
    return world.offer(world.organisation("jiangzi", code=world.GYANGZE), price_fen=128000, on_hand=50)


def wish(wanted, *, buyer=None, codes=(), now=NOW, key=None) -> Wish:
    world.freight()
    phone = buyer.phone if buyer and buyer.is_phone_verified else ""
    asked = quote(
        wanted={offer.pk: units for offer, units in wanted.items()},
        destination=world.destination(),
        now=now,
        buyer=Buyer(phone=phone, codes=tuple(codes)),
    )
    return Wish(
        key=key or uuid4(),
        quote=asked,
        person_id=buyer.pk if buyer else None,
        contact_name="演示买家",
        contact_phone="+8619900001001",
        destination_line="漕溪北路 1 号 201 室",
        verified_phone=phone,
    )


def place(*wishes, now=NOW):
    return place_orders(wishes=wishes, now=now)


def pay(group, now=NOW):
    payment = start_payment(group=group, provider="cash", method="counter", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=world.person().pk, now=now)
    return payment


def test_what_is_taken_off_stands_on_the_lines_with_who_bears_it(wine, carpet):
    own = promotion(wine.seller, title="藏酒九五折", percent_bp=500)
    house = promotion(platform(), title="满一千减十元", off_fen=1_000, threshold_fen=100_000)

    (placed,) = place(wish({wine: 2, carpet: 1}))

    group = OrderGroup.objects.get(pk=placed.group_id)
    assert (group.goods_fen, group.discount_fen, group.freight_fen, group.total_fen) == (135_600, 1_380, 1_200, 135_420)
    found = LineDiscount.objects.order_by("order__seller__key", "amount_fen")
    told = [(one.promotion_id, one.bearer, one.bearer_id, one.amount_fen, one.titles) for one in found]
    assert told == [
        (house.pk, "platform", None, 53, {"zh-hans": "满一千减十元"}),
        (own.pk, "seller", wine.seller_id, 380, {"zh-hans": "藏酒九五折"}),
        (house.pk, "platform", None, 947, {"zh-hans": "满一千减十元"}),
    ]
    orders = {order.seller_id: order for order in group.orders.all()}
    assert (orders[wine.seller_id].discount_fen, orders[wine.seller_id].total_fen) == (433, 7_600 - 433 + 1_200)
    assert (orders[carpet.seller_id].discount_fen, orders[carpet.seller_id].total_fen) == (947, 128_000 - 947)
    assert list(OrderLine.objects.order_by("amount_fen").values_list("discount_fen", flat=True)) == [433, 947]


def test_a_quote_without_promotions_is_as_it_was(wine):
    placing = wish({wine: 1})

    assert placing.quote.promotions == ()
    assert placing.quote.orders[0].lines[0].discounts == ()
    assert unseal(seal(placing.quote), now=NOW) == placing.quote


def test_a_line_whose_discount_nobody_gave_is_refused(wine):
    promotion(wine.seller, percent_bp=500)
    (placed,) = place(wish({wine: 1}))
    group = OrderGroup.objects.get(pk=placed.group_id)
    order, line = SellerOrder.objects.get(group=group), OrderLine.objects.get()
    group.pk, group.number, group.idempotency_key = new_id(), "another", uuid4()
    group.save(force_insert=True)
    order.pk, order.group = new_id(), group
    order.save(force_insert=True)
    line.pk, line.order = new_id(), order

    with pytest.raises(DatabaseError, match="do not add up to what is taken off it"):
        line.save(force_insert=True)


def test_whether_a_coupon_was_used_is_looked_up_by_its_key():
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan")
        cursor.execute(f"prepare looked_up (uuid[]) as {FIND_COUPONS.replace('%s', '$1')}")
        cursor.execute("explain execute looked_up ('{}')")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("deallocate looked_up")

    assert "using a_coupon_is_used_once" in plan
    assert "Seq Scan" not in plan


def test_what_nobody_discounts_costs_no_statement_more(wine, sent):
    placing = wish({wine: 1})
    sent.clear()

    place(placing)

    assert not [sql for sql in sent if "promotions_" in sql]


def test_a_sealed_quote_keeps_its_discounts_and_its_version_names_them(wine):
    without = wish({wine: 1}).quote
    promotion(wine.seller, percent_bp=500)
    with_discount = wish({wine: 1}).quote

    assert with_discount.version != without.version
    assert unseal(seal(with_discount), now=NOW) == with_discount
    assert with_discount.total_fen == without.total_fen - 190


def test_a_code_gives_what_nobody_has_without_it(wine):
    promotion(wine.seller, kind="coupon_code", code="tsampa10", off_fen=1_000)

    assert wish({wine: 1}).quote.discount_fen == 0
    assert wish({wine: 1}, codes=["TSAMPA10"]).quote.discount_fen == 1_000


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("NONE", CodeUnknown),
        ("OVER", CodeOver),
        ("LATER", CodeOver),
        ("OTHERS", CodeDoesNotFit),
        ("DEAR", ThresholdMissed),
        ("EACH", PhoneNotVerified),
    ],
)
def test_a_code_that_cannot_be_had_is_refused_with_its_reason(wine, carpet, code, refusal):
    by_code = {"kind": "coupon_code", "off_fen": 100}
    promotion(platform(), code="OVER", starts_at=NOW - timedelta(days=2), ends_at=NOW, now=NOW - timedelta(days=2), **by_code)
    promotion(platform(), code="LATER", starts_at=NOW + timedelta(days=2), **by_code)
    promotion(carpet.seller, code="OTHERS", **by_code)
    promotion(platform(), code="DEAR", threshold_fen=10_000, **by_code)
    promotion(platform(), code="EACH", per_person=1, **by_code)

    with pytest.raises(refusal):
        wish({wine: 1}, codes=[code])


def test_the_last_fen_of_a_budget_is_given_and_not_one_more(wine):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=2_000)
    wishes = [wish({wine: 1}) for _ in range(3)]

    first, second, third = place(*wishes)

    assert isinstance(first, Placed)
    assert isinstance(second, Placed)
    assert isinstance(third, BudgetSpent)
    of_budget.refresh_from_db()
    assert (of_budget.spent_fen, of_budget.uses) == (2_000, 2)
    assert wish({wine: 1}).quote.discount_fen == 0
    assert world.level_of(wine).reserved == 2
    assert OrderGroup.objects.count() == 2


def test_who_is_refused_for_want_of_units_takes_no_coupon_from_the_next(wine, carpet):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=1_000)
    too_many, fitting = wish({wine: 50, carpet: 1}), wish({wine: 1})
    other = wish({carpet: 50})
    other = replace(other, quote=without_promotions(other.quote))

    answers = place(other, too_many, fitting)

    assert [type(answer) for answer in answers] == [Placed, SoldOut, Placed]
    of_budget.refresh_from_db()
    assert of_budget.spent_fen == 1_000


def test_who_is_refused_a_coupon_takes_no_units_from_the_next(wine):
    promotion(platform(), off_fen=1_000, budget_fen=1_000)
    first, second = wish({wine: 1}), wish({wine: 40})
    plain = wish({wine: 49})
    plain = replace(plain, quote=without_promotions(plain.quote))

    answers = place(first, second, plain)

    assert [type(answer) for answer in answers] == [Placed, BudgetSpent, Placed]
    assert levels_that_do_not_add_up() == []


def without_promotions(asked):
    """Return a quote without its discounts."""
    orders = tuple(changed(part, lines=tuple(changed(line, discounts=()) for line in part.lines)) for part in asked.orders)
    return changed(asked, orders=orders, promotions=())


def test_a_person_uses_it_so_often_whatever_number_of_carts_she_has(wine):
    buyer, other = world.person(), world.person("+8619900001002")
    promotion(platform(), off_fen=100, per_person=1)
    one_tab, other_tab, others = wish({wine: 1}, buyer=buyer), wish({wine: 2}, buyer=buyer), wish({wine: 1}, buyer=other)

    answers = [*place(one_tab), *place(other_tab), *place(others)]

    assert [type(answer) for answer in answers] == [Placed, LimitReached, Placed]
    assert wish({wine: 1}, buyer=buyer).quote.discount_fen == 0


def test_a_quote_for_a_known_person_is_refused_to_a_stranger(wine):
    promotion(platform(), off_fen=100, per_person=1)
    stolen = replace(wish({wine: 1}, buyer=world.person()), verified_phone="")

    (answer,) = place(stolen)

    assert isinstance(answer, PhoneNotVerified)


def test_a_voucher_is_its_owners_and_used_once(wine):
    voucher = promotion(centre(), title="琼结消费券", kind="voucher", off_fen=2_000, threshold_fen=3_000, budget_fen=200_000)
    buyer, thief = world.person(), world.person("+8619900001002")
    coupon = fetch_voucher(promotion_id=voucher.pk, person=buyer, now=NOW)
    assert fetch_voucher(promotion_id=voucher.pk, person=buyer, now=NOW) == coupon
    good, again = wish({wine: 1}, buyer=buyer), wish({wine: 1}, buyer=buyer)
    stolen = replace(wish({wine: 1}, buyer=buyer), verified_phone=thief.phone)

    answers = [*place(stolen), *place(good), *place(again)]

    assert [type(answer) for answer in answers] == [CouponGone, Placed, CouponGone]
    (discount,) = LineDiscount.objects.all()
    assert (discount.bearer, discount.bearer_id, discount.amount_fen) == ("budget", voucher.owner_id, 2_000)
    with pytest.raises(CouponGone):
        wish({wine: 1}, buyer=thief, codes=[coupon.code])


def test_a_county_pays_for_goods_of_its_county_alone(wine, carpet):
    promotion(centre(), off_fen=2_000, budget_fen=200_000)

    (placed,) = place(wish({wine: 1, carpet: 1}))

    (discount,) = LineDiscount.objects.all()
    assert discount.order == SellerOrder.objects.get(group=placed.group_id, seller=wine.seller)


def test_what_was_paused_or_has_ended_since_the_quote_is_refused(wine):
    paused, ending = promotion(wine.seller, percent_bp=500), promotion(platform(), off_fen=1, ends_at=NOW + timedelta(minutes=5))
    before = wish({wine: 1})

    assert isinstance(place(before, now=NOW + timedelta(minutes=5))[0], PromotionOver)
    pause_promotion(promotion=paused, now=NOW)
    assert isinstance(place(before)[0], PromotionOver)
    assert [one.promotion_id for one in wish({wine: 1}).quote.promotions] == [ending.pk]
    assert not OrderGroup.objects.exists()


def test_a_replay_takes_nothing_twice(wine):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=1_000)
    placing = wish({wine: 1})

    first, twin = place(placing, placing)
    (later,) = place(placing)

    assert first.group_id == twin.group_id == later.group_id
    of_budget.refresh_from_db()
    assert (of_budget.spent_fen, of_budget.uses) == (1_000, 1)


def test_expiry_gives_coupon_and_budget_back(wine):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=1_000, per_person=1)
    buyer = world.person()
    place(wish({wine: 1}, buyer=buyer))

    expire_orders(now=NOW + LATER)
    expire_orders(now=NOW + LATER)

    of_budget.refresh_from_db()
    assert (of_budget.spent_fen, of_budget.uses) == (0, 0)
    assert CouponUse.objects.get().state == "released"
    assert isinstance(place(wish({wine: 1}, buyer=buyer))[0], Placed)


def test_late_money_takes_the_coupon_again_or_goes_back(wine):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=1_000)
    placed = [place(wish({wine: 1}))[0]]
    early = late_payment(placed[0])
    expire_orders(now=NOW + LATER)
    placed += place(wish({wine: 1}))
    late = late_payment(placed[1])
    expire_orders(now=NOW + 2 * LATER)

    take_payments(payment_ids=[early.pk], now=NOW + 2 * LATER)
    take_payments(payment_ids=[late.pk], now=NOW + 2 * LATER)

    states = [SellerOrder.objects.get(group=one.group_id).state for one in placed]
    assert states == ["paid", "expired"]
    assert list(Refund.objects.values_list("payment", "amount_fen")) == [(late.pk, late.amount_fen)]
    assert sorted(CouponUse.objects.values_list("reference", "state")) == sorted(
        [(placed[0].group_id, "used"), (placed[1].group_id, "released")]
    )
    of_budget.refresh_from_db()
    assert of_budget.spent_fen == 1_000
    assert world.level_of(wine).reserved == 1
    assert levels_that_do_not_add_up() == []


def test_late_money_takes_a_persons_voucher_again_once(wine):
    voucher = promotion(centre(), title="琼结消费券", kind="voucher", off_fen=2_000, threshold_fen=3_000, budget_fen=200_000)
    buyer = world.person()
    fetch_voucher(promotion_id=voucher.pk, person=buyer, now=NOW)
    (placed,) = place(wish({wine: 1}, buyer=buyer))
    late = late_payment(placed)
    expire_orders(now=NOW + LATER)

    take_payments(payment_ids=[late.pk], now=NOW + LATER)

    use = CouponUse.objects.get()
    assert (use.state, use.phone, use.turn) == ("used", "", 0)
    assert (SellerOrder.objects.get().state, Refund.objects.count()) == ("paid", 0)
    assert wish({wine: 1}, buyer=buyer, now=NOW + LATER).quote.promotions == ()
    voucher.refresh_from_db()
    assert (voucher.spent_fen, voucher.uses) == (2_000, 1)


def test_late_money_goes_back_when_the_voucher_serves_another_order_by_then(wine):
    voucher = promotion(centre(), title="琼结消费券", kind="voucher", off_fen=2_000, threshold_fen=3_000, budget_fen=200_000)
    buyer = world.person()
    fetch_voucher(promotion_id=voucher.pk, person=buyer, now=NOW)
    (placed,) = place(wish({wine: 1}, buyer=buyer))
    late = late_payment(placed)
    expire_orders(now=NOW + LATER)
    assert isinstance(place(wish({wine: 1}, buyer=buyer, now=NOW + LATER), now=NOW + LATER)[0], Placed)

    take_payments(payment_ids=[late.pk], now=NOW + LATER)

    assert Refund.objects.get().payment_id == late.pk
    assert sorted(CouponUse.objects.values_list("state", flat=True)) == ["held", "released"]


def test_late_money_takes_a_turn_that_is_free(wine):
    promotion(platform(), off_fen=1_000, per_person=2)
    buyer = world.person()
    (first,) = place(wish({wine: 1}, buyer=buyer))
    late = late_payment(first)
    expire_orders(now=NOW + LATER)
    place(wish({wine: 1}, buyer=buyer))

    take_payments(payment_ids=[late.pk], now=NOW + LATER)

    uses = CouponUse.objects.filter(phone=buyer.phone).order_by("turn")
    assert [(use.turn, use.state, use.reference == first.group_id) for use in uses] == [(1, "held", False), (2, "used", True)]


def test_what_everybody_gets_leaves_no_use_and_is_added_up_from_the_orders(wine, carpet):
    own, everywhere = promotion(wine.seller, percent_bp=500), promotion(platform(), off_fen=1_000)
    nobodys = promotion(carpet.seller, percent_bp=100, threshold_fen=200_000)
    small, _large = place(wish({wine: 1}), wish({wine: 2, carpet: 1}))
    before = used([own, everywhere, nobodys])

    cancel_order(order=SellerOrder.objects.get(group=small.group_id), reason="buyer", now=NOW)

    assert before == {own.pk: Used(2, 570), everywhere.pk: Used(2, 2_000), nobodys.pk: Used()}
    assert used([own, everywhere]) == {own.pk: Used(1, 380), everywhere.pk: Used(1, 1_000)}
    assert not CouponUse.objects.exists()
    own.refresh_from_db()
    assert (own.uses, own.spent_fen) == (0, 0)


def test_what_everybody_gets_is_added_up_over_so_many_orders_at_most(wine, monkeypatch):
    everywhere = promotion(platform(), off_fen=1_000)
    place(wish({wine: 1}), wish({wine: 2}), wish({wine: 1}))
    monkeypatch.setattr(queries, "MOST_LOOKED_AT", 2)

    found = used([everywhere])

    assert found == {everywhere.pk: Used(2, 2_000, is_at_least=True)}


def test_what_is_limited_says_itself_how_often_it_was_used(wine, django_assert_num_queries):
    limited = promotion(platform(), off_fen=1_000, most_uses=9)
    place(wish({wine: 1}), wish({wine: 1}))
    limited.refresh_from_db()

    with django_assert_num_queries(0):
        told = used([limited])

    assert told == {limited.pk: Used(2, 2_000)}
    assert CouponUse.objects.count() == 2


def late_payment(placed) -> Payment:
    """Return a payment whose money is here and which nobody has taken yet."""
    return pay(OrderGroup.objects.get(pk=placed.group_id))


def test_what_is_paid_is_used_and_comes_back_with_the_last_part_only(wine, carpet):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=1_000)
    (placed,) = place(wish({wine: 1, carpet: 1}))
    group = OrderGroup.objects.get(pk=placed.group_id)
    payment = pay(group)
    take_payments(payment_ids=[payment.pk], now=NOW)
    assert CouponUse.objects.get().state == "used"
    first, last = group.orders.order_by("number")

    cancel_order(order=first, reason="buyer", now=NOW)
    after_one = CouponUse.objects.get().state
    cancel_order(order=last, reason="buyer", now=NOW)

    assert (after_one, CouponUse.objects.get().state) == ("used", "released")
    of_budget.refresh_from_db()
    assert of_budget.spent_fen == 0
    assert sum(Refund.objects.values_list("amount_fen", flat=True)) == group.total_fen


def test_an_unpaid_group_that_is_cancelled_gives_all_back(wine):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=1_000)
    (placed,) = place(wish({wine: 1}))

    cancel_order(order=SellerOrder.objects.get(group=placed.group_id), reason="buyer", now=NOW)

    of_budget.refresh_from_db()
    assert of_budget.spent_fen == 0


def test_a_price_that_begins_while_it_lies_in_the_cart_is_shown_and_not_charged(wine):
    before = wish({wine: 1})
    catalog.plan_price(offer=wine, price_fen=3_000, starts_at=NOW + timedelta(minutes=1), ends_at=NOW + timedelta(days=1), by=None, now=NOW)
    during, after = NOW + timedelta(minutes=1), NOW + timedelta(days=1)

    assert isinstance(place(before)[0], Placed)
    assert isinstance(place(replace(before, key=uuid4()), now=during)[0], PriceChanged)
    assert wish({wine: 1}, now=during).quote.goods_fen == 3_000
    assert wish({wine: 1}, now=after).quote.goods_fen == 3_800


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update orders_linediscount set amount_fen = amount_fen - 1", "Cannot update"),
        ("delete from orders_linediscount", "Cannot update or delete"),
        ("update orders_sellerorder set discount_fen = 0, total_fen = total_fen + discount_fen", "Cannot update"),
        ("update orders_ordergroup set discount_fen = 0, total_fen = total_fen + discount_fen", "Cannot update"),
        (
            "insert into orders_linediscount (id, county_id, line_id, order_id, promotion_id, titles, bearer, amount_fen)"
            " select gen_random_uuid(), county_id, line_id, order_id, gen_random_uuid(), titles, bearer, 1 from orders_linediscount",
            "add up",
        ),
        ("update promotions_promotion set spent_fen = budget_fen + 1", "never_spend_more_than_the_budget"),
        ("update promotions_promotion set percent_bp = 1, off_fen = 0", "Cannot update"),
    ],
)
def test_the_database_refuses_sums_that_do_not_add_up(wine, statement, words):
    promotion(platform(), off_fen=1_000, budget_fen=5_000)
    place(wish({wine: 1}))

    with pytest.raises(DatabaseError, match=words), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "change", [{"ends_at": NOW + timedelta(days=2)}, {"most_uses": 1}, {"title": "别的"}, {"i18n": {"title_bo": "གཞན།"}}, {"percent_bp": 1}]
)
def test_what_was_offered_stays_as_it_was_offered(wine, change):
    offered = promotion(wine.seller, percent_bp=500)

    with pytest.raises(DatabaseError, match="Cannot update"):
        type(offered).objects.filter(pk=offered.pk).update(**change)
