"""What every part of the WeChat Pay sandbox shares: keys, memory, knobs, its clock and the worker's bell."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox import keys as key_store
from sandbox.keys import Keys
from sandbox.state import State
from sandbox.wechatpay.knobs import Knobs

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class Gateway:
    """One running sandbox; `speed` divides the waiting times between retries of a notification."""

    keys: Keys
    state: State
    speed: float = 1.0
    keys_folder: str = ""
    knobs: Knobs = field(default_factory=Knobs)
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> float:
        """The business clock (expiry, late payments, refunds); `advance_seconds` moves it. Signatures use real time."""
        return time.time() + self.knobs.advance_seconds

    def rotate(self) -> None:
        """Change the platform's key from one request to the next; the merchant finds the new one in her file."""
        self.keys = key_store.rotate(self.keys_folder, self.keys)

    def ring(self) -> None:
        """Tell the worker that there is something to do."""
        self.bell.set()

    def openid(self) -> str:
        """The sandbox's one payer, as the merchant's official account knows her: 28 signs, as WeChat's."""
        return "o" + hashlib.sha256(self.keys.appid.encode()).hexdigest()[:27]

    def transaction_id(self) -> str:
        """28 digits, as WeChat's."""
        return f"4200{_digits(6)}{self._day()}{_digits(10)}"

    def refund_id(self) -> str:
        """29 digits, as WeChat's."""
        return f"5030{_digits(7)}{self._day()}{_digits(10)}"

    def sharing_id(self) -> str:
        """28 digits, as WeChat's."""
        return f"3008{_digits(6)}{self._day()}{_digits(10)}"

    def prepay_id(self) -> str:
        """`wx`, the time, and random hexadecimal: 36 signs, as WeChat's."""
        return f"wx{datetime.fromtimestamp(self.now(), SHANGHAI):%d%H%M%S}{secrets.token_hex(13)}"

    def _day(self) -> str:
        return f"{datetime.fromtimestamp(self.now(), SHANGHAI):%Y%m%d}"


def moment(seconds: float) -> str:
    """A time as WeChat writes it: RFC 3339, whole seconds, Beijing."""
    return datetime.fromtimestamp(seconds, SHANGHAI).isoformat(timespec="seconds")


def _digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))
