"""Cash at the counter: find an order by its number, take the money, print the receipt; give money back where it was taken."""

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.refusals import Refusal
from teahorse.console import actions, waiting
from teahorse.console.access import Acting, Context, acts
from teahorse.console.models import CashReceipt
from teahorse.console.nav import page
from teahorse.logistics.models import Parcel
from teahorse.orders import actions as orders
from teahorse.orders import owing
from teahorse.orders.models import OrderGroup, OrderLine, SellerOrder
from teahorse.payments import actions as payments_actions
from teahorse.payments import queries as payments
from teahorse.payments.models import CashMovement, CashShift, Payment, Refund
from teahorse.payments.providers import CASH
from teahorse.people.models import Right
from teahorse.settlement.models import Payout, PayoutEvent

MOST_RECEIPTS = 30
MOST_PAYOUTS = 20


@acts(Right.TAKE_CASH)
def find(request: HttpRequest, acting: Acting) -> HttpResponse:
    """
    Find an order by its whole number and show what is to be paid.

    Numbers can be guessed, so who has not paid here is shown by a masked name and a sum; what was bought is not.
    """
    text = re.sub(r"[\s-]", "", request.GET.get("q", ""))[:24]
    group = OrderGroup.objects.filter(number=text).first() if text else None
    fault = (
        _("No order has the number %(number)s. It stands on the customer's order page.") % {"number": text} if text and not group else ""
    )
    shift = CashShift.objects.filter(organisation=acting.organisation, person_id=acting.person.pk, closed_at=None).first()
    context = {
        "shift": shift,
        "q": text,
        "group": group,
        "fault": fault,
        "receipts": _receipts(acting),
        **(_standing(acting, group) if group else {}),
    }
    return page(request, acting, "cash.html", context)


def _standing(acting: Acting, group: OrderGroup) -> dict[str, Any]:
    orders = list(SellerOrder.objects.filter(group=group).order_by("number"))
    dues = owing.dues_of(group, now=acting.now)
    last = owing.references_of(group)[-1] if group.is_paid_on_delivery else group.pk
    payment = payments.payment_of(dues[0].reference if dues else last)
    is_taken = payment is not None and payment.state in Payment.TAKEN
    is_ours = payment is not None and CashReceipt.objects.filter(subject_id=payment.pk, organisation=acting.organisation).exists()
    ours = CashReceipt.objects.filter(organisation=acting.organisation).values("subject_id")
    refunds = Refund.objects.filter(payment__reference__in=owing.references_of(group), payment__in=ours, state__in=Refund.OPEN)
    lines = OrderLine.objects.filter(order__in=orders).select_related("weighing").order_by("order__number", "position")
    return {
        "units": lines.aggregate(units=Sum("quantity"))["units"] or 0,
        "lines": lines if is_ours else [],
        "dues": [due for due in dues if not _is_here(due)],
        "to_hand_over": _to_hand_over(acting, group),
        "payment": payment if is_taken else None,
        "is_ours": is_ours,
        "refunds": list(refunds.order_by("requested_at", "pk")),
    }


def _is_here(due: owing.Due) -> bool:
    """Return whether money for it is here, and only its reaction is to come."""
    payment = payments.payment_of(due.reference)
    return payment is not None and payment.state in Payment.TAKEN


def _to_hand_over(acting: Acting, group: OrderGroup) -> list[Parcel]:
    """Return the parcels of a group that were paid on delivery and lie at a point of this house to be handed over."""
    if not group.is_paid_on_delivery:
        return []
    here = Parcel.objects.filter(stage=Parcel.Stage.AT_POINT, pickup_point__organisation=acting.organisation, cod_taken_at__isnull=False)
    return list(here.filter(reference__in=SellerOrder.objects.filter(group=group).values("pk")).order_by("number"))


@acts(Right.TAKE_CASH, "POST", back="console:cash")
def take(request: HttpRequest, acting: Acting, group_id: UUID) -> HttpResponse:
    """
    Take the whole amount that the page named; the second click finds its receipt, and never takes what has come to be owed since.

    A refusal is told as it is where what she pressed for was not taken here: an older receipt would say that it was.
    """
    group = OrderGroup.objects.filter(pk=group_id, number=request.POST.get("number", "")).first()
    if group is None:
        raise Http404
    wanted = request.POST.get("balance") or str(group.pk)
    reference = next((one for one in owing.references_of(group) if str(one) == wanted), None)
    if reference is None:
        raise Http404
    dues = owing.dues_of(group, now=acting.now)
    try:
        if dues and all(due.reference != reference for due in dues):
            raise orders.NothingToPay
        balance_id = reference if reference != group.pk else None
        payment = actions.take_cash_for(
            group=group, organisation=acting.organisation, by=acting.person, now=acting.now, balance_id=balance_id
        )
    except Refusal:
        known = payments.payment_of(reference)
        if known is None or not CashReceipt.objects.filter(subject_id=known.pk, organisation=acting.organisation).exists():
            raise
        payment = known
    else:
        messages.success(request, _("Taken. Give the customer the receipt."))
    return redirect("console:receipt", org=acting.organisation.key, subject_id=payment.pk)


@acts(Right.TAKE_CASH, "POST", back="console:cash")
def give_back(request: HttpRequest, acting: Acting, refund_id: UUID) -> HttpResponse:
    """Give the money of a refund back."""
    try:
        actions.give_cash_back(refund_id=refund_id, organisation=acting.organisation, by=acting.person, now=acting.now)
    except payments_actions.RefundNotOpen:
        messages.info(request, _("This has been paid back already."))
    else:
        messages.success(request, _("Given back. Let the customer sign the receipt."))
    return redirect("console:receipt", org=acting.organisation.key, subject_id=refund_id)


@acts(Right.TAKE_CASH)
def payouts(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show the approved payouts that may be given at this counter."""
    return _payouts(request, acting)


def _payouts(request: HttpRequest, acting: Acting, more: Context | None = None, *, status: int = 200) -> HttpResponse:
    shift = CashShift.objects.filter(organisation=acting.organisation, person_id=acting.person.pk, closed_at=None).first()
    shown = Paginator(waiting.cash_payouts_at(acting.organisation), MOST_PAYOUTS).get_page(request.GET.get("page"))
    return page(request, acting, "cash_payouts.html", {"shift": shift, "shown": shown, **(more or {})}, status=status)


@acts(Right.TAKE_CASH, "POST")
def give_payout(request: HttpRequest, acting: Acting, payout_id: UUID) -> HttpResponse:
    """Give a payout to who signs for it; the second click finds the receipt."""
    if CashReceipt.objects.filter(subject_id=payout_id, organisation=acting.organisation).exists():
        return redirect("console:receipt", org=acting.organisation.key, subject_id=payout_id)
    payout = waiting.cash_payouts_at(acting.organisation).filter(pk=payout_id).first()
    if payout is None:
        raise Http404
    received_by = request.POST.get("received_by", "")
    try:
        actions.give_payout(payout=payout, received_by=received_by, organisation=acting.organisation, by=acting.person, now=acting.now)
    except Refusal as refusal:
        typed = {"payout_id": payout.pk, "received_by": received_by, "fault": str(refusal)}
        return _payouts(request, acting, {"typed": typed}, status=refusal.status)
    messages.success(request, _("Paid in cash. Let the receiver sign the receipt."))
    return redirect("console:receipt", org=acting.organisation.key, subject_id=payout.pk)


@acts(Right.TAKE_CASH)
def receipt(request: HttpRequest, acting: Acting, subject_id: UUID) -> HttpResponse:
    """Show a receipt of this house in Tibetan and Chinese, to be printed."""
    kept = (
        CashReceipt.objects.filter(subject_id=subject_id, organisation=acting.organisation).select_related("person", "organisation").first()
    )
    if kept is None:
        raise Http404
    moved = CashMovement.objects.filter(subject_id=subject_id).select_related("shift").first()
    given = PayoutEvent.objects.filter(payout=subject_id, kind=Payout.State.PAID).select_related("payout__seller").first()
    if given is not None:
        return page(request, acting, "payout_receipt.html", {"shift": moved.shift if moved else None, "kept": kept, "given": given})
    refund = Refund.objects.filter(pk=subject_id).select_related("payment").first()
    payment = refund.payment if refund else Payment.objects.get(pk=subject_id, provider=CASH)
    group = owing.group_of_payment(payment)
    lines = OrderLine.objects.filter(order__group=group).order_by("order__number", "position")
    is_first = payment.reference == group.pk
    paid: OrderGroup | SellerOrder = group
    if group.is_paid_on_delivery:  # one seller's part of it, whole
        paid, is_first = SellerOrder.objects.get(balances=payment.reference), True
        lines = lines.filter(order=paid)
    context = {
        "shift": moved.shift if moved else None,
        "kept": kept,
        "payment": payment,
        "refund": refund,
        "group": group,
        "lines": lines if is_first else [],
        "is_first": is_first,
        "paid": paid,
        "to_hand_over": _to_hand_over(acting, group),
    }
    return page(request, acting, "receipt.html", context)


def _receipts(acting: Acting) -> list[dict[str, Any]]:
    """Return what was taken and given here today, with the sum that must lie in the box for it."""
    start = acting.now.replace(hour=0, minute=0, second=0, microsecond=0)
    kept = list(CashReceipt.objects.filter(organisation=acting.organisation, at__gte=start).select_related("person").order_by("-at", "-pk"))
    taken = Payment.objects.in_bulk([one.subject_id for one in kept])
    given = Refund.objects.in_bulk([one.subject_id for one in kept])
    paid_out = {event.payout_id: event for event in _paid_out(kept)}
    rows = []
    for one in kept[:MOST_RECEIPTS]:
        payment, refund = taken.get(one.subject_id), given.get(one.subject_id)
        fen = payment.amount_fen if payment else -(refund.amount_fen if refund else 0)
        number = payment.provider_number if payment else (refund.provider_number if refund else "")
        if one.subject_id in paid_out:
            fen, number = -paid_out[one.subject_id].payout.amount_fen, paid_out[one.subject_id].reference
        rows.append({"kept": one, "fen": fen, "number": number})
    return rows


def _paid_out(kept: list[CashReceipt]) -> QuerySet[PayoutEvent]:
    """Return the payouts among what receipts were given for, as they were paid."""
    given = PayoutEvent.objects.filter(payout__in=[one.subject_id for one in kept], kind=Payout.State.PAID)
    return given.select_related("payout").order_by("pk")
