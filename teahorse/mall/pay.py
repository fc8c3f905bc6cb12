"""How this visitor can pay, and what her device needs for it."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import zxingcpp
from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from teahorse.mall import wechat
from teahorse.payments.models import Payment
from teahorse.payments.providers import alipay

WECHAT, ALIPAY, CASH = "wechat_pay", "alipay", "cash"
WAYS = (WECHAT, ALIPAY, CASH)
BY_CODE = "code"
RIM = 2
DARK = re.compile(rb"\0+")


def method_for(request: HttpRequest, provider: str, *, way: str = "") -> str:
    """
    Return how this device pays with a provider: inside WeChat, from another app on a phone, or by a code on a screen.

    ``way`` is the buyer's own wish, :data:`BY_CODE` or nothing.
    """
    if provider == CASH:
        return "counter"
    if provider == ALIPAY:
        return "precreate" if way == BY_CODE or wechat.is_here(request) else "wap" if _is_phone(request) else "page"
    if way == BY_CODE:
        return "native"
    if wechat.is_here(request):
        return "jsapi" if wechat.can_pay_here(request) else "native"
    return "h5" if _is_phone(request) else "native"


def _is_phone(request: HttpRequest) -> bool:
    agent = request.headers.get("User-Agent", "")
    return "Mobile" in agent or "Android" in agent


def offered(request: HttpRequest, *, resting: frozenset[str]) -> frozenset[str]:
    """
    Return the providers that this visitor can pay by now: no one that does not answer, and Alipay where there is an account.

    WeChat's own browser shuts Alipay's pages out, so it is not offered there.
    """
    found = {WECHAT, CASH}
    if alipay.is_set_up() and not wechat.is_here(request):
        found.add(ALIPAY)
    return frozenset(found - resting)


@lru_cache(maxsize=2000)  # a page that waits for its money asks for the same one every five seconds
def qr_svg(text: str) -> SafeString:
    """Draw a QR code as SVG to stand in a page: two paths, dark on white with a rim of two modules, as large as its place."""
    code: Any = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture = code.to_image(scale=1, add_quiet_zones=False)  # a byte a module, 0 is dark
    side, modules = picture.shape[0], bytes(memoryview(picture))
    rows = enumerate((modules[start : start + side] for start in range(0, side * side, side)), start=RIM)
    dark = "".join(f"M{RIM + run.start()} {y}.5h{run.end() - run.start()}" for y, row in rows for run in DARK.finditer(row))
    size = side + 2 * RIM
    return mark_safe(  # noqa: S308 - figures only
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/>'
        f'<path stroke="#000" d="{dark}"/></svg>'
    )


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the pay page shows of an open payment."""

    payment: Payment
    minutes: int

    @property
    def is_cash(self) -> bool:
        """Whether somebody takes the money at a counter."""
        return self.payment.provider == CASH

    @property
    def code(self) -> SafeString | None:
        """The code to scan: WeChat's, Alipay's, or the number for the counter."""
        given = self.payment.prompt
        text = self.payment.our_number if self.is_cash else given.get("code_url", "") or given.get("qr_code", "")
        return qr_svg(text) if text else None

    @property
    def is_alipay(self) -> bool:
        """Whether Alipay takes the money."""
        return self.payment.provider == ALIPAY

    @property
    def alipay_page(self) -> str:
        """Where the browser goes on to Alipay."""
        return str(self.payment.prompt.get("pay_url", ""))

    @property
    def link(self) -> str:
        """Where another browser on the phone goes on to WeChat."""
        return str(self.payment.prompt.get("h5_url", ""))

    @property
    def jsapi(self) -> dict[str, Any] | None:
        """What WeChat's own browser is handed."""
        return dict(self.payment.prompt) if self.payment.method == "jsapi" and self.payment.prompt.get("paySign") else None


def prompt_of(payment: Payment | None, *, now: datetime) -> Prompt | None:
    """Return what there is to show of a payment that waits for its payer."""
    if payment is None or payment.state != Payment.State.PAYING or payment.expires_at <= now:
        return None
    return Prompt(payment, minutes_left(payment.expires_at, now=now))


def minutes_left(until: datetime, *, now: datetime) -> int:
    """Return the minutes that are left, the begun one counted; at least 0."""
    return max(0, -(-int((until - now).total_seconds()) // 60))


def sandbox_link(payment: Payment, *, back: str) -> str:
    """Return the page on which the demo's payer pays, instead of a phone that scans; nothing where there is no sandbox."""
    if settings.SANDBOX_URL and "qr_code" in payment.prompt:
        return f"{settings.SANDBOX_URL}/alipay/pay?{urlencode({'qr_code': payment.prompt['qr_code'], 'back': back})}"
    shown = {name: text for name, text in payment.prompt.items() if name == "code_url" or payment.method == "jsapi"}
    if not (settings.SANDBOX_URL and shown):
        return ""
    return f"{settings.SANDBOX_URL}/wechatpay/pay?{urlencode({**shown, 'back': back})}"
