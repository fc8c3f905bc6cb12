"""
The short way to the page of a scanned label.

A feast day's labels are scanned by guests all at once, and the page is kept but for its gaps (:mod:`teahorse.mall.scan_pages`). This
WSGI application answers a guest's ``GET /t/CODE`` before the gate, so that many scans are kept together, and through those
middlewares alone that a guest's page needs. Everything else it hands on: somebody who is known, a program that may like the links
better, an address written otherwise, a code that nobody gave out, who guesses too much, and whatever goes wrong here. A scan that was kept
before it is handed on is the same scan there.
"""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from teahorse.common.middleware import LanguageChoice, LoadsOwnOnly, SameOrigin
from teahorse.mall.guest_pages import is_guest
from teahorse.mall.scans import PROGRAMS, scanned_by_guest
from teahorse.trace.gs1.short_codes import read_code

ADDRESS = re.compile(r"/t/([0-9A-Z]{12})")
AROUND = (SecurityMiddleware, LoadsOwnOnly, LanguageChoice, SameOrigin, XFrameOptionsMiddleware)
"""What stands around every page, as in the settings and in their order, but for what needs a session."""
Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

log = logging.getLogger(__name__)


class _HandedOn(Exception):
    """Somebody else answers."""


class ScanWay:
    """Answer a guest's scan at once; the rest is answered by ``application``."""

    def __init__(self, application: Application) -> None:
        self.application = application
        answer: Any = _scanned  # the stubs know a middleware's answer by another name each
        for around in reversed(AROUND):
            answer = around(answer)
        self._answer: Callable[[HttpRequest], HttpResponse] = answer

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or not ADDRESS.fullmatch(environ["PATH_INFO"]) or environ.get("QUERY_STRING"):
            return self.application(environ, start_response)
        try:
            response = self._answer(WSGIRequest(environ))
        except Exception as error:  # it is answered, and told of, where everything is
            if not isinstance(error, _HandedOn):
                log.debug("a scan takes the long way: %s", error)
            return self.application(environ, start_response)
        finally:
            close_old_connections()  # gives this thread's connection back to the pool, if it took one
        cookies = [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
        length = [] if response.status_code == 304 else [("Content-Length", str(len(response.content)))]
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items(), *length, *cookies])
        return [response.content]


def _scanned(request: HttpRequest) -> HttpResponse:
    if not is_guest(request) or PROGRAMS.search(request.META.get("HTTP_ACCEPT", "")):
        raise _HandedOn
    request.get_host()  # a name that is not ours is refused there
    found = ADDRESS.fullmatch(request.path_info)
    return scanned_by_guest(request, read_code(found[1] if found else ""))
