"""What a thing's and an event's key is, and what of an event stands in the log: plain Python."""

from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

HASH_BYTES: Final = 32
NI: Final = "ni:///sha-256;"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of an event: which it is, when it came, and whose it was. Its JSON, in this order, is the log's entry."""

    event: str
    recorded: str
    organisation: UUID


def key_of(uri: str) -> UUID:
    """Return the key of a thing: the first half of its canonical URI's SHA-256, the same everywhere, so that nobody looks it up."""
    return UUID(bytes=sha256(uri.encode()).digest()[:16])


def digest_of(event_hash: str) -> bytes:
    """
    Return the bytes in an event's hash (``ni:///sha-256;…?ver=CBV2.0``).

    :raises ValueError: if it is no such hash.
    """
    digest, _, version = event_hash.removeprefix(NI).partition("?ver=")
    if not event_hash.startswith(NI) or not version or len(digest) != 2 * HASH_BYTES:
        raise ValueError(event_hash)
    return bytes.fromhex(digest)


def event_key(digest: bytes) -> UUID:
    """Return the key of an event: the first half of its hash, so the same event twice is one row."""
    return UUID(bytes=digest[:16])
