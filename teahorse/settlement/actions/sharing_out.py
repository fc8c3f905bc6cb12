"""
Payouts by a provider: what a seller collected herself is let go to her there when its fees are shared out.

An approved payout has each of its sales shared out, one transaction each; it is sent when all are asked for and paid when all
are finished. Who asks the provider, and what becomes of it, is ``payments``'; no network is touched here.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.ids import new_id
from teahorse.common.refusals import Refusal
from teahorse.common.statements import looked_up
from teahorse.orders import owing
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.actions import Share
from teahorse.payments.models import MerchantAccount, Payment, PaymentSplit, Sharing
from teahorse.payments.providers import MOST_PARTS
from teahorse.settlement.actions.booking import book_refunds, book_sales, parts_to_share
from teahorse.settlement.actions.collected import Own
from teahorse.settlement.actions.paying_out import finish_payout, send_payouts
from teahorse.settlement.facts import SaleFacts, facts_of
from teahorse.settlement.heard import orders_of_sharings, refunds_of_returns
from teahorse.settlement.models import FeeLine, Payout, SharedFee
from teahorse.settlement.queries import orders_of_payout
from teahorse.settlement.rules import matured_before

log = logging.getLogger(__name__)
State = Payout.State
BATCH = 500
DESCRIPTION = "订单服务费"
"""WeChat's statement shows this to the receivers, who are in China."""
TO_RELEASE = """
    select split.reference, payment.provider
      from payments_paymentsplit split
      join payments_merchantaccount account on account.id = split.account_id and account.organisation_id = split.payee_id
      join payments_payment payment on payment.id = split.payment_id and payment.state in ('succeeded', 'late_succeeded')
      join settlement_sale sale on sale.order_id = split.reference and sale.closed_at < %(closed_before)s
      left join settlement_earning earning
        on earning.kind = 'sale' and earning.source_id = sale.order_id and earning.provider = payment.provider
      left join settlement_maturity maturity on maturity.id = earning.maturity_id
      left join settlement_payout payout on payout.id = maturity.payout_id
     where payment.provider = any(%(sharing)s)
       and split.amount_fen > (select coalesce(sum(amount_fen), 0) from payments_refund where split_id = split.id)
       and not exists (select from payments_sharing where split_id = split.id)
       and not exists (select from aftersales_aftersalecase disputed
                        where disputed.order_id = sale.order_id and disputed.state <> all(%(ended)s))
       -- what a payout has, or the next one can have, is that payout's to share out
       and (earning.id is null
            or (maturity.state = 'payable' and coalesce(payout.state, 'returned') in ('returned', 'paid')
                and (select sum(amount_fen) from settlement_maturity waiting
                      where waiting.seller_id = sale.seller_id and waiting.provider = payment.provider
                        and waiting.state = 'payable' and waiting.payout_id is null) <= 0))
     order by split.reference
     limit %(limit)s
"""


def share_payouts(*, now: datetime, payout_ids: Collection[UUID] | None = None) -> int:
    """
    Have what approved payouts by a provider are of shared out, and note which of those sent are paid; return how many are. Harmless twice.

    A sharing that was refused before is asked for once more: the payout that claims it again was approved anew.
    """
    mine = Payout.objects.filter(method=Payout.Method.PROVIDER)
    if payout_ids is not None:
        mine = mine.filter(pk__in=payout_ids)
    for payout in mine.filter(state=State.APPROVED).order_by("pk"):
        try:
            for order_id in orders_of_payout(payout.pk):
                _share_sale(order_id, provider=payout.provider, is_retried=True, now=now)
            _send(payout, now=now)
        except Refusal:  # a receiver's account has just ended, or somebody else is at it: tried again in a minute, the others go on
            log.exception("payout %s is not shared out", payout.number)
    sent = mine.filter(state=State.SENT).order_by("pk")
    return sum(_finish(payout, now=now) for payout in sent)


def release_sales(*, now: datetime, limit: int = BATCH) -> int:
    """
    Have shared out what no payout will claim: where fees or refunds leave nothing to pay; return how many sales. Harmless twice.

    It waits until the return window is over and nobody disputes it; WeChat would give all of it to the seller after half a year.
    """
    found = looked_up(
        TO_RELEASE,
        {
            "closed_before": matured_before(now),
            "sharing": sorted(MOST_PARTS),
            "ended": [str(state) for state in AfterSaleCase.ENDED],
            "limit": limit,
        },
    )
    sales = set(found)
    for order_id, provider in sorted(sales):
        _share_sale(order_id, provider=provider, is_retried=False, now=now)
    return len(sales)


@transaction.atomic
def retry_share(*, sharing_id: UUID, now: datetime) -> Sharing:
    """
    Ask once more for a sharing that the provider refused, divided by what stands of the fees now.

    :raises teahorse.payments.actions.SharingNotFailed: if it is on its way or finished.
    :raises teahorse.payments.actions.NothingToShare: if all of it was refunded meanwhile. Nothing is changed in either.
    """
    sharing = Sharing.objects.select_related("split__payment").get(pk=sharing_id)
    if sharing.state != Sharing.State.FAILED:
        raise payments.SharingNotFailed(state=sharing.state)
    _share_sale(sharing.split.reference, provider=sharing.split.payment.provider, is_retried=True, now=now)
    sharing.refresh_from_db()
    if sharing.state == Sharing.State.FAILED:
        raise payments.NothingToShare(state=sharing.split.payment.state)
    return sharing


def book_sharings(*, sharing_ids: Collection[UUID], now: datetime) -> None:
    """Book what was shared out, and note which payouts are paid by it."""
    order_ids = orders_of_sharings(sharing_ids)
    book_sales(order_ids=order_ids, now=now)
    sent = Payout.objects.filter(method=Payout.Method.PROVIDER, state=State.SENT, seller__in=_sellers_of(sharing_ids))
    for payout in sent.order_by("pk"):
        _finish(payout, now=now)


def book_share_returns(*, return_ids: Collection[UUID], now: datetime) -> None:
    """Book the shares that came back."""
    book_refunds(refund_ids=refunds_of_returns(return_ids), now=now)


def _sellers_of(sharing_ids: Collection[UUID]) -> set[UUID]:
    return set(PaymentSplit.objects.filter(sharing__in=sharing_ids).values_list("payee_id", flat=True))


@transaction.atomic
def _share_sale(order_id: UUID, *, provider: str, is_retried: bool, now: datetime) -> None:
    """Ask for the sharing of every part of an order that its seller collected at a provider and that is not shared out."""
    if provider not in MOST_PARTS:
        return  # it gave her everything at once
    group = SellerOrder.objects.select_related("group").get(pk=order_id).group
    splits = PaymentSplit.objects.filter(reference=order_id, payment__provider=provider, account__isnull=False)
    splits = splits.filter(payment__reference__in=owing.references_of(group))
    # the payments first: while they are locked no refund begins, and those that did are booked before it is divided
    list(Payment.objects.select_for_update().filter(pk__in=splits.values("payment_id")).order_by("pk"))
    parts, fees = parts_to_share(order_id, now=now)
    left = {fee.pk: fee.left_fen for fee in fees}
    for own, _taken in parts:
        if own.taken_fen is not None:
            for row in own.shared:
                left[row.fee_id] -= row.left_fen
    for own, taken_fen in parts:
        is_open = own.sharing is None or (own.sharing.is_refused and is_retried)
        if own.part.provider == provider and own.left_fen > 0 and is_open:
            _share_part(own, _cut(fees, left, taken_fen), now=now)


def _cut(fees: Sequence[FeeLine], left: dict[UUID, int], taken_fen: int) -> list[tuple[FeeLine, int]]:
    """Return what of each fee a part bears, in the order of the fees; ``left`` is what no part bears, and gets less."""
    found = []
    for fee in fees:
        fen = min(left[fee.pk], taken_fen)
        if fen > 0:
            found.append((fee, fen))
            left[fee.pk] -= fen
            taken_fen -= fen
    return found


def _share_part(own: Own, fees: Sequence[tuple[FeeLine, int]], *, now: datetime) -> None:
    """Ask for the sharing of one part: those with an account there get their fees, the house gets the others' to hand on."""
    part = own.part
    named = {fee.beneficiary_id for fee, _fen in fees if fee.beneficiary_id is not None}
    active = MerchantAccount.objects.filter(provider=part.provider, is_active=True, organisation__in=named)
    accounts = dict(active.values_list("organisation_id", "pk"))
    of_receiver: dict[UUID | None, int] = defaultdict(int)
    rows = []
    for fee, fen in fees:
        is_hers = fee.beneficiary_id == part.seller_id
        account_id = part.account_id if is_hers else accounts.get(fee.beneficiary_id) if fee.beneficiary_id else None
        rows.append(SharedFee(id=new_id(), fee=fee, account_id=account_id, amount_fen=fen))
        if not is_hers:
            of_receiver[fee.beneficiary_id if account_id else None] += fen
    shares = [Share(payee_id=payee_id, amount_fen=fen, description=DESCRIPTION) for payee_id, fen in of_receiver.items()]
    if own.sharing is None:
        sharing = payments.share_out(split=PaymentSplit.objects.get(pk=part.id), shares=shares, now=now)
    else:
        SharedFee.objects.filter(sharing=own.sharing.id).delete()
        sharing = payments.retry_sharing(sharing_id=own.sharing.id, shares=shares, now=now)
    for row in rows:
        row.sharing = sharing
    SharedFee.objects.bulk_create(rows)


@transaction.atomic
def _send(payout: Payout, *, now: datetime) -> None:
    payout = Payout.objects.select_for_update().get(pk=payout.pk)
    if payout.state == State.APPROVED:
        send_payouts(payouts=[payout], by_id=None, provider=payout.provider, now=now)


def _finish(payout: Payout, *, now: datetime) -> bool:
    """Note that a payout is paid when nothing of its sales waits at the provider any more; whether it is."""
    order_ids, shared_out = orders_of_payout(payout.pk), []
    for start in range(0, len(order_ids), BATCH):
        for facts in facts_of(order_ids[start : start + BATCH]).values():
            if _waits(facts, payout.provider):
                return False
            there = {part.id for part in facts.parts if part.provider == payout.provider}
            shared_out += [sharing.id for sharing in facts.sharings if sharing.split_id in there]
    alone = Sharing.objects.get(pk=shared_out[0]).our_number if len(shared_out) == 1 else ""
    finish_payout(payout=payout, reference=alone or payout.number, now=now)
    return True


def _waits(facts: SaleFacts, provider: str) -> bool:
    """Whether something of an order that its seller collected at a provider is not let go there."""
    shared_out = {sharing.split_id for sharing in facts.sharings if sharing.finished_at is not None}
    for part in facts.counted:
        back_fen = sum(refund.amount_fen for refund in facts.refunds if refund.split_id == part.id)
        is_hers = part.collector_id == facts.seller_id and part.provider == provider in MOST_PARTS
        if is_hers and part.amount_fen > back_fen and part.id not in shared_out:
            return True
    return False
