"""What is decided becomes money on its way; the case waits until it has arrived."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum

from teahorse.aftersales import rules
from teahorse.aftersales.actions.moving import BY_HOUSE, Actor, Party, end, locked, move, note
from teahorse.aftersales.events import CasesDecided
from teahorse.aftersales.models import AfterSaleCase, CaseLine
from teahorse.aftersales.rules import Parts
from teahorse.common.events import announce
from teahorse.orders import actions as orders
from teahorse.orders import owing
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from teahorse.payments.providers import CASH
from teahorse.people.models import Person
from teahorse.promotions import actions as promotions

State = AfterSaleCase.State
Outcome = AfterSaleCase.Outcome
Owner = AfterSaleCase.Owner


def pay_back(case: AfterSaleCase, *, now: datetime) -> None:
    """
    Freeze who gets how much of what is agreed, and have the buyer's part go back. The case's and its order's rows are held.

    What was paid in two steps (a deposit, and the rest of it) goes back out of both, the last one first.

    :raises teahorse.payments.actions.RefundTooLarge: if other refunds have left less than that of what the order was paid with.
    """
    agreed_fen = case.asked_fen if case.agreed_fen is None else case.agreed_fen
    case.agreed_fen, case.decided_at = agreed_fen, now
    _freeze(case, agreed_fen)
    refunds = _requested(case, agreed_fen, now)
    if refunds:
        case.refund_id = refunds[0].pk
    if any(refund.payment.provider == CASH for refund in refunds):
        move(case, State.REFUNDING, now=now, owner=Owner.BUYER, within=rules.CASH_WAIT)
    else:
        move(case, State.REFUNDING, now=now)
    announce(CasesDecided(case_ids=(case.pk,)))
    if not agreed_fen:
        _arrived(case, now)


def _requested(case: AfterSaleCase, agreed_fen: int, now: datetime) -> list[Refund]:
    if not agreed_fen:
        return []
    given_fen = orders.give_back(order=case.order, amount_fen=agreed_fen, reference=case.pk, reason=case.number, now=now)
    if given_fen < agreed_fen:
        raise payments.RefundTooLarge(left_fen=given_fen, asked_fen=agreed_fen)
    return list(_refunds_of(case))


def _refunds_of(case: AfterSaleCase) -> QuerySet[Refund]:
    """Return the refunds of a case, one for each payment of its order out of which it is paid."""
    # found by the payments of its order: refunds have no index of what they are for alone
    of_order = Refund.objects.filter(payment__reference__in=owing.references_of(case.order.group))
    return of_order.filter(reference=case.pk).select_related("payment").order_by("requested_at", "pk")


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


def settle_refunds(*, refund_ids: Iterable[UUID], now: datetime) -> None:
    """
    Take what became of refunds into their cases: done, or in trouble and to be looked at; harmless twice.

    Each case in a transaction of its own: the end of one may lock promotions, which are locked after every order.
    """
    heard = Refund.objects.filter(pk__in=list(refund_ids)).values("reference")
    found = AfterSaleCase.objects.filter(pk__in=heard, state=State.REFUNDING)
    failed: list[Exception] = []
    for waiting in found.order_by("order_id", "pk"):
        try:
            settle_case(waiting, now=now)
        except Exception as error:  # whatever it is, it must not stop the others
            failed.append(error)
    if failed:
        raise failed[0]  # so that what told us tells us again


@transaction.atomic
def settle_case(waiting: AfterSaleCase, *, now: datetime) -> bool:
    """Take what became of its refunds into a case that waits for them; return whether it moved on. Harmless twice."""
    case = locked(waiting)
    if case.state != State.REFUNDING:
        return False
    refunds = list(_refunds_of(case))
    failed = next((refund for refund in refunds if refund.state == Refund.State.FAILED), None)
    if all(refund.state == Refund.State.SUCCEEDED for refund in refunds):
        _arrived(case, now)
        return True
    if failed is None or case.refund_trouble:
        return False
    case.refund_trouble = failed.trouble or "failed"
    note(case, "refund_failed", by=BY_HOUSE, now=now, words=failed.trouble)
    move(case, State.REFUNDING, now=now, owner=Owner.CENTRE)
    return True


def _arrived(case: AfterSaleCase, now: datetime) -> None:
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
    failed = list(_refunds_of(case).filter(state=Refund.State.FAILED).values_list("pk", flat=True))
    for refund_id in failed or [case.refund_id]:
        payments.retry_refund(refund_id=refund_id, now=now)
    case.refund_trouble = ""
    note(case, "retried", by=Actor(Party.CENTRE, by.pk), now=now)
    move(case, State.REFUNDING, now=now)
    return case
