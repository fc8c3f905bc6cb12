"""
Questions about the story; nothing is changed. What the log says and proves stands in :mod:`.log`.

Which events an organisation sees is decided in :mod:`.seeing` and nowhere else; what it finds among them, in :mod:`.finding`.
"""

from teahorse.trace.queries.finding import Cursor, Page, TooComplex, TooLarge, finds_any, found, page, resources, things
from teahorse.trace.queries.log import (
    Contradiction,
    contradictions,
    entries_from,
    event_of,
    log_folder,
    places_given,
    proof_of,
)

__all__ = [
    "Contradiction",
    "Cursor",
    "Page",
    "TooComplex",
    "TooLarge",
    "contradictions",
    "entries_from",
    "event_of",
    "finds_any",
    "found",
    "log_folder",
    "page",
    "places_given",
    "proof_of",
    "resources",
    "things",
]
