"""Labels of a seller's lots: asking for a sheet, how far it is, its file for printing, who printed it, voiding."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.ids import from_short, new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.typed import form_key
from teahorse.console.access import Acting, Context, acts, number_of
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.trace.actions import labelling, numbering
from teahorse.trace.models import LabelSheet
from teahorse.trace.queries import labels as queries

FIELDS = ("form_key", "lot", "form", "level", "count", "pieces", "has_hidden", "why_more")
PER_PAGE, MOST_CODES = 10, 100


def _forms() -> dict[str, str]:
    return {
        "roll_40x30": _("Roll, 40 × 30 mm"),
        "a4": _("A4, 24 on a page"),
        "case": _("Case, 100 × 100 mm"),
        "bag": _("Bag, 80 × 60 mm"),
    }


def _levels() -> dict[str, str]:
    return {
        "piece": _("Each piece has a code of its own"),
        "lot": _("All have the lot's code"),
        "case": _("Each case has a code of its own"),
    }


@acts(Right.TRACE, "GET", "POST", kinds=Organisation.SELLERS)
def sheets(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the seller's sheets of labels; the form asks for one."""
    if request.method == "POST":
        typed = {name: request.POST.get(name, "")[:200] for name in FIELDS}
        try:
            asked = _ask(acting, typed)
        except Refusal as refusal:
            return page(request, acting, "labels.html", _listed(acting, typed, refusal, number=""), status=refusal.status)
        messages.success(request, _("Asked. The labels are being made."))
        return redirect("console:label_sheet", org=acting.organisation.key, sheet_id=asked.pk)
    fresh = {"form_key": str(new_id()), "count": "100", "lot": request.GET.get("lot", "")[:60], "form": "roll_40x30", "level": "piece"}
    return page(request, acting, "labels.html", _listed(acting, fresh, None, number=request.GET.get("page", "")))


def _ask(acting: Acting, typed: dict[str, str]) -> LabelSheet:
    try:
        lot_id = from_short(typed["lot"])
    except ValueError:
        raise Malformed(field="lot", reason=_("Choose one of the list.")) from None
    return labelling.ask_labels(
        seller=acting.organisation,
        lot_id=lot_id,
        form=typed["form"],
        level=typed["level"],
        count=number_of(typed["count"]),
        pieces=number_of(typed["pieces"]),
        has_hidden=bool(typed["has_hidden"]),
        why_more=typed["why_more"],
        by=acting.person,
        form_key=form_key(typed["form_key"]),
        now=acting.now,
    )


def _listed(acting: Acting, typed: dict[str, str], refusal: Refusal | None, *, number: str) -> Context:
    return {
        "sheets": Paginator(queries.sheets_of(acting.organisation), PER_PAGE).get_page(number),
        "lots": queries.lots_to_label(acting.organisation, today=acting.now.date()),
        "forms": _forms(),
        "levels": _levels(),
        "typed": typed,
        "refusal": refusal,
        "errors": {refusal.field: refusal} if refusal and refusal.field else {},
    }


@acts(Right.TRACE, kinds=Organisation.SELLERS)
def sheet(request: HttpRequest, acting: Acting, sheet_id: UUID) -> HttpResponse:
    """Show one sheet: how far it is, what its labels say, who printed it, its codes."""
    found = _own(acting, sheet_id)
    answer = page(request, acting, "label_sheet.html", _shown(request, found))
    if found.state == LabelSheet.State.MAKING:
        answer.headers["Refresh"] = "3"  # also without the script
    return answer


def _shown(request: HttpRequest, found: LabelSheet, refusal: Refusal | None = None) -> Context:
    wish = "".join(request.GET.get("code", "").upper().split()).replace("-", "")[:12]
    return {
        "sheet": found,
        "share": 100 * found.made // found.count,
        "form_name": _forms()[found.form],
        "level_name": _levels()[found.level],
        "prints": queries.prints_of(found),
        "codes": list(queries.codes_of(found, found=wish)[:MOST_CODES]),
        "counts": queries.code_counts(found),
        "most_codes": MOST_CODES,
        "wish": wish,
        "refusal": refusal,
    }


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS, back="console:labels")
def take(request: HttpRequest, acting: Acting, sheet_id: UUID) -> HttpResponse:
    """Answer the file for printing, and write down who took it; the second time it asks why."""
    found = _own(acting, sheet_id)
    why = request.POST.get("why", "")
    try:
        pdf = labelling.take_to_print(seller=acting.organisation, sheet_id=sheet_id, by=acting.person, now=acting.now, why=why)
    except (Malformed, labelling.LotRecalled) as refusal:
        return page(request, acting, "label_sheet.html", _shown(request, found, refusal), status=refusal.status)
    name = f"{acting.organisation.key}-{found.asked_at:%Y%m%d-%H%M}-{found.form}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS, back="console:labels")
def void(request: HttpRequest, acting: Acting, sheet_id: UUID) -> HttpResponse:
    """Void a sheet, or one code of it, with a reason."""
    found, why, code = _own(acting, sheet_id), request.POST.get("why", ""), request.POST.get("code", "")[:12]
    try:
        if code:
            labelling.void_code(seller=acting.organisation, code=code, by=acting.person, now=acting.now, why=why)
        else:
            labelling.void_sheet(seller=acting.organisation, sheet_id=sheet_id, by=acting.person, now=acting.now, why=why)
    except Malformed as refusal:
        return page(request, acting, "label_sheet.html", _shown(request, found, refusal), status=refusal.status)
    messages.success(request, _("Void. Whoever scans it is told so."))
    return redirect("console:label_sheet", org=acting.organisation.key, sheet_id=sheet_id)


def _own(acting: Acting, sheet_id: UUID) -> LabelSheet:
    found = queries.sheet_of(acting.organisation, sheet_id)
    if found is None:
        raise Http404
    return found


# --- Numbers of GS1


@acts(Right.TRACE, "GET", "POST", kinds=Organisation.SELLERS)
def numbers(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the seller's kinds of goods with their GTIN; the form gives one."""
    typed, refusal = {name: request.POST.get(name, "")[:40] for name in ("item", "gtin")}, None
    if request.method == "POST":
        try:
            numbering.give_gtin(seller=acting.organisation, item_id=_key(typed["item"]), number=typed["gtin"], now=acting.now)
        except Refusal as error:
            if error.status == 404:
                raise
            refusal = error
        else:
            messages.success(request, _("New labels carry the number; old ones go on working."))
            return redirect("console:label_numbers", org=acting.organisation.key)
    context = {"items": list(queries.items_of(acting.organisation)), "typed": typed, "refusal": refusal}
    return page(request, acting, "label_numbers.html", context, status=refusal.status if refusal else 200)


def _key(text: str) -> UUID:
    try:
        return from_short(text)
    except ValueError:
        raise Http404 from None
