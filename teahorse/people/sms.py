"""Short messages: the partner that carries them, and how a message to it is signed."""

import hashlib
import hmac
import json
import logging
import secrets
import time
from typing import Any

import httpx
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from teahorse.common.refusals import Refusal

JOB, QUEUE = "people.send_code", "sms"
TIMEOUT = httpx.Timeout(10, connect=3)
logger = logging.getLogger(__name__)


class NoMessageService(Refusal):
    """No partner is set up that could carry a message."""

    code = "no_message_service"
    sentence = _("No messages can be sent from here, so nobody can log in with a code. Whoever has a password can log in with it.")


class MessageNotTaken(RuntimeError):
    """The partner did not take a message; holds its answer."""


def require_service() -> None:
    """
    Go on only where messages can be sent.

    :raises NoMessageService: if no partner is set up; the log says so as well.
    """
    if not settings.SANDBOX_URL:
        logger.warning("a log-in code was asked for, but no message service is set up (TEAHORSE_SANDBOX_URL)")
        raise NoMessageService(field="phone")


def leave_code(*, phone: str, code: str, locale: str, seconds: int) -> None:
    """
    Leave a log-in code to the worker to send, while it holds (``seconds`` from now).

    :raises NoMessageService: if no message could be sent from here.
    """
    require_service()
    job = app.configure_task(JOB, queue=QUEUE)
    job.defer(phone=phone, code=code, locale=locale, minutes=seconds // 60, holds_until=int(time.time()) + seconds)


def send_code(*, phone: str, code: str, locale: str, minutes: int) -> None:
    """
    Send a log-in code in a language; called by the worker, never by a request.

    :raises MessageNotTaken: if the partner refused it.
    :raises httpx.HTTPError: if the partner was not reached.
    """
    require_service()
    with translation.override(locale):
        sentence = gettext("%(code)s is your Teahorse log-in code. It holds for %(minutes)s minutes. Tell it to nobody, not even to us.")
    _send({"phone": phone, "text": sentence % {"code": code, "minutes": minutes}, "code": code})


def _send(message: dict[str, Any]) -> None:
    body = json.dumps(message, ensure_ascii=False).encode()
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    key = json.loads((settings.SANDBOX_KEYS / "merchant.json").read_text(encoding="utf-8"))["sms_key"]
    headers = {
        "Content-Type": "application/json",
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": hmac.new(key.encode(), f"{timestamp}\n{nonce}\n".encode() + body, hashlib.sha256).hexdigest(),
    }
    answer = httpx.post(f"{settings.SANDBOX_URL}/sms/send", content=body, headers=headers, timeout=TIMEOUT, trust_env=False)
    if answer.status_code != httpx.codes.OK:
        msg = f"{answer.status_code} {answer.text[:200]}"
        raise MessageNotTaken(msg)
