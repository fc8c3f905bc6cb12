"""The cards of logged events, made from what the rows say at this moment."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from teahorse.trace.cards import Card, Logged, card_of, thing_field
from teahorse.trace.models import EventThing, Leaf, Lot, Telling, TraceEvent
from teahorse.trace.rules import Edge, Role

COLUMNS = ("happened_at", "kind", "action", "step", "disposition", "read_point", "location", "transformation", "told_as")
SHOWN = frozenset({"event", "time", "kind", "action", "step", "place", "names", "temperature"})
"""What the story of a lot shows of each event; of things their amounts, and what they are where somebody here has a lot of them."""


def logged_of(events: Collection[TraceEvent]) -> Mapping[UUID, Logged]:
    """Return what the rows say of events, by their keys; two queries."""
    keys = [event.pk for event in events]
    edges, names = _edges(keys), _names(events)
    return {
        event.pk: Logged(
            digest=bytes(event.digest),
            organisation_id=event.organisation_id,
            recorded_at=event.recorded_at,
            columns={name: getattr(event, name) for name in COLUMNS},
            body=event.body,
            edges=edges[event.pk],
            names=names.get(event.pk, {}),
        )
        for event in events
    }


def card_of_leaf(leaf: Leaf, logged: Logged) -> Card | None:
    """Return the card at a place in the log; None where it was given out before there were cards."""
    return card_of(logged, bytes(leaf.salt)) if leaf.salt else None


def shown_card(event: TraceEvent) -> bytes | None:
    """Return the card of an event as a story gives it out, as JSON (:meth:`.Card.shown`); None where the log has none of it."""
    leaf = Leaf.objects.filter(event=event).first()
    logged = logged_of([event])[event.pk]
    card = card_of_leaf(leaf, logged) if leaf else None
    if card is None:
        return None
    lots = set(Lot.objects.filter(thing_id__in=[edge.thing for edge in logged.edges]).values_list("thing_id", flat=True))
    known = {thing_field(edge) for edge in logged.edges if edge.thing in lots}
    return card.shown({*SHOWN, *known, *(f"amount of {thing_field(edge)}" for edge in logged.edges)})


def names_of_step(telling: Telling | None) -> Mapping[str, str]:
    """Return what a step is called in its flow, by language."""
    if telling is None:
        return {}
    return next((step["name"] for step in telling.flow.steps if step["key"] == telling.step), {})


def _edges(keys: Sequence[UUID]) -> Mapping[UUID, list[Edge]]:
    found: dict[UUID, list[Edge]] = defaultdict(list)
    rows = EventThing.objects.filter(event__in=keys).order_by("event_id", "role", "thing_id")
    for event_id, uri, level, role, quantity, unit in rows.values_list(
        "event_id", "thing__uri", "thing__level", "role", "quantity", "unit"
    ):
        found[event_id].append(Edge(uri, level, Role(role), quantity, unit))
    return found


def _names(events: Collection[TraceEvent]) -> Mapping[UUID, Mapping[str, str]]:
    """Return what was called how when it came: who tells the same thing later names nothing anew."""
    came = {event.pk: event.recorded_at for event in events}
    tellings = Telling.objects.filter(event_id__in=list(came)).select_related("flow").order_by("-received_at")
    return {one.event_id: names_of_step(one) for one in tellings if one.received_at <= came[one.event_id]}
