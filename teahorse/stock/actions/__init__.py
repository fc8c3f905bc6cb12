"""Every change of stock: promising units (:mod:`.promising`) and moving them (:mod:`.moving`)."""

from teahorse.stock.actions.moving import LevelTooLow, count, move, open_level, take_back, transfer, withdraw
from teahorse.stock.actions.promising import Demand, Shortage, ask_for_levels, commit, promise, release, release_overdue, reserve, take

__all__ = [
    "Demand",
    "LevelTooLow",
    "Shortage",
    "ask_for_levels",
    "commit",
    "count",
    "move",
    "open_level",
    "promise",
    "release",
    "release_overdue",
    "reserve",
    "take",
    "take_back",
    "transfer",
    "withdraw",
]
