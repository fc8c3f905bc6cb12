"""Who belongs to the one that is paid has no hand in her payout, wherever else she works."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.people import actions as people
from teahorse.people.models import Membership
from teahorse.settlement import actions
from teahorse.settlement.models import Payout, PayoutEvent
from tests import world

from .making import closed, settled


@pytest.fixture
def at(seller, now):
    """When the earnings of an order of 50 yuan have matured."""
    return settled(closed({world.offer(seller, price_fen=3800, on_hand=5): 1}, now=now), now=now)


@pytest.fixture
def double(seller):
    """She works for the seller too."""
    return member(seller, "+8619900002201")


def member(seller, phone):
    person = world.person(phone)
    people.give_membership(person=person, organisation=seller, role="staff", now=timezone.now())
    return person


def prepared(seller, clerk, at) -> Payout:
    (payout,) = actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=at)
    return payout


def tries_everything(payout, hand, at):
    """Let a payout go, and say what became of it: each is refused, and nothing changes."""
    payout.refresh_from_db()
    state, told = payout.state, {"payout": payout, "at": at, "by_id": hand.pk, "now": at}
    for act in (
        lambda: actions.approve_payout(payout=payout, by=hand, now=at),
        lambda: actions.pay_out_in_cash(payout=payout, given_by=hand, received_by="卓玛", now=at),
        lambda: actions.confirm_payout(**told, reference="BK1"),
        lambda: actions.return_payout(**told, reference="BR1", note="户名不符"),
    ):
        with pytest.raises(actions.PaysHerself) as refusal:
            act()
        assert refusal.value.numbers == {"number": payout.number, "payee": payout.seller.name}
    payout.refresh_from_db()
    assert payout.state == state


def test_who_gets_the_money_has_no_hand_in_it(seller, clerk, head, double, at):
    payout = prepared(seller, clerk, at)

    tries_everything(payout, double, at)
    actions.approve_payout(payout=payout, by=head, now=at)
    tries_everything(payout, double, at)
    actions.pay_out_in_cash(payout=payout, given_by=head, received_by="卓玛", now=at)
    tries_everything(payout, double, at)

    told = PayoutEvent.objects.filter(payout=payout).order_by("pk").values_list("kind", "by_id")
    assert list(told) == [("draft", clerk.pk), ("approved", head.pk), ("paid", head.pk)]


def test_who_left_after_it_was_prepared_still_gets_the_money(seller, clerk, at):
    gone, long_gone = member(seller, "+8619900002202"), member(seller, "+8619900002203")
    Membership.objects.filter(person=long_gone).update(until_at=at - timedelta(days=1))
    payout = prepared(seller, clerk, at)
    Membership.objects.filter(person=gone).update(until_at=at + timedelta(minutes=1))

    tries_everything(payout, gone, at + timedelta(minutes=2))
    actions.approve_payout(payout=payout, by=long_gone, now=at + timedelta(minutes=2))

    assert Payout.objects.get().approved_by_id == long_gone.pk


def test_the_banks_answer_is_taken_by_others(seller, clerk, head, double, at):
    actions.tell_account(seller=seller, holder="合作社", bank="农业银行", number="62284800", by=double, now=at)
    payout = prepared(seller, clerk, at)
    actions.approve_payout(payout=payout, by=head, now=at)
    actions.make_bank_file(payouts=[payout], by=double, now=at)
    answer = f"payout,amount,result,reference,date,reason\r\n{payout.number},50.00,paid,BK1,2026-08-25,\r\n"

    with pytest.raises(actions.PaysHerself):
        actions.import_bank_answer(content=answer, by=double, now=at)
    states = [Payout.objects.get().state]
    actions.import_bank_answer(content=answer, by=head, now=at)

    assert [*states, Payout.objects.get().state] == ["sent", "paid"]
