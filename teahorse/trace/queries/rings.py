"""Which transformations of a teller go round, once new ones are there."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final
from uuid import UUID

from teahorse.common.statements import array, looked_up
from teahorse.trace.rings import Line, Ring, rings_in
from teahorse.trace.rules import Role

RINGS: Final = (Path(__file__).parent / "rings.sql").read_text()


def rings_through(events: Iterable[UUID], *, organisation_id: UUID) -> tuple[dict[UUID, Ring], dict[UUID, bytes]]:
    """Return each new event of an organisation that closes a ring among her own, and the digests of all events on the way."""
    new = set(events)
    rows = looked_up(RINGS, {"events": array(new), "organisation": organisation_id}, in_binary=True)
    lines = [Line(process, event, bytes(digest), Role(role), thing, uri) for process, event, digest, role, thing, uri in rows]
    rings = {event: ring for event, ring in rings_in(lines).items() if event in new}
    return rings, {line.event: line.digest for line in lines}
