"""Carriers: how they do, what a parcel would cost with each, what is handed to their drivers, and their bills beside our scales."""

import re
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.carriers import actions, queries
from teahorse.carriers.manifest import manifest_pdf
from teahorse.carriers.models import BillLine, CarrierBill, CarrierTariff, Manifest
from teahorse.carriers.providers import CARRIERS
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.console.access import Acting, Context, acts
from teahorse.console.carrier_words import DIFFERENCES
from teahorse.console.counties import counties_of, is_region
from teahorse.console.nav import page
from teahorse.console.telling_form import amount_typed
from teahorse.console.views.money import as_file
from teahorse.logistics import carriers
from teahorse.people.models import Organisation, Person, Right
from teahorse.places.models import Area
from teahorse.settlement.papers import XLSX, Words, add_sheet, in_yuan, new_book, saved

CENTRES = Organisation.CENTRES
PER_PAGE, MOST_WORDS, MOST_LISTS = 50, 20, 30
MOST_BYTES = 20_000_000
MOST_LINES = 20_000
SHEET = Words("སྐྱེལ་འདྲེན་པའི་རྩིས་ཐོ།", "承运商账单差异")
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
GRAMS_PER_KG, CM3_PER_LITRE = 1000, 1000
HEAVIEST_KG, LARGEST_LITRES = 1000, 10_000


@acts(Right.DESK_ORDERS, kinds=CENTRES)
def desk(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show how carriers did, what they said that nobody understood, and whom one would choose for a parcel."""
    chosen, errors = None, {}
    typed = {name: request.GET.get(name, "").strip()[:20] for name in ("to", "kg", "litres")}
    if typed["to"] or typed["kg"]:
        try:
            chosen = _choices(typed, acting)
        except Malformed as refusal:
            errors = {refusal.field: str(refusal)}
    context = {
        "standings": queries.standings(now=acting.now, county_ids=counties_of(acting)),
        "keeps_accounts": is_region(acting) and Right.SETTLE in acting.rights,
        "unmapped": queries.unmapped_events()[:MOST_WORDS] if is_region(acting) else [],
        "provinces": list(Area.objects.filter(level="region", until_date=None).order_by("code")),
        "chosen": chosen,
        "typed": typed,
        "errors": errors,
        "silent": {code for code, _last, _waiting in queries.silent_carriers(now=acting.now)},
    }
    return page(request, acting, "carriers.html", context)


def _choices(typed: dict[str, str], acting: Acting) -> list[queries.Choice]:
    if not Area.objects.filter(code=typed["to"], until_date=None).exists():
        raise Malformed(field="to", reason=_("Choose where it goes."))
    kg = amount_typed(typed["kg"], field="kg")
    litres = amount_typed(typed["litres"], field="litres") if typed["litres"] else 0
    if not 0 < kg <= HEAVIEST_KG:
        raise Malformed(field="kg", reason=_("Write how heavy it is, up to 1,000 kg."))
    if not 0 <= litres <= LARGEST_LITRES:
        raise Malformed(field="litres", reason=_("Write how large it is, up to 10,000 litres."))
    return queries.choices(
        destination=typed["to"],
        weight_grams=int(kg * GRAMS_PER_KG),
        volume_cm3=int(litres * CM3_PER_LITRE),
        carriers=tuple(CARRIERS),
        now=acting.now,
    )


@acts(Right.DESK_ORDERS, "GET", "POST", kinds=CENTRES)
def tariffs(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what carriers charge; the region's centre takes a carrier's table in."""
    typed, fault = {"carrier": ""}, None
    if request.method == "POST":
        typed = {"carrier": request.POST.get("carrier", "").strip()[:20]}
        try:
            count = _take_tariff(request, acting, typed["carrier"])
        except Refusal as refusal:
            fault = refusal
        else:
            messages.success(request, _("The tariff is in: %(count)s lines.") % {"count": count})
            return redirect("console:carrier_tariffs", org=acting.organisation.key)
    rows = list(CarrierTariff.objects.order_by("carrier", "service", "destination_code"))
    areas = {area.code: area for area in Area.objects.filter(code__in={row.destination_code for row in rows}, until_date=None)}
    context = {
        "rows": [(row, areas.get(row.destination_code)) for row in rows],
        "takes": is_region(acting),
        "carriers": carriers.choices(sorted(CARRIERS)),
        "headings": ",".join(actions.TARIFF_HEADINGS),
        "typed": typed,
        "errors": {fault.field or "file": fault} if fault else {},
    }
    return page(request, acting, "carrier_tariffs.html", context, status=fault.status if fault else 200)


def _take_tariff(request: HttpRequest, acting: Acting, carrier: str) -> int:
    if not is_region(acting):
        raise Http404
    return actions.take_tariff(carrier=carriers.chosen(carrier, CARRIERS), content=_file(request))


def _file(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    if file is None or not file.size or file.size > MOST_BYTES:
        raise Malformed(field="file", reason=_("Choose the carrier's file (CSV, at most 20 MB)."))
    content: bytes = file.read()
    return content


# --- Handing over to a carrier's driver


@acts(Right.SHIP_ORDERS, "GET", "POST", kinds=Organisation.SELLERS, back="console:handovers")
def handovers(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what waits for which carrier's driver at a seller; make the list that both sign."""
    return _handovers(request, acting, back="console:handovers")


@acts(Right.HANDLE_PARCELS, "GET", "POST", back="console:point_handovers")
def point_handovers(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show the same at a centre, a station or a point: a hub hands over for many."""
    return _handovers(request, acting, back="console:point_handovers")


def _handovers(request: HttpRequest, acting: Acting, *, back: str) -> HttpResponse:
    giver = acting.organisation
    if request.method == "POST":
        carrier = carriers.chosen(request.POST.get("carrier", ""), CARRIERS)
        made = actions.make_manifest(giver=giver, carrier=carrier, by=acting.person, now=acting.now)
        messages.success(request, _("List %(number)s is made. Print it for the driver to sign.") % {"number": made.number})
        return redirect(back, org=giver.key)
    waiting = queries.waiting_at(giver).values("carrier").annotate(count=Count("pk"), grams=Sum("weight_grams")).order_by("carrier")
    lists = Manifest.objects.filter(giver=giver).order_by("-made_at", "-pk")[:MOST_LISTS]
    return page(request, acting, "handovers.html", {"waiting": list(waiting), "lists": list(lists), "address": back})


@acts(Right.SHIP_ORDERS, kinds=Organisation.SELLERS)
def handover_list(request: HttpRequest, acting: Acting, manifest_id: UUID) -> HttpResponse:  # noqa: ARG001 - nothing is read from it
    """Answer with a seller's hand-over list as a PDF."""
    return _list(acting, manifest_id)


@acts(Right.HANDLE_PARCELS)
def point_handover_list(request: HttpRequest, acting: Acting, manifest_id: UUID) -> HttpResponse:  # noqa: ARG001 - as above
    """Answer with a service point's hand-over list as a PDF."""
    return _list(acting, manifest_id)


def _list(acting: Acting, key: UUID) -> HttpResponse:
    found = Manifest.objects.filter(pk=key, giver=acting.organisation).select_related("giver").first()
    if found is None:
        raise Http404
    headers = {"Content-Disposition": f'inline; filename="{found.number}.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(manifest_pdf(found), content_type="application/pdf", headers=headers)


# --- Bills


@acts(Right.DESK_ORDERS, "GET", "POST", kinds=CENTRES)
def bills(request: HttpRequest, acting: Acting) -> HttpResponse:
    """
    Show bills, and the lines of them that differ from what was weighed; the region's centre takes bills in.

    A county sees of each bill its own parcels' lines and their sums. ``bill`` shows all lines of one; ``table`` answers with a workbook.
    """
    typed, fault = {"month": f"{_last_month(acting.now.date()):%Y-%m}", "carrier": ""}, None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip()[:20] for name in typed}
        try:
            made = _take(request, acting, typed)
        except Refusal as refusal:
            fault = refusal
        else:
            messages.success(request, _("The bill of %(month)s is in.") % {"month": made.month})
            return redirect("console:carrier_bills", org=acting.organisation.key)
    shown_bills = queries.bills(None if is_region(acting) else counties_of(acting))
    bill = _bill(request, shown_bills)
    lines = _lines_of(acting, queries.bill_lines().filter(bill=bill) if bill else queries.differing_lines())
    reason = request.GET.get("reason", "")
    counts = dict(lines.filter(cleared_at=None).order_by().values_list("reason").annotate(Count("pk")))
    lines = lines.filter(reason=reason) if reason in DIFFERENCES else lines
    if "table" in request.GET:
        return as_file(_workbook(lines[:MOST_LINES]), XLSX, f"{acting.organisation.key}-carriers-{acting.now:%Y-%m-%d}.xlsx")
    shown = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "bills": list(shown_bills[:MOST_LISTS]),
        "bill": bill,
        "takes_bills": is_region(acting),
        "carriers": carriers.choices(sorted(CARRIERS)),
        "lines": [_row(line) for line in shown],
        "shown": shown,
        "reason": reason,
        "reasons": [(key, name, counts[key]) for key, name in DIFFERENCES.items() if key in counts],
        "typed": typed,
        "errors": {fault.field or "file": fault} if fault else {},
    }
    return page(request, acting, "carrier_bills.html", context, status=fault.status if fault else 200)


def _last_month(today: date) -> date:
    return date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)


def _take(request: HttpRequest, acting: Acting, typed: dict[str, str]) -> CarrierBill:
    if not is_region(acting):
        raise Http404
    carrier = carriers.chosen(typed["carrier"], CARRIERS)
    if not MONTH.fullmatch(typed["month"]):
        raise Malformed(field="month", reason=_("Choose the month, such as 2026-08."))
    return actions.take_bill(carrier=carrier, month=typed["month"], content=_file(request), by=acting.person, now=acting.now)


def _bill(request: HttpRequest, shown: QuerySet[CarrierBill]) -> CarrierBill | None:
    """Return the bill that is asked for among those that concern her. :raises Http404: if it is none of them."""
    key = request.GET.get("bill", "")
    if not key:
        return None
    try:
        return shown.get(pk=UUID(key))
    except (ValueError, CarrierBill.DoesNotExist) as error:
        raise Http404(key) from error


def _lines_of(acting: Acting, lines: QuerySet[BillLine]) -> QuerySet[BillLine]:
    """Return those of lines that are of parcels from a centre's counties; at a region's also those of which nobody knows the parcel."""
    hers = Q(consignment__county_id__in=counties_of(acting))
    return lines.filter(hers | Q(consignment=None) if is_region(acting) else hers)


def _row(line: BillLine) -> Context:
    return {
        "line": line,
        "why": _why(line),
        "more_fen": None if line.our_fen is None else line.billed_fen - line.our_fen,
    }


def _why(line: BillLine) -> str:
    return str(DIFFERENCES[BillLine.Reason(line.reason)]) if line.reason else _("As reckoned here")


def _workbook(lines: QuerySet[BillLine]) -> bytes:
    heading = [_("Carrier"), _("Month"), _("Number at the carrier"), _("Parcel"), _("Why"), _("Billed (kg)"), _("Billed (yuan)")]
    sheet: list[list[object]] = [[*heading, _("Ours (kg)"), _("Ours (yuan)"), _("Cleared"), _("How it was cleared")]]
    for line in lines:
        ours = (
            None if line.our_grams is None else Decimal(line.our_grams) / GRAMS_PER_KG,
            None if line.our_fen is None else in_yuan(line.our_fen),
        )
        sheet.append(
            [
                *(carriers.name_of(line.bill.carrier), line.bill.month, line.number),
                line.consignment.parcel.number if line.consignment else "",
                _why(line),
                *(Decimal(line.billed_grams) / GRAMS_PER_KG, in_yuan(line.billed_fen), *ours),
                *(f"{line.cleared_at.astimezone(HOME):%Y-%m-%d}" if line.cleared_at else "", line.note),
            ]
        )
    book = new_book()
    add_sheet(book, SHEET, sheet)
    return saved(book)


@acts(Right.DESK_ORDERS, "POST", kinds=CENTRES, back="console:carrier_bills")
def clear(request: HttpRequest, acting: Acting, bill_line_id: UUID) -> HttpResponse:
    """Write down how a difference was cleared; of two who do, the later one is shown the other's note beside her own."""
    found = _lines_of(acting, queries.differing_lines()).filter(pk=bill_line_id).first()
    if found is None:
        raise Http404
    note = request.POST.get("note", "")
    try:
        actions.clear_line(line=found, note=note, by=acting.person, now=acting.now)
    except actions.IsCleared as refusal:
        found.refresh_from_db()
        who = Person.objects.filter(pk=found.cleared_by_id).first() if found.cleared_by_id else None
        context = {"row": _row(found), "by": who, "note": note, "most": actions.LONGEST_NOTE}
        return page(request, acting, "carrier_bill_cleared.html", context, status=refusal.status)
    messages.success(request, _("Cleared."))
    return redirect("console:carrier_bills", org=acting.organisation.key)
