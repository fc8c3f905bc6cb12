"""Asking for events: all of them, one, those of a step, a place, a thing; what there is to ask for (EPCIS 2.0, section 12.7)."""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from teahorse.api.tracing.doors import asker, events, json, problem, told
from teahorse.api.tracing.paging import SIZE, TOKEN, Paging, time_of
from teahorse.common.refusals import NotThere
from teahorse.trace import queries
from teahorse.trace.epcis.asking import NotAQuestion, ask, of_address
from teahorse.trace.epcis.events import TYPES
from teahorse.trace.epcis.questions import Question
from teahorse.trace.epcis.vocabulary import BIZ_STEP, DISPOSITION
from teahorse.trace.epcis.writing import CONTEXT, Answered
from teahorse.trace.showing import SIMPLE_EVENT_QUERY, document_of

TOP = ("events", "eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions", "capture", "queries")
PARAMETER_OF = {
    "eventTypes": ("eventType",),
    "bizSteps": ("EQ_bizStep",),
    "bizLocations": ("EQ_bizLocation",),
    "readPoints": ("EQ_readPoint",),
    "dispositions": ("EQ_disposition",),
    "epcs": ("MATCH_anyEPC", "MATCH_anyEPCClass"),
}
"""By which parameter a resource's events are found; a thing is a piece or a class, whichever it is."""
STANDARD: Mapping[str, frozenset[str]] = {
    "eventTypes": frozenset(TYPES),
    "bizSteps": BIZ_STEP.words,
    "dispositions": DISPOSITION.words,
}
"""What is there though no event names it."""
View = Callable[..., HttpResponse]


def asked(view: View) -> View:
    """Tell what is wrong with a question, or with what it finds, as the standard names it."""

    @wraps(view)
    def answered(request: HttpRequest, **named: Any) -> HttpResponse:
        try:
            return view(request, **named)
        except NotAQuestion as error:
            return problem(HTTPStatus.BAD_REQUEST, "QueryParameterException", told(error.problems))
        except queries.TooLarge as error:
            detail = f"more than {error.most} events are found"
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "QueryTooLargeException", [{"pointer": "/maxEventCount", "detail": detail}])
        except queries.TooComplex:
            detail = "the question takes too long to answer; say more precisely what is wanted"
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "QueryTooComplexException", [{"pointer": "", "detail": detail}])

    return answered


def show_top(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - every view has it
    """Return what there is."""
    return json(TOP)


@asked
def find_events(request: HttpRequest) -> HttpResponse:
    """Return the events that the parameters of the address ask for."""
    return answer(request, question_of(request), organisation_id=asker(request).pk)


def show_event(request: HttpRequest, name: str) -> HttpResponse:
    """Return one event by its hash, or by the name that its teller gave it."""
    event = queries.event_of(name, organisation_id=asker(request).pk)
    if event is None:
        raise NotThere
    return events(document_of([event], now=timezone.now()), request)


@asked
def list_resources(request: HttpRequest, kind: str) -> HttpResponse:
    """Return the words, places, things or kinds of events by which events are found."""
    organisation_id = asker(request).pk
    paging = Paging(request, organisation_id)
    after = paging.after() or ""
    if kind == "epcs":
        found = queries.things(organisation_id=organisation_id, size=paging.size + 1, after=after)
    else:
        named = queries.resources(kind, organisation_id=organisation_id, size=paging.size + 1, after=after)
        found = sorted({*named, *(word for word in STANDARD.get(kind, ()) if word > after)})
    shown = found[: paging.size]
    following = shown[-1] if len(found) > len(shown) else None
    return json(_collection(shown), headers=paging.headers(following))


@asked
def show_resource(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Return what there is of a resource: its events."""
    _question_of_resource(kind, name, organisation_id=asker(request).pk)
    return json(_collection(["events"]))


@asked
def find_events_of(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Return the events of a resource, of those that the parameters of the address ask for."""
    organisation_id = asker(request).pk
    resource = _question_of_resource(kind, name, organisation_id=organisation_id)
    asked_for = question_of(request)
    both = msgspec.structs.replace(asked_for, conditions=(*resource.conditions, *asked_for.conditions))
    return answer(request, both, organisation_id=organisation_id)


def _question_of_resource(kind: str, name: str, *, organisation_id: UUID) -> Question:
    """
    Return the question for the events of a resource.

    :raises NotThere: if the standard does not name it, and no event that the organisation sees.
    """
    for parameter in PARAMETER_OF[kind]:
        try:
            question = ask({parameter: [name]})
        except NotAQuestion:
            continue
        if name in STANDARD.get(kind, ()) or queries.finds_any(question, organisation_id=organisation_id):
            return question
    raise NotThere


def _collection(members: list[str]) -> dict[str, Any]:
    return {"@context": CONTEXT, "type": "Collection", "member": members}


# --- What every question has in common


def question_of(request: HttpRequest) -> Question:
    """
    Return what the parameters of an address ask for.

    :raises NotAQuestion: with all that is wrong with them.
    """
    said = [(name, values) for name, values in request.GET.lists() if name not in {SIZE, TOKEN}]
    return ask(of_address(said), prefixes=_prefixes(request.headers.get("GS1-Extensions", "")))


def _prefixes(header: str) -> dict[str, str]:
    """Return what the asker's prefixes stand for: ``ex=https://ns.example.com/,…``; what is not of this form says nothing."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    return {prefix: address for prefix, _is, address in pairs if prefix and address}


def answer(request: HttpRequest, question: Question, *, organisation_id: UUID, name: str = SIMPLE_EVENT_QUERY) -> HttpResponse:
    """
    Return a page of what a question finds.

    :raises NotAQuestion, queries.TooLarge, queries.TooComplex: as those say.
    """
    paging = Paging(request, organisation_id, question)
    now = timezone.now()
    page = queries.page(question, organisation_id=organisation_id, size=paging.size, now=now, after=_cursor(question, paging.after()))
    return events(document_of(page.events, now=now, answered=Answered(name)), request, headers=paging.headers(_written(page.following)))


def _written(cursor: queries.Cursor | None) -> list[Any] | None:
    """Return a cursor as it stands in a token."""
    if cursor is None:
        return None
    value = cursor.value.isoformat() if hasattr(cursor.value, "isoformat") else cursor.value
    return [value, str(cursor.event_id), cursor.asked_at.isoformat(), cursor.given]


def _cursor(question: Question, written: list[Any] | None) -> queries.Cursor | None:
    """Return a cursor out of a token of ours."""
    if written is None:
        return None
    value, event_id, asked_at, given = written
    is_time = question.order_by in {"", "eventTime", "recordTime"}
    return queries.Cursor(time_of(value) if is_time else value, UUID(event_id), time_of(asked_at), given)
