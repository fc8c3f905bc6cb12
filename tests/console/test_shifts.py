"""Cash shifts: a box is counted before and after, by somebody who answers for it."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from teahorse.common.refusals import Malformed
from teahorse.console import actions as console
from teahorse.payments import actions as payments
from teahorse.payments.models import CashDifference, CashMovement, CashShift, Payment
from tests.at_once import at_once
from tests.console.world import member, placed
from tests.payments.making import CLERK

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(browser_of, operator):
    return browser_of(operator)


def at(name="shifts", **more):
    return reverse(f"console:{name}", kwargs={"org": "station-lhayu", **more})


def opened(point, person, *, float_fen=20000, **more):
    return payments.open_shift(organisation=point.organisation, person_id=person.pk, float_fen=float_fen, now=timezone.now(), **more)


def taken(point, person, buyer, offer):
    group = placed(buyer, offer)
    return console.take_cash_for(group=group, organisation=point.organisation, by=person, now=timezone.now())


def test_without_a_shift_nothing_is_taken_and_the_page_says_what_to_do(counter, point, operator, buyer, offer):
    group = placed(buyer, offer)

    answer = counter.post(at("cash_take", group_id=group.pk), {"number": group.number}, follow=True)
    page = counter.get(at("cash"), {"q": group.number}).content.decode()

    assert "Open a cash shift first" in answer.content.decode()
    assert "I have taken" not in page
    assert not Payment.objects.filter(state="succeeded").exists()
    with pytest.raises(payments.NoOpenShift):
        taken(point, operator, buyer, offer)
    assert not CashMovement.objects.exists()


def test_a_shift_is_opened_with_what_was_counted_and_one_at_a_time(counter, point, operator, browser_of):
    colleague = browser_of(member(point.organisation, "+8619900071081"))

    first = counter.post(at(), {"float": "200.00", "counter": "1"})
    again = counter.post(at(), {"float": "200.00", "counter": "2"})
    same_box = colleague.post(at(), {"float": "50", "counter": "1"})
    other_box = colleague.post(at(), {"float": "50", "counter": "2"})

    assert (first.url, other_box.url) == (at("cash"), at("cash"))
    assert (again.status_code, same_box.status_code) == (409, 409)
    assert 'value="50"' in same_box.content.decode()
    assert sorted(CashShift.objects.values_list("counter", "float_fen")) == [("1", 20000), ("2", 5000)]


@pytest.mark.parametrize("float_", ["", "viel", "-1", "1.234", "99999999999"])
def test_what_cannot_be_counted_is_refused_and_stays_in_the_field(counter, float_):
    answer = counter.post(at(), {"float": float_, "counter": "1"})

    assert answer.status_code == 422
    assert f'value="{float_}"' in answer.content.decode() or not float_
    assert not CashShift.objects.exists()


def test_a_box_that_is_right_is_closed_and_then_shows_what_moved(counter, point, operator, buyer, offer):
    shift = opened(point, operator)
    payment = taken(point, operator, buyer, offer)
    before = counter.get(at("shift", shift_id=shift.pk))

    answer = counter.post(at("shift", shift_id=shift.pk), {"act": "close", "counted": f"{(20000 + payment.amount_fen) / 100:.2f}"})

    shift.refresh_from_db()
    after = counter.get(answer.url)
    assert before.context["rows"] == []  # who counts is not told first
    assert (shift.expected_fen, shift.counted_fen) == (20000 + payment.amount_fen,) * 2
    assert not CashDifference.objects.exists()
    assert [row["number"] for row in after.context["rows"]] == [payment.provider_number]


def test_what_lacks_needs_a_reason_and_is_a_row(counter, point, operator):
    shift = opened(point, operator)

    without = counter.post(at("shift", shift_id=shift.pk), {"act": "close", "counted": "195.50"})
    shift.refresh_from_db()
    was_open = shift.closed_at is None
    with_reason = counter.post(at("shift", shift_id=shift.pk), {"act": "close", "counted": "195.50", "reason": "找零时少收了四块五"})

    assert (without.status_code, was_open, with_reason.status_code) == (422, True, 302)
    assert "Difference: −¥4.50" in without.content.decode()
    difference = CashDifference.objects.get()
    assert (difference.amount_fen, difference.by_id) == (-450, operator.pk)


def test_a_second_person_checks_and_nobody_herself(counter, browser_of, point, operator):
    shift = opened(point, operator)
    payments.close_shift(shift_id=shift.pk, counted_fen=20000, by_id=operator.pk, now=timezone.now())
    colleague = member(point.organisation, "+8619900071082")

    herself = counter.post(at("shift", shift_id=shift.pk), {"act": "check"})
    second = browser_of(colleague).post(at("shift", shift_id=shift.pk), {"act": "check"})

    shift.refresh_from_db()
    assert (herself.status_code, second.status_code) == (409, 302)
    assert shift.checked_by_id == colleague.pk
    with pytest.raises(payments.CannotCheck):
        payments.check_shift(shift_id=shift.pk, by_id=CLERK, now=timezone.now())


def test_staff_does_not_close_a_colleagues_shift_but_a_manager_does(browser_of, point, operator):
    shift = opened(point, member(point.organisation, "+8619900071083", role="staff"))
    staff = browser_of(member(point.organisation, "+8619900071084", role="staff"))

    refused = staff.post(at("shift", shift_id=shift.pk), {"act": "close", "counted": "200"})
    done = browser_of(operator).post(at("shift", shift_id=shift.pk), {"act": "close", "counted": "200"})

    shift.refresh_from_db()
    assert (refused.status_code, done.status_code) == (422, 302)
    assert shift.closed_by_id == operator.pk


def test_the_database_keeps_what_was_counted(point, operator):
    shift = opened(point, operator)
    payments.close_shift(shift_id=shift.pk, counted_fen=20001, reason="多出一分钱", by_id=operator.pk, now=timezone.now())
    wrongs = [
        lambda: CashShift.objects.update(counted_fen=1),
        lambda: CashShift.objects.update(closed_at=None, expected_fen=None, counted_fen=None),
        lambda: CashShift.objects.update(checked_by_id=operator.pk, checked_at=timezone.now()),
        lambda: CashDifference.objects.update(amount_fen=2),
        lambda: CashShift.objects.all()._raw_delete("default"),
        lambda: CashMovement.objects.create(shift=shift, subject_id=CLERK, amount_fen=5, at=timezone.now()),
    ]

    for wrong in wrongs:
        with pytest.raises(DatabaseError), transaction.atomic():
            wrong()

    with pytest.raises(payments.ShiftClosed):
        payments.close_shift(shift_id=shift.pk, counted_fen=1, by_id=operator.pk, now=timezone.now())
    with pytest.raises(Malformed):
        payments.close_shift(shift_id=shift.pk, counted_fen=-1, by_id=operator.pk, now=timezone.now() + timedelta(1))


@pytest.mark.django_db(transaction=True)
def test_two_tablets_close_at_once_and_one_wins(point, operator):
    shift = opened(point, operator)
    told = at_once(
        *(
            lambda fen=fen: payments.close_shift(
                shift_id=shift.pk, counted_fen=fen, reason="再数一遍", by_id=operator.pk, now=timezone.now()
            )
            for fen in (20000, 20500, 19000, 20000)
        )
    )

    assert sorted(type(one).__name__ for one in told) == ["CashShift", "ShiftClosed", "ShiftClosed", "ShiftClosed"]
    shift.refresh_from_db()
    assert shift.counted_fen - shift.expected_fen == sum(CashDifference.objects.values_list("amount_fen", flat=True))


@pytest.mark.django_db(transaction=True)
def test_what_is_taken_while_the_box_is_closed_is_counted_or_refused(point, operator, buyer, offer):
    shift = opened(point, operator)
    groups = [placed(buyer, offer) for _ in range(4)]

    def take(group):
        return console.take_cash_for(group=group, organisation=point.organisation, by=operator, now=timezone.now())

    def close():
        return payments.close_shift(shift_id=shift.pk, counted_fen=20000, reason="没有再数", by_id=operator.pk, now=timezone.now())

    told = at_once(*[lambda group=group: take(group) for group in groups], close)

    shift.refresh_from_db()
    took = [one for one in told if isinstance(one, Payment)]
    assert sum(isinstance(one, payments.NoOpenShift) for one in told) == 4 - len(took)
    assert shift.expected_fen == 20000 + sum(payment.amount_fen for payment in took)
    assert Payment.objects.filter(state="succeeded").count() == CashMovement.objects.count() == len(took)


@pytest.mark.django_db(transaction=True)
def test_a_shift_is_opened_once_by_an_impatient_finger(point, operator):
    told = at_once(*[lambda: opened(point, operator)] * 4)

    assert sorted(type(one).__name__ for one in told) == ["CashShift", "ShiftOpen", "ShiftOpen", "ShiftOpen"]
    assert CashShift.objects.count() == 1
