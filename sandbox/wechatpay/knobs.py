"""What can be made to go wrong: for the next API calls, for refunds, and for notifications."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from sandbox.knobs import KnobGroup, SendingKnobs, take


@dataclass(frozen=True)
class NotifyKnobs(SendingKnobs):
    """
    How notifications are sent.

    `forge` a signature that is not ours; `edit` the body after signing; `total_fen`, `mchid`, `appid`, `out_trade_no`
    other than the truth, properly signed; `age_seconds` an old timestamp, properly signed; `unknown_serial`; `probe`
    WeChat's SIGNTEST first.
    """

    forge: bool = False
    edit: bool = False
    total_fen: int = 0
    mchid: str = ""
    appid: str = ""
    out_trade_no: str = ""
    age_seconds: int = 0
    unknown_serial: bool = False
    probe: bool = False


@dataclass(frozen=True)
class ApiKnob(KnobGroup):
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
class RefundKnobs(KnobGroup):
    """
    What becomes of refunds: `outcome` SUCCESS, ABNORMAL, CLOSED or PROCESSING (for ever) after `delay` seconds.

    `balance_fen`: what the merchant's account holds for refunds; -1 is enough for all; more is NOT_ENOUGH.
    """

    outcome: str = "SUCCESS"
    delay: float = 0.2
    balance_fen: int = -1


@dataclass(frozen=True)
class SharingKnobs(KnobGroup):
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
class BillKnobs(KnobGroup):
    """`broken`: `hash` (another file than was promised), `totals` (does not add up) or `gzip` (cannot be unpacked)."""

    broken: str = ""


GROUPS: dict[str, type[KnobGroup]] = {"notify": NotifyKnobs, "refund": RefundKnobs, "sharing": SharingKnobs, "bills": BillKnobs}


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
        return take(self.api, lambda knob: url.startswith(knob.path))
