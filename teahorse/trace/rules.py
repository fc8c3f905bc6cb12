"""What an event is and what it tells of, as keys and edges; what of it stands in the log. Plain Python."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec

from teahorse.trace.epcis.events import TYPES, AnyEvent, Place, Quantity
from teahorse.trace.epcis.hashing import event_hash
from teahorse.trace.epcis.identifiers import identify

HASH_BYTES: Final = 32


class Role(StrEnum):
    """In which part an event tells of a thing."""

    OBJECT = "object"
    INPUT = "input"
    OUTPUT = "output"
    PARENT = "parent"
    CHILD = "child"


NAMED: tuple[tuple[Role, str], ...] = (
    (Role.OBJECT, "epc_list"),
    (Role.PARENT, "parent_id"),
    (Role.CHILD, "child_epcs"),
    (Role.INPUT, "input_epc_list"),
    (Role.OUTPUT, "output_epc_list"),
)
COUNTED: tuple[tuple[Role, str], ...] = (
    (Role.OBJECT, "quantity_list"),
    (Role.CHILD, "child_quantity_list"),
    (Role.INPUT, "input_quantity_list"),
    (Role.OUTPUT, "output_quantity_list"),
)


@dataclass(frozen=True, slots=True)
class Edge:
    """An event tells of a thing, in one part, and of how much: a measure in a unit, or pieces without one."""

    uri: str
    level: str
    role: Role
    quantity: Decimal | None = None
    unit: str = ""

    @property
    def thing(self) -> UUID:
        """The thing's key."""
        return key_of(self.uri)


def key_of(uri: str) -> UUID:
    """Return the key of a thing: the first half of its canonical URI's SHA-256, the same everywhere, so that nobody looks it up."""
    return UUID(bytes=sha256(uri.encode()).digest()[:16])


def digest_of(raw: Mapping[str, Any], prefixes: Mapping[str, str]) -> bytes:
    """
    Return the SHA-256 in an event's CBV hash, over all that is told: nobody may leave a field of his out of what is evidence.

    An event that takes another back says the same as that one (EPCIS 2.0, section 7.4.1.4) and has the same CBV hash; here it is
    another event, so its declaration counts.
    """
    digest = bytes.fromhex(event_hash(raw, prefixes).removeprefix("ni:///sha-256;").partition("?")[0])
    if "errorDeclaration" not in raw:
        return digest
    return sha256(digest + msgspec.json.encode(raw["errorDeclaration"], order="deterministic")).digest()


def hash_of(digest: bytes) -> str:
    """Return an event's hash as it is written (RFC 6920)."""
    return f"ni:///sha-256;{digest.hex()}?ver=CBV2.0"


def digest_in(written: str) -> bytes | None:
    """Return the digest in a written hash; None where it is none."""
    digest = written.removeprefix("ni:///sha-256;").partition("?")[0]
    try:
        found = bytes.fromhex(digest)
    except ValueError:
        return None
    return found if written.startswith("ni:///sha-256;") and len(found) == HASH_BYTES else None


def event_key(digest: bytes) -> UUID:
    """Return the key of an event: the first half of its hash, so the same event twice is one row."""
    return UUID(bytes=digest[:16])


def edges_of(event: AnyEvent) -> Iterable[Edge]:
    """Return what an event tells of; a class that is told of twice in one part counts together."""
    found: dict[tuple[str, Role], Edge] = {}
    for role, name in NAMED:
        named = getattr(event, name, ())
        for text in (named,) if isinstance(named, str) else named:
            if text:
                thing = identify(text)
                found[thing.uri, role] = Edge(thing.uri, thing.level.value, role)
    for role, name in COUNTED:
        for quantity in getattr(event, name, ()):
            edge = _of_class(quantity, role)
            before = found.get((edge.uri, role))
            found[edge.uri, role] = _together(before, edge) if before else edge
    return found.values()


def _of_class(told: Quantity, role: Role) -> Edge:
    thing = identify(told.epc_class)
    quantity = Decimal(str(told.quantity)) if isinstance(told.quantity, int | float) else None
    return Edge(thing.uri, thing.level.value, role, quantity, told.uom)


def _together(one: Edge, other: Edge) -> Edge:
    """Return one edge for two of the same class; of two units, or where one has no quantity, nobody can say how much it is."""
    if one.unit != other.unit or one.quantity is None or other.quantity is None:
        return Edge(one.uri, one.level, one.role)
    return Edge(one.uri, one.level, one.role, one.quantity + other.quantity, one.unit)


def columns_of(event: AnyEvent) -> dict[str, object]:
    """Return what of an event stands in columns of its own, to be asked by."""
    return {
        "happened_at": event.event_time,
        "kind": event.type,
        "action": getattr(event, "action", ""),
        "step": event.biz_step,
        "disposition": event.disposition,
        "read_point": event.read_point.id if isinstance(event.read_point, Place) else "",
        "location": event.biz_location.id if isinstance(event.biz_location, Place) else "",
        "transformation": getattr(event, "transformation_id", ""),
        "told_as": event.event_id,
    }


def typed(raw: Mapping[str, Any]) -> AnyEvent:
    """
    Return an event that was checked when it came.

    :raises msgspec.ValidationError, KeyError: if it is none any more.
    """
    return msgspec.convert(dict(raw), TYPES[raw["type"]])


def spoken_moment(moment: datetime) -> str:
    """Return a moment as the log says it: UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def entry_of(*, digest: bytes, recorded_at: datetime, organisation_id: UUID, card: str = "") -> bytes:
    """
    Return what the log says of an event, one JSON to the byte: which it is, when it came (UTC, milliseconds), and who told it.

    ``card`` is the digest of what pages show of it (:mod:`teahorse.trace.cards`); what was logged before there were cards has none.
    """
    recorded = recorded_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entry = {"event": hash_of(digest), "recorded": recorded, "organisation": str(organisation_id)}
    return msgspec.json.encode(entry | ({"card": card} if card else {}))
