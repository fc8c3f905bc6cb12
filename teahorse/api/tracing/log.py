"""The log as files, what the rows say now, the log's key, and the proof of one event."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from teahorse.api.tracing.doors import asker
from teahorse.common.refusals import NotThere
from teahorse.trace import queries
from teahorse.trace.actions.signing import signer_of_house
from teahorse.trace.tlog.folders import CHECKPOINT
from teahorse.trace.tlog.tiles import WIDTH, Tile, TileMalformed, TileMissing, pack

FOR_EVER = "public, max-age=31536000, immutable"


class NotLogged(NotThere):
    """No checkpoint covers the event yet."""

    code = "not_logged_yet"
    sentence = _("This event is not in the log yet. It will be in a few minutes.")


def show_proof(request: HttpRequest, name: str) -> HttpResponse:
    """Return the proof that an event stands in the log; it can be checked without us."""
    event = queries.event_of(name, organisation_id=asker(request).pk)
    if event is None:
        raise NotThere
    proof = queries.proof_of(event)
    if proof is None:
        raise NotLogged
    return HttpResponse(proof.written(), content_type="text/plain; charset=utf-8")


def show_file(request: HttpRequest, path: str) -> HttpResponse:  # noqa: ARG001 - every view has it
    """Return a file of the log; a full tile never changes."""
    try:
        content = queries.log_folder().fetch(path)
    except (TileMissing, TileMalformed):
        raise NotThere from None
    if path == CHECKPOINT:
        return HttpResponse(content, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})
    kept = FOR_EVER if Tile.at(path).is_full else "no-cache"
    return HttpResponse(content, content_type="application/octet-stream", headers={"Cache-Control": kept})


def show_rows(request: HttpRequest, index: int) -> HttpResponse:  # noqa: ARG001 - every view has it
    """Return what would be logged now of the places under one bundle of entries, in the form of such a bundle; nothing for what differs."""
    rows = queries.rows_from(index * WIDTH)
    if not rows:
        raise NotThere
    return HttpResponse(pack(rows), content_type="application/octet-stream", headers={"Cache-Control": "no-cache"})


def show_key(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - every view has it
    """Return the key by which the log is signed; who distrusts us asks somebody else for it."""
    return HttpResponse(signer_of_house().verifier.written() + "\n", content_type="text/plain; charset=utf-8")
