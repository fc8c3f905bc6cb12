"""What may be asked, and until when."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from teahorse.aftersales import actions, queries
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.events import CasesOpened
from teahorse.aftersales.models import AfterSaleCase, CaseEvent, CaseLine, CasePhoto
from teahorse.common.refusals import Malformed, NotThere
from teahorse.logistics.actions import ScanDraft, record_scans
from teahorse.logistics.models import FreightRate
from teahorse.orders import actions as orders
from teahorse.orders.models import BalanceDue, SellerNotice
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from tests import world
from tests.aftersales.making import BUYER, LATER, NOW, RECEIVED, draft, opened, paid, parcels_of, picture, received, sent

pytestmark = pytest.mark.django_db
State = AfterSaleCase.State


@pytest.fixture
def coop():
    return world.organisation("chamchen")


@pytest.fixture
def wine(coop):
    return world.offer(coop, on_hand=20)


def refused(expected, order, *args, now=LATER, **more):
    """Say that a case is refused and nothing is written; return the refusal."""
    with pytest.raises(expected) as told:
        actions.open_case(draft=draft(order, *args, **more), by=None, now=now)
    assert not AfterSaleCase.objects.exists()
    return told.value


def test_a_case_waits_for_the_seller_for_two_days(wine):
    order = received({wine: 2})

    case = opened(order, units={1: 1}, story="  不太\n喜欢 ")

    [line] = case.lines.all()
    assert (case.state, case.owner, case.due_at) == ("seller_review", "seller", LATER + timedelta(hours=48))
    assert (case.number, case.worth_fen, case.asked_fen, case.freight_fen, case.story) == (f"{order.number}-1", 3800, 3800, 0, "不太 喜欢")
    assert (line.quantity, line.worth_fen, line.buyer_fen, line.is_open) == (1, 3800, 0, True)
    assert [(one.act, one.party, one.note) for one in case.events.all()] == [("opened", "buyer", "不太 喜欢")]


def test_the_same_key_is_the_same_case(wine):
    wish = draft(received({wine: 2}))

    first, again = (actions.open_case(draft=wish, by=None, now=LATER) for _ in range(2))

    assert first == again
    assert CaseEvent.objects.count() == 1


def test_sellers_are_told_of_each_case_of_an_order(wine, coop):
    from teahorse.aftersales.reactions import notice_sellers

    dear = world.offer(coop, title="酥油", price_fen=9000)
    order = received({wine: 1, dear: 1})
    cases = [opened(order, units={place: 1}) for place in (1, 2)]

    for _ in range(2):
        notice_sellers(CasesOpened(case_ids=tuple(case.pk for case in cases)))

    told = SellerNotice.objects.filter(kind="case")
    assert sorted(told.values_list("order_id", "subject_id")) == sorted((order.pk, case.pk) for case in cases)


# --- The law


def test_seven_days_are_counted_from_the_day_after_receipt(wine):
    """Handed over on 20 August at noon: the last moment is 27 August, midnight at home."""
    order = received({wine: 1})
    assert datetime(2026, 8, 20, 4, 0, tzinfo=UTC) == RECEIVED
    over = datetime(2026, 8, 27, 16, 0, tzinfo=UTC)

    refusal = refused(actions.TooLateToAsk, order, now=over)

    assert refusal.numbers == {"until": "08-28 00:00"}
    assert opened(order, now=over - timedelta(microseconds=1)).state == "seller_review"


@pytest.mark.parametrize("rule", ["fresh", "custom", "confirmed"])
def test_what_the_law_leaves_out_does_not_go_back_without_a_reason(wine, rule):
    product = wine.variant.product
    product.return_rule = rule
    product.save()
    order = received({wine: 1}, is_no_return_confirmed=True)
    product.return_rule = "seven_days"  # what is shown later changes nothing
    product.save()

    refused(actions.NoRightWithoutReason, order)

    assert order.lines.get().return_rule == rule
    assert opened(order, "return_refund", "not_as_described", now=RECEIVED + timedelta(hours=1)).asked_fen == 3800 + order.freight_fen


def test_what_was_sold_with_the_right_keeps_it(wine):
    order = received({wine: 1})
    product = wine.variant.product
    product.return_rule = "fresh"
    product.save()

    assert opened(order).state == "seller_review"


def test_what_spoils_is_told_within_a_day(wine):
    product = wine.variant.product
    product.return_rule = "fresh"
    product.save()
    order = received({wine: 1})

    refused(actions.TooLateToAsk, order, "refund_only", "spoiled_on_the_way", now=RECEIVED + timedelta(hours=24))

    assert opened(order, "refund_only", "spoiled_on_the_way", now=RECEIVED + timedelta(hours=23)).state == "seller_review"


def test_other_faults_have_fifteen_days(wine):
    order = received({wine: 1})

    refused(actions.TooLateToAsk, order, "exchange", "damaged", now=RECEIVED + timedelta(days=15))

    assert opened(order, "exchange", "damaged", now=RECEIVED + timedelta(days=15, seconds=-1)).state == "seller_review"


# --- What is refused


def test_what_is_not_sent_is_cancelled_instead(wine):
    refused(actions.NotSentYet, paid({wine: 1}), "refund_only", "never_came", now=NOW)


def test_nobody_judges_what_has_not_come(wine):
    refused(actions.NotReceivedYet, sent({wine: 1}), "return_refund", "damaged", now=NOW)


def test_what_is_promised_for_later_may_still_come(wine):
    order = sent({wine: 1})
    the_day_after = datetime.combine(order.promised_to_date + timedelta(days=1), datetime.min.time(), tzinfo=UTC) - timedelta(hours=8)

    refused(actions.NotLateYet, order, "refund_only", "never_came", now=the_day_after - timedelta(seconds=1))

    assert opened(order, "refund_only", "never_came", now=the_day_after).asked_fen == order.total_fen


def test_a_fault_that_can_be_seen_has_to_be_shown(wine):
    refusal = refused(actions.PictureNeeded, received({wine: 1}), "return_refund", "damaged")

    assert (refusal.status, refusal.field) == (422, "photos")


def test_no_more_units_than_are_left(wine):
    order = received({wine: 3})
    opened(order, units={1: 1})

    with pytest.raises(actions.AlreadyInACase) as told:
        opened(order, units={1: 1})

    assert told.value.numbers["left"] == 0  # one open case of a line at a time
    assert AfterSaleCase.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "reason", "more", "field"),
    [
        ("return_refund", "weather", {}, "reason"),
        ("refund_only", "no_reason", {}, "kind"),
        ("compensation", "other", {"asked_fen": 100, "story": "短"}, "story"),
        ("compensation", "weight_short", {}, "asked"),
    ],
)
def test_what_is_malformed_names_its_field(wine, kind, reason, more, field):
    refusal = refused(Malformed, received({wine: 1}), kind, reason, **more)

    assert refusal.field == field


def test_nobody_asks_for_more_than_she_paid(wine):
    refusal = refused(actions.AsksTooMuch, received({wine: 1}), "compensation", "weight_short", asked_fen=3801)

    assert refusal.numbers == {"worth": "38.00"}


# --- Whose photographs


def test_nobody_puts_a_photograph_into_a_strangers_case(wine):
    case = opened(received({wine: 1}), "return_refund", "damaged")
    other = received({wine: 1})

    with pytest.raises(NotThere):
        actions.add_photo(order=other, case_id=case.pk, file=picture("green"), by_seller=False, now=LATER)

    assert CasePhoto.objects.filter(case_id=case.pk).count() == 1
    assert not CasePhoto.objects.filter(order=other).exists()


def test_nobody_opens_a_case_under_a_strangers_key(wine):
    case = opened(received({wine: 1}))
    other = received({wine: 1})

    with pytest.raises(NotThere):
        actions.open_case(draft=draft(other, key=case.pk), by=None, now=LATER)

    assert AfterSaleCase.objects.count() == 1


def test_a_case_shows_its_own_orders_photographs_alone(wine):
    case = opened(received({wine: 1}), "return_refund", "damaged")
    [own] = queries.photos_of(case.order, case.pk)
    strange = CasePhoto.objects.create(
        county_id=case.county_id, case_id=case.pk, order=received({wine: 1}), sha256="0" * 64, content=b"x", small=b"x", added_at=LATER
    )

    assert queries.photos_of(case.order, case.pk) == [own]
    assert (queries.photo_of(case, own.pk), queries.photo_of(case, strange.pk)) == (own, None)


# --- Freight


def test_the_freight_goes_back_when_everything_does_by_a_fault(wine):
    order = received({wine: 2})

    case = opened(order, "return_refund", "damaged")

    assert (case.worth_fen, case.freight_fen, case.asked_fen) == (7600 + 1200, 1200, 8800)
    assert case.is_freight_back


def test_the_freight_goes_back_once_also_where_the_buyer_paid_nothing_for_it(wine):
    FreightRate.objects.create(first_kg_fen=1200, further_kg_fen=800, free_from_fen=0, days_min=4, days_max=9)
    order = received({wine: 2})

    first = opened(order, "refund_only", "damaged")
    AfterSaleCase.objects.filter(pk=first.pk).update(state="closed", outcome="refunded", owner="", due_at=None, ended_at=LATER)

    assert (first.is_freight_back, first.freight_fen, first.worth_fen) == (True, 0, 7600)
    assert not queries.standing(order, now=LATER).is_freight_left


@pytest.mark.parametrize(("reason", "units"), [("no_reason", {1: 2}), ("damaged", {1: 1})])
def test_the_freight_stays_without_a_fault_or_while_something_is_kept(wine, reason, units):
    case = opened(received({wine: 2}), "return_refund", reason, units=units)

    assert (case.freight_fen, case.is_freight_back) == (0, False)


# --- What was sold by weight


@pytest.fixture
def meat(coop):
    return world.offer(coop, title="牦牛肉", price_fen=9600, weight_grams=1500, nominal_grams=1200)


@pytest.fixture
def cheese(coop):
    return world.offer(coop, title="奶渣", price_fen=1000, weight_grams=300, nominal_grams=200)


def weighed(order, *grams, asks_difference=True):
    """Have the lines of a paid order weigh so much, and its parcel come."""
    lines = order.lines.order_by("position")
    orders.pack_order(
        order=order, weight_grams=2000, by=None, now=NOW, weighed={line.pk: of_it for line, of_it in zip(lines, grams, strict=True)},
        asks_difference=asks_difference,
    )  # fmt: skip
    parcel = parcels_of(order.pk)[0]
    scan = ScanDraft(parcel_number=parcel.number, act="handed_over", happened_at=RECEIVED, place=None, by=None)
    record_scans(scans=[scan], now=RECEIVED)
    order.refresh_from_db()
    return order


def topped_up(order, *, now=NOW):
    payment = orders.start_payment(group=order.group, provider="cash", method="counter", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=now)
    orders.take_payments(payment_ids=[payment.pk], now=now)


def test_what_was_paid_because_it_weighed_more_goes_back_too(meat):
    order = weighed(paid({meat: 2}), 2700)  # 300 g more: 24 yuan
    topped_up(order)

    first = opened(order, units={1: 1})
    actions.agree(case=first, by=Actor("seller"), now=LATER)
    actions.withdraw(case=first, by=BUYER, now=LATER)
    case = opened(order)

    assert (first.worth_fen, case.worth_fen) == (10_800, 21_600)
    actions.agree(case=case, by=Actor("seller"), now=LATER)
    AfterSaleCase.objects.filter(pk=case.pk).update(state="return_in_transit")
    AfterSaleCase.objects.filter(pk=case.pk).update(state="inspect")
    actions.pass_inspection(case=case, is_sellable=True, by=Actor("seller"), now=LATER)
    assert sorted(Refund.objects.values_list("amount_fen", flat=True)) == [2400, 19_200]


def test_a_gift_of_weight_is_not_paid_back(meat):
    order = weighed(paid({meat: 1}), 1300, asks_difference=False)

    assert opened(order).worth_fen == 9600


def test_what_is_asked_for_and_not_paid_is_waived_when_a_case_is_opened(meat):
    order = weighed(paid({meat: 1}), 1300)

    case = opened(order)

    assert (case.worth_fen, BalanceDue.objects.get().state) == (9600, "waived")


@pytest.mark.parametrize(
    ("grams", "is_asked", "worth"),
    [
        ((1300, 160), True, [10_400, 800]),  # together 6 yuan more, and paid
        ((1300, 160), False, [9600, 1000]),  # and given
        ((1100, 220), False, [8800, 1100]),  # together 7 yuan less: that went back
    ],
)
def test_lines_that_weigh_more_and_less_are_worth_what_was_paid_for_both(meat, cheese, grams, is_asked, worth):
    order = weighed(paid({meat: 1, cheese: 1}), *grams, asks_difference=is_asked)
    if is_asked:
        topped_up(order)

    case = opened(order)

    assert list(case.lines.order_by("line__position").values_list("worth_fen", flat=True)) == worth
    kept = sum(Payment.objects.values_list("amount_fen", flat=True)) - sum(Refund.objects.values_list("amount_fen", flat=True))
    assert case.worth_fen == kept - order.freight_fen


# --- The database stands behind it


def test_the_database_refuses_more_units_than_were_bought(wine):
    order = received({wine: 2})
    case = opened(order, units={1: 2})
    CaseLine.objects.update(is_open=False)

    with pytest.raises(IntegrityError, match="more units would go back than were bought"):
        CaseLine.objects.create(county_id=case.county_id, case=copy_of(case), line=order.lines.get(), quantity=1, worth_fen=0)


@pytest.mark.parametrize(("grams", "is_paid", "cost_fen"), [(1300, True, 10_400), (1300, False, 9600), (1100, False, 8800)])
def test_the_database_refuses_more_than_it_cost_by_weight(meat, grams, is_paid, cost_fen):
    order = weighed(paid({meat: 1}), grams, asks_difference=is_paid)
    if is_paid:
        topped_up(order)
    case = opened(order)
    line = {"county_id": case.county_id, "case": copy_of(case), "line": order.lines.get(), "quantity": 1}
    actions.withdraw(case=case, by=BUYER, now=LATER)

    with pytest.raises(IntegrityError, match="more units would go back"), transaction.atomic():
        CaseLine.objects.create(**line, worth_fen=cost_fen + 1)

    CaseLine.objects.create(**line, worth_fen=cost_fen)


def test_the_database_refuses_a_second_open_case_of_a_line(wine):
    order = received({wine: 2})
    case = opened(order, units={1: 1})

    with pytest.raises(IntegrityError, match="one_open_case_per_order_line"):
        CaseLine.objects.create(county_id=case.county_id, case=copy_of(case), line=order.lines.get(), quantity=1, worth_fen=3800)


def copy_of(case):
    return AfterSaleCase.objects.create(
        county_id=case.county_id, order=case.order, number=f"{case.number}x", kind=case.kind, reason=case.reason, worth_fen=100,
        asked_fen=100, owner="seller", due_at=case.due_at, opened_at=LATER,
    )  # fmt: skip


def test_history_is_never_changed(wine):
    case = opened(received({wine: 1}))

    with pytest.raises(Exception, match="case_events_are_never_changed"):
        case.events.update(note="别的")


def test_what_stands_open_is_told_before(wine):
    order = received({wine: 3})

    standing = queries.standing(order, now=LATER)

    assert [line.units_left for line in standing.lines] == [3]
    assert (standing.is_open_without_reason, standing.has_something_left, standing.freight_left_fen) == (True, True, 2000)


def test_the_house_opens_a_case_at_any_time_and_without_a_picture_once(wine):
    order = received({wine: 2})
    wish, late = draft(order, "return_refund", "not_as_described", units={1: 2}), LATER + timedelta(days=90)

    first, again = (actions.open_for_buyer(draft=wish, now=late) for _ in range(2))

    assert (first, again.state, again.asked_fen) == (again, "seller_review", first.worth_fen)
    assert [(one.act, one.party, one.by_id) for one in first.events.all()] == [("opened", "house", None)]


def test_the_house_opens_none_where_one_is_open_or_nothing_was_sent(wine):
    order = received({wine: 2})
    opened(order, units={1: 1})

    with pytest.raises(actions.AlreadyInACase):
        actions.open_for_buyer(draft=draft(order, "return_refund", "not_as_described", units={1: 1}), now=LATER)
    with pytest.raises(actions.NotSentYet):
        actions.open_for_buyer(draft=draft(paid({wine: 1}), "return_refund", "not_as_described", units={1: 1}), now=LATER)
    assert AfterSaleCase.objects.count() == 1
