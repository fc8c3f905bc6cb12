"""
Every change of the story.

What is told is kept (:mod:`.capturing`) and stands in the log (:mod:`.publishing`), persons' details apart (:mod:`.redacting`);
lots are taken back (:mod:`.recalling`).
"""

from teahorse.trace.actions.capturing import capture
from teahorse.trace.actions.publishing import publish
from teahorse.trace.actions.recalling import (
    MovedOn,
    NothingLeft,
    RecalledAlready,
    account_for,
    draft_recall,
    drop_recall,
    end_recall,
    leave_out,
    open_recall_cases,
    start_recall,
    take_back_what_came,
)
from teahorse.trace.actions.redacting import conceal, erase

__all__ = [
    "MovedOn",
    "NothingLeft",
    "RecalledAlready",
    "account_for",
    "capture",
    "conceal",
    "draft_recall",
    "drop_recall",
    "end_recall",
    "erase",
    "leave_out",
    "open_recall_cases",
    "publish",
    "start_recall",
    "take_back_what_came",
]
