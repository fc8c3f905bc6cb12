"""What others say of a seller's lots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from teahorse.people.models import Organisation
from teahorse.trace.models import EventThing, Hearsay, Lot, TraceEvent


@dataclass(frozen=True, slots=True)
class Said:
    """What one event of another one says of a lot: which step, when, and how much of it, in what part."""

    hearsay: Hearsay
    step: str
    action: str
    happened_at: datetime
    amounts: Sequence[tuple[str, Decimal | None, str]]
    """The part (:class:`teahorse.trace.rules.Role`), the quantity, and its unit."""


def undecided_of(seller: Organisation) -> QuerySet[Hearsay]:
    """Return what was said of a seller's lots and she has not decided on, the newest first."""
    found = Hearsay.objects.filter(lot__seller=seller, decided_at=None).select_related("lot__item", "teller")
    return found.order_by("-noticed_at", "-pk")


def said_of(lot: Lot) -> list[Said]:
    """Return all that others say of a lot, what is to be decided first."""
    rows = list(Hearsay.objects.filter(lot=lot).select_related("teller").order_by("-noticed_at", "-pk"))
    events = TraceEvent.objects.in_bulk([row.event_id for row in rows])
    edges = EventThing.objects.filter(event__in=[row.event_id for row in rows], thing__in=[row.thing_id for row in rows]).order_by("role")
    amounts: dict[tuple[object, object], list[tuple[str, Decimal | None, str]]] = {}
    for edge in edges:
        amounts.setdefault((edge.event_id, edge.thing_id), []).append((edge.role, edge.quantity, edge.unit))
    said = [
        Said(row, event.step, event.action, event.happened_at, amounts.get((row.event_id, row.thing_id), []))
        for row in rows
        if (event := events.get(row.event_id)) is not None
    ]
    return sorted(said, key=lambda one: one.hearsay.decided_at is not None)
