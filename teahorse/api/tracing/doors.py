"""What all addresses of the story have in common: methods, who asks, what is understood, how it is written, how problems are told."""

import re
from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from teahorse.api.capabilities import OrganisationToken
from teahorse.api.problems import NoSuchAddress, NotKnown, TooLarge, WrongMethod, answer_to
from teahorse.common.refusals import Refusal
from teahorse.people.models import Organisation
from teahorse.trace.epcis.limits import MOST_BYTES, MOST_EVENTS
from teahorse.trace.epcis.problems import Problem as EpcisProblem

JSON, JSON_LD, PROBLEM, TEXT = "application/json", "application/ld+json", "application/problem+json", "text/plain"
VERSIONS = {"GS1-EPCIS-Version": "2.0", "GS1-CBV-Version": "2.0"}
HEADERS = {**VERSIONS, "GS1-EPCIS-Min": "2.0", "GS1-EPCIS-Max": "2.0", "GS1-CBV-Min": "2.0", "GS1-CBV-Max": "2.0"}
DISCOVERY = {
    **HEADERS,
    "GS1-EPC-Format": "Never_Translates",
    "GS1-CBV-XML-Format": "Never_Translates",
    "GS1-Vendor-Version": "1",
    "GS1-EPCIS-Capture-Limit": str(MOST_EVENTS),
    "GS1-EPCIS-Capture-File-Size-Limit": str(MOST_BYTES),
    "GS1-Capture-Error-Behaviour": "rollback",
}
LONGEST_ADDRESS: Final = 8_000
BEARER = re.compile(r"^Bearer (\S+)$", re.ASCII)
View = Callable[..., HttpResponse]
EXCEPTIONS = {
    400: "ValidationException",
    401: "SecurityException",
    403: "SecurityException",
    404: "NoSuchNameException",
    409: "DuplicateNameException",
    413: "CaptureLimitExceededException",
    414: "URITooLongException",
    422: "ValidationException",
}
"""What the standard calls a problem, by its status; all others are ImplementationException."""


class WrongMediaType(Refusal):
    """The body is not of a type that is read here."""

    code = "wrong_media_type"
    status = 415
    sentence = _("Send the events as application/json or application/ld+json.")


class NotAcceptable(Refusal):
    """Nothing that the asker takes is given here."""

    code = "not_acceptable"
    status = 406
    sentence = _("Here is %(given)s only.")


class AddressTooLong(Refusal):
    """The address is longer than it may be."""

    code = "address_too_long"
    status = 414
    sentence = _("The address has more than %(most)d characters. Make a named query of it: POST /epcis/queries.")


def in_english(view: View) -> View:
    """Let a view speak English: what is wrong with events is told in the standard's language, so everything else in an answer is too."""

    @wraps(view)
    def answered(request: HttpRequest, **named: Any) -> HttpResponse:
        with translation.override("en"):
            response = view(request, **named)
        response.headers.setdefault("Content-Language", "en")
        return response

    return answered


def door(*, gives: tuple[str, ...] = (JSON, JSON_LD), **views: View) -> View:
    """Return one view for an address: by method, every problem told alike, what the address knows told to who asks (OPTIONS)."""
    allowed = ", ".join(sorted({*views, "OPTIONS", *(["HEAD"] if "GET" in views else [])}))

    @csrf_exempt
    @in_english
    @wraps(next(iter(views.values())))
    def answered(request: HttpRequest, **named: Any) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method == "OPTIONS":
            return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": allowed, **DISCOVERY})
        if method not in views:
            response = _as_the_standard_says(answer_to(WrongMethod(method=request.method)))
            response.headers["Allow"] = allowed
            return response
        try:
            _negotiate(request, gives)
            return views[method](request, **named)
        except Exception as error:  # every error is answered as a problem; answer_to writes down what nobody expected
            return _as_the_standard_says(answer_to(error))

    return answered


@csrf_exempt
@in_english
def nobodys(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001 - a view
    """Answer at every address among these that is nobody's, whatever the method."""
    return _as_the_standard_says(answer_to(NoSuchAddress()))


def _negotiate(request: HttpRequest, gives: tuple[str, ...]) -> None:
    """
    Go on where the asker takes what is given here, of versions that are spoken here.

    :raises NotAcceptable, AddressTooLong: otherwise.
    """
    if len(request.get_full_path()) > LONGEST_ADDRESS:
        raise AddressTooLong(most=LONGEST_ADDRESS)
    if gives and request.get_preferred_type([*gives, PROBLEM]) is None:
        raise NotAcceptable(given=", ".join(gives))
    for name in ("EPCIS", "CBV"):
        version = request.headers.get(f"GS1-{name}-Version", "2.0")
        least, most = request.headers.get(f"GS1-{name}-Min", "2.0"), request.headers.get(f"GS1-{name}-Max", "2.0")
        if not version.startswith("2.") or least > "2.0" or most < "2.0":
            raise NotAcceptable(given=f"{name} 2.0")


def _as_the_standard_says(response: HttpResponse) -> HttpResponse:
    """Return a problem with the type by which the standard knows it; its code is still ours."""
    told = msgspec.json.decode(response.content)
    told["type"] = f"epcisException:{EXCEPTIONS.get(response.status_code, 'ImplementationException')}"
    response.content = msgspec.json.encode(told)
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def asker(request: HttpRequest) -> Organisation:
    """
    Return whose token was sent.

    :raises NotKnown: if none was, or one that is not valid.
    """
    found = BEARER.match(request.headers.get("Authorization", ""))
    organisation = OrganisationToken().authenticate(request, found[1]) if found else None
    if organisation is None:
        raise NotKnown
    return organisation


def body_of(request: HttpRequest) -> bytes:
    """
    Return the body of a request.

    :raises WrongMediaType, TooLarge: before it is read.
    """
    if request.content_type not in {JSON, JSON_LD} or request.headers.get("Content-Encoding", "identity") != "identity":
        raise WrongMediaType
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > MOST_BYTES:
        raise TooLarge
    if length.isdecimal():
        return request.read(int(length))
    body: bytes = request.META["wsgi.input"].read(MOST_BYTES + 1)  # what comes in chunks has no length; no more is read than is taken
    if len(body) > MOST_BYTES:
        raise TooLarge
    return body


def json(content: object, *, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return something as JSON, for the asker only."""
    given = {**HEADERS, "Cache-Control": "private, no-store", **(headers or {})}
    return HttpResponse(msgspec.json.encode(content), status=status, content_type=JSON, headers=given)


def events(document: bytes, request: HttpRequest, *, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return a document of events as the asker likes it best."""
    given = {**HEADERS, "GS1-EPC-Format": "Never_Translates", "Cache-Control": "private, no-store", "Vary": "Accept", **(headers or {})}
    return HttpResponse(document, content_type=request.get_preferred_type([JSON_LD, JSON]) or JSON_LD, headers=given)


def nothing(*, status: int = HTTPStatus.NO_CONTENT, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return that it is done."""
    return HttpResponse(status=status, headers={**HEADERS, **(headers or {})})


def problem(status: int, exception: str, errors: Iterable[dict[str, str]], **more: object) -> HttpResponse:
    """Return faults under the name that the standard has for them, every one with where it is (RFC 6901)."""
    errors = list(errors)
    first = errors[0] if errors else {"detail": "", "pointer": ""}
    told = {
        "type": f"epcisException:{exception}",
        "title": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", exception),
        "status": int(status),
        "detail": f"{first['pointer']}: {first['detail']}".removeprefix(": "),
        "errors": errors,
        **more,
    }
    return HttpResponse(msgspec.json.encode(told), status=status, content_type=PROBLEM, headers=HEADERS)


def told(problems: Iterable[EpcisProblem], *, under: str = "") -> list[dict[str, str]]:
    """Return problems of events or of questions as a machine reads them."""
    return [{"pointer": under + one.pointer, "reason": one.reason.value, "detail": one.told} for one in problems]
