"""The page that a scanned label opens: is it genuine, where does it come from, what happened to it, and how is that proved."""

import json
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teahorse.common.ids import short
from teahorse.common.refusals import Refusal
from teahorse.common.tries import TooManyTries, Tries
from teahorse.common.visitors import client_address
from teahorse.mall import scan_pages, story
from teahorse.mall.earned import earned_rows
from teahorse.mall.guest_pages import is_guest
from teahorse.mall.scans import guests_answer, mark_of, scan_of
from teahorse.mall.show import View, page, personal
from teahorse.trace import actions
from teahorse.trace.actions import Seen
from teahorse.trace.actions.signing import signer_of_house
from teahorse.trace.commitment import commitment_pdf
from teahorse.trace.gs1.short_codes import read_code, spaced
from teahorse.trace.gs1.unreadable import Unreadable
from teahorse.trace.guarding import guesses
from teahorse.trace.models import Attachment, Certificate, Lot, Recall, TraceEvent
from teahorse.trace.queries import proof_of, shown_card
from teahorse.trace.queries.witnessing import looked_at
from teahorse.trace.rules import digest_in, event_key
from teahorse.trace.words import unit_name

MOST_REPORTS, MOST_HIDDEN, AN_HOUR = 5, 10, 3600
reports = Tries(most=MOST_REPORTS, seconds=AN_HOUR)
hidden_tries = Tries(most=MOST_HIDDEN, seconds=AN_HOUR)


def coded(view: View) -> View:
    """Read the code in an address: capitals and signs that look alike are one; what cannot be one, or is nobody's, is said so."""

    @wraps(view)
    def coded_answer(request: HttpRequest, code: str, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            known = read_code(code)
        except Unreadable:
            return page(request, "scanned_unknown", {"typed": code[:40], "is_mistyped": True}, status=404)
        address, mark = client_address(request), mark_of(request)
        try:
            guesses.let_in(address, mark)
            answer = view(request, known, *args, **kwargs)
        except TooManyTries as refusal:
            return page(request, "refused", {"refusal": refusal}, status=refusal.status)
        except actions.UnknownCode as refusal:
            guesses.told_wrong(address, mark)
            return page(request, "scanned_unknown", {"typed": spaced(known), "refusal": refusal}, status=404)
        guesses.told_right(address, mark)
        return answer

    return personal(coded_answer)


@coded
@require_safe
def scanned(request: HttpRequest, code: str) -> HttpResponse:
    """Show the story behind a label, its verdict first; whoever has the same page already is told so (RFC 9110, section 13)."""
    seen = scan_of(request, code, counts=request.method == "GET")
    return guests_answer(request, seen) if is_guest(request) else _shown(request, seen)


@require_safe
def lot(request: HttpRequest, lot_id: UUID) -> HttpResponse:
    """Show the story of a lot to whoever has no label in hand."""
    try:
        told = story.told(lot_id, None, get_language() or "")
    except Lot.DoesNotExist:
        raise Http404 from None
    living = Recall.objects.filter(lots__lot=lot_id, lots__left_out_why="", state=Recall.State.LIVING, is_drill=False).first()
    context = {"told": told, "recall": living, "verdict": "recalled" if living else "", "warns": bool(living), "seen": None, "code": ""}
    return page(request, "scanned", {**context, "earned": earned_rows(told.lot.item_id, get_language() or "")})


@coded
@require_POST
def hidden(request: HttpRequest, code: str) -> HttpResponse:
    """Compare a hidden part that was scratched free."""
    mark, address = mark_of(request), client_address(request)
    places = (code, f"{address} {mark}")
    if any(hidden_tries.are_used_up(place) for place in places):
        return page(request, "refused", {"refusal": _("Too many tries. Come back in an hour.")}, status=429)
    try:
        is_right = actions.check_hidden(code=code, typed=request.POST.get("hidden", ""), visitor=mark, now=timezone.now())
    except actions.NothingHidden as refusal:
        return page(request, "refused", {"refusal": refusal}, status=refusal.status)
    if not is_right:  # a hall full of people who scratch right ones waits for nobody
        for place in places:
            hidden_tries.count(place)
    return _shown(request, scan_of(request, code, counts=False), is_hidden_right=is_right)


@coded
@require_POST
def where(request: HttpRequest, code: str) -> HttpResponse:
    """Keep, coarsely, where a visitor says that she is; only what she sent after she pressed the button."""
    try:
        latitude, longitude = float(request.POST.get("latitude", "")), float(request.POST.get("longitude", ""))
    except ValueError:
        return HttpResponse(status=422)
    is_kept = actions.say_where(code=code, visitor=mark_of(request), latitude=latitude, longitude=longitude, now=timezone.now())
    return HttpResponse(status=204 if is_kept else 422)


@coded
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, code: str) -> HttpResponse:
    """Let somebody write to the maker that something is wrong."""
    seen, typed, refusal = scan_of(request, code, counts=False), {}, None
    told = story.told(seen.lot_id, seen.story_thing, get_language() or "")
    if request.method == "POST":
        typed = {name: request.POST.get(name, "")[:600] for name in ("text", "phone")}
        address = client_address(request)
        if reports.are_used_up(address):
            return page(request, "refused", {"refusal": _("Too many reports from here. Come back in an hour.")}, status=429)
        try:
            actions.report(code=code, **typed, now=timezone.now())
        except Refusal as refused:
            refusal = refused
        else:
            reports.count(address)
            return redirect(f"{reverse('mall:scanned_report', args=[code])}?sent=1")
    context = {
        "told": told,
        "code": code,
        "typed": typed,
        "errors": {refusal.field: refusal} if refusal else {},
        "is_sent": "sent" in request.GET,
    }
    return page(request, "scanned_report", context, status=refusal.status if refusal else 200)


@coded
@require_safe
def proof(request: HttpRequest, code: str) -> HttpResponse:
    """Show what the log says of each event of the story, and how anybody checks it."""
    seen = scan_of(request, code, counts=False)
    told = story.told(seen.lot_id, seen.story_thing, get_language() or "")
    units = {amount[-1] for step in told.steps for amount in json.loads(step.said).get("amounts", ())}
    context = {
        "told": told,
        "code": code,
        "key": signer_of_house().verifier.written(),
        "site": settings.SITE_URL,
        "units": json.dumps({unit: str(unit_name(unit)) for unit in sorted(units) if unit}),
        "witnesses": [one.witness.name for one in looked_at().witnesses if one.seen_at],
    }
    return page(request, "scanned_proof", context)


@coded
@require_safe
def event_proof(request: HttpRequest, code: str, event_hash: str) -> HttpResponse:
    """Answer with the proof that an event of this story stands in the log (C2SP tlog-proof)."""
    found = proof_of(_event_of(request, code, event_hash))
    if found is None:
        raise Http404
    return HttpResponse(found.written(), content_type="text/plain; charset=utf-8")


@coded
@require_safe
def event_card(request: HttpRequest, code: str, event_hash: str) -> HttpResponse:
    """Answer with what the log's entry vouches for of an event of this story (:mod:`teahorse.trace.cards`)."""
    found = shown_card(_event_of(request, code, event_hash))
    if found is None:
        raise Http404
    return HttpResponse(found, content_type="application/json")


def _event_of(request: HttpRequest, code: str, event_hash: str) -> TraceEvent:
    seen = scan_of(request, code, counts=False)
    told = story.told(seen.lot_id, seen.story_thing, get_language() or "")
    digest = digest_in(event_hash)
    if digest is None or event_hash not in {step.hash for step in told.steps}:
        raise Http404
    return get_object_or_404(TraceEvent, pk=event_key(digest))


@coded
@require_safe
def paper(request: HttpRequest, code: str, certificate_id: UUID) -> HttpResponse:
    """Show a certificate that vouches for this story."""
    seen = scan_of(request, code, counts=False)
    told = story.told(seen.lot_id, seen.story_thing, get_language() or "")
    if certificate_id not in {one.key for one in told.papers}:
        raise Http404
    found = Certificate.objects.select_related("paper", "holder").get(pk=certificate_id)
    if found.kind == Certificate.Kind.COMMITMENT:
        address = request.build_absolute_uri(reverse("mall:scanned", args=[code]))
        return HttpResponse(commitment_pdf(found, address=address), content_type="application/pdf")
    if found.paper is None or found.paper.hidden_at is not None:
        raise Http404
    return HttpResponse(bytes(found.paper.content), content_type=found.paper.media_type, headers={"X-Content-Type-Options": "nosniff"})


@coded
@require_safe
def attachment(request: HttpRequest, code: str, attachment_id: UUID) -> HttpResponse:
    """Show a photograph of this story, small or whole, or play a voice."""
    seen = scan_of(request, code, counts=False)
    told = story.told(seen.lot_id, seen.story_thing, get_language() or "")
    if attachment_id not in {key for step in told.steps for key in (*step.photos, *step.voices)}:
        raise Http404
    found = Attachment.objects.filter(pk=attachment_id, hidden_at=None).first()
    if found is None:
        raise Http404
    content = bytes(found.small) if "small" in request.GET and found.small else bytes(found.content)
    return HttpResponse(content, content_type=found.media_type, headers={"Cache-Control": "public, max-age=600"})


def _shown(request: HttpRequest, seen: Seen, *, is_hidden_right: bool | None = None) -> HttpResponse:
    language = get_language() or ""
    told = story.told(seen.lot_id, seen.story_thing, language)
    code = {"code": seen.code, "spaced": spaced(seen.code), "is_hidden_right": is_hidden_right, "lot_key": short(seen.lot_id)}
    earned = {"earned": earned_rows(told.lot.item_id, language)}
    return page(request, "scanned", scan_pages.context_of_verdict(seen, told) | code | earned)
