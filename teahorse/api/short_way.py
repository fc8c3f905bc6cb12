"""
The short way to placing an order, for the busiest minute.

A page's request passes a dozen middlewares; placing an order needs none of them but the language: it has no session,
no form, no page. This WSGI application answers that one address itself and hands everything else on.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections

from teahorse.api.placing import place_order
from teahorse.common.middleware import LanguageChoice

ADDRESS = "/api/v1/orders"
Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class ShortWay:
    """Answer ``POST /api/v1/orders`` at once; everything else is answered by ``application``."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.place_order = LanguageChoice(place_order)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] != ADDRESS:
            return self.application(environ, start_response)
        try:
            response = self.place_order(WSGIRequest(environ))
        finally:
            close_old_connections()  # gives this thread's connection back to the pool, if it took one
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Length"] = str(len(response.content))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]
