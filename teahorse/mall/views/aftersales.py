"""A buyer's after-sale pages: telling what is wrong, following the case, answering the seller."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from teahorse.aftersales import actions, queries, words
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase
from teahorse.common import push
from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.common.typed import form_key
from teahorse.logistics import carriers
from teahorse.logistics import queries as logistics
from teahorse.mall.cases import Form, read_form, told
from teahorse.mall.pay import qr_svg
from teahorse.mall.show import page, personal, refusals_told
from teahorse.mall.views.account import own_groups
from teahorse.mall.visitor import group_of, person_of
from teahorse.orders.models import OrderGroup, SellerOrder

CASES_A_PAGE = 20
State = AfterSaleCase.State


@personal
@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def problem(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Ask what is wrong with which goods, then show what each choice would bring, then open the case."""
    group, now = group_of(request, group_id), timezone.now()
    data = request.POST.dict() if request.method == "POST" else request.GET.dict()
    order = SellerOrder.objects.select_related("group", "seller").filter(group=group, number=data.get("part", "")[:24]).first()
    if order is None:
        raise NotThere(field="order")
    form = read_form(order, queries.standing(order, now=now), data, key=form_key(data.get("key", "")))
    if request.method == "POST":
        return _open(request, group, form, now)
    if form.reason or form.chosen:
        form.weigh(now=now)
    elif sum(left > 0 for _line, left, _number, _may in form.lines) == 1:  # one thing alone is what it is about
        form.units = {line.pk: left for line, left, _number, _may in form.lines if left}
    return _form_page(request, group, form, status=422 if form.errors else 200)


def _form_page(request: HttpRequest, group: OrderGroup, form: Form, *, status: int = 200) -> HttpResponse:
    kept = queries.photos_of(form.order, form.key) if form.choices else []
    context = {"group": group, "form": form, "kept": len(kept), "most_photos": actions.MOST_PHOTOS}
    return page(request, "problem", context, status=status)


def _open(request: HttpRequest, group: OrderGroup, form: Form, now: datetime) -> HttpResponse:
    """Keep the photographs, then open the case; what is refused comes back with all that was typed."""
    known = AfterSaleCase.objects.filter(pk=form.key, order=form.order).first()
    if known is not None:
        return redirect("mall:case", group.pk, known.pk)
    form.weigh(now=now)
    if form.errors:
        return _form_page(request, group, form, status=422)
    try:
        for file in request.FILES.getlist("photos")[: actions.MOST_PHOTOS + 1]:
            actions.add_photo(order=form.order, case_id=form.key, file=file, by_seller=False, now=now)
        opened = actions.open_case(draft=form.draft(), by=person_of(request), now=now)
    except Refusal as refusal:
        form.refuse(refusal)
        return _form_page(request, group, form, status=refusal.status)
    messages.success(request, _("The seller has your message."))
    return redirect("mall:case", group.pk, opened.pk)


def _case_of(request: HttpRequest, group_id: UUID, case_id: UUID) -> tuple[OrderGroup, AfterSaleCase]:
    group = group_of(request, group_id)
    found = AfterSaleCase.objects.select_related("order__seller", "order__group").filter(pk=case_id, order__group=group).first()
    if found is None:
        raise NotThere(field="case")
    return group, found


@personal
@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, group_id: UUID, case_id: UUID) -> HttpResponse:
    """Show a case and what comes next; its forms answer the seller, send back, or let it be."""
    group, found = _case_of(request, group_id, case_id)
    refusal = None
    if request.method == "POST":
        try:
            _act(request, found, timezone.now())
        except Refusal as refused:
            refusal = refused
            found.refresh_from_db()
        else:
            return redirect("mall:case", group.pk, found.pk)
    context = {
        **_case_context(group, found),
        "typed": request.POST.dict() if refusal else {},
        "refusal": refusal,
        "live": push.address(f"group:{group.pk}"),
    }
    return page(request, "case", context, status=refusal.status if refusal else 200)


@personal
@refusals_told
@require_GET
def case_fragment(request: HttpRequest, group_id: UUID, case_id: UUID) -> HttpResponse:
    """Answer the moving part of a case's page."""
    return page(request, "parts/case_body", _case_context(*_case_of(request, group_id, case_id)))


def _case_context(group: OrderGroup, found: AfterSaleCase) -> dict[str, object]:
    parcels = logistics.parcels_of([found.pk])
    return {
        "group": group,
        "case": found,
        "told": told(found),
        "reason_words": words.REASONS[AfterSaleCase.Reason(found.reason)],
        "lines": list(found.lines.select_related("line").order_by("line__position")),
        "entries": words.entries(found.events.order_by("at", "id")),
        "photos": queries.photos_of(found.order, found.pk),
        "code": qr_svg(found.hand_in_code) if found.state == State.AWAIT_RETURN else None,
        "new_parcels": [parcel for parcel in parcels if parcel.sender_id == found.order.seller_id],
        "carriers": carriers.choices(carriers.FOR_BUYERS),
        "can_withdraw": found.state in {State.SELLER_REVIEW, State.OFFERED, State.REFUSED, State.ESCALATED, State.AWAIT_RETURN},
    }


def _act(request: HttpRequest, found: AfterSaleCase, now: datetime) -> None:
    person = person_of(request)
    by = Actor("buyer", person.pk if person else None)
    match request.POST.get("do", ""):
        case "withdraw":
            actions.withdraw(case=found, by=by, now=now)
        case "accept":
            actions.accept_offer(case=found, by=by, now=now)
        case "escalate":
            actions.escalate(case=found, words=request.POST.get("words", ""), by=by, now=now)
        case "send_back":
            carrier, number = request.POST.get("carrier", ""), request.POST.get("number", "")
            actions.send_back(case=found, carrier=carrier, number=number, by=by, now=now)
        case "arrived":
            actions.confirm_arrival(case=found, by=by, now=now)
        case _:
            raise Malformed(field="do", reason=_("Choose one of the list."))


@personal
@refusals_told
@require_GET
def photo(request: HttpRequest, group_id: UUID, case_id: UUID, photo_id: UUID) -> HttpResponse:
    """Answer a photograph of a case of hers."""
    _group, found = _case_of(request, group_id, case_id)
    kept = queries.photo_of(found, photo_id)
    if kept is None:
        raise NotThere(field="photo")
    pixels = kept.small if request.GET.get("size") == "small" else kept.content
    return HttpResponse(bytes(pixels), content_type="image/webp")


@personal
@refusals_told
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """Show the visitor's cases, the newest first."""
    found = Paginator(queries.cases_of_groups(own_groups(request)), CASES_A_PAGE).get_page(request.GET.get("page"))
    return page(request, "cases", {"cases": [told(one) for one in found], "page": found, "is_guest": person_of(request) is None})
