"""Who scans, and what a guest is answered; the pages' view and the short way say the same."""

import re
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import get_language

from teahorse.common.visitors import client_address
from teahorse.mall import scan_pages
from teahorse.mall.guest_pages import CACHE_CONTROL
from teahorse.trace import actions
from teahorse.trace.actions import Seen
from teahorse.trace.guarding import guesses
from teahorse.trace.linkset import DEFAULT, type_of

KINDS = ("text/html", "application/linkset+json", "application/ld+json", "application/json")
"""What is given at the address of a code; the first to people, and to whoever says nothing."""
PROGRAMS = re.compile(r"json|application/\*", re.IGNORECASE)
"""Without one of these in ``Accept`` a page is liked best, whatever else stands there."""


def asks_for_links(request: HttpRequest) -> bool:
    """Return whether somebody wants to know the links of a code, not to read its page."""
    if "linkType" in request.GET:
        return type_of(request.GET["linkType"]) not in {"", DEFAULT}
    is_program = PROGRAMS.search(request.headers.get("Accept", "")) is not None
    return is_program and request.get_preferred_type(list(KINDS)) not in {KINDS[0], None}


def mark_of(request: HttpRequest) -> str:
    """Return the mark by which a visitor is known again today."""
    agent = request.headers.get("User-Agent", "")
    return actions.visitor_mark(address=client_address(request), agent=agent, now=timezone.now())


def scan_of(request: HttpRequest, code: str, *, counts: bool, mark: str = "") -> Seen:
    """
    Look a code up; ``mark`` is the visitor's, where it was worked out before.

    :raises UnknownCode: if nobody gave it out.
    """
    agent = request.headers.get("User-Agent", "")
    return actions.scan(
        code=code,
        visitor=mark or mark_of(request),
        area_code=request.headers.get(settings.AREA_HEADER, "")[:6] if settings.AREA_HEADER else "",
        locale=get_language() or "",
        counts=counts and not actions.is_robot(agent),
        now=timezone.now(),
    )


def guests_answer(request: HttpRequest, seen: Seen) -> HttpResponse:
    """Answer with a guest's page; whoever has the same one already is told so (RFC 9110, section 13)."""
    content, tag = scan_pages.guests_page(seen, token=lambda: get_token(request))
    headers = {"Cache-Control": CACHE_CONTROL, "ETag": tag, "Vary": "Accept"}
    if tag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return HttpResponse(content, headers=headers)


def scanned_by_guest(request: HttpRequest, code: str) -> HttpResponse:
    """
    Show the story behind a label to a guest.

    :raises UnknownCode: if nobody gave it out; :raises TooManyTries: if she guessed too much. Neither is counted here.
    """
    address, mark = client_address(request), mark_of(request)
    guesses.let_in(address, mark)
    answer = guests_answer(request, scan_of(request, code, counts=True, mark=mark))
    guesses.told_right(address, mark)
    return answer
