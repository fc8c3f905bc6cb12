"""What sellers collect is shared out, and comes back before a refund: the real client against the sandbox over HTTP."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.common.refusals import Refusal
from teahorse.payments import actions
from teahorse.payments.actions.jobs import SEND, SHARE
from teahorse.payments.events import ShareReturnsSettled, SharingsSettled
from teahorse.payments.models import Refund, ShareLine, ShareReturn, Sharing
from teahorse.payments.providers.wechat_pay import client
from tests.at_once import at_once

from .conftest import wait_until
from .selling import account, asked_of, divided, number_of, paid, seller, settled, split_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]


def shares(*parts):
    return [
        actions.Share(payee_id=one and one.pk, amount_fen=fen, description="平台服务费" if one is None else "驿站服务费")
        for one, fen in parts
    ]


def share(split, *parts):
    return actions.share_out(split=split, shares=shares(*parts), now=timezone.now())


class Clock:
    """Ours runs ahead, so that every next try is due."""

    def __init__(self):
        self.now = timezone.now()

    def step(self):
        self.now += timedelta(minutes=31)
        return self.now


def sent(sharing):
    """Send and ask until it is settled."""
    clock = Clock()

    def is_settled():
        actions.send_sharings(now=clock.step())
        sharing.refresh_from_db()
        return sharing.state in {"finished", "failed"}

    wait_until(is_settled)
    return sharing


def refunded(refund):
    """Send and ask until it is settled."""
    clock = Clock()

    def is_settled():
        actions.send_refunds(now=clock.step())
        refund.refresh_from_db()
        return refund.state in {"succeeded", "failed"}

    wait_until(is_settled)
    return refund


def refund(split, fen):
    return actions.request_refund(split=split, reference=new_id(), amount_fen=fen, reason="七天无理由", now=timezone.now())


def returns(refund):
    return [(back.line.account_id is None, back.amount_fen, back.state) for back in refund.returns.select_related("line").order_by("pk")]


def lines(sharing):
    return [(line.amount_fen, line.state) for line in sharing.lines.order_by("pk")]


@pytest.fixture
def tea():
    return seller("tea")


@pytest.fixture
def station():
    return seller("station")


@pytest.fixture
def bought(house, tea):
    """The tea seller's part, of 100 yuan, of a combined payment whose money is here."""
    return split_of(paid(house, (tea, 10_000), (seller("barley"), 2000)), tea)


# --- sharing


def test_the_receivers_get_their_shares_and_the_seller_the_rest(house, bought, station, tea, announced, jobs):
    settled_sharings = announced(SharingsSettled)
    sharing = share(bought, (None, 500), (station, 300))

    sent(sharing)

    assert (sharing.state, lines(sharing)) == ("finished", [(500, "succeeded"), (300, "succeeded")])
    assert settled_sharings() == [{"sharing_ids": [str(sharing.pk)]}]
    assert jobs(SHARE) == [{"sharing_ids": [str(sharing.pk)]}]
    (asked,) = [one for one in asked_of(house, "/v3/profitsharing/orders") if one["out_order_no"] == sharing.our_number]
    assert (asked["sub_mchid"], asked["transaction_id"], asked["unfreeze_unsplit"]) == (number_of(tea), bought.provider_number, True)
    assert {(one["account"], one["amount"]) for one in asked["receivers"]} == {
        (house.merchant["mchid"], 500),
        (number_of(station), 300),
    }


def test_the_same_sharing_twice_is_one_and_another_is_refused(bought, station):
    first, again = share(bought, (None, 500), (station, 300)), share(bought, (station, 300), (None, 500))

    assert first == again
    with pytest.raises(actions.SharingDiffers):
        share(bought, (None, 501), (station, 300))
    assert ShareLine.objects.count() == 2


def test_without_shares_all_is_released_to_the_seller(house, bought):
    sharing = sent(share(bought))

    assert (sharing.state, lines(sharing)) == ("finished", [])
    assert any(one["out_order_no"] == sharing.our_number for one in asked_of(house, "/v3/profitsharing/orders/unfreeze"))


def test_a_payment_of_one_seller_is_shared_too(house, tea):
    payment = paid(house, (tea, 10_000))

    assert sent(share(split_of(payment, tea), (None, 800))).state == "finished"


def test_what_cannot_be_shared_is_refused_and_nothing_written(house, bought, station, tea):
    unpaid, nobody = divided((tea, 1000)), seller("nobody", collects=False)
    houses = split_of(paid(house, (seller("cloth", collects=False), 500)), seller("cloth", collects=False))
    refund(bought, 9_000)

    for split, wanted, refusal in (
        (split_of(unpaid, tea), [(None, 10)], actions.NothingToShare),
        (houses, [(None, 10)], actions.NothingToShare),
        (bought, [(None, 1001)], actions.ShareTooLarge),
        (bought, [(nobody, 10)], actions.NoAccountToShareWith),
        (bought, [(None, 0)], ValueError),
        (bought, [(tea, 10)], ValueError),
        (bought, [(station, 10), (station, 20)], ValueError),
    ):
        with pytest.raises(refusal):
            share(split, *wanted)

    assert not Sharing.objects.exists()


def test_the_database_itself_never_shares_more_than_was_collected(bought):
    refund(bought, 9_000)
    sharing = Sharing.objects.create(split=bought, our_number="x", requested_at=timezone.now(), due_at=timezone.now())
    ShareLine.objects.create(sharing=sharing, amount_fen=600, description="-")

    with pytest.raises(IntegrityError, match="more would be shared out than was collected"), transaction.atomic():
        ShareLine.objects.create(sharing=sharing, account=bought.account, amount_fen=401, description="-")


def test_more_than_wechat_allows_fails_with_its_words_and_can_be_tried_again(house, bought, announced):
    settled_sharings = announced(SharingsSettled)
    sharing = sent(share(bought, (None, 3001)))

    assert (sharing.state, lines(sharing)) == ("failed", [(3001, "failed")])
    assert sharing.trouble.startswith("RULE_LIMIT")
    assert len(settled_sharings()) == 1

    again = actions.retry_sharing(sharing_id=sharing.pk, now=timezone.now())

    assert (again.state, again.our_number, lines(again)) == ("requested", f"{again.pk.hex}-2", [(3001, "requested")])
    with pytest.raises(actions.SharingNotFailed):
        actions.retry_sharing(sharing_id=sharing.pk, now=timezone.now())


def test_a_failed_sharing_is_not_tried_again_over_what_was_refunded_meanwhile(house, bought):
    sharing = sent(share(bought, (None, 3001)))
    refund(bought, 7_000)

    with pytest.raises(actions.ShareTooLarge) as refused:
        actions.retry_sharing(sharing_id=sharing.pk, now=timezone.now())

    sharing.refresh_from_db()
    assert (refused.value.numbers, sharing.state) == ({"left_fen": 3000}, "failed")


def test_a_receiver_who_cannot_get_it_is_told_by_name_and_the_others_get_theirs(house, bought, station):
    house.control(sharing={"closed": number_of(station)})

    sharing = sent(share(bought, (None, 500), (station, 300)))

    assert (sharing.state, lines(sharing)) == ("finished", [(500, "succeeded"), (300, "failed")])
    assert sharing.lines.get(account__isnull=False).trouble == "ACCOUNT_ABNORMAL"


@pytest.mark.parametrize("trouble", ["500", "lost", "time-out", "forged answer"])
def test_trouble_is_tried_again_with_the_same_number_and_shares_once(house, bought, monkeypatch, request, trouble):
    knob = {"500": "SYSTEM_ERROR", "lost": "lost", "time-out": "lost", "forged answer": "forge"}[trouble]
    if trouble == "time-out":
        from teahorse.payments.providers import wechat_pay

        monkeypatch.setattr(client, "TIMEOUT", (0.2, 0.2))
        wechat_pay._provider.cache_clear()
        request.addfinalizer(wechat_pay._provider.cache_clear)  # no other test has so little patience
    house.control(api=[{"answer": knob, "count": 3, "path": "/v3/profitsharing/orders", "seconds": 0.4 if trouble == "time-out" else 0}])
    sharing = share(bought, (None, 500))

    actions.send_sharings(now=timezone.now())
    sharing.refresh_from_db()

    assert (sharing.state, sharing.tries) == ("requested", 1)
    assert actions.send_sharings(now=timezone.now()) == 0  # not due before five seconds are over
    assert sent(sharing).state == "finished"
    asked = [one["out_order_no"] for one in asked_of(house, "/v3/profitsharing/orders") if one["transaction_id"] == bought.provider_number]
    assert set(asked) == {sharing.our_number}


def test_two_workers_send_a_sharing_once(house, bought):
    share(bought, (None, 500))

    counts = at_once(*[lambda: actions.send_sharings(now=timezone.now())] * 2)

    assert sorted(counts) == [0, 1]


# --- refunds of what was shared


def test_a_refund_brings_the_shares_back_first(house, bought, station, announced, jobs):
    came_back = announced(ShareReturnsSettled)
    sent(share(bought, (None, 500), (station, 300)))

    wanted = refund(bought, 1000)

    assert returns(wanted) == [(True, 50, "requested"), (False, 30, "requested")]
    assert jobs(SEND) == [{"refund_ids": [str(wanted.pk)]}]
    assert actions.send_refunds(now=timezone.now()) == 0  # the returns are on their way, the refund waits
    assert returns(wanted) == [(True, 50, "sent"), (False, 30, "sent")]
    assert refunded(wanted).state == "succeeded"
    assert returns(wanted) == [(True, 50, "succeeded"), (False, 30, "succeeded")]
    assert sum(len(event["return_ids"]) for event in came_back()) == 2


def test_wechat_refuses_a_refund_until_the_shares_are_back(house, bought):
    """What the house relies on: the sandbox, as WeChat, has nothing to refund from before."""
    sent(share(bought, (None, 500)))
    whole = refund(bought, 10_000)
    ShareReturn.objects.filter(refund=whole).update(state="dropped")

    actions.send_refunds(now=timezone.now())

    whole.refresh_from_db()
    assert (whole.state, whole.tries) == ("requested", 1)
    assert any("NOT_ENOUGH" in row["detail"] for row in house.log() if "/v3/refund" in row["title"])


def test_many_refunds_clear_every_fen_of_every_share(bought, station, now):
    sharing = share(bought, (None, 333), (station, 101))
    sharing.lines.update(state="succeeded")

    made = [refund(bought, fen) for fen in (1, 7, 3333, 10, 6, 6_642, 1)]

    house_part, station_part = sharing.lines.order_by("pk")
    assert sum(one.amount_fen for one in made) == 10_000
    assert sum(back.amount_fen for back in house_part.returns.all()) == 333
    assert sum(back.amount_fen for back in station_part.returns.all()) == 101
    with pytest.raises(actions.RefundTooLarge):
        refund(bought, 1)


def test_what_was_refunded_before_sharing_was_the_sellers_own(bought):
    refund(bought, 9_000)
    share(bought, (None, 1000)).lines.update(state="succeeded")

    last = refund(bought, 1000)

    assert returns(last) == [(True, 1000, "requested")]


def test_the_database_itself_never_takes_back_more_than_was_shared(bought):
    share(bought, (None, 500)).lines.update(state="succeeded")
    first, line = refund(bought, 9_000), ShareLine.objects.get()
    other = refund(bought, 1)

    with pytest.raises(IntegrityError, match="more would be taken back than was shared"), transaction.atomic():
        ShareReturn.objects.create(
            line=line, refund=other, our_number="x", amount_fen=51, requested_at=timezone.now(), due_at=timezone.now()
        )

    assert returns(first) == [(True, 450, "requested")]


def test_a_refund_waits_for_a_sharing_that_is_on_its_way(house, bought):
    sharing = share(bought, (None, 500))
    wanted = refund(bought, 10_000)

    sent_before = actions.send_refunds(now=timezone.now())
    sent(sharing)

    assert sent_before == 0
    assert refunded(wanted).state == "succeeded"
    assert returns(wanted) == [(True, 500, "succeeded")]


def test_a_share_that_was_never_handed_out_need_not_come_back(house, bought):
    sharing = share(bought, (None, 3001))
    wanted = refund(bought, 10_000)

    sent(sharing)

    assert sharing.state == "failed"
    assert returns(wanted) == [(True, 3001, "dropped")]
    assert refunded(wanted).state == "succeeded"


def test_a_failed_return_leaves_the_refund_waiting_and_says_why_until_it_is_tried_again(house, bought):
    sent(share(bought, (None, 500)))
    house.control(sharing={"return_outcome": "FAILED"})
    wanted, clock = refund(bought, 10_000), Clock()

    def has_failed():
        actions.send_refunds(now=clock.step())
        return returns(wanted) == [(True, 500, "failed")]

    wait_until(has_failed)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.trouble, wanted.tries) == ("requested", "PAYER_ACCOUNT_ABNORMAL", 0)

    house.control(reset=True)
    actions.retry_refund(refund_id=wanted.pk, now=timezone.now())

    assert (refunded(wanted).state, wanted.trouble) == ("succeeded", "")
    assert wanted.returns.get().our_number == f"{wanted.returns.get().pk.hex}-2"


def test_an_empty_account_of_a_receiver_is_asked_again_with_the_same_number(house, bought, station):
    sent(share(bought, (station, 500)))
    house.control(sharing={"receiver_fen": 0})
    wanted = refund(bought, 10_000)

    actions.send_refunds(now=timezone.now())

    wanted.refresh_from_db()
    assert (returns(wanted), wanted.state) == ([(False, 500, "requested")], "requested")
    assert wanted.trouble.startswith("NOT_ENOUGH")
    house.control(reset=True)
    assert refunded(wanted).state == "succeeded"
    assert wanted.returns.get().our_number == wanted.returns.get().pk.hex


def test_refunds_at_once_take_back_no_more_than_was_shared(bought):
    share(bought, (None, 500)).lines.update(state="succeeded")

    outcomes = at_once(*[lambda: refund(bought, 3_000)] * 4)

    refusals = [one.numbers["left_fen"] for one in outcomes if isinstance(one, actions.RefundTooLarge)]
    assert (refusals, Refund.objects.count()) == ([1000], 3)
    assert [back.amount_fen for back in ShareReturn.objects.all()] == [150] * 3


def test_sharing_and_refunding_at_once_share_and_refund_no_more_than_there_is(bought):
    outcomes = at_once(lambda: share(bought, (None, 3_000)), lambda: refund(bought, 10_000))

    refusals = [type(one) for one in outcomes if isinstance(one, Refusal)]
    given, back = ShareLine.objects.first(), ShareReturn.objects.first()
    # either the sharing came first, and all of it comes back, or the refund did, and there was nothing to share
    assert (given and given.amount_fen, back and back.amount_fen, refusals) in (
        (3_000, 3_000, []),
        (None, None, [actions.ShareTooLarge]),
    )


def test_an_account_of_another_number_later_changes_nothing_of_a_share(house, bought, station):
    old = number_of(station)
    sharing = share(bought, (station, 300))
    sharing.lines.get().account.__class__.objects.filter(number=old).update(is_active=False)
    account(station)

    sent(sharing)

    assert sharing.state == "finished"
    assert {one["account"] for one in asked_of(house, "/v3/profitsharing/orders")[-1]["receivers"]} == {old}
    assert settled(bought.payment).state == "succeeded"
