"""Sellers who collect themselves, and what their providers share out, as these tests need it."""

from teahorse.payments.actions.sharing import _write_returns, _write_sharings
from teahorse.payments.models import MerchantAccount, ShareReturn, Sharing
from teahorse.payments.providers import SharingTold, Told
from teahorse.settlement import actions
from teahorse.settlement.models import Earning
from tests import world

from .making import A_DAY, arrive

LATER = A_DAY / 24


def collector():
    """A cooperative that collects at WeChat Pay herself."""
    made = world.organisation("coop")
    account(made)
    return made


def account(organisation, *, number="1900000109", provider="wechat_pay", **more):
    return MerchantAccount.objects.create(
        organisation=organisation, provider=provider, number=number, since_at=world.NOW, changed_at=world.NOW, **more
    )


def approved(seller, clerk, head, *, now, provider="wechat_pay"):
    """An approved payout of what stands at a provider, and what of it is asked to be shared out."""
    (payout,) = (one for one in actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=now) if one.provider == provider)
    actions.approve_payout(payout=payout, by=head, now=now)
    actions.share_payouts(now=now)
    payout.refresh_from_db()
    return payout


def told(sharing, *, now, refusal="", kept=()):
    """Have the provider finish a sharing, but for those receivers, or refuse it."""
    lines = [Told(our_number="", done=line.account_id not in kept, failed=line.account_id in kept) for line in sharing.lines.order_by("pk")]
    answer = SharingTold(is_finished=False, refusal=refusal) if refusal else SharingTold(is_finished=True, lines=tuple(lines))
    _write_sharings([(sharing, answer)], now=now)
    actions.book_sharings(sharing_ids=[sharing.pk], now=now)
    sharing.refresh_from_db()
    return sharing


def given_back(refund, *, now):
    """Have the receivers give back their parts of a refund, and the refund arrive."""
    found = list(ShareReturn.objects.filter(refund=refund, state="requested").select_related("refund"))
    _write_returns([(back, Told(our_number=back.our_number, done=True)) for back in found], now=now)
    actions.book_share_returns(return_ids=[back.pk for back in found], now=now)
    arrive(refund, now=now)
    actions.book_refunds(refund_ids=[refund.pk], now=now)


def earned(order):
    return [
        (one.kind, one.provider, one.amount_fen, one.maturity.state)
        for one in Earning.objects.filter(order_id=order.pk).select_related("maturity").order_by("earned_at", "kind", "-provider")
    ]


def shares():
    return [(line.account.number if line.account else "house", line.amount_fen) for line in _lines()]


def _lines():
    return [line for sharing in Sharing.objects.order_by("pk") for line in sharing.lines.select_related("account").order_by("pk")]
