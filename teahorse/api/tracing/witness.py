"""Where neighbours have their logs cosigned (C2SP tlog-witness); who asks is known by the signature on what is asked about."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from teahorse.trace import actions
from teahorse.trace.actions.signing import witness_of_house
from teahorse.trace.tlog.witness import MOST_REQUEST_BYTES, TEXT_TYPE


def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Cosign a log's new checkpoint, or say by the status why not; what is cosigned is committed before it is said."""
    told = actions.cosign(body=request.read(MOST_REQUEST_BYTES + 1), now=timezone.now())
    return HttpResponse(told.body, status=told.status, content_type=told.content_type, headers={"Cache-Control": "no-store"})


def show_key(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - every view has it
    """Return the key by which the house cosigns."""
    return HttpResponse(witness_of_house().verifier.written() + "\n", content_type=TEXT_TYPE)
