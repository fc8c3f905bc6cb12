"""Questions about the story; nothing is changed. What the log says and proves stands in :mod:`.log`."""

from teahorse.trace.queries.log import (
    Contradiction,
    contradictions,
    entries_from,
    event_of,
    log_folder,
    places_given,
    proof_of,
)

__all__ = ["Contradiction", "contradictions", "entries_from", "event_of", "log_folder", "places_given", "proof_of"]
