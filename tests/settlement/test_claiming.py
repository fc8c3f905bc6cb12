"""What budgets bear is claimed once, less what came back; what comes of it is written down, and all of it can be undone."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from teahorse.common.refusals import Malformed
from teahorse.people.models import Organisation
from teahorse.settlement import actions, facts
from teahorse.settlement.claims import claimable, owing, sums_of_claim
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import SubsidyClaim, SubsidyClaimLine, SubsidyLine, Transfer
from tests import world
from tests.at_once import at_once

from .making import are_whole, closed, paid, refund, standing

A_DAY = timedelta(days=1)
TODAY = date(2026, 8, 15)
TOMORROW = date(2026, 8, 16)


@pytest.fixture
def clerk(db):
    return world.person("+8619900001011", name="会计")


@pytest.fixture
def region(db):
    return world.organisation("region", kind="region_centre", code="540102")


@pytest.fixture
def goods(db):
    return world.offer(world.organisation("coop"), price_fen=3800, on_hand=1000)


@pytest.fixture
def budget(monkeypatch):
    """A county's budget that pays 700 fen of every order."""
    made = world.organisation("budget", kind="county_centre")
    monkeypatch.setattr(facts, "_subsidies", lambda order_ids: {key: [(made.pk, 700)] for key in order_ids})
    return made


def booked(orders, *, now):
    actions.book_sales(order_ids=[order.pk for order in orders], now=now)
    return orders


@pytest.fixture
def sold(goods, budget, now):
    """Two orders that buyers have, and one that is on its way."""
    booked(paid({goods: 1}, now=now), now=now)
    return booked([*closed({goods: 1}, now=now), *closed({goods: 1}, now=now)], now=now)


def claimed(budget, region, clerk, *, now, until=TODAY):
    return actions.claim_subsidies(payer=budget, house=region, until_date=until, by=clerk, now=now)


def received(claim, clerk, *, now, amount_fen=1400, reference="BK 1", day=TOMORROW):
    return actions.receive_claim(claim_id=claim.pk, amount_fen=amount_fen, reference=reference, day=day, by=clerk, now=now)


def owes(budget, *, until=TODAY):
    (one,) = owing(Organisation.objects.filter(pk=budget.pk), until_date=until)
    return one.waiting_fen, one.to_claim_fen, one.count, one.claimed_fen


@pytest.mark.django_db
def test_what_buyers_have_is_claimed_once(sold, budget, region, clerk, now):
    before = owes(budget)

    made = claimed(budget, region, clerk, now=now + A_DAY)
    with pytest.raises(actions.NothingToClaim):
        claimed(budget, region, clerk, now=now + A_DAY)

    assert before == (700, 1400, 2, 0)
    assert owes(budget) == (700, 0, 0, 1400)
    assert (made.since_date, made.until_date, made.amount_fen, made.state) == (TODAY, TODAY, 1400, "claimed")
    assert sorted(made.lines.values_list("amount_fen", "before_fen")) == [(700, 0), (700, 0)]
    assert {line.subsidy.sale_id for line in made.lines.select_related("subsidy")} == {order.pk for order in sold}
    assert standing(budget) == {"claimed": -1400, "subsidy": -700}
    assert are_whole(now + A_DAY)


@pytest.mark.django_db
def test_only_orders_up_to_the_day_are_claimed(sold, goods, budget, region, clerk, now):
    later = now + 3 * A_DAY
    booked(closed({goods: 1}, now=later), now=later)

    first = claimed(budget, region, clerk, now=later + A_DAY)
    second = claimed(budget, region, clerk, now=later + A_DAY, until=date(2026, 8, 18))

    assert (first.amount_fen, second.amount_fen, second.since_date) == (1400, 700, date(2026, 8, 18))
    assert are_whole(later + A_DAY)


@pytest.mark.django_db
@pytest.mark.parametrize("until", [TOMORROW, TOMORROW + A_DAY])
def test_a_day_that_is_not_over_is_not_claimed(sold, budget, region, clerk, now, until):
    with pytest.raises(Malformed):
        claimed(budget, region, clerk, now=now + A_DAY, until=until)

    assert not SubsidyClaim.objects.exists()
    assert standing(budget) == {"subsidy": -2100}


@pytest.mark.django_db
def test_what_comes_back_after_a_claim_is_taken_off_the_next(sold, goods, budget, region, clerk, now):
    first = claimed(budget, region, clerk, now=now + A_DAY)
    refund(sold[0], sold[0].total_fen, now=now + A_DAY)
    booked([sold[0]], now=now + A_DAY)
    with pytest.raises(actions.NothingToClaim) as refused:
        claimed(budget, region, clerk, now=now + A_DAY)
    owed = owes(budget)

    later = now + 2 * A_DAY
    booked([*closed({goods: 1}, now=later), *closed({goods: 1}, now=later)], now=later)
    second = claimed(budget, region, clerk, now=later + A_DAY, until=date(2026, 8, 17))

    assert refused.value.numbers["open_fen"] == -700
    assert owed == (700, -700, 1, 1400)
    assert second.amount_fen == 700
    assert sorted(second.lines.values_list("amount_fen", "before_fen")) == [(-700, 700), (700, 0), (700, 0)]
    assert (sums_of_claim(second).kinds, sums_of_claim(second).taken_off_fen) == ({"discount": 1400}, -700)
    assert (first.amount_fen, second.since_date) == (1400, date(2026, 8, 17))
    assert standing(budget) == {"claimed": -2100, "subsidy": -700}
    assert are_whole(later + A_DAY)


@pytest.mark.django_db
def test_what_came_back_before_a_claim_is_never_in_it(sold, budget, region, clerk, now):
    refund(sold[0], sold[0].total_fen // 2, now=now)
    booked([sold[0]], now=now)

    made = claimed(budget, region, clerk, now=now + A_DAY)

    left = {line.sale_id: line.left_fen for line in SubsidyLine.objects.filter(sale__in=[order.pk for order in sold])}
    assert left[sold[0].pk] < 700
    assert made.amount_fen == sum(left.values())
    assert are_whole(now + A_DAY)


# --- What comes of it


@pytest.mark.django_db
def test_a_claim_is_paid_in_parts_and_says_what_is_open(sold, budget, region, clerk, now):
    made, at = claimed(budget, region, clerk, now=now + A_DAY), now + 2 * A_DAY

    first, again = (received(made, clerk, now=at, amount_fen=1000) for _ in range(2))
    made.refresh_from_db()
    partly = (made.state, made.open_fen, standing(budget)["claimed"], standing()["bank"])
    received(made, clerk, now=at, amount_fen=400, reference="BK2")
    made.refresh_from_db()

    assert again == first
    assert partly == ("partly", 400, -400, -1000)
    assert (made.state, made.open_fen) == ("received", 0)
    assert standing(budget) == {"subsidy": -700}
    assert standing()["bank"] == -1400
    assert are_whole(at)


@pytest.mark.django_db
def test_one_number_of_the_bank_pays_several_claims(sold, goods, budget, region, clerk, now):
    later = now + 2 * A_DAY
    booked(closed({goods: 1}, now=later), now=later)
    first = claimed(budget, region, clerk, now=later + A_DAY)
    second = claimed(budget, region, clerk, now=later + A_DAY, until=date(2026, 8, 17))

    for claim, fen in ((first, 1400), (second, 700)):
        received(claim, clerk, now=later + A_DAY, amount_fen=fen, day=date(2026, 8, 18))

    assert standing()["bank"] == -2100
    assert are_whole(later + A_DAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ({"amount_fen": 0}, Malformed),
        ({"amount_fen": 1401}, actions.MoreThanIsOpen),
        ({"reference": " "}, Malformed),
        ({"day": date(2026, 8, 18)}, Malformed),
        ({"day": TODAY}, Malformed),
    ],
)
def test_what_cannot_have_come_is_not_written_down(sold, budget, region, clerk, now, other, refused):
    made = claimed(budget, region, clerk, now=now + A_DAY)

    with pytest.raises(refused):
        received(made, clerk, now=now + 2 * A_DAY, **other)

    assert not Transfer.objects.exists()
    assert standing(budget)["claimed"] == -1400


@pytest.mark.django_db
def test_a_payment_that_was_written_down_wrongly_is_undone(sold, budget, region, clerk, now):
    made, at = claimed(budget, region, clerk, now=now + A_DAY), now + 2 * A_DAY
    wrong = received(made, clerk, now=at, amount_fen=140)

    actions.undo_transfer(transfer_id=wrong.pk, reason="少写一个零", by=clerk, now=at)
    right = received(made, clerk, now=at)

    made.refresh_from_db()
    assert (right.pk == wrong.pk, made.state) == (False, "received")
    assert standing()["bank"] == -1400
    assert are_whole(at)


# --- A claim that was wrong


@pytest.mark.django_db
def test_a_withdrawn_claim_is_claimed_anew(sold, budget, region, clerk, now):
    wrong, at = claimed(budget, region, clerk, now=now + A_DAY), now + A_DAY
    with pytest.raises(Malformed):
        actions.withdraw_claim(claim_id=wrong.pk, reason=" ", by=clerk, now=at)

    actions.withdraw_claim(claim_id=wrong.pk, reason="期间选错了", by=clerk, now=at)
    between = owes(budget)
    right = claimed(budget, region, clerk, now=at)

    with pytest.raises(actions.ClaimWithdrawn):
        actions.withdraw_claim(claim_id=wrong.pk, reason="期间选错了", by=clerk, now=at)
    with pytest.raises(actions.ClaimWithdrawn):
        received(wrong, clerk, now=at + A_DAY)
    assert between == (700, 1400, 2, 0)
    assert right.amount_fen == 1400
    assert standing(budget) == {"claimed": -1400, "subsidy": -700}
    assert are_whole(at)


@pytest.mark.django_db
def test_what_was_paid_or_followed_is_not_withdrawn(sold, goods, budget, region, clerk, now):
    later = now + 2 * A_DAY
    first = claimed(budget, region, clerk, now=now + A_DAY)
    booked(closed({goods: 1}, now=later), now=later)
    second = claimed(budget, region, clerk, now=later + A_DAY, until=date(2026, 8, 17))
    received(second, clerk, now=later + A_DAY, amount_fen=1, day=date(2026, 8, 18))

    for claim, refused in ((first, actions.NotTheLastClaim), (second, actions.ClaimPaid)):
        with pytest.raises(refused):
            actions.withdraw_claim(claim_id=claim.pk, reason="期间选错了", by=clerk, now=later + A_DAY)

    assert not SubsidyClaim.objects.exclude(withdrawn_at=None).exists()
    assert standing(budget) == {"claimed": -2099, "subsidy": -700}


# --- What stands behind it


@pytest.mark.django_db
def test_a_claim_and_its_payment_that_are_not_booked_are_differences(sold, budget, region, clerk, now):
    made = claimed(budget, region, clerk, now=now + A_DAY)
    with transaction.atomic():
        lost = SubsidyClaim.objects.create(
            payer=budget, house=region, number="S1", since_date=TODAY, until_date=TODAY, amount_fen=700, made_at=now, made_by_id=clerk.pk
        )
        waiting = SubsidyLine.objects.filter(claims=None).get()
        SubsidyClaimLine.objects.create(claim=lost, subsidy=waiting, amount_fen=700)
    told = {"day": TODAY, "written_at": now, "written_by_id": clerk.pk}
    Transfer.objects.create(provider="budget", claim=made, amount_fen=100, reference="BK9", **told)

    found = {(one.kind, one.subject): (one.expected_fen, one.found_fen) for one in differences(now=now + 2 * A_DAY)}

    assert found == {
        ("claim not booked", "S1"): (700, 0),
        ("claim and what came of it", made.number): (100, 0),
        ("subsidies owed", str(budget.pk)): (0, 700),
        ("transfer not booked", "BK9"): (100, 0),
    }


@pytest.mark.django_db
def test_a_claim_stays_as_it_was_made(sold, budget, region, clerk, now):
    made = claimed(budget, region, clerk, now=now + A_DAY)

    for rows, change in (
        (SubsidyClaim.objects.filter(pk=made.pk), {"amount_fen": 1}),
        (SubsidyClaim.objects.filter(pk=made.pk), {"received_fen": 1401}),
        (SubsidyClaim.objects.filter(pk=made.pk), {"withdrawn_at": now}),
        (made.lines.all(), {"amount_fen": 1}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    for row in (made, made.lines.first()):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()


@pytest.mark.django_db
def test_no_two_claims_have_one_line(sold, budget, region, clerk, now):
    made = claimed(budget, region, clerk, now=now + A_DAY)

    with pytest.raises(IntegrityError, match="a_subsidy_is_claimed_once"), transaction.atomic():
        SubsidyClaimLine.objects.create(claim=made, subsidy=made.lines.first().subsidy, amount_fen=700)


@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_who_claim_the_same_at_once_one_does(sold, budget, region, clerk, now):
    other, at = world.person("+8619900001013"), now + A_DAY

    made = at_once(*(lambda by=by: claimed(budget, region, by, now=at) for by in (clerk, other, clerk)))

    assert sorted(type(one).__name__ for one in made) == ["NothingToClaim", "NothingToClaim", "SubsidyClaim"]
    assert SubsidyClaimLine.objects.count() == 2
    assert claimable([budget.pk], until_date=TODAY) == []
    assert standing(budget) == {"claimed": -1400, "subsidy": -700}
    assert are_whole(at)


@pytest.mark.django_db(transaction=True)
def test_payment_and_withdrawal_at_once_are_never_both(sold, budget, region, clerk, now):
    made, at = claimed(budget, region, clerk, now=now + A_DAY), now + 2 * A_DAY

    done = at_once(
        lambda: received(made, clerk, now=at),
        lambda: actions.withdraw_claim(claim_id=made.pk, reason="期间选错了", by=clerk, now=at),
        lambda: received(made, clerk, now=at, reference="BK2"),
    )

    went = sorted(type(one).__name__ for one in done)
    assert went in (["ClaimPaid", "MoreThanIsOpen", "Transfer"], ["ClaimWithdrawn", "ClaimWithdrawn", "SubsidyClaim"])
    assert are_whole(at)
