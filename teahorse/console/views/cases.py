"""After-sale cases for those who work: the seller answers, the station takes goods in, the centre decides."""

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from teahorse.aftersales import actions, queries, words
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.ids import short
from teahorse.common.push import address
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.typed import fen_at, grams_of
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.views.shipping import SELLERS
from teahorse.console.waiting import cases_for, disputes_for
from teahorse.logistics import carriers
from teahorse.logistics import queries as logistics
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Right

PER_PAGE = 50
CENTRES = Organisation.CENTRES
State = AfterSaleCase.State
Owner = AfterSaleCase.Owner


# --- The seller


@acts(Right.HANDLE_CASES, kinds=SELLERS)
def of_seller(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the seller's cases: what waits for her, what else is open, what has ended."""
    own = queries.cases_of_seller(acting.organisation)
    shown = {
        "": own.filter(owner=Owner.SELLER),
        "open": own.exclude(state__in=AfterSaleCase.ENDED),
        "all": own.order_by("-opened_at", "-pk"),
    }
    tabs = [("", pgettext("cases", "To answer")), ("open", pgettext("cases", "Open")), ("all", pgettext("cases", "All"))]
    return _list(request, acting, shown, tabs, "case")


def _list(
    request: HttpRequest, acting: Acting, shown: dict[str, QuerySet[AfterSaleCase]], tabs: list[tuple[str, str]], name: str
) -> HttpResponse:
    wish = request.GET.get("show", "")
    wish = wish if wish in shown else ""
    found = Paginator(shown[wish], PER_PAGE).get_page(request.GET.get("page"))
    context = {"rows": [(one, _told(one)) for one in found], "cases": found, "tabs": tabs, "wish": wish, "one": f"console:{name}"}
    return page(request, acting, "cases.html", {**context, "now": acting.now})


def _told(case: AfterSaleCase) -> dict[str, str]:
    return {
        "kind": str(words.KINDS[AfterSaleCase.Kind(case.kind)]),
        "reason": str(words.REASONS[AfterSaleCase.Reason(case.reason)]),
        "state": str(words.STATES[State(case.state)]),
        "tone": words.tone(case),
        "next": words.next_step(case, for_buyer=False),
        "due": words.moment(case.due_at),
    }


@acts(Right.HANDLE_CASES, "GET", "POST", kinds=SELLERS)
def at_seller(request: HttpRequest, acting: Acting, case_id: UUID) -> HttpResponse:
    """Show a case of the seller; its forms grant, offer, refuse, take back, look at, and send again."""
    found = _one(queries.cases_of_seller(acting.organisation), case_id)
    return _case(request, acting, found, "case", _answer)


def _answer(request: HttpRequest, acting: Acting, case: AfterSaleCase) -> str:
    """Do what the seller pressed, and say it."""
    by, now, said = Actor("seller", acting.person.pk), acting.now, request.POST.get("words", "")
    match request.POST.get("act", ""):
        case "agree":
            actions.agree(case=case, by=by, words=" ".join(said.split()), now=now)
        case "offer":
            actions.offer(
                case=case,
                amount_fen=fen_at(request.POST.get("offer", ""), field="offer"),
                words=" ".join(said.split()),
                by=acting.person,
                now=now,
            )
        case "refuse":
            actions.refuse(case=case, words=said, by=acting.person, now=now)
        case "receive":
            actions.receive_return(case=case, by=acting.person, now=now)
        case "pass":
            actions.pass_inspection(case=case, is_sellable=request.POST.get("shelf") != "spoiled", by=by, now=now)
        case "fail":
            _photos(request, case, acting)
            actions.fail_inspection(case=case, words=said, by=acting.person, now=now)
        case "send":
            _send(request, acting, case)
        case "pay_instead":
            actions.pay_instead(case=case, by=by, now=now)
        case _:
            raise Http404
    return _("Written down. The buyer sees it.")


def _send(request: HttpRequest, acting: Acting, case: AfterSaleCase) -> None:
    carrier = carriers.chosen(request.POST.get("carrier", ""), carriers.FOR_SELLERS)
    number = carriers.number_typed(carrier, request.POST.get("carrier_number", ""), field="carrier")
    actions.send_goods(case=case, weight_grams=_grams(request), by=acting.person, carrier=carrier, carrier_number=number, now=acting.now)


def _photos(request: HttpRequest, case: AfterSaleCase, acting: Acting) -> None:
    if case.state == State.INSPECT:
        for file in request.FILES.getlist("photos")[: actions.MOST_PHOTOS + 1]:
            actions.add_photo(order=case.order, case_id=case.pk, file=file, by_seller=True, now=acting.now)


@acts(Right.HANDLE_CASES, kinds=SELLERS)
def live_at_seller(request: HttpRequest, acting: Acting, case_id: UUID) -> HttpResponse:
    """Answer with the part of a case of the seller that changes, for the open page."""
    return _live(request, acting, _one(queries.cases_of_seller(acting.organisation), case_id), "case")


@acts(Right.HANDLE_CASES, kinds=SELLERS)
def photo_at_seller(request: HttpRequest, acting: Acting, case_id: UUID, photo_id: UUID) -> HttpResponse:
    """Answer a photograph of a case of the seller's."""
    return _photo(request, _one(queries.cases_of_seller(acting.organisation), case_id), photo_id)


# --- The centre


@acts(Right.DESK_ORDERS, kinds=CENTRES)
def of_centre(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the cases of the centre's sellers: what was brought before it and what is overdue, or all that are open."""
    every = cases_for(acting)
    shown = {"": disputes_for(acting), "open": every.exclude(state__in=AfterSaleCase.ENDED), "all": every.order_by("-opened_at", "-pk")}
    tabs = [("", pgettext("cases", "To decide or overdue")), ("open", pgettext("cases", "Open")), ("all", pgettext("cases", "All"))]
    return _list(request, acting, shown, tabs, "dispute")


@acts(Right.DESK_ORDERS, "GET", "POST", kinds=CENTRES)
def at_centre(request: HttpRequest, acting: Acting, case_id: UUID) -> HttpResponse:
    """Show a case to the centre; its forms decide it, or send its money once more."""
    return _case(request, acting, _one(cases_for(acting), case_id), "dispute", _decide)


def _decide(request: HttpRequest, acting: Acting, case: AfterSaleCase) -> str:
    """Do what the centre pressed, and say it."""
    by, now, said = Actor("centre", acting.person.pk), acting.now, request.POST.get("words", "")
    match request.POST.get("act", ""):
        case "for_buyer":
            amount_fen = fen_at(request.POST["amount"], field="amount") if request.POST.get("amount", "").strip() else None
            needs_return = request.POST.get("keeps") != "yes"
            actions.decide_for_buyer(case=case, words=said, by=by, amount_fen=amount_fen, needs_return=needs_return, now=now)
        case "for_seller":
            actions.decide_for_seller(case=case, words=said, by=acting.person, now=now)
        case "retry":
            actions.retry_refund(case=case, by=acting.person, now=now)
            return _("The money is sent once more.")
        case _:
            raise Http404
    return _("Decided. Both sides see it.")


@acts(Right.DESK_ORDERS, kinds=CENTRES)
def live_at_centre(request: HttpRequest, acting: Acting, case_id: UUID) -> HttpResponse:
    """Answer with the part of a case before the centre that changes, for the open page."""
    return _live(request, acting, _one(cases_for(acting), case_id), "dispute")


@acts(Right.DESK_ORDERS, kinds=CENTRES)
def photo_at_centre(request: HttpRequest, acting: Acting, case_id: UUID, photo_id: UUID) -> HttpResponse:
    """Answer a photograph of a case that the centre may see."""
    return _photo(request, _one(cases_for(acting), case_id), photo_id)


# --- The station


@acts(Right.HANDLE_PARCELS, "GET", "POST")
def at_station(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Take a return in at a service point: find it by the buyer's code or the case's number, weigh it, keep its parcel."""
    own = people.service_points_of(person=acting.person, right=Right.HANDLE_PARCELS, now=acting.now)
    points = list(own.filter(organisation=acting.organisation))
    if not points:
        return page(request, acting, "parcels_nowhere.html", {})
    data = request.POST if request.method == "POST" else request.GET
    text = re.sub(r"\s", "", data.get("code", ""))[:30]
    found = queries.to_hand_in(text)
    fault = (
        _("Nothing is to be handed in under %(code)s. Ask the customer to show the code again.") % {"code": text}
        if text and not found
        else ""
    )
    if request.method == "POST" and found is not None:
        point = next((one for one in points if short(one.pk) == data.get("point", "")), points[0])
        try:
            parcel = actions.hand_in(case=found, weight_grams=_grams(request), place=point, by=acting.person, now=acting.now)
        except actions.HandedInBefore as refusal:
            messages.info(request, str(refusal))
            return redirect("console:returns", org=acting.organisation.key)
        except Refusal as refusal:
            fault = str(refusal)
        else:
            messages.success(request, _("Taken in. Write this number on the parcel: %(number)s") % {"number": parcel.number})
            return redirect("console:returns", org=acting.organisation.key)
    context = {"text": text, "case": found, "fault": fault, "points": points, "weight": data.get("weight", "")}
    return page(request, acting, "returns.html", context, status=422 if fault and request.method == "POST" else 200)


# --- What they share


def _one(cases: QuerySet[AfterSaleCase], case_id: UUID) -> AfterSaleCase:
    found = cases.filter(pk=case_id).first()
    if found is None:
        raise Http404
    return found


def _case(request: HttpRequest, acting: Acting, found: AfterSaleCase, name: str, act: Any) -> HttpResponse:
    """Show a case with the forms of one side, and do what was pressed; what was typed stays where it is refused."""
    refusal = None
    if request.method == "POST":
        try:
            messages.success(request, act(request, acting, found))
        except Refusal as refused:
            refusal = refused
            found.refresh_from_db()
        else:
            return redirect(f"console:{name}", org=acting.organisation.key, case_id=found.pk)
    context = {
        **_shown(found, name),
        "push_url": address(f"group:{found.order.group_id}"),
        "live_url": f"console:{name}_live",
        "refusal": refusal,
        "fault": str(refusal) if refusal else "",
        "typed": request.POST.dict() if refusal else {},
    }
    return page(request, acting, "case.html", context, status=refusal.status if refusal else 200)


def _live(request: HttpRequest, acting: Acting, found: AfterSaleCase, name: str) -> HttpResponse:
    return render(request, "console/_case.html", {**_shown(found, name), "acting": acting, "organisation": acting.organisation})


def _shown(found: AfterSaleCase, name: str) -> Context:
    return {
        "case": found,
        "told": _told(found),
        "lines": list(found.lines.select_related("line").order_by("line__position")),
        "shares": [one for one in queries.shares_of(found) if one.amount_fen],
        "entries": words.entries(found.events.order_by("at", "id")),
        "photos": queries.photos_of(found.order, found.pk),
        "parcels": logistics.parcels_of([found.pk]),
        "carriers": carriers.choices(carriers.FOR_SELLERS),
        "side": name,
        "photo_url": f"console:{name}_photo",
    }


def _photo(request: HttpRequest, case: AfterSaleCase, photo_id: UUID) -> HttpResponse:
    kept = queries.photo_of(case, photo_id)
    if kept is None:
        raise Http404
    pixels = kept.small if request.GET.get("size") == "small" else kept.content
    return HttpResponse(bytes(pixels), content_type="image/webp", headers={"Cache-Control": "private, no-store"})


def _grams(request: HttpRequest) -> int:
    grams = grams_of(request.POST.get("weight", ""))
    if grams is None:
        raise Malformed(field="weight", reason=_("The weight of the parcel in kilograms, at most 200."))
    return grams
