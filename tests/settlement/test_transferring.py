"""Money moves to the house's bank account: from a provider with its fee, out of a box in cash; once, and undone by a reversal."""

import threading
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from teahorse.common.refusals import Malformed
from teahorse.payments import actions as payments
from teahorse.payments.models import CashMovement
from teahorse.settlement import actions
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import Transfer
from tests import world
from tests.at_once import at_once, wait_until_somebody_waits

from .making import are_whole, book, paid, standing

TODAY = date(2026, 8, 15)


@pytest.fixture
def clerk(db):
    return world.person("+8619900001011", name="出纳")


@pytest.fixture
def goods(db):
    return world.offer(world.organisation("coop"), price_fen=3800, on_hand=1000)


@pytest.fixture
def collected(goods, now):
    """50 yuan that WeChat Pay holds for the house."""
    paid({goods: 1}, now=now)
    book(now)


def moved(clerk, *, now, **other):
    wanted = {"provider": "wechat_pay", "amount_fen": 5000, "fee_fen": 30, "reference": "BK 1", "day": TODAY}
    return actions.transfer_to_bank(**{**wanted, **other}, by=clerk, now=now)


@pytest.mark.django_db
def test_the_bank_gets_what_the_provider_had_less_its_fee(collected, clerk, now):
    made, again = (moved(clerk, now=now) for _ in range(2))

    assert again == made
    assert (made.reference, made.net_fen) == ("BK1", 4970)
    assert standing() == {"bank": -4970, "fees:payment": -30}
    assert are_whole(now)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ({"provider": "cash"}, Malformed),
        ({"amount_fen": 0}, Malformed),
        ({"fee_fen": 5000}, Malformed),
        ({"fee_fen": -1}, Malformed),
        ({"reference": " "}, Malformed),
        ({"day": TODAY + timedelta(days=1)}, Malformed),
        ({"amount_fen": 5001}, actions.MoreThanIsThere),
        ({"provider": "alipay"}, actions.MoreThanIsThere),
    ],
)
def test_what_cannot_be_is_not_written_down(collected, clerk, now, other, refused):
    with pytest.raises(refused):
        moved(clerk, now=now, **other)

    assert not Transfer.objects.exists()
    assert standing() == {"at_provider:wechat_pay": -5000}


@pytest.mark.django_db
def test_a_number_of_the_bank_counts_once(collected, clerk, now):
    moved(clerk, now=now, amount_fen=1000)

    with pytest.raises(actions.BankNumberKnown):
        moved(clerk, now=now, amount_fen=2000)

    assert standing() == {"at_provider:wechat_pay": -4000, "bank": -970, "fees:payment": -30}
    assert are_whole(now)


@pytest.mark.django_db
def test_what_was_wrong_is_undone_once_and_its_number_is_free_again(collected, clerk, now):
    wrong = moved(clerk, now=now, amount_fen=500)
    with pytest.raises(Malformed):
        actions.undo_transfer(transfer_id=wrong.pk, reason=" ", by=clerk, now=now)

    actions.undo_transfer(transfer_id=wrong.pk, reason="少写一个零", by=clerk, now=now)
    right = moved(clerk, now=now)

    with pytest.raises(actions.AlreadyUndone):
        actions.undo_transfer(transfer_id=wrong.pk, reason="少写一个零", by=clerk, now=now)
    assert right.pk != wrong.pk
    assert standing() == {"bank": -4970, "fees:payment": -30}
    assert are_whole(now)


@pytest.mark.django_db
def test_a_transfer_that_is_not_booked_is_a_difference(clerk, now):
    Transfer.objects.create(provider="alipay", amount_fen=100, reference="BK9", day=TODAY, written_at=now, written_by_id=clerk.pk)

    (found,) = differences(now=now + timedelta(hours=1))

    assert (found.kind, found.subject, found.expected_fen, found.found_fen) == ("transfer not booked", "BK9", 100, 0)


@pytest.mark.django_db
def test_a_transfer_stays_as_it_was_written(collected, clerk, now):
    made = moved(clerk, now=now)

    for change in ({"amount_fen": 1}, {"reference": "BK2"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Transfer.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        made.delete()
    with pytest.raises(IntegrityError, match="undone_by_somebody_for_a_reason"), transaction.atomic():
        Transfer.objects.filter(pk=made.pk).update(undone_at=now)


# --- Cash


@pytest.fixture
def station(db):
    return world.organisation("station", kind="township_station")


@pytest.fixture
def shift(station, clerk, goods, now):
    """A box in which 20 yuan lay first, and 50 were taken."""
    opened = payments.open_shift(organisation=station, person_id=clerk.pk, float_fen=2000, now=now)
    paid({goods: 1}, now=now, provider="cash")
    book(now)
    CashMovement.objects.create(shift=opened, subject_id=opened.pk, amount_fen=5000, at=now)
    return opened


def brought(station, clerk, *, now, amount_fen=5000, reference="CK1"):
    return actions.bring_cash_to_bank(house=station, amount_fen=amount_fen, reference=reference, day=TODAY, by=clerk, now=now)


@pytest.mark.django_db
def test_cash_comes_out_of_the_box_and_goes_back_into_it(station, shift, clerk, now):
    made, again = (brought(station, clerk, now=now) for _ in range(2))
    at_the_bank = (standing(), payments.expected_fen(shift))

    actions.undo_transfer(transfer_id=made.pk, reason="还没有去银行", by=clerk, now=now)

    assert again == made
    assert at_the_bank == ({"bank": -5000}, 2000)
    assert (standing(), payments.expected_fen(shift)) == ({"at_provider:cash": -5000}, 7000)
    assert are_whole(now)


@pytest.mark.django_db
def test_nobody_brings_what_is_not_in_her_box(station, shift, clerk, now):
    with pytest.raises(actions.MoreThanIsThere):
        brought(station, clerk, now=now, amount_fen=7001)
    with pytest.raises(payments.NoOpenShift):
        brought(station, world.person("+8619900001013"), now=now)

    assert not Transfer.objects.exists()
    assert payments.expected_fen(shift) == 7000


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_bring_cash_once_and_undo_it_once(station, shift, clerk, now):
    made = at_once(*(lambda: brought(station, clerk, now=now) for _ in range(3)))
    between = (standing(), payments.expected_fen(shift))
    undone = at_once(*(lambda: actions.undo_transfer(transfer_id=made[0].pk, reason="写错了金额", by=clerk, now=now) for _ in range(3)))

    assert len({one.pk for one in made}) == 1
    assert between == ({"bank": -5000}, 2000)
    assert sorted(type(one).__name__ for one in undone) == ["AlreadyUndone", "AlreadyUndone", "Transfer"]
    assert (standing(), payments.expected_fen(shift)) == ({"at_provider:cash": -5000}, 7000)
    assert are_whole(now)


@pytest.mark.django_db(transaction=True)
def test_two_who_write_the_same_number_at_once_write_it_once(collected, clerk, now):
    made = at_once(*(lambda: moved(clerk, now=now) for _ in range(3)))

    assert len({one.pk for one in made}) == 1
    assert standing() == {"bank": -4970, "fees:payment": -30}
    assert are_whole(now)


@pytest.mark.django_db(transaction=True)
def test_a_second_transfer_waits_for_the_first_and_is_weighed_with_it(collected, clerk, now):
    written = threading.Event()

    def first():
        with transaction.atomic():
            made = moved(clerk, now=now)
            written.set()
            wait_until_somebody_waits()
            return made

    def second():
        assert written.wait(10)
        return moved(clerk, now=now, reference="BK2")

    made, refused = at_once(first, second)

    assert made.reference == "BK1"
    assert isinstance(refused, actions.MoreThanIsThere)
    assert standing() == {"bank": -4970, "fees:payment": -30}
