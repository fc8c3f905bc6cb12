"""
The sandbox as one ASGI app: `granian --interface asgi sandbox.app:app`, one process.

`TEAHORSE_SANDBOX_STATE` (default `var/sandbox.sqlite3`), `TEAHORSE_SANDBOX_KEYS` (`var/sandbox-keys/`) and
`TEAHORSE_SANDBOX_SPEED` (1; 60 makes WeChat's 15 seconds between tries a quarter of one) say where and how.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from sandbox import keys as key_store
from sandbox.alipay import api as alipay_api
from sandbox.alipay import control as alipay_control
from sandbox.alipay import notify as alipay_notify
from sandbox.alipay import pages as alipay_pages
from sandbox.alipay.gateway import Gateway as AlipayGateway
from sandbox.china_post import server as china_post
from sandbox.fapiao import keys as fapiao_keys
from sandbox.fapiao import server as fapiao
from sandbox.frame import page
from sandbox.jd import server as jd
from sandbox.kuaidi100 import server as kuaidi100
from sandbox.sf import server as sf
from sandbox.sms import server as sms
from sandbox.state import State
from sandbox.wechat import oauth
from sandbox.wechatpay import api, control, notify, pages, past
from sandbox.wechatpay.gateway import Gateway

SERVERS = (
    ("wechatpay/", "微信支付", "WeChat Pay API v3: payments, refunds, notifications; the payer's page"),
    ("wechatpay/_log", "微信支付记录", "Requests and notifications of WeChat Pay"),
    ("alipay/", "支付宝", "Alipay: payments, refunds, notifications, bills; the payer's page"),
    ("fapiao/", "电子发票", "Invoices (fapiao) as Nuonuo's open platform issues them"),
    ("sf/", "顺丰速运", "SF Express: booking, labels, routes, pushes"),
    ("jd/", "京东物流", "JD Logistics: booking, labels, traces, pushes"),
    ("china_post/", "中国邮政", "China Post and EMS: booking, labels, traces, sealed pushes"),
    ("kuaidi100/", "快递100", "Kuaidi100: questions, subscriptions, signed pushes"),
    ("sms/", "短信", "The messages that phones would have received"),
)


def build(*, state_path: str, keys_folder: str, speed: float) -> Starlette:
    """An app with its own memory and keys; its worker runs as long as the app does."""
    keys = key_store.ensure(keys_folder)
    state = State(state_path)
    gateway = Gateway(keys=keys, state=state, speed=speed, keys_folder=keys_folder)
    past.take(gateway, keys_folder)
    alipay = AlipayGateway(keys=key_store.ensure_alipay(keys_folder), state=state, speed=speed)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        workers = [asyncio.create_task(notify.SENDER.work(gateway)), asyncio.create_task(alipay_notify.SENDER.work(alipay))]
        for worker in workers:
            worker.add_done_callback(_complain)
        yield
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
        state.close()

    async def index(_request: Request) -> Response:
        cards = "".join(f'<section><a href="{path}">{name}</a><br><small>{english}</small></section>' for path, name, english in SERVERS)
        return page("沙箱 · Sandbox", f"<h1>合作方沙箱<br><small>The partners' sandbox</small></h1>{cards}")

    wechatpay = [*api.routes(gateway), *pages.routes(gateway), *control.routes(gateway)]
    return Starlette(
        routes=[
            Route("/", index),
            Mount("/wechatpay", routes=wechatpay),
            Mount("/alipay", routes=[*alipay_api.routes(alipay), *alipay_pages.routes(alipay), *alipay_control.routes(alipay)]),
            Mount("/wechat", routes=oauth.routes(gateway)),
            Mount("/sms", routes=sms.routes(keys, state)),
            Mount("/sf", routes=sf.routes(keys_folder, state)),
            Mount("/jd", routes=jd.routes(keys_folder, state)),
            Mount("/china_post", routes=china_post.routes(keys_folder, state)),
            Mount("/kuaidi100", routes=kuaidi100.routes(keys_folder, state)),
            Mount("/fapiao", routes=fapiao.routes(fapiao_keys.ensure(keys_folder), state)),
        ],
        lifespan=lifespan,
    )


def _complain(worker: asyncio.Task[None]) -> None:
    """A worker that died must be seen: without it nothing is notified."""
    if not worker.cancelled() and (error := worker.exception()):
        logging.getLogger("sandbox").error("the sandbox's worker died; restart it", exc_info=error)


app = build(
    state_path=os.environ.get("TEAHORSE_SANDBOX_STATE", "var/sandbox.sqlite3"),
    keys_folder=os.environ.get("TEAHORSE_SANDBOX_KEYS", "var/sandbox-keys"),
    speed=float(os.environ.get("TEAHORSE_SANDBOX_SPEED", "1")),
)
