"""
Questions about the story; nothing is changed.

What the log says and proves stands in :mod:`.log`, what was made of what in :mod:`.tracing`, lots and what is left of them in :mod:`.lots`,
flows and tellings in :mod:`.tellings`. Which events an organisation sees is decided in :mod:`.seeing` and nowhere else; what it finds among
them, in :mod:`.finding`.
"""

from teahorse.trace.queries.cards import shown_card
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
    rows_from,
)
from teahorse.trace.queries.lots import (
    born_of,
    left_of,
    lots_of,
    lots_with_some_left,
    takeable_lots,
    tellings_about,
)
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
    "attachments_of",
    "backward",
    "born_of",
    "contradictions",
    "entries_from",
    "event_of",
    "finds_any",
    "flow_for",
    "flows_for",
    "flows_of",
    "flows_over",
    "forward",
    "found",
    "left_of",
    "log_folder",
    "lots_of",
    "lots_with_some_left",
    "open_processes",
    "page",
    "places_given",
    "proof_of",
    "resources",
    "rows_from",
    "shown_card",
    "sites_for",
    "takeable_lots",
    "tellings_about",
    "tellings_of",
    "things",
]
