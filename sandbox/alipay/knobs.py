"""What can be made to go wrong at Alipay: for the next calls, for refunds, and for notifications."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from sandbox.knobs import KnobGroup, SendingKnobs, take


@dataclass(frozen=True)
class NotifyKnobs(SendingKnobs):
    """
    How notifications are sent.

    `forge` a signature that is not ours; `edit` the amount after signing; `total_fen`, `app_id`, `seller_id`,
    `out_trade_no` other than the truth, properly signed; `age_seconds` an old notify_time, properly signed; `empty` a
    parameter without a value, signed along.
    """

    forge: bool = False
    edit: bool = False
    total_fen: int = 0
    app_id: str = ""
    seller_id: str = ""
    out_trade_no: str = ""
    age_seconds: int = 0
    empty: bool = False


@dataclass(frozen=True)
class ApiKnob(KnobGroup):
    """
    A failure of the next `count` calls whose method begins with `method`.

    `answer`: a sub_code of `errors.CODES`; `500`; `timeout` (hold `seconds`, do nothing, then 500); `lost` (do it, hold
    `seconds`, then 500); `forge` (do it, but the answer's signature is wrong); `unsigned` (do it, without a signature).
    """

    answer: str
    count: int = 1
    method: str = "alipay."
    seconds: float = 0.0


@dataclass(frozen=True)
class RefundKnobs(KnobGroup):
    """Refunds arrive after `delay` seconds (negative: never); `balance_fen`: what the seller has for them, -1 is enough for all."""

    delay: float = 0.0
    balance_fen: int = -1


@dataclass
class Knobs:
    """All knobs of a running sandbox; a new start begins with everything as it should be."""

    notify: NotifyKnobs = dataclasses.field(default_factory=NotifyKnobs)
    refund: RefundKnobs = dataclasses.field(default_factory=RefundKnobs)
    api: list[ApiKnob] = dataclasses.field(default_factory=list)
    advance_seconds: float = 0.0

    def take_api(self, method: str) -> ApiKnob | None:
        """The failure that is due for this call, used up by one."""
        return take(self.api, lambda knob: method.startswith(knob.method))
