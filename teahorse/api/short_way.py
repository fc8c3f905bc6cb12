"""
The short way to placing an order, for the busiest minute.

A page's request passes a dozen middlewares; placing an order needs none of them but the language: it has no session,
no form, no page. This WSGI application answers that one address itself and hands everything else on.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import parse_cookie
from django.utils import translation

from teahorse.api.placing import place
from teahorse.api.problems import answer_to
from teahorse.common.middleware import language_of

ADDRESS = "/api/v1/orders"
MOST_BYTES = 120_000
LONGEST_CHOICE = 20
Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class ShortWay:
    """Answer ``POST /api/v1/orders`` at once; the rest, and what is too long or of no stated length, is answered by ``application``."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] != ADDRESS or not (length.isdecimal() and int(length) <= MOST_BYTES):
            return self.application(environ, start_response)
        chosen = parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.LANGUAGE_COOKIE_NAME, "")
        language = _language(chosen[:LONGEST_CHOICE], environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        try:
            told = place(environ["wsgi.input"].read(int(length)), key_header=environ.get("HTTP_IDEMPOTENCY_KEY", ""), locale=language)
            status, headers, body = told.status, told.headers, told.body
        except Exception as error:  # every error is answered as a problem; answer_to writes down what nobody expected
            with translation.override(language):
                response = answer_to(error)
            status, headers, body = response.status_code, list(response.items()), response.content
        finally:
            close_old_connections()  # gives this thread's connection back to the pool, if it took one
        always = [("X-Content-Type-Options", "nosniff"), ("Content-Language", language), ("Content-Length", str(len(body)))]
        start_response(f"{status} {HTTPStatus(status).phrase}", [*headers, *always])
        return [body]


@lru_cache(maxsize=1000)
def _language(chosen: str, accepted: str) -> str:
    """Return the language of a request, from the cookie's choice and the header, as every page does."""
    request = WSGIRequest({"REQUEST_METHOD": "GET", "wsgi.input": BytesIO(), "HTTP_ACCEPT_LANGUAGE": accepted})
    request.COOKIES = {settings.LANGUAGE_COOKIE_NAME: chosen}
    return language_of(request)
