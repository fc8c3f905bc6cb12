"""A buyer's own pages, and where she arrives after logging in."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from teahorse.common.ids import from_short
from teahorse.common.refusals import Refusal
from teahorse.logistics import queries as logistics
from teahorse.logistics.models import Parcel
from teahorse.mall import cookies
from teahorse.mall import coupons as vouchers
from teahorse.mall.following import STAGE_TONES, stage_words
from teahorse.mall.pictures import first_pictures
from teahorse.mall.show import page, personal, refusals_told
from teahorse.mall.visitor import person_of, verified_phone
from teahorse.orders import actions, queries
from teahorse.orders.following import Tracked, Tracking
from teahorse.orders.models import OrderGroup, OrderLine, SellerOrder
from teahorse.people import actions as people_actions
from teahorse.people import queries as people
from teahorse.promotions import actions as promotions

ORDERS_A_PAGE = 10
State = SellerOrder.State


def own_groups(request: HttpRequest) -> QuerySet[OrderGroup]:
    """Return the visitor's orders: a person's own, or those placed in this browser."""
    person = person_of(request)
    if person is not None:
        return queries.groups_visible_to(person)
    return OrderGroup.objects.filter(pk__in=cookies.order_keys(request), person=None).order_by("-placed_at", "-pk")


def filtered(groups: QuerySet[OrderGroup], wish: str) -> QuerySet[OrderGroup]:
    """Return the orders of which a part waits to be paid, shipped or fetched, or that are done."""
    ready = Parcel.objects.filter(stage=Parcel.Stage.AT_POINT).values("reference")
    parts = {
        "pay": SellerOrder.objects.filter(state=State.PENDING_PAYMENT),
        "ship": SellerOrder.objects.filter(state__in=SellerOrder.TO_PACK),
        "way": SellerOrder.objects.filter(state=State.PREPARING).exclude(pk__in=ready),
        "fetch": SellerOrder.objects.filter(state=State.PREPARING, pk__in=ready),
        "done": SellerOrder.objects.filter(state=State.CLOSED),
    }
    return groups.filter(pk__in=parts[wish].filter(group__in=groups.order_by()).values("group")) if wish in parts else groups


def tabs() -> list[tuple[str, str]]:
    """Return the filters of the list, in the order in which an order goes through them."""
    return [
        ("", pgettext("orders", "All")),
        ("pay", pgettext("orders", "To pay")),
        ("ship", pgettext("orders", "To ship")),
        ("way", pgettext("orders", "On its way")),
        ("fetch", pgettext("orders", "To fetch")),
        ("done", pgettext("orders", "Done")),
    ]


def in_list(groups: Page[OrderGroup]) -> list[dict[str, Any]]:
    """Return the orders of a page with stage and first goods; four queries however many there are."""
    lines = Prefetch("lines", OrderLine.objects.order_by("position"), to_attr="own_lines")
    orders = list(SellerOrder.objects.filter(group__in=[group.pk for group in groups]).order_by("number").prefetch_related(lines))
    pictures = first_pictures(line.product_id for order in orders for line in getattr(order, "own_lines", []))
    parcels = logistics.parcels_of([order.pk for order in orders])
    shown = []
    for group in groups:
        tracked = [
            Tracked(order, getattr(order, "own_lines", []), [p for p in parcels if p.reference == order.pk], [], [])
            for order in orders
            if order.group_id == group.pk
        ]
        stage = Tracking(group, tracked, []).stage if tracked else "expired"
        goods = [line for part in tracked for line in part.lines]
        shown.append(
            {
                "group": group,
                "stage": stage,
                "words": stage_words(stage),
                "tone": STAGE_TONES[stage],
                "lines": goods[:4],
                "pictures": pictures,
                "more": max(0, len(goods) - 4),
                "codes": [p for part in tracked for p in part.parcels if p.stage == Parcel.Stage.AT_POINT and p.pickup_code],
            }
        )
    return shown


@personal
@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Show the visitor's own page: her account, her orders by what they wait for, the language; its form changes her name."""
    if request.method == "POST":
        return _rename(request)
    return _own_page(request)


def _rename(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    if person is None:
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?next={reverse('mall:me')}")
    before = person.name
    try:
        people_actions.rename_person(person=person, name=request.POST.get("name", ""))
    except Refusal as refusal:
        person.name = before
        return _own_page(request, refusal=refusal)
    messages.success(request, _("Your name is changed."))
    return redirect("mall:me")


def _own_page(request: HttpRequest, *, refusal: Refusal | None = None) -> HttpResponse:
    person = person_of(request)
    groups = own_groups(request)
    now = timezone.now()
    context = {
        "person": person,
        "memberships": list(people.acting_for(person=person, now=now)) if person else [],
        "latest": in_list(Paginator(groups, 3).page(1)),
        "tabs": tabs()[1:],
        "is_demo": settings.DEMO,
        "name_refused": refusal or "",
        "name_typed": request.POST.get("name", "") if refusal else person.name if person else "",
    }
    return page(request, "me", context, status=refusal.status if refusal else 200)


@personal
@refusals_told
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """Show the visitor's orders, all or by what they wait for."""
    wish = request.GET.get("show", "")
    found = Paginator(filtered(own_groups(request), wish), ORDERS_A_PAGE).get_page(request.GET.get("page"))
    context = {"orders": in_list(found), "page": found, "tabs": tabs(), "wish": wish, "is_guest": person_of(request) is None}
    return page(request, "orders", context)


@personal
@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def coupons(request: HttpRequest) -> HttpResponse:
    """Show the vouchers of the visitor and those that are handed out; its form fetches one. Harmless twice."""
    person, now = person_of(request), timezone.now()
    refusal: Refusal | None = None
    if request.method == "POST":
        if person is None:
            return HttpResponseRedirect(f"{settings.LOGIN_URL}?next={reverse('mall:coupons')}")
        try:
            promotions.fetch_voucher(promotion_id=_voucher_key(request), person=person, now=now)
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("The voucher is yours. It is taken off at the checkout by itself."))
            return redirect("mall:coupons")
    context = {
        "person": person,
        "to_fetch": vouchers.to_fetch(phone=verified_phone(request), now=now),
        "mine": vouchers.mine(person, now=now) if person else [],
        "refusal": refusal,
    }
    return page(request, "coupons", context, status=refusal.status if refusal else 200)


def _voucher_key(request: HttpRequest) -> UUID:
    try:
        return from_short(request.POST.get("voucher", ""))
    except ValueError:
        raise promotions.NotToFetch from None


@personal
@require_GET
def arrived(request: HttpRequest) -> HttpResponse:
    """Take the guest's cart along after log-in and go on to where she wanted."""
    wish = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wish, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(wish if is_ours else reverse("mall:me"))
    person = person_of(request)
    if person is None:
        return redirect("mall:me")
    now = timezone.now()
    key = cookies.cart_key(request)
    cart = actions.merge_carts(guest_cart_id=key, person=person, now=now) if key else queries.cart_of(person)
    cookies.forget_cart(response)
    cookies.keep_count(response, queries.cart_count(cart) if cart else 0)
    return response
