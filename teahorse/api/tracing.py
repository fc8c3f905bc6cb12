"""
The story by machine: ``/epcis/`` takes and gives events (EPCIS 2.0, section 12), ``/tlog/`` is the log as files (C2SP tlog-tiles).

Whoever tells, or reads an event, comes with an organisation's token; the log and its key are for everybody: it says nothing but
hashes, times and tellers.
"""

import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from teahorse.api.capabilities import OrganisationToken
from teahorse.api.problems import NotKnown, TooLarge, WrongMethod, answer_to
from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.people.models import Organisation
from teahorse.trace import actions, queries
from teahorse.trace.actions.publishing import signer_of_house
from teahorse.trace.epcis.limits import MOST_BYTES
from teahorse.trace.epcis.problems import Problem as EventProblem
from teahorse.trace.epcis.problems import Unreadable
from teahorse.trace.epcis.reading import Document, read
from teahorse.trace.epcis.writing import CONTEXT
from teahorse.trace.models import CaptureJob, TraceEvent
from teahorse.trace.rules import digest_of, hash_of
from teahorse.trace.tlog.folders import CHECKPOINT
from teahorse.trace.tlog.tiles import Tile, TileMalformed, TileMissing

JSON, JSON_LD, PROBLEM = "application/json", "application/ld+json", "application/problem+json"
FOR_EVER = "public, max-age=31536000, immutable"
HEADERS = {"GS1-EPCIS-Version": "2.0", "GS1-CBV-Version": "2.0", "GS1-EPCIS-Min": "2.0", "GS1-EPCIS-Max": "2.0"}
BEARER = re.compile(r"^Bearer (\S+)$", re.ASCII)
View = Callable[..., HttpResponse]


class WrongMediaType(Refusal):
    """The body is not of a type that is read here."""

    code = "wrong_media_type"
    status = 415
    sentence = _("Send the events as application/json or application/ld+json.")


class NotLogged(NotThere):
    """No checkpoint covers the event yet."""

    code = "not_logged_yet"
    sentence = _("This event is not in the log yet. It will be in a few minutes.")


def _door(**views: View) -> View:
    """Return one view for an address: by method, every problem told alike, what the address knows told to who asks (OPTIONS)."""
    allowed = ", ".join(sorted({*views, "OPTIONS", *(["HEAD"] if "GET" in views else [])}))

    @csrf_exempt
    @wraps(next(iter(views.values())))
    def answered(request: HttpRequest, **named: Any) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method == "OPTIONS":
            response = HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": allowed})
        elif method not in views:
            response = answer_to(WrongMethod(method=request.method))
            response.headers["Allow"] = allowed
        else:
            try:
                response = views[method](request, **named)
            except Exception as error:  # every error is answered as a problem; answer_to writes down what nobody expected
                response = answer_to(error)
        return response

    return answered


def _teller(request: HttpRequest) -> Organisation:
    """Return whose token was sent."""
    found = BEARER.match(request.headers.get("Authorization", ""))
    organisation = OrganisationToken().authenticate(request, found[1]) if found else None
    if organisation is None:
        raise NotKnown
    return organisation


# --- Telling


def _capture(request: HttpRequest) -> HttpResponse:
    """Take a document of events; ``GS1-Capture-Error-Behaviour`` says whether one bad event keeps all out."""
    teller = _teller(request)
    on_error = request.headers.get("GS1-Capture-Error-Behaviour", CaptureJob.OnError.ROLLBACK)
    if on_error not in CaptureJob.OnError.values:
        raise Malformed(field="GS1-Capture-Error-Behaviour", reason=_("Say rollback or proceed."))
    document = _document(request)
    if isinstance(document, HttpResponse):
        return document
    job = actions.capture(document=document, by=teller, now=timezone.now(), on_error=on_error)
    if not job.is_success and on_error == CaptureJob.OnError.ROLLBACK:
        return _problem(HTTPStatus.BAD_REQUEST, job.errors, capture_id=job.pk)
    response = _json(_shown_job(job), status=HTTPStatus.ACCEPTED)
    response.headers["Location"] = reverse("epcis_job", kwargs={"job_id": job.pk})
    return response


def _capture_one(request: HttpRequest) -> HttpResponse:
    """Take one event by itself; its address tells it again, and the same event again is answered with the same address."""
    teller = _teller(request)
    document = _document(request)
    if isinstance(document, HttpResponse):
        return document
    if len(document.events) != 1:
        raise Malformed(field="eventList", reason=_("Send one event here; a document of several goes to /epcis/capture."))
    job = actions.capture(document=document, by=teller, now=timezone.now())
    if not job.is_success:
        return _problem(HTTPStatus.BAD_REQUEST, job.errors)
    (told,) = document.events
    name = hash_of(digest_of(told.raw, told.prefixes))
    response = HttpResponse(status=HTTPStatus.CREATED if job.captured else HTTPStatus.OK, headers=HEADERS)
    response.headers["Location"] = reverse("epcis_event", kwargs={"name": name})
    return response


def _document(request: HttpRequest) -> Document | HttpResponse:
    if request.content_type not in {JSON, JSON_LD}:
        raise WrongMediaType
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise TooLarge
    body = request.read(int(length))
    try:
        return read(body, now=timezone.now())
    except Unreadable as error:
        return _problem(HTTPStatus.BAD_REQUEST, [_told(one) for one in error.problems])


def _job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Return what came of a document that was sent."""
    job = CaptureJob.objects.filter(pk=job_id, organisation_id=_teller(request).pk).first()
    if job is None:
        raise NotThere
    return _json(_shown_job(job))


def _jobs(request: HttpRequest) -> HttpResponse:
    """Return what the organisation sent last, the newest first."""
    jobs = CaptureJob.objects.filter(organisation_id=_teller(request).pk).order_by("-pk")[:100]
    return _json([_shown_job(job) for job in jobs])


# --- Reading


def _event(request: HttpRequest, name: str) -> HttpResponse:
    """Return an event by its hash, or by the name that its teller gave it, to who told it."""
    event = _own(request, name)
    body = {"@context": [CONTEXT, event.context] if event.context else [CONTEXT], **event.body}
    body |= {"recordTime": event.recorded_at, "eventID": event.told_as or hash_of(bytes(event.digest))}
    response = HttpResponse(msgspec.json.encode(body), content_type=JSON_LD, headers=HEADERS)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _proof(request: HttpRequest, name: str) -> HttpResponse:
    """Return the proof that an event stands in the log; it can be checked without us."""
    proof = queries.proof_of(_own(request, name))
    if proof is None:
        raise NotLogged
    return HttpResponse(proof.written(), content_type="text/plain; charset=utf-8")


def _own(request: HttpRequest, name: str) -> TraceEvent:
    event = queries.event_of(name, organisation_id=_teller(request).pk)
    if event is None:
        raise NotThere
    return event


# --- The log


def _file(request: HttpRequest, path: str) -> HttpResponse:  # noqa: ARG001 - every view has it
    """Return a file of the log; a full tile never changes."""
    try:
        content = queries.log_folder().fetch(path)
    except (TileMissing, TileMalformed):
        raise NotThere from None
    if path == CHECKPOINT:
        return HttpResponse(content, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})
    kept = FOR_EVER if Tile.at(path).is_full else "no-cache"
    return HttpResponse(content, content_type="application/octet-stream", headers={"Cache-Control": kept})


def _key(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - every view has it
    """Return the key by which the log is signed; who distrusts us asks somebody else for it."""
    return HttpResponse(signer_of_house().verifier.written() + "\n", content_type="text/plain; charset=utf-8")


# --- How it is written


def _json(content: object, *, status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(content), status=status, content_type=JSON, headers={**HEADERS, "Cache-Control": "private, no-store"}
    )


def _shown_job(job: CaptureJob) -> dict[str, Any]:
    return {
        "captureID": str(job.pk),
        "createdAt": job.created_at,
        "finishedAt": job.finished_at,
        "running": job.finished_at is None,
        "success": job.is_success,
        "captureErrorBehaviour": job.on_error,
        "captured": job.captured,
        "known": job.known,
        "errors": job.errors,
    }


def _told(problem: EventProblem) -> dict[str, str]:
    return {"pointer": problem.pointer, "reason": problem.reason.value, "detail": problem.told}


def _problem(status: int, errors: list[dict[str, str]], **more: object) -> HttpResponse:
    """Return a document's faults as the standard names them, every one with where it is (RFC 6901)."""
    first = errors[0] if errors else {"detail": "", "pointer": ""}
    body = {
        "type": "epcisException:ValidationException",
        "title": "EPCIS validation exception",
        "status": int(status),
        "detail": f"{first['pointer']}: {first['detail']}",
        "errors": errors,
        **more,
    }
    return HttpResponse(msgspec.json.encode(body), status=status, content_type=PROBLEM, headers=HEADERS)


capture = _door(POST=_capture, GET=_jobs)
job = _door(GET=_job)
events = _door(POST=_capture_one)
event = _door(GET=_event)
proof = _door(GET=_proof)
file = _door(GET=_file)
key = _door(GET=_key)
