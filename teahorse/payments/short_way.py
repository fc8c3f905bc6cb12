"""
The short way for providers' notifications.

They come in a rush when buyers do, and need nothing of what a page's request passes: no session, no language, no cookie. This WSGI
application answers their addresses itself and hands everything else on, also what is no such message: another method, too long a body.
"""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.db import close_old_connections
from django.http.request import HttpHeaders
from django.utils import timezone

from teahorse.payments.notify import LONGEST_BODY, answer, told

ADDRESSES = {"/payments/wechat_pay/notify": "wechat_pay", "/payments/alipay/notify": "alipay"}
Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

log = logging.getLogger(__name__)


class NotifyWay:
    """Answer ``POST`` to where providers call back at once; the rest is answered by ``application``."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        provider = ADDRESSES.get(environ["PATH_INFO"])
        length = environ.get("CONTENT_LENGTH") or ""
        if provider is None or environ["REQUEST_METHOD"] != "POST" or not (length.isdecimal() and int(length) <= LONGEST_BODY):
            return self.application(environ, start_response)
        try:
            body = environ["wsgi.input"].read(int(length))
            said = answer(provider=provider, headers=HttpHeaders(environ), body=body, now=timezone.now())
        except Exception:  # who called tries again when it hears of a failure
            log.exception("a notification of %s could not be kept", provider)
            said = told(provider, 500, "try again")
        finally:
            close_old_connections()  # gives this thread's connection back to the pool, if it took one
        headers = [("X-Content-Type-Options", "nosniff")]
        if said.status != HTTPStatus.NO_CONTENT:
            headers += [("Content-Type", said.content_type), ("Content-Length", str(len(said.body)))]
        start_response(f"{said.status} {HTTPStatus(said.status).phrase}", headers)
        return [said.body]
