"""From events to bytes: documents in JSON-LD, as they are captured and as queries answer them (EPCIS 2.0, section 10)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
SCHEMA_VERSION = "2.0"
_ENCODER = msgspec.json.Encoder()


class Answered(msgspec.Struct, frozen=True):
    """Which query a document answers, and for which subscription."""

    query_name: str
    subscription_id: str = ""


def document(
    events: Iterable[Mapping[str, Any] | msgspec.Raw],
    *,
    created_at: datetime,
    prefixes: Mapping[str, str] | None = None,
    answered: Answered | None = None,
    document_id: str = "",
) -> bytes:
    """
    Return an EPCISDocument of ``events``, or an EPCISQueryDocument if they answer a query.

    Events are their JSON, as objects or as stored bytes (``msgspec.Raw``), which are not parsed again; ``prefixes`` are those
    of the users' own fields in them.
    """
    whole = {
        "@context": [CONTEXT, dict(prefixes)] if prefixes else [CONTEXT],
        **({"id": document_id} if document_id else {}),
        "type": "EPCISQueryDocument" if answered else "EPCISDocument",
        "schemaVersion": SCHEMA_VERSION,
        "creationDate": created_at,
        "epcisBody": {"queryResults": _results(list(events), answered)} if answered else {"eventList": list(events)},
    }
    return _ENCODER.encode(whole)


def _results(events: list[Mapping[str, Any] | msgspec.Raw], answered: Answered) -> dict[str, Any]:
    named = {"subscriptionID": answered.subscription_id} if answered.subscription_id else {}
    return {**named, "queryName": answered.query_name, "resultsBody": {"eventList": events}}
