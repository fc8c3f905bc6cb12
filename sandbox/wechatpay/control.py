"""The tests' and the demonstrator's hand: knobs by JSON, and a log of everything that was said."""

from __future__ import annotations

import json
from datetime import datetime
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.frame import page
from sandbox.knobs import UnknownKnob
from sandbox.sending import release
from sandbox.wechatpay.errors import STATUS
from sandbox.wechatpay.gateway import SHANGHAI, Gateway
from sandbox.wechatpay.knobs import GROUPS, ApiKnob, Knobs
from sandbox.wechatpay.outbox import TABLE

ANSWERS = {*STATUS, "timeout", "lost", "forge", "probe"}
KINDS: dict[str, tuple[type, ...]] = {
    "reset": (bool,),
    "notify": (dict,),
    "refund": (dict,),
    "sharing": (dict,),
    "bills": (dict,),
    "rotate": (bool,),
    "api": (list,),
    "expiry_closes": (bool,),
    "release": (bool,),
    "advance_seconds": (int, float),
}
CHOICES = (
    ("refund", "outcome", {"SUCCESS", "ABNORMAL", "CLOSED", "PROCESSING"}),
    ("sharing", "return_outcome", {"SUCCESS", "FAILED"}),
    ("bills", "broken", {"", "hash", "totals", "gzip"}),
)


def routes(gateway: Gateway) -> list[BaseRoute]:
    """`/_control` (GET shows, POST sets), `/_notifications` (JSON), `/_log` (page, or JSON if asked for)."""

    async def control(request: Request) -> Response:
        if request.method == "POST":
            try:
                apply(gateway, json.loads(await request.body()))
            except (ValueError, UnknownKnob) as error:
                return JSONResponse({"code": "UNKNOWN_KNOB", "message": str(error)}, 400)
        return JSONResponse(show(gateway))

    async def log(request: Request) -> Response:
        rows = gateway.state.all("select * from log where kind != 'sms' order by id desc limit 200")
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse([dict(row) for row in reversed(rows)])
        lines = "".join(
            f"<details><summary>{datetime.fromtimestamp(row['at'], SHANGHAI):%H:%M:%S} {escape(row['kind'])} "
            f'<b class="{"good" if row["status"] in ("200", "204") else "bad"}">{escape(row["status"])}</b> '
            f"{escape(row['title'])}</summary><pre>{escape(row['detail'])}</pre></details>"
            for row in rows
        )
        head = '<h1>记录<br><small>Log · <a href="./">支付 payments</a></small></h1>'
        return page("记录 · Log", f"{head}<section>{lines}</section>", wide=True)

    async def notifications(_request: Request) -> Response:
        rows = gateway.state.all("select id, notify_url, event_type, state, sent from notifications order by rowid")
        return JSONResponse([dict(row) for row in rows])

    return [
        Route("/_notifications", notifications),
        Route("/_control", control, methods=["GET", "POST"]),
        Route("/_log", log),
    ]


def apply(gateway: Gateway, values: Any) -> None:
    """
    Turn knobs; all or none of them.

    `reset` puts every knob back first; `notify`, `refund`, `sharing` and `bills` replace their group; `api` adds failures to come;
    `rotate` changes the platform's keys; `advance_seconds` moves the business clock on; `expiry_closes`; `release` sends held
    notifications.

    :raises UnknownKnob: with the name; nothing is changed.
    """
    _check_names(values)
    groups = {name: kind.read(values.get(name, {})) for name, kind in GROUPS.items()}
    for name, field, allowed in CHOICES:
        if getattr(groups[name], field) not in allowed:
            raise UnknownKnob(knob=field, expected=f"one of {', '.join(sorted(allowed))}")
    failures = [ApiKnob.read(value) for value in values.get("api", [])]
    for failure in failures:
        if failure.answer not in ANSWERS:
            raise UnknownKnob(knob="answer", expected=f"one of {', '.join(sorted(ANSWERS))}")
    knobs = Knobs() if values.get("reset") else gateway.knobs
    gateway.knobs = knobs
    for name in groups.keys() & values.keys():
        setattr(knobs, name, groups[name])
    if values.get("rotate"):
        gateway.rotate()
    knobs.api.extend(failures)
    knobs.advance_seconds += values.get("advance_seconds", 0)
    knobs.expiry_closes = values.get("expiry_closes", knobs.expiry_closes)
    if values.get("release"):
        release(gateway, TABLE)
    gateway.state.log("control", "knobs", "200", values)
    gateway.ring()


def _check_names(values: Any) -> None:
    if not isinstance(values, dict):
        raise UnknownKnob(knob="the body", expected="a JSON object")
    for name, value in values.items():
        kinds = KINDS.get(name, ())
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            expected = " or ".join(kind.__name__ for kind in kinds) or f"one of {', '.join(KINDS)}"
            raise UnknownKnob(knob=name, expected=expected)


def show(gateway: Gateway) -> dict[str, Any]:
    """The knobs as they stand, only what differs from a sandbox that behaves; and the notifications by state."""
    knobs = gateway.knobs
    counted = gateway.state.all("select state, count(*) as n from notifications group by state")
    return {
        "notify": knobs.notify.set_values(),
        "refund": knobs.refund.set_values(),
        "sharing": knobs.sharing.set_values(),
        "bills": knobs.bills.set_values(),
        "api": [{"answer": knob.answer, **knob.set_values()} for knob in knobs.api],
        "expiry_closes": knobs.expiry_closes,
        "advance_seconds": knobs.advance_seconds,
        "notifications": {row["state"]: row["n"] for row in counted},
    }
