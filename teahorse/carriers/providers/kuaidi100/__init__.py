"""
Kuaidi100 follows other carriers' numbers: asked (``poll/query.do``) or subscribed to, then pushed.

A question's ``sign`` is the upper-case hexadecimal MD5 of ``param + key + customer``; a push's that of ``param + salt``, where we choose
the salt with the subscription. What each field is taken from stands in ``docs/carriers.md``.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs

import msgspec
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from teahorse.carriers.providers import CarrierRefuses, CarrierUnavailable, PushRead, PushRefused, Told
from teahorse.carriers.providers.asking import posted
from teahorse.common.refusals import Malformed
from teahorse.common.times import HOME
from teahorse.payments.providers.keys import KeyField

CODE, FILE = "kuaidi100", "kuaidi100.json"
FIELDS = (
    KeyField(name="customer", label=_("Customer (customer)")),
    KeyField(name="key", label=_("Authorization key (key)"), is_secret=True),
    KeyField(name="salt", label=_("Salt of pushes (salt)"), is_secret=True),
)
GATEWAY = "https://poll.kuaidi100.com"
COMPANIES = {"sf": "shunfeng", "jd": "jd", "china_post": "youzhengguonei", "ems": "ems", "yto": "yuantong"}
"""Their code of a carrier by ours."""
DONE = "200"
SUBSCRIBED_ALREADY = "501"
NOTHING_YET = "500"
BUSY = frozenset({"501", "502", "504"})
PUSH_FIELDS_MOST = 10
ADVANCED = "4"
"""``resultv2``: each event has a code of its own."""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What Kuaidi100 gives a customer, and the salt that we chose."""

    customer: str
    key: str
    salt: str

    def __repr__(self) -> str:
        return f"Keys({self.customer})"


class Event(msgspec.Struct, frozen=True, rename="camel"):
    context: str
    ftime: str
    status_code: str = ""
    area_name: str | None = None


class Result(msgspec.Struct, frozen=True, rename="camel"):
    """What is known of a number; a refusal has ``return_code`` instead."""

    nu: str = ""
    data: tuple[Event, ...] = ()
    status: str = ""
    return_code: str = ""
    message: str = ""


class Push(msgspec.Struct, frozen=True, rename="camel"):
    status: str
    last_result: Result


def question_sign(*, param: str, key: str, customer: str) -> str:
    """Return the ``sign`` of a question."""
    return _md5(f"{param}{key}{customer}")


def push_sign(*, param: str, salt: str) -> str:
    """Return the ``sign`` of a push."""
    return _md5(f"{param}{salt}")


class Kuaidi100:
    """One customer's account."""

    code = "kuaidi100"

    def __init__(self, keys: Keys, *, gateway: str) -> None:
        self.keys, self.gateway = keys, gateway

    def track(self, number: str, *, carrier: str, phone: str) -> list[Told]:
        param = _param({"com": _company(carrier), "num": number, "phone": phone[-4:], "resultv2": ADVANCED})
        sign = question_sign(param=param, key=self.keys.key, customer=self.keys.customer)
        form = {"customer": self.keys.customer, "sign": sign, "param": param}
        found = posted(f"{self.gateway}/poll/query.do", lambda: form, read_as=Result)
        code = found.return_code
        if code == NOTHING_YET:
            return []
        if code and code != DONE:
            raise CarrierUnavailable(trouble=code) if code in BUSY else CarrierRefuses(reason=code, message=found.message)
        return _all_told(found, number)

    def subscribe(self, number: str, *, carrier: str, phone: str) -> bool:
        parameters = {
            "callbackurl": settings.SITE_URL + reverse(f"carriers:{self.code}_push"),
            "salt": self.keys.salt,
            "resultv2": ADVANCED,
            "phone": phone[-4:],
        }
        param = _param({"company": _company(carrier), "number": number, "key": self.keys.key, "parameters": parameters})
        said = posted(f"{self.gateway}/poll", lambda: {"schema": "json", "param": param}, read_as=Result)
        if said.return_code in {DONE, SUBSCRIBED_ALREADY}:
            return True
        raise CarrierRefuses(reason=said.return_code, message=said.message)

    def read_push(self, headers: Mapping[str, str], body: bytes) -> PushRead:  # noqa: ARG002 - the signature is in the form
        try:
            form = parse_qs(body.decode(), strict_parsing=True, max_num_fields=PUSH_FIELDS_MOST)
            param, sign = form["param"][0], form["sign"][0]
        except (ValueError, KeyError) as error:
            raise PushRefused(reason="not Kuaidi100's form") from error
        if not hmac.compare_digest(push_sign(param=param, salt=self.keys.salt).encode(), sign.encode()):
            raise PushRefused(reason="the signature is not theirs")
        try:
            push = msgspec.json.decode(param, type=Push)
            return PushRead(told=tuple(_all_told(push.last_result, push.last_result.nu)))
        except (msgspec.MsgspecError, CarrierUnavailable) as error:
            raise PushRefused(reason=f"not their form: {error}"[:200]) from error


def made(keys: bytes, *, sandbox: str) -> Kuaidi100:
    """Return Kuaidi100 with a customer's keys. :raises Malformed: if they are none."""
    try:
        read = msgspec.json.decode(keys, type=Keys)
    except msgspec.MsgspecError as error:
        raise Malformed(field="keys", reason=type(error).__name__) from error
    return Kuaidi100(read, gateway=f"{sandbox}/kuaidi100" if sandbox else GATEWAY)


def answer(body: bytes, *, is_accepted: bool) -> dict[str, object]:  # noqa: ARG001 - the same for each push
    """Return what Kuaidi100 wants to hear to a push."""
    return {"result": is_accepted, "returnCode": "200" if is_accepted else "500", "message": "成功" if is_accepted else "失败"}


def _all_told(found: Result, number: str) -> list[Told]:
    if found.nu != number:
        raise CarrierUnavailable(trouble="it answered for another number")
    return [
        Told(
            source="kuaidi100",
            number=number,
            code=event.status_code[:20],
            words=event.context[:500],
            place=(event.area_name or "")[:200],
            happened_at=_time(event.ftime),
        )
        for event in found.data
    ]


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME)
    except ValueError as error:
        raise CarrierUnavailable(trouble=f"no time: {text[:40]!r}") from error


def _company(carrier: str) -> str:
    if carrier not in COMPANIES:
        raise CarrierRefuses(reason="701", message=carrier)
    return COMPANIES[carrier]


def _param(values: Mapping[str, object]) -> str:
    return msgspec.json.encode(values).decode()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
