"""
Questions about the story; nothing is changed.

What the log says and proves stands in :mod:`.log`, what was made of what in :mod:`.tracing`. Which events an organisation sees is decided
in :mod:`.seeing` and nowhere else; what it finds among them, in :mod:`.finding`.
"""

from teahorse.trace.queries.finding import (
    Cursor,
    Page,
    TooComplex,
    TooLarge,
    finds_any,
    found,
    page,
    resources,
    things,
)
from teahorse.trace.queries.log import (
    Contradiction,
    contradictions,
    entries_from,
    event_of,
    log_folder,
    places_given,
    proof_of,
)
from teahorse.trace.queries.tracing import (
    Reached,
    Trace,
    backward,
    forward,
)

__all__ = [
    "Contradiction",
    "Cursor",
    "Page",
    "Reached",
    "TooComplex",
    "TooLarge",
    "Trace",
    "backward",
    "contradictions",
    "entries_from",
    "event_of",
    "finds_any",
    "forward",
    "found",
    "log_folder",
    "page",
    "places_given",
    "proof_of",
    "resources",
    "things",
]
