"""The flows of a centre: what it has published, the version that it is writing, publishing and retiring."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teahorse.catalog.content import BASE_LANGUAGE, words_of
from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, Context, acts
from teahorse.console.flow_form import EVENTS, FLAGS, flow_typed, languages, shown_parts, shown_steps
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.trace import actions, queries, words
from teahorse.trace.epcis.vocabulary import BIZ_STEP, DISPOSITION
from teahorse.trace.models import Flow

CENTRES = Organisation.CENTRES
UNITS = ("", "KGM", "GRM", "LTR", "MTR", "MTK")
EVENT_WORDS = {
    "object ADD": gettext_lazy("Something comes to be: bought, picked, born"),
    "object OBSERVE": gettext_lazy("Something is looked at, moved or handed over"),
    "object DELETE": gettext_lazy("Something ends: sampled, spoiled, sold"),
    "transformation": gettext_lazy("Something is made into something else"),
    "aggregation": gettext_lazy("Something is packed into a case"),
}
FLAG_WORDS = {
    "wants_photo": gettext_lazy("Asks for a photograph"),
    "wants_voice": gettext_lazy("Asks for a voice note"),
    "from_households": gettext_lazy("Households bring it by weight"),
    "hands_over": gettext_lazy("It goes to another seller"),
}


@acts(Right.TRACE, "GET", "POST", kinds=CENTRES)
def flows(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List a centre's flows with their versions, and begin a new one."""
    typed = {name: request.POST.get(name, "").strip() for name in ("key", "name")}
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            names = {BASE_LANGUAGE: typed["name"]}
            made = actions.begin_flow(owner=acting.organisation, key=typed["key"], names=names, by=acting.person, now=acting.now)
        except Refusal as refusal:
            faults[refusal.field] = str(refusal)
        else:
            return redirect("console:flow", org=acting.organisation.key, flow_id=made.pk)
    context = {"flows": queries.flows_of(acting.organisation), "typed": typed, "faults": faults}
    return page(request, acting, "flows.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK)


@acts(Right.TRACE, "GET", "POST", kinds=CENTRES)
def flow(request: HttpRequest, acting: Acting, flow_id: UUID) -> HttpResponse:
    """Show a version; its form writes it, publishes it, retires it, or begins the next one."""
    found = queries.flows_of(acting.organisation).filter(pk=flow_id).first()
    if found is None:
        raise Http404
    faults: list[str] = []
    if request.method == "POST":
        try:
            kept = _done(request, acting, found)
        except ValidationError as error:
            faults = error.messages
            found.refresh_from_db()
        except Refusal as refusal:
            faults = [f"{refusal.field}: {refusal}" if "." in refusal.field else str(refusal)]
        else:
            return redirect("console:flow", org=acting.organisation.key, flow_id=kept.pk)
    return page(request, acting, "flow.html", _shown(found, faults), status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK)


def _done(request: HttpRequest, acting: Acting, found: Flow) -> Flow:
    """Do what was pressed and say it."""
    act = request.POST.get("act", "")
    if act in {"save", "publish"}:
        names, parts, steps = flow_typed(request.POST)
        found = actions.write_flow(flow=found, names=names, parts=parts, steps=steps, by=acting.person, now=acting.now)
    match act:
        case "save":
            messages.success(request, _("Saved. Nobody tells by it before it is published."))
        case "publish":
            actions.publish_flow(flow=found, now=acting.now)
            messages.success(request, _("Published. Cooperatives tell by it from now on."))
        case "retire":
            actions.retire_flow(flow=found, now=acting.now)
            messages.success(request, _("Retired. What was told by it stays."))
        case "next":
            found = actions.next_version(flow=found, by=acting.person, now=acting.now)
        case _:
            raise Http404
    return found


def _shown(found: Flow, faults: list[str]) -> Context:
    names = words_of(found, "name")
    return {
        "flow": found,
        "faults": faults,
        "names": [(code, label, names.get(code, "")) for code, label in languages()],
        "languages": languages(),
        "parts": shown_parts(found.parts),
        "part_keys": [part.get("key") for part in found.parts],
        "steps": shown_steps(found.steps),
        "stages": list(words.STAGES.items()),
        "units": UNITS,
        "contents": UNITS[1:],
        "events": [(code, EVENT_WORDS[code]) for code in EVENTS],
        "flags": [(flag, FLAG_WORDS[flag]) for flag in FLAGS],
        "biz_steps": sorted(BIZ_STEP.words),
        "dispositions": sorted(DISPOSITION.words),
        "certificates": list(words.CERTIFICATES.items()),
    }
