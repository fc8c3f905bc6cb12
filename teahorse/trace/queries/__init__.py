"""Questions about the story. What the log says and proves stands in :mod:`.log`, what was made of what in :mod:`.tracing`."""

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
    "Reached",
    "Trace",
    "backward",
    "contradictions",
    "entries_from",
    "event_of",
    "forward",
    "log_folder",
    "places_given",
    "proof_of",
]
