"""What can be made to go wrong: for the next API calls, for refunds, and for notifications."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, get_type_hints


class UnknownKnob(Exception):
    """A knob that does not exist, or a value of the wrong kind; carries its name and what would be right."""

    def __init__(self, *, knob: str, expected: str) -> None:
        super().__init__(f"{knob} must be {expected}")


@dataclass(frozen=True)
class _Knobs:
    @classmethod
    def read(cls, values: Any) -> Self:
        """
        Knobs from JSON.

        :raises UnknownKnob: for a name or a kind of value that is not ours; nothing is silently ignored.
        """
        if not isinstance(values, Mapping):
            raise UnknownKnob(knob=cls.__name__, expected="an object")
        kinds = get_type_hints(cls)
        for name, value in values.items():
            if name not in kinds:
                raise UnknownKnob(knob=str(name), expected=f"one of {', '.join(kinds)}")
            kind = kinds[name]
            if kind is float and type(value) is int:
                continue
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise UnknownKnob(knob=name, expected=kind.__name__)
        return cls(**values)

    def set_values(self) -> dict[str, Any]:
        """Only what differs from the defaults, for storing and for laying over others."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if getattr(self, field.name) != field.default}


@dataclass(frozen=True)
class NotifyKnobs(_Knobs):
    """
    How notifications are sent.

    `delay` seconds; `repeat` more copies of the same notification; `shuffle` n: hold until n are waiting, then send
    them newest first; `forge` a signature that is not ours; `edit` the body after signing; `total_fen`, `mchid`,
    `appid`, `out_trade_no` other than the truth, properly signed; `age_seconds` an old timestamp, properly signed;
    `unknown_serial`; `probe` WeChat's SIGNTEST first; `drop`; `honest_after` n bad ones send the truth (0: never).
    """

    delay: float = 0.0
    repeat: int = 0
    shuffle: int = 0
    forge: bool = False
    edit: bool = False
    total_fen: int = 0
    mchid: str = ""
    appid: str = ""
    out_trade_no: str = ""
    age_seconds: int = 0
    unknown_serial: bool = False
    probe: bool = False
    drop: bool = False
    honest_after: int = 0

    def honest(self) -> NotifyKnobs:
        """The same without anything that is untrue."""
        return NotifyKnobs(delay=self.delay, repeat=self.repeat, shuffle=self.shuffle)


@dataclass(frozen=True)
class ApiKnob(_Knobs):
    """
    A failure of the next `count` API calls whose path begins with `path`.

    `answer`: an error code of `errors.STATUS`; `timeout` (hold `seconds`, do nothing, then SYSTEM_ERROR); `lost` (do
    it, hold `seconds`, then SYSTEM_ERROR); `forge` (do it, but the answer's signature is wrong); `probe` (SIGNTEST).
    """

    answer: str
    count: int = 1
    path: str = "/v3/"
    seconds: float = 0.0


@dataclass(frozen=True)
class RefundKnobs(_Knobs):
    """
    What becomes of refunds: `outcome` SUCCESS, ABNORMAL, CLOSED or PROCESSING (for ever) after `delay` seconds.

    `balance_fen`: what the merchant's account holds for refunds; -1 is enough for all; more is NOT_ENOUGH.
    """

    outcome: str = "SUCCESS"
    delay: float = 0.2
    balance_fen: int = -1


@dataclass(frozen=True)
class SharingKnobs(_Knobs):
    """
    What becomes of sharings and returns after `delay` seconds.

    `closed`: receivers whose share is given back to the seller (CLOSED), comma-separated; `return_outcome` SUCCESS or
    FAILED; `receiver_fen`: what a receiver's account holds for returns, -1 is enough for all, more is NOT_ENOUGH.
    """

    delay: float = 0.2
    closed: str = ""
    return_outcome: str = "SUCCESS"
    receiver_fen: int = -1


@dataclass(frozen=True)
class BillKnobs(_Knobs):
    """`broken`: `hash` (another file than was promised), `totals` (does not add up) or `gzip` (cannot be unpacked)."""

    broken: str = ""


GROUPS: dict[str, type[_Knobs]] = {"notify": NotifyKnobs, "refund": RefundKnobs, "sharing": SharingKnobs, "bills": BillKnobs}


@dataclass
class Knobs:
    """All knobs of a running sandbox; a new start begins with everything as it should be."""

    notify: NotifyKnobs = dataclasses.field(default_factory=NotifyKnobs)
    refund: RefundKnobs = dataclasses.field(default_factory=RefundKnobs)
    sharing: SharingKnobs = dataclasses.field(default_factory=SharingKnobs)
    bills: BillKnobs = dataclasses.field(default_factory=BillKnobs)
    api: list[ApiKnob] = dataclasses.field(default_factory=list)
    expiry_closes: bool = True
    advance_seconds: float = 0.0

    def take_api(self, url: str) -> ApiKnob | None:
        """The failure that is due for this call, used up by one."""
        for place, knob in enumerate(self.api):
            if url.startswith(knob.path):
                rest = dataclasses.replace(knob, count=knob.count - 1)
                self.api[place : place + 1] = [rest] if rest.count > 0 else []
                return knob
        return None
