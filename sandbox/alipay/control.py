"""The tests' and the demonstrator's hand: knobs by JSON, apps, and Alipay's next key. The log is WeChat Pay's."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import keys as key_store
from sandbox.alipay.errors import CODES
from sandbox.alipay.gateway import App, Gateway
from sandbox.alipay.knobs import ApiKnob, NotifyKnobs, RefundKnobs
from sandbox.alipay.outbox import TABLE
from sandbox.knobs import UnknownKnob
from sandbox.sending import release

ANSWERS = {*CODES, "500", "timeout", "lost", "forge", "unsigned"}
KINDS: dict[str, tuple[type, ...]] = {
    "reset": (bool,),
    "notify": (dict,),
    "refund": (dict,),
    "api": (list,),
    "apps": (list,),
    "new_app": (bool,),
    "rotate": (bool,),
    "release": (bool,),
    "advance_seconds": (int, float),
}


def routes(gateway: Gateway) -> list[BaseRoute]:
    """`/_control` (GET shows, POST sets), `/_notifications` (JSON)."""

    async def control(request: Request) -> Response:
        made: dict[str, Any] = {}
        if request.method == "POST":
            try:
                made = apply(gateway, json.loads(await request.body()))
            except (ValueError, KeyError, UnknownKnob) as error:
                return JSONResponse({"code": "UNKNOWN_KNOB", "message": str(error)}, 400)
        return JSONResponse({**show(gateway), **made})

    async def notifications(_request: Request) -> Response:
        rows = gateway.state.all("select id, notify_url, state, sent from alipay_notifications order by rowid")
        return JSONResponse([dict(row) for row in rows])

    return [Route("/_control", control, methods=["GET", "POST"]), Route("/_notifications", notifications)]


def apply(gateway: Gateway, values: Any) -> dict[str, Any]:
    """
    Turn knobs; all or none of them.

    `reset` puts everything back first; `notify` and `refund` replace their group; `api` adds failures to come; `apps`
    adds or replaces apps (`app_id`, `seller_id`, `app_public_key`); `new_app` makes one and answers with its keys;
    `rotate` makes Alipay sign with a new key and answers with its public half; `advance_seconds`; `release`.

    :raises UnknownKnob: with the name; nothing is changed.
    """
    _check_names(values)
    notify, refund = NotifyKnobs.read(values.get("notify", {})), RefundKnobs.read(values.get("refund", {}))
    failures = [ApiKnob.read(value) for value in values.get("api", [])]
    for failure in failures:
        if failure.answer not in ANSWERS:
            raise UnknownKnob(knob="answer", expected=f"one of {', '.join(sorted(ANSWERS))}")
    apps = {value["app_id"]: App(value["seller_id"], value["app_public_key"]) for value in values.get("apps", [])}
    if values.get("reset"):
        gateway.forget()
    knobs = gateway.knobs
    if "notify" in values:
        knobs.notify = notify
    if "refund" in values:
        knobs.refund = refund
    knobs.api.extend(failures)
    knobs.advance_seconds += values.get("advance_seconds", 0)
    gateway.apps |= apps
    made: dict[str, Any] = {}
    if values.get("new_app"):
        keys = key_store.make_alipay()
        gateway.apps[keys.app_id] = App(keys.seller_id, keys.app_public_key)
        made["new_app"] = {
            "app_id": keys.app_id, "seller_id": keys.seller_id, "app_private_key": keys.app_private_key,
            "alipay_public_key": gateway.keys.alipay_public_key,
        }  # fmt: skip
    if values.get("rotate"):
        keys = key_store.make_alipay()
        gateway.private_key, made["alipay_public_key"] = keys.alipay_private_key, keys.alipay_public_key
    if values.get("release"):
        release(gateway, TABLE)
    gateway.state.log("control", "Alipay knobs", "200", {name: value for name, value in values.items() if name != "apps"})
    gateway.ring()
    return made


def _check_names(values: Any) -> None:
    if not isinstance(values, dict):
        raise UnknownKnob(knob="the body", expected="a JSON object")
    for name, value in values.items():
        kinds = KINDS.get(name, ())
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            expected = " or ".join(kind.__name__ for kind in kinds) or f"one of {', '.join(KINDS)}"
            raise UnknownKnob(knob=name, expected=expected)


def show(gateway: Gateway) -> dict[str, Any]:
    """The knobs as they stand, only what differs from a sandbox that behaves; the notifications by state; the apps."""
    counted = gateway.state.all("select state, count(*) as n from alipay_notifications group by state")
    return {
        "notify": gateway.knobs.notify.set_values(),
        "refund": gateway.knobs.refund.set_values(),
        "api": [{"answer": knob.answer, **knob.set_values()} for knob in gateway.knobs.api],
        "advance_seconds": gateway.knobs.advance_seconds,
        "apps": sorted(gateway.apps),
        "notifications": {row["state"]: row["n"] for row in counted},
    }
