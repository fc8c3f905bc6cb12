"""Taking documents of events, and single ones; telling what came of them (EPCIS 2.0, section 12.6)."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from teahorse.api.tracing.doors import asker, body_of, json, nothing, problem, told
from teahorse.common.refusals import Malformed, NotThere
from teahorse.trace import actions
from teahorse.trace.epcis.problems import Unreadable
from teahorse.trace.epcis.reading import Document, read
from teahorse.trace.models import CaptureJob
from teahorse.trace.rules import digest_of, hash_of

INVALID = "ValidationException"


class NotToCapture(Malformed):
    """The request cannot be read as a capture; the standard's interface says 400 of it and knows no 422."""

    status = 400


def take_document(request: HttpRequest) -> HttpResponse:
    """Take a document of events; ``GS1-Capture-Error-Behaviour`` says whether one bad event keeps all out."""
    teller = asker(request)
    on_error = request.headers.get("GS1-Capture-Error-Behaviour", CaptureJob.OnError.ROLLBACK)
    if on_error not in CaptureJob.OnError.values:
        raise NotToCapture(field="GS1-Capture-Error-Behaviour", reason=_("Say rollback or proceed."))
    document = _document(request)
    if isinstance(document, HttpResponse):
        return document
    job = actions.capture(document=document, by=teller, now=timezone.now(), on_error=on_error)
    if not job.is_success and on_error == CaptureJob.OnError.ROLLBACK:
        return problem(HTTPStatus.BAD_REQUEST, INVALID, job.errors, capture_id=job.pk)
    place = reverse("epcis_job", kwargs={"job_id": job.pk})
    return json(_shown_job(job), status=HTTPStatus.ACCEPTED, headers={"Location": place})


def take_event(request: HttpRequest) -> HttpResponse:
    """Take one event by itself; its address tells it again, and the same event again is answered with the same address."""
    teller = asker(request)
    document = _document(request)
    if isinstance(document, HttpResponse):
        return document
    if len(document.events) != 1:
        raise NotToCapture(field="eventList", reason=_("Send one event here; a document of several goes to /epcis/capture."))
    job = actions.capture(document=document, by=teller, now=timezone.now())
    if not job.is_success:
        return problem(HTTPStatus.BAD_REQUEST, INVALID, job.errors)
    (event,) = document.events
    name = hash_of(digest_of(event.raw, event.prefixes))
    status = HTTPStatus.CREATED if job.captured else HTTPStatus.OK
    return nothing(status=status, headers={"Location": reverse("epcis_event", kwargs={"name": name})})


def _document(request: HttpRequest) -> Document | HttpResponse:
    try:
        return read(body_of(request), now=timezone.now())
    except Unreadable as error:
        return problem(HTTPStatus.BAD_REQUEST, INVALID, told(error.problems))


def show_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Return what came of a document that was sent."""
    job = CaptureJob.objects.filter(pk=job_id, organisation_id=asker(request).pk).first()
    if job is None:
        raise NotThere
    return json(_shown_job(job))


def list_jobs(request: HttpRequest) -> HttpResponse:
    """Return what the organisation sent last, the newest first."""
    jobs = CaptureJob.objects.filter(organisation_id=asker(request).pk).order_by("-pk")[:100]
    return json([_shown_job(job) for job in jobs])


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
