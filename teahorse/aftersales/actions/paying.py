"""What is decided becomes money on its way; the case waits until it has arrived."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from teahorse.aftersales import rules
from teahorse.aftersales.actions.moving import BY_HOUSE, Actor, Party, end, locked, move, note
from teahorse.aftersales.events import CasesDecided
from teahorse.aftersales.models import AfterSaleCase, CaseLine
from teahorse.aftersales.rules import Parts
from teahorse.common.events import announce
from teahorse.orders import actions as orders
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, PaymentSplit, Refund
from teahorse.payments.providers import CASH
from teahorse.people.models import Person
from teahorse.promotions import actions as promotions

State = AfterSaleCase.State
Outcome = AfterSaleCase.Outcome
Owner = AfterSaleCase.Owner


def pay_back(case: AfterSaleCase, *, now: datetime) -> None:
    """
    Freeze who gets how much of what is agreed, and have the buyer's part go back. The case's and its order's rows are held.

    :raises teahorse.payments.actions.RefundTooLarge: if other refunds have left less than that of the order's payment.
    """
    agreed_fen = case.asked_fen if case.agreed_fen is None else case.agreed_fen
    case.agreed_fen, case.decided_at = agreed_fen, now
    _freeze(case, agreed_fen)
    split = PaymentSplit.objects.select_related("payment").get(payment=case.order.paid_by_id, reference=case.order_id)
    if agreed_fen:
        refund = payments.request_refund(split=split, reference=case.pk, amount_fen=agreed_fen, reason=case.number, now=now)
        case.refund_id = refund.pk
    if split.payment.provider == CASH:
        move(case, State.REFUNDING, now=now, owner=Owner.BUYER, within=rules.CASH_WAIT)
    else:
        move(case, State.REFUNDING, now=now)
    announce(CasesDecided(case_ids=(case.pk,)))
    if not agreed_fen:
        _arrived(case, now)


def _freeze(case: AfterSaleCase, agreed_fen: int) -> None:
    """Write what each line brings to the buyer and to the others who bore its price; the freight takes its part last."""
    lines = list(CaseLine.objects.filter(case=case).prefetch_related("shares").order_by("pk"))
    *amounts, _freight = rules.shared_out(agreed_fen, [*(line.worth_fen for line in lines), case.freight_fen])
    for line, buyer_fen in zip(lines, amounts, strict=True):
        shares = sorted(line.shares.all(), key=lambda share: share.pk)
        parts = rules.scaled(Parts(line.worth_fen, tuple(share.worth_fen for share in shares)), buyer_fen)
        line.buyer_fen = parts.buyer_fen
        line.save(update_fields=["buyer_fen"])
        for share, fen in zip(shares, parts.others_fen, strict=True):
            share.amount_fen = fen
            share.save(update_fields=["amount_fen"])


@transaction.atomic
def settle_refunds(*, refund_ids: Iterable[UUID], now: datetime) -> None:
    """Take what became of refunds into their cases: done, or in trouble and to be looked at; harmless twice."""
    found = AfterSaleCase.objects.filter(refund_id__in=list(refund_ids), state=State.REFUNDING)
    for waiting in found.order_by("order_id", "pk"):
        case = locked(waiting)
        if case.state != State.REFUNDING:
            continue
        refund = Refund.objects.get(reference=case.pk)
        if refund.state == Refund.State.SUCCEEDED:
            _arrived(case, now)
        elif refund.state == Refund.State.FAILED and not case.refund_trouble:
            case.refund_trouble = refund.trouble or "failed"
            note(case, "refund_failed", by=BY_HOUSE, now=now, words=refund.trouble)
            move(case, State.REFUNDING, now=now, owner=Owner.CENTRE)


def _arrived(case: AfterSaleCase, now: datetime) -> None:
    case.refund_trouble = ""
    note(case, "refunded", by=BY_HOUSE, now=now, amount_fen=case.agreed_fen)
    end(case, State.DONE, Outcome.REFUNDED, now=now)
    _release_promotions(case, now)
    if case.reason == AfterSaleCase.Reason.NEVER_CAME:
        orders.close_after_case(order=case.order, now=now)


def _release_promotions(case: AfterSaleCase, now: datetime) -> None:
    """Give coupons and budgets back when everything of the payment has gone back."""
    if case.order.paid_by_id is None:
        return
    payment = Payment.objects.get(pk=case.order.paid_by_id)
    back = Refund.objects.filter(payment=payment, state=Refund.State.SUCCEEDED).aggregate(fen=Sum("amount_fen"))["fen"]
    if int(back or 0) == payment.amount_fen:
        promotions.release_uses(references=[case.order.group_id], now=now)


@transaction.atomic
def retry_refund(*, case: AfterSaleCase, by: Person, now: datetime) -> AfterSaleCase:
    """
    Have the money of a case sent once more after its provider refused it.

    :raises teahorse.payments.actions.RefundNotFailed: if it is on its way; nothing is changed.
    """
    case = locked(case, State.REFUNDING)
    if case.refund_id is None:
        raise payments.RefundNotFailed(state="")
    payments.retry_refund(refund_id=case.refund_id, now=now)
    case.refund_trouble = ""
    note(case, "retried", by=Actor(Party.CENTRE, by.pk), now=now)
    move(case, State.REFUNDING, now=now)
    return case
