"""What every part of the Alipay sandbox shares: keys, apps, memory, knobs, its clock and the worker's bell."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.alipay.knobs import Knobs
from sandbox.keys import AlipayKeys
from sandbox.state import State

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class App:
    """An app that may call: whose money it takes, and the key by which its calls are checked."""

    seller_id: str
    public_key: str


@dataclass
class Gateway:
    """One running sandbox; `speed` divides the waiting times between tries of a notification."""

    keys: AlipayKeys
    state: State
    speed: float = 1.0
    knobs: Knobs = field(default_factory=Knobs)
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    apps: dict[str, App] = field(default_factory=dict)
    private_key: str = ""

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know the one app of the key files again, and sign with Alipay's first key."""
        self.knobs = Knobs()
        self.apps = {self.keys.app_id: App(self.keys.seller_id, self.keys.app_public_key)}
        self.private_key = self.keys.alipay_private_key

    def now(self) -> float:
        """The business clock (expiry, late payments, refunds, bills); `advance_seconds` moves it. Signatures use real time."""
        return time.time() + self.knobs.advance_seconds

    def ring(self) -> None:
        """Tell the worker that there is something to do."""
        self.bell.set()

    def trade_no(self) -> str:
        """28 digits, as Alipay's."""
        return f"{datetime.fromtimestamp(self.now(), SHANGHAI):%Y%m%d}22001{''.join(secrets.choice('0123456789') for _ in range(15))}"


def moment(seconds: float) -> str:
    """A time as Alipay writes it: Beijing, whole seconds."""
    return datetime.fromtimestamp(seconds, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def seconds_of(text: str) -> float:
    """A time as Alipay writes it, in seconds. :raises ValueError: if it is none."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI).timestamp()


def yuan(fen: int) -> str:
    """Whole fen as Alipay writes an amount: `38.00`."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"
