"""Paying an order and following it to the door."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from teahorse.aftersales.queries import cases_in_group
from teahorse.common import push
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.statements import by_index, together
from teahorse.common.visitors import client_address
from teahorse.mall import pay as paying
from teahorse.mall import wechat
from teahorse.mall.cases import told
from teahorse.mall.following import OrderShown, order_shown
from teahorse.mall.show import page, personal, refusals_told
from teahorse.mall.visitor import group_of, keep_cart, person_of, whose_cart
from teahorse.orders import actions, explaining, owing
from teahorse.orders.following import ask_what_it_waits_for, discounts_of, tracking
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.orders.wanted import Whose
from teahorse.payments import actions as payments
from teahorse.payments import queries as payment_queries
from teahorse.payments.models import Payment
from teahorse.trace.queries.recalling import notices_for

REASONS = ("changed_mind", "wrong_address", "too_late", "ordered_twice", "other")


def reasons() -> list[tuple[str, str]]:
    """Return why an order may be cancelled, each with its words."""
    words = {
        "changed_mind": _("I changed my mind"),
        "wrong_address": _("Wrong address or phone"),
        "too_late": _("It takes too long"),
        "ordered_twice": _("Ordered twice"),
        "other": _("Another reason"),
    }
    return [(reason, words[reason]) for reason in REASONS]


@personal
@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Let the buyer choose how to pay, and wait with her for the money."""
    group = group_of(request, group_id)
    if request.method == "POST":
        return _start_payment(request, group)
    return _pay_page(request, group)


def _start_payment(request: HttpRequest, group: OrderGroup) -> HttpResponse:
    provider = request.POST.get("provider", "")
    try:
        if provider not in paying.WAYS:
            raise Malformed(field="provider", reason=_("Choose how you want to pay."))
        method = paying.method_for(request, provider, way=request.GET.get("way", ""))
        if method == "jsapi" and not wechat.openid_of(request):
            return HttpResponseRedirect(wechat.ask_who_pays(request, group))
    except Refusal as refusal:
        return _pay_page(request, group, refusal=refusal)
    return _pay_by(request, group, provider=provider, method=method)


def _pay_by(request: HttpRequest, group: OrderGroup, *, provider: str, method: str) -> HttpResponse:
    """Open the payment, or the one that is open already, and go to the page that shows it."""
    now = timezone.now()
    try:
        payer = payments.Payer(
            ip=client_address(request),
            openid=wechat.openid_of(request) if method == "jsapi" else "",
            back_url=request.build_absolute_uri(reverse("mall:order", args=[group.pk])),
        )
        payment = actions.start_payment(group=group, provider=provider, method=method, payer=payer, now=now)
        if payment.state != Payment.State.PAYING or payment.method == "jsapi":  # inside WeChat it must still be the same payer
            payments.prepare_payment(payment_id=payment.pk, payer_ip=payer.ip, openid=payer.openid, back_url=payer.back_url, now=now)
    except (actions.NothingToPay, payments.AlreadyPaid):
        return redirect("mall:order", group.pk)
    except Refusal as refusal:
        return _pay_page(request, group, refusal=refusal)
    return redirect("mall:pay", group.pk)


@personal
@refusals_told
@require_GET
def wechat_answered(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Take from WeChat who pays, and go on with the payment that she had begun; without an answer, back to the choice."""
    group = group_of(request, group_id)
    try:
        wechat.take_answer(request, group)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("mall:pay", group.pk)
    return _pay_by(request, group, provider=paying.WECHAT, method="jsapi")


def _pay_page(request: HttpRequest, group: OrderGroup, *, refusal: Refusal | None = None) -> HttpResponse:
    context = pay_context(request, group)
    if context is None:
        return redirect("mall:order", group.pk)
    context |= {"price_lines": explaining.of_group(group, discounts_of(group)).lines, "refusal": refusal}
    return page(request, "pay", context, status=refusal.status if refusal else 200)


def pay_context(request: HttpRequest, group: OrderGroup) -> dict[str, object] | None:
    """Return what the pay page shows; nothing where there is nothing to pay any more."""
    now = timezone.now()
    with together():
        by_index()
        ask_waiting, ask_payment = ask_what_it_waits_for(group), payment_queries.ask_for_payment(group.pk)
        ask_resting = payment_queries.ask_who_rests()
    payment = ask_payment()
    due = owing.due_after(group, ask_waiting(), now=now)  # also while its time is over, which the page says
    if due is None:
        return None
    if due.balance is not None:
        payment = payment_queries.payment_of(due.reference)
    if payment is not None and payment.state in Payment.TAKEN:
        return None
    back = request.build_absolute_uri(reverse("mall:pay", args=[group.pk]))
    prompt, resting = paying.prompt_of(payment, now=now), ask_resting()
    return {
        "offered": paying.offered(request, resting=resting),
        "resting": resting & {paying.WECHAT, paying.ALIPAY},
        "group": group,
        "prompt": prompt,
        "due": due,
        "is_over": due.until <= now,
        "minutes": paying.minutes_left(due.until, now=now),
        "sandbox_link": paying.sandbox_link(prompt.payment, back=back) if prompt else "",
        "is_in_wechat": wechat.is_here(request),
        "can_pay_here": wechat.can_pay_here(request),
        "live": push.address(f"group:{group.pk}"),
    }


@personal
@refusals_told
@require_GET
def pay_fragment(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Answer the moving part of the pay page; once it is paid, where to go on."""
    group = group_of(request, group_id)
    context = pay_context(request, group)
    return page(request, "parts/pay_body", context or {"group": group, "is_done": True})


@personal
@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Show an order; its forms confirm receipt, cancel a part, or put the same goods into the cart again."""
    group = group_of(request, group_id)
    if request.method == "POST":
        return _change_order(request, group)
    return _order_page(request, group)


def _order_page(request: HttpRequest, group: OrderGroup, *, refusal: Refusal | None = None) -> HttpResponse:
    context = {
        **_order_context(group),
        "live": push.address(f"group:{group.pk}"),
        "refusal": refusal,
        "is_guest": person_of(request) is None,
    }
    return page(request, "order", context, status=refusal.status if refusal else 200)


def _order_context(group: OrderGroup) -> dict[str, object]:
    shown = order_shown(tracking(group))
    cases = cases_in_group(group) if any(part.can_ask for part in shown.parts) else []
    return {
        "group": group,
        "shown": shown,
        "cases": [told(case) for case in cases],
        "reasons": reasons,
        "recalls": notices_for(part.order.pk for part in shown.parts),
    }


@personal
@refusals_told
@require_GET
def order_fragment(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Answer the moving part of the order page."""
    group = group_of(request, group_id)
    return page(request, "parts/order_body", _order_context(group))


def _change_order(request: HttpRequest, group: OrderGroup) -> HttpResponse:
    now = timezone.now()
    wish = request.POST.get("do", "")
    try:
        if wish == "again":
            return _buy_again(request, group)
        part = _part_in(request, group)
        if wish == "receive":
            actions.confirm_receipt(orders=[part], now=now)
            messages.success(request, _("Thank you. The seller knows that it has come."))
        elif wish == "cancel":
            reason = request.POST.get("reason", "")
            if reason not in REASONS:
                raise Malformed(field="reason", reason=_("Choose a reason."))
            was_unpaid = part.state == SellerOrder.State.PENDING_PAYMENT or part.is_to_pay_on_delivery
            actions.cancel_order(order=part, reason=reason, now=now)
            if was_unpaid:
                messages.success(request, _("The order is cancelled. Nothing was paid for it."))
            else:
                messages.success(request, _("The order is cancelled. What was paid for it goes back the way it came."))
        else:
            raise Malformed(field="do", reason=_("Choose one of the list."))
    except Refusal as refusal:
        return _order_page(request, group, refusal=refusal)
    return redirect("mall:order", group.pk)


def _part_in(request: HttpRequest, group: OrderGroup) -> SellerOrder:
    """Return the seller order that a form names by its number."""
    part = SellerOrder.objects.filter(group=group, number=request.POST.get("order", "")[:24]).first()
    if part is None:
        raise Malformed(field="order", reason=_("Choose one of the list."))
    return part


def _buy_again(request: HttpRequest, group: OrderGroup) -> HttpResponse:
    now = timezone.now()
    whose, held = whose_cart(request), None
    shown: OrderShown = order_shown(tracking(group))
    for line in (line for part in shown.parts for line in part.lines):
        try:
            held = actions.put_into_cart(whose=whose, offer_id=line.offer_id, quantity=line.quantity, now=now)
            whose = whose if whose.person_id else Whose(key=held.cart_id)
        except Refusal as refusal:
            messages.warning(request, str(refusal))
    response = HttpResponseRedirect(reverse("mall:cart"))
    if held is not None:
        keep_cart(request, response, held)
    return response
