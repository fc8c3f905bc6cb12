"""Events as they are given out: their JSON as it was told, with their names and times of record, and what their prefixes mean."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from teahorse.trace.epcis.vocabulary import STANDARD_PREFIXES
from teahorse.trace.epcis.writing import Answered, document
from teahorse.trace.models import TraceEvent
from teahorse.trace.rules import hash_of

SIMPLE_EVENT_QUERY = "SimpleEventQuery"


def document_of(events: Iterable[TraceEvent], *, now: datetime, answered: Answered | None = None) -> bytes:
    """
    Return an EPCISQueryDocument of events.

    Prefixes stand in the document's ``@context``; an event whose prefix means something else than another's brings its own.
    """
    prefixes: dict[str, str] = {}
    shown = []
    for event in events:
        own = {name: address for name, address in event.context.items() if STANDARD_PREFIXES.get(name) != address}
        if all(prefixes.get(name, address) == address for name, address in own.items()):
            prefixes |= own
            own = {}
        shown.append(_shown(event) | ({"@context": [own]} if own else {}))
    return document(shown, created_at=now, prefixes=prefixes, answered=answered or Answered(SIMPLE_EVENT_QUERY))


def _shown(event: TraceEvent) -> dict[str, Any]:
    told = {name: value for name, value in event.body.items() if name != "@context"}
    return told | {"recordTime": event.recorded_at, "eventID": event.told_as or hash_of(bytes(event.digest))}
