"""Telling the story on a phone: the flow, the step, its form; what was told; lots, and the files that belong to them."""

from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from teahorse.catalog.models import Variant
from teahorse.common.refusals import Refusal
from teahorse.common.typed import form_key
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.telling_form import HOUSEHOLD_ROWS, StepForm, answers_typed, files_of, moment_typed, typed_of
from teahorse.console.views.hearing import rows_of
from teahorse.console.words import said
from teahorse.people.models import Organisation, Right
from teahorse.trace import actions, flows, queries, words
from teahorse.trace.flows import Recipe, Step
from teahorse.trace.models import Attachment, Certificate, Flow, Lot, LotStock, Telling, TraceEvent
from teahorse.trace.queries.redaction import revealed

SELLERS = Organisation.SELLERS
PER_PAGE = 50
OUTBOX = "X-Outbox"
LATEST = 8
LotRow = tuple[Lot, Decimal, bool, str]
"""A lot of a form: what is left of it, whether it is chosen, how much of it."""
MOST_VARIANTS = 200


@acts(Right.TRACE, kinds=SELLERS)
def start(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what can be told, what goes on, and the newest lots."""
    seller = acting.organisation
    in_use = queries.flows_for(seller)
    going_on = [
        (telling, told_step(telling))
        for flow in in_use
        for telling in queries.open_processes(seller, flow_key=flow.key, now=acting.now)[:LATEST]
    ]
    lots = list(queries.lots_of(seller)[:LATEST])
    handed = list(queries.takeable_lots(seller).exclude(seller=seller)[:LATEST])
    left = queries.left_of([*lots, *handed])
    context = {
        "flows": in_use,
        "going_on": going_on,
        "lots": [(lot, left[lot.pk]) for lot in lots],
        "handed": [(lot, left[lot.pk]) for lot in handed if left[lot.pk] > 0],
        "told": [(telling, told_step(telling)) for telling in queries.tellings_of(seller)[:LATEST]],
    }
    return page(request, acting, "trace.html", context)


@acts(Right.TRACE, kinds=SELLERS)
def steps(request: HttpRequest, acting: Acting, flow_key: str) -> HttpResponse:
    """Show the steps of a flow, to choose one."""
    flow = queries.flow_for(acting.organisation, flow_key)
    if flow is None:
        raise Http404
    recipe = flows.read(flow.parts, flow.steps)
    return page(request, acting, "trace_steps.html", {"flow": flow, "steps": recipe.steps.values()})


@acts(Right.TRACE, "GET", "POST", kinds=SELLERS)
def tell(request: HttpRequest, acting: Acting, flow_key: str, step_key: str) -> HttpResponse:
    """Ask what a step asks, and tell it. What the phone's outbox sends is answered with a receipt in JSON."""
    flow = _flow(acting, flow_key, request.POST.get("version", ""))
    recipe = flows.read(flow.parts, flow.steps)
    step = recipe.steps.get(step_key)
    if step is None:
        raise Http404
    form = StepForm(request.POST if request.method == "POST" else request.GET.copy())
    if request.method == "POST" and (answer := _answer(request, acting, form, lambda: _told(request, acting, flow, step, recipe))):
        return answer
    context = _form_context(acting, flow, recipe, step, form)
    return page(request, acting, "trace_tell.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY if form.faults else HTTPStatus.OK)


def _answer(request: HttpRequest, acting: Acting, form: StepForm, act: Callable[[], Telling]) -> HttpResponse | None:
    """Tell, and answer a form or the phone's outbox; nothing where the form is to be shown again with what is wrong."""
    try:
        telling = act()
    except Refusal as refusal:
        form.faults[refusal.field] = str(refusal)
        told = {"code": refusal.code, "field": refusal.field, "message": str(refusal)}
        return JsonResponse(told, status=refusal.status) if OUTBOX in request.headers else None
    where = reverse("console:told", kwargs={"org": acting.organisation.key, "telling_id": telling.pk})
    return JsonResponse({"telling": str(telling.pk), "where": where}) if OUTBOX in request.headers else redirect(where)


def _flow(acting: Acting, key: str, version: str) -> Flow:
    """Return the version that a form was made with, which may be retired by now; else the one in use."""
    try:
        kept = queries.flows_over(acting.organisation).filter(key=key, pk=UUID(version)).first()
    except ValueError:
        kept = None
    flow = kept or queries.flow_for(acting.organisation, key)
    if flow is None:
        raise Http404
    return flow


def _told(request: HttpRequest, acting: Acting, flow: Flow, step: Step, recipe: Recipe) -> Telling:
    key, seller = form_key(request.POST.get("key", "")), acting.organisation
    attachments = _kept_files(request, acting, key)  # first: whatever else is wrong, nobody chooses them twice
    answers = answers_typed(step, recipe, request.POST)
    site = next((one for one in queries.sites_for(seller) if str(one.pk) == request.POST.get("site")), None)
    return actions.tell_step(
        key=key,
        seller=seller,
        flow=flow,
        step=step.key,
        answers=answers,
        site=site,
        attachments=attachments,
        device_at=moment_typed(request.POST.get("device_at", "")),
        by=acting.person,
        now=acting.now,
    )


def _kept_files(request: HttpRequest, acting: Acting, key: UUID) -> list[Attachment]:
    """Keep what was sent under the phone's key; return it with what was kept under the key before, when something else was wrong."""
    for kind, file in files_of(request):
        actions.keep_attachment(owner=acting.organisation, telling_key=key, kind=kind, file=file, by=acting.person, now=acting.now)
    return list(queries.attachments_of([key]).filter(owner=acting.organisation))


def _form_context(acting: Acting, flow: Flow, recipe: Recipe, step: Step, form: StepForm) -> Context:
    seller, asked = acting.organisation, form.typed.get("q", "").strip()[:40]
    lots = queries.lots_with_some_left(seller, flow_key=flow.key, parts=step.takes, words=asked) if step.takes else []
    chosen = set(form.typed.getlist("take"))
    key = form_key(form.typed.get("key", "")) if form.faults else uuid4()
    return {
        "flow": flow,
        "step": step,
        "form": form,
        "key": key,
        "attachments": list(queries.attachments_of([key]).filter(owner=seller)) if form.faults else [],
        "words": asked,
        "lots": [(lot, left, str(lot.pk) in chosen, form.typed.get(f"amount.{lot.pk}", "")) for lot, left in lots],
        "gives": [(recipe.parts[part], form.typed.get(f"give.{part}", ""), form.typed.get(f"serials.{part}", "")) for part in step.gives],
        "fields": [(one, form.typed.get(f"field.{one.key}", ""), form.faults.get(f"field.{one.key}", "")) for one in step.fields],
        "papers": [(kind, words.CERTIFICATES[kind], form.typed.get(f"paper.{kind}", "")) for kind in step.certificates],
        "households": _household_rows(form),
        "processes": [(one, told_step(one)) for one in queries.open_processes(seller, flow_key=flow.key, now=acting.now)]
        if step.process
        else [],
        "sites": queries.sites_for(seller),
        "sellers": _receivers(seller) if step.hands_over else [],
        "other_faults": [told for name, told in form.faults.items() if name not in SHOWN_AT_FIELD and not name.startswith("field.")],
    }


def _receivers(seller: Organisation) -> QuerySet[Organisation]:
    """Return to whom goods may be handed over: the other sellers of the county."""
    others = Organisation.objects.filter(county_id=seller.county_id, kind__in=SELLERS, left_at=None)
    return others.exclude(pk=seller.pk).order_by("name", "pk")


SHOWN_AT_FIELD = {"note"}
"""Where a fault stands at its field; fields of the step are shown so too, all others are told above the form."""


def _household_rows(form: StepForm) -> list[tuple[str, str]]:
    rows = list(zip(form.typed.getlist("household"), form.typed.getlist("weight"), strict=False))
    return rows + [("", "")] * max(1, HOUSEHOLD_ROWS - len(rows))


def told_step(telling: Telling) -> str:
    """Return what a telling's step is called, in the reader's language."""
    recipe = flows.read(telling.flow.parts, telling.flow.steps)
    return said(recipe.steps[telling.step].name) if telling.step in recipe.steps else telling.step


# --- What was told


@acts(Right.TRACE, "GET", "POST", kinds=SELLERS)
def told(request: HttpRequest, acting: Acting, telling_id: UUID) -> HttpResponse:
    """Show a telling with its lots and what may come next; its form takes it back, as something that did not happen."""
    telling = _own_telling(acting, telling_id)
    if request.method == "POST":
        if request.POST.get("act") != "withdraw":
            raise Http404
        reason = request.POST.get("reason", "").strip()[:200]
        try:
            key = form_key(request.POST.get("key", ""))
            actions.correct_telling(key=key, telling=telling, answers=None, reason=reason, by=acting.person, now=acting.now)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Taken back. The story says that it did not happen."))
        return redirect("console:told", org=acting.organisation.key, telling_id=telling.pk)
    return page(request, acting, "trace_told.html", _told_context(telling))


@acts(Right.TRACE, "GET", "POST", kinds=SELLERS)
def correct(request: HttpRequest, acting: Acting, telling_id: UUID) -> HttpResponse:
    """Ask what a step asked, filled in with what was told of it, and tell it with other answers."""
    telling = _own_telling(acting, telling_id)
    if "withdrawn" in telling.said or (request.method != "POST" and Telling.objects.filter(corrects=telling).exists()):
        messages.error(request, _("This was set right already. Look at what stands now."))
        return redirect("console:told", org=acting.organisation.key, telling_id=telling.pk)
    recipe = flows.read(telling.flow.parts, telling.flow.steps)
    step = recipe.steps[telling.step]

    def corrected() -> Telling:
        key = form_key(request.POST.get("key", ""))
        attachments = _kept_files(request, acting, key)  # first, as above
        return actions.correct_telling(
            key=key,
            telling=telling,
            answers=answers_typed(step, recipe, request.POST),
            attachments=attachments,
            by=acting.person,
            now=acting.now,
        )

    names = {row["name"]: name for row, (name, _amount) in zip(_rows(telling), _households(telling), strict=True)}
    form = StepForm(request.POST if request.method == "POST" else typed_of(telling.said["answers"], names))
    if request.method == "POST" and (answer := _answer(request, acting, form, corrected)):
        return answer
    context = _form_context(acting, telling.flow, recipe, step, form)
    context |= {"corrects": telling, "lots": _with_taken(context["lots"], telling, form)}
    return page(request, acting, "trace_tell.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY if form.faults else HTTPStatus.OK)


def _own_telling(acting: Acting, telling_id: UUID) -> Telling:
    telling = queries.tellings_of(acting.organisation).select_related("handed_to", "corrects").filter(pk=telling_id).first()
    if telling is None:
        raise Http404
    return telling


def _with_taken(rows: list[LotRow], telling: Telling, form: StepForm) -> list[LotRow]:
    """Return the lots of a form with those that the telling took, of which so much is left as it gives back."""
    back = {UUID(key): Decimal(amount) for key, amount in telling.said["taken"].items()}
    taken = Lot.objects.filter(pk__in=back).select_related("item", "seller").order_by("-created_at", "-pk")
    left, chosen = queries.left_of(taken), set(form.typed.getlist("take"))
    first = [(lot, left[lot.pk] + back[lot.pk], str(lot.pk) in chosen, form.typed.get(f"amount.{lot.pk}", "")) for lot in taken]
    return [*first, *(row for row in rows if row[0].pk not in back)]


def _told_context(telling: Telling) -> Context:
    recipe = flows.read(telling.flow.parts, telling.flow.steps)
    step = recipe.steps[telling.step]
    lots = list(Lot.objects.filter(pk__in=telling.said.get("given", {}).values()).select_related("item").order_by("item__key", "pk"))
    taken = Lot.objects.in_bulk(list(telling.said.get("taken", {})))
    return {
        "telling": telling,
        "step": step,
        "flow": telling.flow,
        "lots": lots,
        "taken": [(taken[UUID(key)], amount) for key, amount in telling.said.get("taken", {}).items() if UUID(key) in taken],
        "values": [(one, telling.said["answers"]["values"].get(one.key)) for one in step.fields] if "answers" in telling.said else [],
        "households": _households(telling),
        "next": recipe.after(step),
        "warnings": telling.said.get("warnings", []),
        "attachments": queries.attachments_of([telling.pk]),
        "event": TraceEvent.objects.filter(pk=telling.event_id).defer("body").first(),
        "correction": Telling.objects.filter(corrects=telling).first(),
        "key": uuid4(),
    }


def _households(telling: Telling) -> list[tuple[str, str]]:
    """Return who brought how much; nothing for a name that was erased since."""
    rows = _rows(telling)
    names = revealed([row["name"] for row in rows], for_organisation=telling.seller)
    return [(names.get(row["name"], ""), row["amount"]) for row in rows]


def _rows(telling: Telling) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = telling.said.get("answers", {}).get("households", [])
    return rows


# --- Lots


@acts(Right.TRACE, kinds=SELLERS)
def lots(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the seller's lots with what is left of each; found by number, goods or place."""
    asked = request.GET.get("q", "").strip()[:40]
    found = queries.lots_of(acting.organisation, words=asked)
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    left = queries.left_of(shown)
    return page(request, acting, "trace_lots.html", {"rows": [(lot, left[lot.pk]) for lot in shown], "lots": shown, "words": asked})


@acts(Right.TRACE, kinds=SELLERS)
def lot(request: HttpRequest, acting: Acting, lot_id: UUID) -> HttpResponse:
    """Show a lot: what is left, its certificates, and every step that told of it."""
    found = queries.takeable_lots(acting.organisation).filter(pk=lot_id).first()
    if found is None:
        raise Http404
    tellings = queries.tellings_about(found)
    files: dict[UUID | None, list[Attachment]] = {}
    for one in queries.attachments_of([telling.pk for telling in tellings if telling.seller_id == acting.organisation.pk]):
        files.setdefault(one.telling_id, []).append(one)
    context: dict[str, Any] = {
        "lot": found,
        "left": queries.left_of([found])[found.pk],
        "steps": [(one, told_step(one), files.get(one.pk, []), one.seller_id == acting.organisation.pk) for one in tellings],
        "certificates": [
            (words.CERTIFICATES[one.kind], one) for one in found.certificates.filter(withdrawn_at=None).order_by("-issued_date", "pk")
        ],
        "next": _next_of(acting, found),
        "said": rows_of(found) if found.seller_id == acting.organisation.pk else [],
        **_shelf_of(acting, found),
    }
    return page(request, acting, "trace_lot.html", context)


def _shelf_of(acting: Acting, found: Lot) -> Context:
    """Return what of a lot lies on the shelf, and which goods it may become; nothing of another's lot."""
    if found.seller_id != acting.organisation.pk:
        return {}
    free = Variant.objects.filter(product__seller=acting.organisation, withdrawn_at=None, trade_item=None).select_related("product")
    return {
        "is_own": True,
        "shelf": LotStock.objects.filter(lot=found).first(),
        "sold_as": found.item.variant,
        "variants": list(free.order_by("product__title", "position", "pk")[:MOST_VARIANTS]) if found.item.variant is None else [],
        "form_key": uuid4(),
        "is_committed": found.certificates.filter(kind=Certificate.Kind.COMMITMENT, withdrawn_at=None).exists(),
    }


def _next_of(acting: Acting, found: Lot) -> list[tuple[Flow, Step]]:
    flow = queries.flow_for(acting.organisation, found.item.flow_key)
    recipe = flows.read(flow.parts, flow.steps) if flow else None
    return [(flow, step) for step in recipe.steps.values() if found.item.part in step.takes] if flow and recipe else []


# --- Files


@acts(Right.TRACE, "GET", "POST", kinds=SELLERS)
def attachment(request: HttpRequest, acting: Acting, attachment_id: UUID) -> HttpResponse:
    """Answer a file of the seller's; its form hides it from strangers, or shows it again."""
    kept = Attachment.objects.filter(owner=acting.organisation, pk=attachment_id).first()
    if kept is None:
        raise Http404
    if request.method == "POST":
        actions.show_attachment(attachment=kept, is_shown=request.POST.get("act") == "show", now=acting.now)
        if kept.telling_id is None:
            return redirect("console:trace", org=acting.organisation.key)
        return redirect("console:told", org=acting.organisation.key, telling_id=kept.telling_id)
    return attachment_answer(kept, is_small=request.GET.get("size") == "small")


def attachment_answer(kept: Attachment, *, is_small: bool) -> HttpResponse:
    """Return a file's bytes so that a browser does nothing with them but show or keep them."""
    content = kept.small if is_small and kept.small else kept.content
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    if kept.media_type == actions.PDF:
        headers |= {"Content-Disposition": f'attachment; filename="{kept.sha256[:12]}.pdf"'}
    return HttpResponse(bytes(content), content_type=kept.media_type, headers=headers)
