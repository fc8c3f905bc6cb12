"""
The resolver: GS1 Digital Links, the house's own names and its short codes, for people the page that they mean, for programs the links
(RFC 9264).

People, that is whoever likes HTML, are never given anything else. A name that is wrong is 400, one of nothing here 404; several links that
fit alike are 300 with a list. What else stands in the query goes on with the redirect.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from teahorse.common.refusals import NotThere, Refusal
from teahorse.common.visitors import client_address
from teahorse.mall import scans
from teahorse.mall.links import anchors_of
from teahorse.mall.show import page
from teahorse.mall.views import scanned
from teahorse.trace import addresses
from teahorse.trace.gs1.application_identifiers import IDENTIFIERS
from teahorse.trace.gs1.digital_link import parse, readings
from teahorse.trace.gs1.short_codes import read_code
from teahorse.trace.gs1.unreadable import Unreadable
from teahorse.trace.guarding import guesses
from teahorse.trace.linkset import CONTEXT, DEFAULT, WHOLE, Anchor, Link, chosen, linkset, of_type, type_of
from teahorse.trace.queries.labels import check_file
from teahorse.trace.queries.resolving import Named, named_by_code, named_by_link, named_by_own

HTML, LINKSET, JSON_LD, JSON = scans.KINDS
KEYS = sorted(ai for ai, known in IDENTIFIERS.items() if known.is_key)
METHODS = "GET, HEAD, OPTIONS"
FOR_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "Accept, Accept-Language",
    "Access-Control-Expose-Headers": "Link",
}
SAFE_IN_PATH = "/~:@!$&'()*+,;="
LONGEST_CODE = 64


class NotAName(Refusal):
    """The address is no name of anything: its syntax, a check digit."""

    code = "not_a_name"
    status = 400
    sentence = gettext_lazy("This address is not written as it should be (%(fault)s). Scan the code once more, or type it from the label.")


class RestrictedNumber(Refusal):
    """The number is good at one till only."""

    code = "restricted_number"
    status = 400
    sentence = gettext_lazy("This number is good at one till or in one region only. Nobody else can know what it means.")


class NoSuchLink(NotThere):
    """The thing has no link of this type."""

    code = "no_such_link"
    sentence = gettext_lazy("There is no such link here.")


def _resolving(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer everybody from everywhere, by the methods that change nothing, a refusal as a page or as a problem."""

    @csrf_exempt  # nothing is changed here: a method that would is refused as such
    @wraps(view)
    def answer(request: HttpRequest, **named: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
        elif request.method not in {"GET", "HEAD"}:
            response = HttpResponse(status=405, headers={"Allow": METHODS})
        else:
            try:
                response = view(request, **named)
            except Refusal as refusal:
                response = _refused(request, refusal)
        for name, value in FOR_ALL.items():
            response.headers[name] = value
        patch_vary_headers(response, ["Accept", "Accept-Language"])
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    return answer


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if _liked(request, HTML, JSON) == HTML:
        return page(request, "unresolved", {"refusal": refusal}, status=refusal.status)
    problem = {"title": refusal.code, "status": refusal.status, "detail": str(refusal)}
    return HttpResponse(json.dumps(problem, ensure_ascii=False), status=refusal.status, content_type="application/problem+json")


@_resolving
def digital_link(request: HttpRequest, primary: str, rest: str) -> HttpResponse:  # noqa: ARG001 - the whole path is read
    """
    Resolve a GS1 Digital Link.

    A slash in a lot or a serial number (``%2F``) cannot be told from one of the path any more when it comes here: of all that the address
    may say, what is here is meant.
    """
    plain = quote(request.path_info.rstrip("/"), safe=SAFE_IN_PATH)
    return _answer(request, _meant([_asked(request, path) for path in (plain, *readings(request.path_info))]))


def _meant(asked: Sequence[str]) -> list[Named]:
    """Return what the first of some addresses is about that is about something here; what is wrong with the first where none is."""
    faults: list[Refusal] = []
    for one in asked:
        try:
            return _named(one)
        except (NotAName, RestrictedNumber, NotThere) as fault:
            faults.append(fault)
    raise faults[0]


def _named(asked: str) -> list[Named]:
    try:
        link = parse(asked, zero_suppressed_gtin=True)
    except Unreadable as error:
        raise NotAName(fault=error.code) from error
    if link.is_restricted:
        raise RestrictedNumber
    return named_by_link(link)


@_resolving
def own_name(request: HttpRequest, kind: str, rest: str) -> HttpResponse:
    """Resolve a name that the house gave."""
    return _answer(request, [named_by_own(kind, quote(rest.rstrip("/"), safe="."))])


@csrf_exempt  # as above
def short_code(request: HttpRequest, code: str) -> HttpResponse:
    """Resolve a code that the house gave out: its page stands at this very address."""
    is_for_people = request.method in {"GET", "HEAD"} and not scans.asks_for_links(request)
    return scanned.scanned(request, code) if is_for_people else _links_of_code(request, code=code)


@_resolving
def _links_of_code(request: HttpRequest, code: str) -> HttpResponse:
    """
    Answer the links of a code; one that leads to the code's own page, or to a part of it, is that page.

    :raises NotThere, TooManyTries: where the page is refused too (:func:`.scanned.coded`).
    """
    address, mark = client_address(request), scans.mark_of(request)
    guesses.let_in(address, mark)
    try:
        known = read_code(code)
    except Unreadable:  # found by its check character, so nobody guessed
        raise NotThere from None
    try:
        named = named_by_code(known)
    except NotThere:
        guesses.told_wrong(address, mark)
        raise
    guesses.told_right(address, mark)
    answer = _answer(request, [named])
    is_here = urlsplit(answer.headers.get("Location", "")).path == addresses.of_code(known)
    return scanned.scanned(request, code) if is_here else answer


def _asked(request: HttpRequest, path: str) -> str:
    """Return the address that was asked for, on the host of labels."""
    query = request.META.get("QUERY_STRING", "")
    path = settings.TRACE_HOME + path
    return f"{path}?{quote(query, safe='%+' + SAFE_IN_PATH + '?')}" if query else path


# --- Answering


def _answer(request: HttpRequest, found: Sequence[Named]) -> HttpResponse:
    anchors, wish = anchors_of(found), type_of(request.GET.get("linkType", ""))
    if wish in WHOLE:
        return _listed(request, anchors, _liked(request, LINKSET, JSON_LD, JSON, HTML))
    kind = _liked(request, *scans.KINDS)
    if not wish and kind != HTML:
        return _listed(request, anchors, kind)
    links = chosen(
        of_type(anchors, wish or DEFAULT) or _nothing(),
        languages=_languages(request),
        media_type=request.GET.get("mediaType", ""),
        context=request.GET.get("context", ""),
    )
    if len(links) > 1:
        several = [Anchor(anchors[0].uri, anchors[0].description, anchors[0].default, tuple(links))]
        return _listed(request, several, kind if kind != HTML else _liked(request, HTML, LINKSET, JSON_LD, JSON), status=300)
    response = HttpResponse(status=307, headers={"Location": _passed_on(request, links[0].href)})
    response.headers["Link"] = _link_to_all(anchors[0])
    return response


def _nothing() -> list[Link]:
    raise NoSuchLink(field="linkType")


def _listed(request: HttpRequest, anchors: Sequence[Anchor], kind: str, *, status: int = 200) -> HttpResponse:
    """Answer links as what somebody likes: a page, or a linkset."""
    if kind == HTML:
        response = page(request, "links", {"anchors": anchors, "is_choice": status == 300}, status=status)
        response.headers["Link"] = _link_to_all(anchors[0])
        return response
    body: dict[str, Any] = linkset(anchors)
    if kind == JSON_LD:
        body = {"@context": CONTEXT, **body}
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=kind)
    context = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="{JSON_LD}"; title="linkset"'
    response.headers["Link"] = f"{context}, {_link_to_all(anchors[0])}"
    return response


def _link_to_all(anchor: Anchor) -> str:
    return f'<{anchor.uri}?linkType=linkset>; rel="linkset"; type="{LINKSET}"; title="linkset"'


def _passed_on(request: HttpRequest, href: str) -> str:
    """Return an address with what stood in the query, before the part of the page that it means."""
    query = request.META.get("QUERY_STRING", "")
    address, hash_sign, part = href.partition("#")
    if query:
        address += ("&" if "?" in address else "?") + quote(query, safe="%+" + SAFE_IN_PATH + "?")
    return address + hash_sign + part


def _liked(request: HttpRequest, *kinds: str) -> str:
    """Return which of some media types the asker likes best; of those that she likes alike, and where she takes none, the first."""
    return request.get_preferred_type(list(kinds)) or kinds[0]


def _languages(request: HttpRequest) -> list[str]:
    """Return the languages that somebody reads, two letters each, the best liked first: what the address says before the browser."""
    said = [request.GET.get("lang", "")] + [one for one, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]
    return [one[:2].lower() for one in said if re.match(r"[A-Za-z]{2}", one)]


# --- What stands beside it


@_resolving
def description(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - every view is given it
    """Say what this resolver is."""
    body = {
        "name": _("Teahorse"),
        "resolverRoot": settings.TRACE_HOME,
        "supportedPrimaryKeys": KEYS,
        "linkTypeDefaultCanBeLinkset": True,
        "contact": {"fn": _("Teahorse"), "hasURL": settings.TRACE_HOME},
    }
    return HttpResponse(json.dumps(body, ensure_ascii=False), content_type=JSON)


@_resolving
def code_written_otherwise(request: HttpRequest, code: str) -> HttpResponse:
    """Go on from an address in capitals, as QR codes have it, or with a slash behind it, to that of the code."""
    query = request.META.get("QUERY_STRING", "")
    address = f"/t/{quote(code[:LONGEST_CODE], safe='')}"
    return HttpResponse(status=307, headers={"Location": f"{address}?{query}" if query else address})


@require_safe
def check(request: HttpRequest, check_name: str, under: str = "") -> HttpResponse:  # noqa: ARG001 - every view is given it
    """Answer a check file, the same under every prefix; nothing at such an address is ever a page."""
    kept = check_file(check_name)
    text = kept.content if kept else ""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return HttpResponse(text, status=200 if kept else 404, content_type="text/plain; charset=utf-8", headers=headers)
