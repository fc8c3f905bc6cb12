"""From the shelf into the cart, from the cart to an order."""

import re
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from teahorse.catalog.models import Product
from teahorse.common.ids import from_short, new_id, short
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.typed import form_key
from teahorse.mall import checkout as desks
from teahorse.mall import cookies
from teahorse.mall.show import page, personal, refusals_told
from teahorse.mall.visitor import keep_cart, last_group, person_of, verified_phone, whose_cart
from teahorse.orders import actions, dispatch, explaining, on_delivery, quoting
from teahorse.orders.models import OrderGroup
from teahorse.orders.rules import MOST_LINES, MOST_UNITS, Quote
from teahorse.orders.wanted import Wanted, Whose, by_seller, wanted_in_cart, wanted_of
from teahorse.places import queries as places

QUANTITY = re.compile(r"[1-9]\d{0,2}", re.ASCII)


def key_in(data: dict[str, str], name: str) -> UUID:
    """
    Return the short key that a form sent.

    :raises Malformed: if there is none.
    """
    try:
        return from_short(data.get(name, ""))
    except ValueError:
        raise Malformed(field=name, reason=_("Choose one of the list.")) from None


def number_in(data: dict[str, str], name: str) -> int:
    """
    Return the whole number that a form sent.

    :raises Malformed: if there is none.
    """
    text = data.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Malformed(field=name, reason=_("A quantity is a number from 1 to 999."))
    return int(text)


def _origin(text: str) -> str:
    return text if desks.is_origin(text) else "mall"


def put_into_cart(request: HttpRequest, *, origin: str, back: str) -> HttpResponse:
    """
    Put what a product's form sent into the cart, or go to the checkout with it alone.

    :raises Refusal: see :func:`teahorse.orders.actions.put_into_cart`.
    """
    now = timezone.now()
    data = request.POST.dict()
    offer_id, quantity = key_in(data, "offer"), number_in(data, "quantity")
    if not 1 <= quantity <= MOST_UNITS:
        raise Malformed(field="quantity", reason=_("A quantity is a number from 1 to 999."))
    if data.get("do") == "buy":
        return HttpResponseRedirect(f"{reverse('mall:checkout')}?buy={short(offer_id)}&quantity={quantity}&origin={origin}")
    held = actions.put_into_cart(whose=whose_cart(request), offer_id=offer_id, quantity=quantity, origin=origin, now=now)
    count = held.units
    if request.headers.get("X-Fragment"):
        response: HttpResponse = JsonResponse({"count": count, "said": _("It is in the cart.")})
    else:
        said = ngettext(
            "It is in the cart, which now holds %(count)s piece.", "It is in the cart, which now holds %(count)s pieces.", count
        )
        messages.success(request, said % {"count": count})
        response = redirect(back)
    keep_cart(request, response, held)
    return response


@personal
@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def cart(request: HttpRequest) -> HttpResponse:
    """Show the cart; a form of a line sets its quantity, takes it out or puts it back."""
    if request.method == "POST":
        return _change_cart(request, now=timezone.now())
    return _cart_page(request)


def _change_cart(request: HttpRequest, *, now: datetime) -> HttpResponse:
    data = request.POST.dict()
    offer_id = key_in(data, "offer")
    whose = whose_cart(request)
    response = HttpResponseRedirect(reverse("mall:cart"))
    try:
        if data.get("do") == "put_back":
            origin, quantity = _origin(data.get("origin", "")), number_in(data, "quantity")
            keep_cart(request, response, actions.put_into_cart(whose=whose, offer_id=offer_id, quantity=quantity, origin=origin, now=now))
            return response
        quantity = 0 if data.get("do") == "remove" else number_in(data, "quantity")
        changed = actions.set_quantity(whose=whose, offer_id=offer_id, quantity=quantity, now=now)
    except Refusal as refusal:
        return _cart_page(request, refusal=refusal, offer_id=offer_id)
    if changed.taken_out:
        response = HttpResponseRedirect(
            f"{reverse('mall:cart')}?removed={short(offer_id)}&quantity={changed.taken_out}&origin={changed.origin}"
        )
    if whose.key:
        cookies.keep_cart(response, whose.key, count=changed.units)
    else:
        cookies.keep_count(response, changed.units)
    return response


def _cart_page(request: HttpRequest, *, refusal: Refusal | None = None, offer_id: UUID | None = None) -> HttpResponse:
    lines = wanted_in_cart(whose_cart(request))
    good = [line for line in lines if not line.trouble]
    count = sum(line.quantity for line in lines)
    discounts = quoting.Discounts()
    if good:
        discounts = quoting.taken_off(good, buyer=quoting.Buyer(phone=verified_phone(request)), now=timezone.now())
    explained = explaining.of_goods(goods_fen=sum(line.amount_fen for line in good), discounts=discounts)
    context = {
        "sellers": by_seller(lines),
        "total_fen": explained.total_fen,
        "price_lines": explained.lines if explained.taken_off else [],
        "has_trouble": len(good) < len(lines),
        "can_order": any(line.available for line in lines),
        "removed": _removed(request),
        "refusal": refusal,
        "refused_offer": offer_id,
        "typed_quantity": request.POST.get("quantity", ""),
        "cart_count": count or "",
    }
    response = page(request, "cart", context, status=refusal.status if refusal else 200)
    if count != cookies.count_kept(request):
        cookies.keep_count(response, count)
    return response


def _removed(request: HttpRequest) -> Wanted | None:
    """Return what was just taken out, so that it can be put back."""
    try:
        offer_id = from_short(request.GET.get("removed", ""))
    except ValueError:
        return None
    quantity = request.GET.get("quantity", "1")
    found = wanted_of({offer_id: int(quantity)}, origin=_origin(request.GET.get("origin", ""))) if QUANTITY.fullmatch(quantity) else []
    return found[0] if found else None


@personal
@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Show the one page on which an order is made; POST places it, or prices it anew (:func:`_only_looks`)."""
    now = timezone.now()
    if request.method != "POST":
        return _open_checkout(request, now=now)
    if _only_looks(request):
        return _desk_page(request, _desk_as_typed(request, now=now))
    return _place(request, now=now)


def _only_looks(request: HttpRequest) -> bool:
    """Return whether another address or code is to be priced: its button was pressed, or Enter where a code was just typed."""
    wish = request.POST.get("do")
    return wish == "look" or "without" in request.POST or (wish == "enter" and bool(request.POST.get("new_code", "").strip()))


def _open_checkout(request: HttpRequest, *, now: datetime) -> HttpResponse:
    basket = _asked_basket(request)
    hall = desks.hall_of(basket.origin)
    typed = desks.first_guess(person=person_of(request), last=last_group(request), area=cookies.area_code(request), hall=hall)
    return _desk_page(request, desks.set_up(basket=basket, typed=typed, hall=hall, now=now, phone=verified_phone(request)))


def _asked_basket(request: HttpRequest) -> desks.Basket:
    """Return the one offer that "buy now" asked for, else what is in the cart."""
    data = request.GET.dict()
    if not data.get("buy"):
        return desks.basket_of_cart(whose_cart(request))
    wanted = {key_in(data, "buy"): min(max(1, number_in(data, "quantity")), MOST_UNITS)}
    return desks.basket_of(wanted, origin=_origin(data.get("origin", "")), is_cart=False)


def _desk_as_typed(request: HttpRequest, *, now: datetime) -> desks.Desk:
    """Lay out the page anew for what the form holds; what is bought is what the page showed."""
    data = request.POST.dict()
    origin = _origin(data.get("origin", ""))
    wanted = _wanted(request)
    is_cart = data.get("source") != "one"
    basket = desks.basket_of(wanted, origin=origin, is_cart=is_cart) if wanted else desks.basket_of_cart(whose_cart(request))
    return desks.set_up(
        basket=basket,
        typed=desks.Typed.read(data),
        hall=desks.hall_of(origin),
        now=now,
        key=form_key(request.POST.get("key", "")),
        phone=verified_phone(request),
    )


def _wanted(request: HttpRequest) -> dict[UUID, int]:
    """Return the units by offer that the page listed (``line``: key and number)."""
    wanted: dict[UUID, int] = {}
    for text in request.POST.getlist("line_wanted")[:MOST_LINES]:
        letters, _sep, units = text.partition("*")
        if units.isascii() and units.isdigit() and len(units) < 4:
            wanted[key_in({"line": letters}, "line")] = max(1, int(units))
    return wanted


def _place(request: HttpRequest, *, now: datetime) -> HttpResponse:
    """Place what the page showed. The page is laid out again only where there is something to show on it."""
    typed = desks.Typed.read(request.POST.dict())
    quote, refusal = _sealed_quote(request, now=now)
    if typed.new_code:  # written down, and not in the total that she saw
        desk = _desk_as_typed(request, now=now)
        if "new_code" not in desk.errors:
            desk.told.insert(0, _("The code is taken off now. Look at the new total and confirm again."))
        return _desk_page(request, desk, status=422 if desk.errors else 409)
    is_sure = quote is not None and desks.is_quoted_for(quote, typed) and not desks.faults_in_words(typed)
    if quote is None or typed.way == desks.POINT or not is_sure:  # a point may have closed since
        desk = _desk_as_typed(request, now=now)
        desk.errors = desks.faults_in(desk)
        if desk.errors:
            return _desk_page(request, desk, status=422)
        if quote is None:
            return _placed_before(request) or _desk_page(request, desk, refusal=refusal)
        goes_to = desks.destination_of(desk)
        if goes_to is None or goes_to.code != quote.destination_code or not desks.is_quoted_for(quote, desk.typed):
            desk.refusal = desk.refusal or _("The address was changed. Look at freight and arrival for the new one, then order.")
            return _desk_page(request, desk, status=409)
        typed = desk.typed
    try:
        answer = dispatch.place(_wish(request, typed, quote), now=now)
    except Refusal as refused:
        desk = _desk_as_typed(request, now=now)
        if isinstance(refused, dispatch.PlacingUnknown):
            desk.quote, desk.sealed = quote, request.POST.get("quote", "")
        elif isinstance(refused, actions.KeyUsedForAnother):
            desk.key = new_id()
        return _desk_page(request, desk, refusal=refused)
    return _placed(request, answer.group_id, quote=quote, to="mall:order" if typed.pay == desks.ON_DELIVERY else "mall:pay", now=now)


def _sealed_quote(request: HttpRequest, *, now: datetime) -> tuple[Quote | None, Refusal | None]:
    try:
        return quoting.unseal(request.POST.get("quote", ""), now=now), None
    except quoting.QuoteNotOurs as refusal:
        return None, refusal


def _wish(request: HttpRequest, typed: desks.Typed, quote: Quote) -> actions.Wish:
    person = person_of(request)
    return actions.Wish(
        key=form_key(request.POST.get("key", "")),
        quote=quote,
        person_id=person.pk if person else None,
        contact_name=typed.name,
        contact_phone=desks.phone_of(typed.phone) or "",
        destination_line=typed.line if typed.way == desks.DOOR else "",
        origin=_origin(request.POST.get("origin", "")),
        locale=str(getattr(request, "LANGUAGE_CODE", "zh-hans")),
        note=typed.note,
        verified_phone=verified_phone(request),
        is_no_return_confirmed=bool(request.POST.get("no_return")),
        is_paid_on_delivery=typed.pay == desks.ON_DELIVERY,
    )


def _placed_before(request: HttpRequest) -> HttpResponse | None:
    """Return the way to the order that this very page placed once, though its quote is too old by now."""
    group = OrderGroup.objects.filter(idempotency_key=form_key(request.POST.get("key", ""))).first()
    if group is None:
        return None
    response = redirect("mall:order" if group.is_paid_on_delivery else "mall:pay", group.pk)
    if group.person_id is None and desks.phone_of(request.POST.get("phone", "")) == group.contact_phone:
        cookies.keep_order(request, response, group.pk)
    return response


def _placed(request: HttpRequest, group_id: UUID, *, quote: Quote, to: str, now: datetime) -> HttpResponse:
    response = redirect(to, group_id)
    whose = whose_cart(request)
    if request.POST.get("source") != "one" and whose != Whose():
        left = actions.take_out(whose=whose, offer_ids=[line.offer_id for part in quote.orders for line in part.lines], now=now)
        cookies.keep_count(response, left.units)
    if person_of(request) is None:
        cookies.keep_order(request, response, group_id)
    cookies.keep_area(response, quote.destination_code)
    return response


def _why_not_later(request: HttpRequest, desk: desks.Desk) -> Refusal | None:
    """Return why what lies on the page is not to be paid on delivery by the visitor; not asked where it is brought to a door."""
    if desk.quote is None or desk.typed.way != desks.POINT:
        return None
    person = person_of(request)
    return on_delivery.why_not(quote=desk.quote, person_id=person.pk if person else None, phone=verified_phone(request), now=timezone.now())


def _desk_page(request: HttpRequest, desk: desks.Desk, *, refusal: Refusal | None = None, status: int = 200) -> HttpResponse:
    if refusal is not None:
        status = refusal.status
    why_not_later = _why_not_later(request, desk)
    context = {
        "asks_when_paid": desk.quote is not None and desk.typed.way == desks.POINT,
        "why_not_later": why_not_later,
        "is_paid_later": desk.typed.pay == desks.ON_DELIVERY and why_not_later is None,
        "desk": desk,
        "asks_no_return": any(line.return_rule == Product.ReturnRule.CONFIRMED for line in desk.basket.lines),
        "is_no_return_confirmed": bool(request.POST.get("no_return")),
        "is_no_return_missing": isinstance(refusal, actions.ReturnNotConfirmed),
        "typed": desk.typed,
        "errors": desk.errors,
        "parts": desk.parts(),
        "alarm": str(refusal) if refusal else "",
        "hall": desk.hall,
        "is_guest": person_of(request) is None,
    }
    return page(request, "checkout", context, status=status)


@require_GET
def areas(request: HttpRequest) -> JsonResponse:
    """Answer what can be chosen below an area, for the dependent selects."""
    parent = request.GET.get("parent", "")
    if parent and not (parent.isascii() and parent.isdigit() and len(parent) <= 12):
        return JsonResponse([], safe=False, status=422)
    language = str(getattr(request, "LANGUAGE_CODE", "zh-hans"))
    found = [{"code": code, "name": name} for code, name in places.choices(parent, language)]
    response = JsonResponse(found, safe=False)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
