"""Where a lot came from and went to; taking lots back, or practising it."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.catalog.tables import safe_cell
from teahorse.common.ids import new_id
from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.trace import actions
from teahorse.trace.models import Lot, Recall, TraceEvent
from teahorse.trace.queries import Reached, Trace, backward, forward
from teahorse.trace.queries.balancing import balance_of, card_of
from teahorse.trace.queries.recalling import lots_of, reach_of, recalls_of
from teahorse.trace.record import record_pdf
from teahorse.trace.rules import hash_of

KINDS = (*Organisation.SELLERS, *Organisation.CENTRES)
PER_PAGE, MOST_SHOWN, MOST_WEIGHED, DEEPEST = 30, 200, 10, 12
SALT, LONGEST_DRAFTING = "teahorse.recall", timedelta(days=1)
STATES = {"back": "given_back", "destroyed": "destroyed", "lost": "not_found"}


@dataclass(slots=True)
class Node:
    """A thing in the drawn tree, with what lies one step beyond it."""

    reached: Reached
    lot: Lot | None
    is_mine: bool
    event: TraceEvent | None
    event_hash: str = ""
    beyond: list["Node"] = field(default_factory=list)


@acts(Right.TRACE, kinds=KINDS)
def lot_trace(request: HttpRequest, acting: Acting, lot_id: UUID) -> HttpResponse:
    """Draw where a lot came from and what became of it, with its balance and its neighbours."""
    lot = _lot(acting, lot_id)
    ways = {"back": backward([lot.thing_id]), "on": forward([lot.thing_id])}
    trees = {name: _tree(acting, trace) for name, trace in ways.items()}
    counts = {name: (len(trace.thing_ids) - 1, len(trace.events)) for name, trace in ways.items()}
    context = {"lot": lot, "trees": trees, "counts": counts, "balance": balance_of(lot), "card": card_of(lot)}
    return page(request, acting, "lot_trace.html", context)


def _tree(acting: Acting, trace: Trace) -> list[Node]:
    """Return the beginning of a way as a tree; what is too much to read stands in the list that is downloaded."""
    shown = [one for one in trace.things if one.depth <= DEEPEST][:MOST_SHOWN]
    lots = {lot.thing_id: lot for lot in Lot.objects.filter(thing_id__in=[one.thing_id for one in shown]).select_related("item", "seller")}
    mine = set(lots_of(acting.organisation).filter(thing_id__in=lots).values_list("thing_id", flat=True))
    events = TraceEvent.objects.defer("body", "context").in_bulk({one.via for one in shown if one.via})
    nodes: dict[UUID, Node] = {}
    roots: list[Node] = []
    for one in shown:
        event = events.get(one.via) if one.via else None
        node = Node(one, lots.get(one.thing_id), one.thing_id in mine, event, hash_of(bytes(event.digest)) if event else "")
        nodes[one.thing_id] = node
        (nodes[one.origin].beyond if one.origin in nodes else roots).append(node)
    return roots


@acts(Right.TRACE, kinds=KINDS)
def lot_list(request: HttpRequest, acting: Acting, lot_id: UUID) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Answer everything that a lot's two ways hold, and its neighbours, as CSV."""
    lot = _lot(acting, lot_id)
    rows: list[Sequence[object]] = []
    for way, trace in (("backward", backward([lot.thing_id])), ("forward", forward([lot.thing_id]))):
        rows += [(way, one.depth, "carrier" if one.carries else "thing", one.uri, "", "", "", "") for one in trace.things]
        for event in TraceEvent.objects.filter(pk__in=trace.events).defer("body", "context").order_by("happened_at", "pk"):
            told = (hash_of(bytes(event.digest)), event.kind, event.step, f"{event.happened_at:%FT%TZ}", event.location)
            rows.append((way, trace.events[event.pk], "event", *told))
    card = card_of(lot)
    for way, neighbours in (("from", card.before), ("to", card.after)):
        rows += [(way, 1, "neighbour", one.number, one.name, one.what, one.amount, one.unit) for one in neighbours]
    head = ("way", "depth", "what", "name", "kind", "step", "amount_or_time", "unit_or_place")
    return _csv(f"{lot.item.key}-{lot.number}", [head, *rows])


def _lot(acting: Acting, lot_id: UUID) -> Lot:
    lot = lots_of(acting.organisation).select_related("item__variant", "seller", "site").filter(pk=lot_id).first()
    if lot is None:
        raise Http404
    return lot


@acts(Right.TRACE, kinds=KINDS)
def recalls(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the recalls that were begun here, or that reach lots of here."""
    found = Paginator(recalls_of(acting.organisation), PER_PAGE).get_page(request.GET.get("page"))
    return page(request, acting, "recalls.html", {"recalls": found})


@acts(Right.TRACE, "GET", "POST", kinds=KINDS)
def new(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Ask which lots and why, and find what they reach; the timer runs from when that was asked, not from when the page was opened."""
    typed = request.POST if request.method == "POST" else request.GET
    chosen = {text for text in typed.getlist("lot") if text}
    words = typed.get("q", "").strip()[:40]
    lots = lots_of(acting.organisation).select_related("item", "seller").order_by("-created_at", "pk")
    context = {
        "lots": list((lots.filter(number__icontains=words) if words else lots)[:MOST_SHOWN]),
        "chosen": chosen,
        "typed": {name: typed.get(name, "") for name in ("reason", "what_to_do", "is_drill")},
        "ticket": request.POST.get("ticket") or signing.dumps(str(new_id()), salt=SALT),
        "q": words,
    }
    if request.method != "POST":
        return page(request, acting, "recall_new.html", context)
    try:
        recall = actions.draft_recall(
            owner=acting.organisation,
            lot_ids=[lot.pk for lot in lots if str(lot.pk) in chosen] if chosen else [],
            reason=typed.get("reason", ""),
            what_to_do=typed.get("what_to_do", ""),
            is_drill=bool(typed.get("is_drill")),
            by=acting.person,
            now=acting.now,
            key=_read(request.POST.get("ticket", "")),
        )
    except Refusal as refusal:
        return page(request, acting, "recall_new.html", {**context, "fault": refusal}, status=refusal.status)
    return redirect("console:recall", org=acting.organisation.key, recall_id=recall.pk)


def _read(ticket: str) -> UUID:
    """Return the key that was made with the form, so that sending it twice asks once."""
    try:
        return UUID(signing.loads(ticket, salt=SALT, max_age=LONGEST_DRAFTING))
    except (signing.BadSignature, ValueError, AttributeError):  # the last two: a ticket of an older house
        raise Http404 from None


@acts(Right.TRACE, "GET", "POST", kinds=KINDS)
def recall(request: HttpRequest, acting: Acting, recall_id: UUID) -> HttpResponse:
    """Show what a recall reaches and where it stands; its owner starts, accounts for and ends it."""
    found = _recall(acting, recall_id)
    is_hers = found.owner_id == acting.organisation.pk
    fault: Refusal | None = None
    if request.method == "POST":
        if not is_hers:
            raise Http404
        try:
            _carry_out(request, acting, found)
        except Refusal as refusal:
            fault = refusal
        else:
            return redirect("console:recall", org=acting.organisation.key, recall_id=found.pk)
    reach = reach_of(found)
    mine = set(lots_of(acting.organisation).filter(pk__in=[row.lot_id for row in reach.lots]).values_list("pk", flat=True))
    sent = [one for one in reach.sent if one.packed.lot_id in mine]
    lots = [row for row in reach.lots if is_hers or row.lot_id in mine][:MOST_SHOWN]
    context = {
        "recall": found,
        "is_hers": is_hers,
        "reach": reach,
        "lots": lots,
        "makings": {row.lot_id: balance_of(row.lot).making for row in [row for row in lots if row.is_named][:MOST_WEIGHED]},
        "mine": mine,
        "sent": sent[:MOST_SHOWN],
        "more": max(len(reach.lots), len(sent)) > MOST_SHOWN,
        "fault": fault,
    }
    return page(request, acting, "recall.html", context, status=fault.status if fault else 200)


def _carry_out(request: HttpRequest, acting: Acting, found: Recall) -> None:
    by, now = acting.person, acting.now
    match request.POST.get("do", ""):
        case "leave_out":
            lot_id = _key(request.POST.get("lot", ""))
            actions.leave_out(recall=found, lot_id=lot_id, why=request.POST.get("why", ""), by=by, now=now)
        case "start":
            actions.start_recall(recall=found, by=by, now=now)
            messages.success(request, _("It runs. Nothing of these lots is sold or handed over any more."))
        case "drop":
            actions.drop_recall(recall=found, by=by, now=now)
        case "account":
            state = STATES.get(request.POST.get("state", ""), "")
            actions.account_for(recall=found, row_id=_key(request.POST.get("row", "")), state=state, by=by, now=now)
        case "end":
            actions.end_recall(recall=found, by=by, now=now)
        case _:
            raise Http404


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


@acts(Right.TRACE, kinds=KINDS)
def record(request: HttpRequest, acting: Acting, recall_id: UUID) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Print what happened, with its times."""
    found = _own_recall(acting, recall_id)
    answer = HttpResponse(record_pdf(found), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return answer


@acts(Right.TRACE, kinds=KINDS)
def recall_list(request: HttpRequest, acting: Acting, recall_id: UUID) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Answer the lots and everything that was sent as CSV, buyers masked."""
    found = _own_recall(acting, recall_id)
    reach = reach_of(found)
    rows: list[Sequence[object]] = [("what", "lot", "item_or_order", "buyer", "parcel", "stage", "units", "state")]
    for row in reach.lots:
        state = row.left_out_why or ("" if row.is_within else "others")
        rows.append(("lot", row.lot.number, row.lot.item.name, "", "", "", row.lot.amount, state))
    for one in reach.sent:
        parcel = (one.parcel.number, one.parcel.stage) if one.parcel else ("", "")
        rows.append(
            ("sent", one.packed.lot.number, one.order.number, one.buyer, *parcel, one.packed.quantity, one.row.state if one.row else "")
        )
    return _csv(found.number, rows)


def _recall(acting: Acting, recall_id: UUID) -> Recall:
    found = recalls_of(acting.organisation).filter(pk=recall_id).first()
    if found is None:
        raise Http404
    return found


def _own_recall(acting: Acting, recall_id: UUID) -> Recall:
    found = _recall(acting, recall_id)
    if found.owner_id != acting.organisation.pk:
        raise Http404
    return found


def _csv(name: str, rows: Iterable[Sequence[object]]) -> HttpResponse:
    out = io.StringIO()
    csv.writer(out).writerows([safe_cell(str(cell)) for cell in row] for row in rows)
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
