"""
What a log's entry vouches for beside an event's fingerprint: all that pages show of the event, so that a buyer checks what she reads.

A card is a list of fields. Each is written as ``[salt, name, value]`` and stands on the card by its SHA-256 alone; the entry holds the
SHA-256 of the card. Who is shown a field with its salt finds its hash on the card; of the others she learns nothing but how many they
are (the way of RFC 9901, selective disclosure). The salts come from one secret of the event's place in the log, so a card is made again
from rows to the byte. Plain Python.
"""

import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec

from teahorse.trace.rules import Edge, hash_of, spoken_moment
from teahorse.trace.temperatures import temperature_of

SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Card:
    """The written fields of an event by their names (:func:`card_of`)."""

    fields: Mapping[str, bytes]

    @property
    def hashes(self) -> list[str]:
        """The SHA-256 of each field, in hexadecimal digits and in the order of those: where one stands tells nothing of it."""
        return sorted(sha256(field).hexdigest() for field in self.fields.values())

    @property
    def digest(self) -> str:
        """What the log's entry says of the card: the SHA-256 of its hashes as a JSON array."""
        return sha256(msgspec.json.encode(self.hashes)).hexdigest()

    def shown(self, names: Collection[str]) -> bytes:
        """Return the card as a page gives it out, as JSON: the fields of these names as they were written, the others by their hashes."""
        shown = {name: field for name, field in self.fields.items() if name in names}
        known = {sha256(field).hexdigest() for field in shown.values()}
        hidden = [one for one in self.hashes if one not in known]
        return msgspec.json.encode({"shown": [field.decode() for field in shown.values()], "hidden": hidden})


@dataclass(frozen=True, slots=True)
class Logged:
    """What the rows say of one event: ``columns`` as :func:`.columns_of` has them, ``names`` of its step in its flow."""

    digest: bytes
    organisation_id: UUID
    recorded_at: datetime
    columns: Mapping[str, Any]
    body: Mapping[str, Any]
    edges: Collection[Edge]
    names: Mapping[str, str]


def card_of(logged: Logged, salt: bytes) -> Card:
    """Return the card of an event. ``salt`` is the secret of its place in the log, 16 bytes."""
    return Card({name: _written(name, value, salt) for name, value in _fields(logged)})


def amount_in_words(quantity: Decimal | None) -> str | None:
    """Return a quantity as cards write it: without needless noughts."""
    if quantity is None:
        return None
    whole = format(quantity, "f")
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def thing_field(edge: Edge) -> str:
    """Return the name of the field that says which thing an event tells of in one part."""
    return f"thing {edge.role.value} {edge.thing.hex}"


def _fields(logged: Logged) -> Iterable[tuple[str, Any]]:
    columns = dict(logged.columns)
    yield "event", hash_of(logged.digest)
    yield "teller", str(logged.organisation_id)
    yield "recorded", spoken_moment(logged.recorded_at)
    yield "time", spoken_moment(columns.pop("happened_at"))
    yield "place", columns["location"] or columns["read_point"]
    yield from columns.items()
    if logged.names:
        yield "names", dict(sorted(logged.names.items()))
    if (temperature := temperature_of(logged.body)) is not None:
        yield "temperature", [temperature.lowest, temperature.highest]
    for edge in logged.edges:
        name = thing_field(edge)
        yield name, edge.uri
        yield f"amount of {name}", [edge.role.value, amount_in_words(edge.quantity), edge.unit]


def _written(name: str, value: object, salt: bytes) -> bytes:
    drawn = hmac.digest(salt, name.encode(), "sha256")[:SALT_BYTES].hex()
    return msgspec.json.encode([drawn, name, value])
