"""What a thing was made of and what became of it: one question each way, over all that was told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from msgspec import Struct

from teahorse.common.statements import array, looked_up

WALK: Final = (Path(__file__).parent / "walking.sql").read_text()
TRACE: Final = WALK + (Path(__file__).parent / "tracing.sql").read_text()
FOREVER: Final = datetime(9000, 1, 1, tzinfo=UTC)


class Reached(Struct, frozen=True, gc=False):
    """
    A thing on the way, so many steps from what was asked for; ``origin`` is the thing one step nearer, ``via`` the event between.

    ``carries``: what was traced only lay in it for a time, as in a box or a vehicle.
    """

    thing_id: UUID
    uri: str
    level: str
    depth: int
    carries: bool
    origin: UUID | None
    via: UUID | None


@dataclass(frozen=True, slots=True)
class Trace:
    """All that one way holds, nearest first: things, among them those that were asked for, and events by their keys with their depth."""

    things: list[Reached] = field(default_factory=list)
    events: dict[UUID, int] = field(default_factory=dict)

    @property
    def thing_ids(self) -> set[UUID]:
        """The things that were traced, without what only carried them."""
        return {thing.thing_id for thing in self.things if not thing.carries}

    def beyond(self, origin: UUID | None) -> list[Reached]:
        """Return the things that are met one step beyond a thing; of nothing: those that were asked for."""
        return [thing for thing in self.things if thing.origin == origin]


def backward(thing_ids: Iterable[UUID], *, at: datetime | None = None) -> Trace:
    """Return what things were made of, with every event on the way; ``at`` leaves out what happened later."""
    return _traced(thing_ids, back=True, at=at)


def forward(thing_ids: Iterable[UUID]) -> Trace:
    """Return what became of things, with every event on the way."""
    return _traced(thing_ids, back=False, at=None)


def _traced(thing_ids: Iterable[UUID], *, back: bool, at: datetime | None) -> Trace:
    rows = looked_up(TRACE, {"things": array(set(thing_ids)), "back": back, "at": at or FOREVER}, in_binary=True)
    trace = Trace()
    for what, key, depth, carries, origin, via, uri, level in rows:
        if what == "event":
            trace.events[key] = depth
        else:
            trace.things.append(Reached(key, uri, level, depth, carries, origin, via))
    return trace
