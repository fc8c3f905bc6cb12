"""
Questions about the story; nothing is changed.

What the log says and proves stands in :mod:`.log`, lots and what is left of them in :mod:`.lots`, flows and tellings in :mod:`.tellings`.
"""

from teahorse.trace.queries.log import (
    Contradiction,
    contradictions,
    entries_from,
    event_of,
    log_folder,
    places_given,
    proof_of,
)
from teahorse.trace.queries.lots import born_of, left_of, lots_of, lots_with_some_left, takeable_lots, tellings_about
from teahorse.trace.queries.tellings import (
    attachments_of,
    flow_for,
    flows_for,
    flows_of,
    flows_over,
    open_processes,
    sites_for,
    tellings_of,
)

__all__ = [
    "Contradiction",
    "attachments_of",
    "born_of",
    "contradictions",
    "entries_from",
    "event_of",
    "flow_for",
    "flows_for",
    "flows_of",
    "flows_over",
    "left_of",
    "log_folder",
    "lots_of",
    "lots_with_some_left",
    "open_processes",
    "places_given",
    "proof_of",
    "sites_for",
    "takeable_lots",
    "tellings_about",
    "tellings_of",
]
