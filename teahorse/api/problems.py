"""What goes wrong, as problem details (RFC 9457) in the reader's language."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import AuthenticationError, HttpError, ValidationError

from teahorse.common.refusals import Malformed, NotThere, Refusal

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)


class NotKnown(Refusal):
    """The request needs a token, and it has none, or one that is not valid."""

    code = "not_known"
    status = 401
    sentence = gettext_lazy("Send a valid token: Authorization: Bearer …")


class NotAllowed(Refusal):
    """The token is valid and does not give this right."""

    code = "not_allowed"
    status = 403
    sentence = gettext_lazy("This token does not give the right to do that.")


class NoSuchAddress(NotThere):
    """Nothing answers at this address."""

    code = "no_such_address"
    sentence = gettext_lazy("Nothing answers at this address.")


class WrongMethod(Refusal):
    """The address does not know this method."""

    code = "wrong_method"
    status = 405
    sentence = gettext_lazy("This address does not know the method %(method)s.")


class NotJson(Refusal):
    """The body is no JSON in UTF-8."""

    code = "not_json"
    status = 400
    sentence = gettext_lazy("The body cannot be read: it is not JSON in UTF-8.")


class NotAForm(Refusal):
    """The body is no form that can be read."""

    code = "not_a_form"
    status = 400
    sentence = gettext_lazy("The body cannot be read as a form with files.")


class TooLarge(Refusal):
    """The body is larger than the house takes."""

    code = "too_large"
    status = 413
    sentence = gettext_lazy("The body is larger than the house takes.")


class NotReady(Refusal):
    """The database does not answer."""

    code = "not_ready"
    status = 503
    sentence = gettext_lazy("The house cannot answer just now. Please try again in a moment.")


class Broken(Refusal):
    """A fault of ours."""

    code = "broken"
    status = 500
    sentence = gettext_lazy("Something went wrong on our side. It has been written down.")


class FieldProblem(msgspec.Struct, frozen=True):
    """One input that has to be mended."""

    field: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A problem: ``code`` is for programs (``type`` is the address that explains it), ``detail`` for people.

    ``field`` names the input to mend, ``numbers`` are what the sentence speaks of, ``errors`` lists every wrong input.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str = ""
    numbers: dict[str, Any] = {}
    errors: list[FieldProblem] = []


def problem_of(refusal: Refusal, *, errors: Sequence[FieldProblem] = ()) -> Problem:
    """Return a refusal as problem details."""
    return Problem(
        type=f"/api/v1/problems/{refusal.code}",
        title=refusal.code.replace("_", " ").capitalize(),
        status=refusal.status,
        code=refusal.code,
        detail=str(refusal),
        field=refusal.field,
        numbers={} if isinstance(refusal, Malformed) else refusal.numbers,
        errors=list(errors),
    )


def answer(problem: Problem) -> HttpResponse:
    """Return problem details as the answer to a request."""
    response = HttpResponse(msgspec.json.encode(problem, enc_hook=str), status=problem.status, content_type=MEDIA_TYPE)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "5"
    return response


def refused(refusal: Refusal) -> HttpResponse:
    """Return a refusal as the answer to a request."""
    return answer(problem_of(refusal))


def answer_to(error: Exception) -> HttpResponse:
    """Return what is answered where ``error`` was raised; what nobody expected is written down."""
    if isinstance(error, ValidationError):
        faults = [FieldProblem(_path(fault["loc"]), _sentence(fault)) for fault in error.errors]
        return answer(problem_of(Malformed(field=faults[0].field, reason=faults[0].detail), errors=faults))
    if isinstance(error, Refusal):
        return refused(error)
    for kind, refusal in KNOWN:
        if isinstance(error, kind):
            return refused(refusal())
    log.error("the interface broke", exc_info=error)
    return refused(Broken())


KNOWN: Sequence[tuple[type[Exception], type[Refusal]]] = (
    (AuthenticationError, NotKnown),
    (RequestDataTooBig, TooLarge),
    (MultiPartParserError, NotAForm),
    (TooManyFilesSent, TooLarge),
    (TooManyFieldsSent, TooLarge),
    (UnreadablePostError, NotJson),
    (HttpError, NotJson),  # ninja raises it where the body cannot be read, and nowhere else here
    (Http404, NoSuchAddress),
    (OperationalError, NotReady),
    (InterfaceError, NotReady),
)

SENTENCES: Mapping[str, str | Promise] = {
    "missing": gettext_lazy("This is needed."),
    "extra_forbidden": gettext_lazy("This is not known here."),
    "string_pattern_mismatch": gettext_lazy("This cannot be read: it has a form that is not allowed."),
    "string_unicode": gettext_lazy("This is no text in Unicode."),
    "uuid_parsing": gettext_lazy("This is no UUID."),
    "uuid_type": gettext_lazy("This is no UUID."),
    "int_parsing": gettext_lazy("This is no whole number."),
    "int_type": gettext_lazy("This is no whole number."),
    "int_from_float": gettext_lazy("This is no whole number."),
    "int_parsing_size": gettext_lazy("This number is too large."),
}


def _sentence(fault: Mapping[str, Any]) -> str:
    context = fault.get("ctx") or {}
    match fault["type"]:
        case "greater_than_equal":
            return _("Not less than %(least)s.") % {"least": context["ge"]}
        case "less_than_equal":
            return _("Not more than %(most)s.") % {"most": context["le"]}
        case "string_too_short" | "too_short":
            return _("Too short: at least %(least)s.") % {"least": context["min_length"]}
        case "string_too_long" | "too_long":
            return _("Too long: at most %(most)s.") % {"most": context["max_length"]}
        case "value_error":
            return str(context["error"])
    return str(SENTENCES.get(fault["type"], fault["msg"]))


def _path(location: Sequence[str | int]) -> str:
    """Return where in the request a fault is: without its part of the request and, in a body, the name of the argument."""
    parts = location[2:] if location[0] == "body" else location[1:]
    return ".".join(str(part) for part in parts) or "body"


View = Callable[..., HttpResponseBase]


def answered(view: View) -> View:
    """Let a view answer ``HEAD`` as ``GET``, and tell as a problem what it does not: a wrong method, an address without anything."""

    @wraps(view, updated=())
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        method, request.method = request.method, "GET" if request.method == "HEAD" else request.method
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:  # every error is answered as a problem; answer_to writes down what nobody expected
            return answer_to(error)
        finally:
            request.method = method
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        told = refused(WrongMethod(method=method))
        told.headers["Allow"] = response.headers["Allow"]
        return told

    guarded.csrf_exempt = True  # type: ignore[attr-defined]  # Django's own mark
    return guarded


def no_such_address(request: HttpRequest, rest: str = "") -> HttpResponse:  # noqa: ARG001 - a view
    """Answer at every address below the interface that is nobody's."""
    return refused(NoSuchAddress())
