"""Every change of stock: promising units (:mod:`.promising`) and moving them (:mod:`.moving`)."""

from teahorse.stock.actions.moving import LevelTooLow, count, move, open_level, take_back, transfer
from teahorse.stock.actions.promising import (
    LIMITS,
    Demand,
    Levels,
    Shares,
    Shortage,
    ask_for_levels,
    commit,
    is_plenty,
    promise,
    release,
    release_overdue,
    reserve,
    share_out,
    take,
)

__all__ = [
    "LIMITS",
    "Demand",
    "LevelTooLow",
    "Levels",
    "Shares",
    "Shortage",
    "ask_for_levels",
    "commit",
    "count",
    "is_plenty",
    "move",
    "open_level",
    "promise",
    "release",
    "release_overdue",
    "reserve",
    "share_out",
    "take",
    "take_back",
    "transfer",
]
