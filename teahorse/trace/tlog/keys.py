"""
Ed25519 keys with a name, as C2SP signed-note writes them: a log's (type 0x01) and a witness's (type 0x04, C2SP tlog-cosignature).

A signing key stands in a file that only its owner may read, never in the database that it vouches for.
"""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import sha256
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from teahorse.trace.tlog.canonical import from_base64, to_base64

_PRIVATE = "PRIVATE+KEY+"
_KEY_BYTES = 32
_TIME_BYTES = 8


class Kind(IntEnum):
    """What a key signs: a note as it stands, or that a witness saw it at a time."""

    NOTE = 0x01
    COSIGNATURE = 0x04


class KeyMalformed(Exception):
    """A written key cannot be read. ``reason`` is ``form``, ``name``, ``kind``, ``length`` or ``id`` (it does not belong to the key)."""

    def __init__(self, *, reason: Literal["form", "name", "kind", "length", "id"]) -> None:
        super().__init__(reason)
        self.reason = reason


class KeyFileOpen(Exception):
    """Others than its owner may read or write the file ``path`` with a signing key; its ``mode`` must be 0600."""

    def __init__(self, path: Path, mode: int) -> None:
        super().__init__(f"{path}: {mode:04o}")
        self.path = path
        self.mode = mode


class SignatureWrong(Exception):
    """A signature was not made by the key over this text."""


def is_key_name(name: str) -> bool:
    """Say whether a key may be called so: not empty, no spaces, no plus, no control characters."""
    return bool(name) and not any(each.isspace() or each == "+" or each < " " for each in name)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key: ``name``, what it signs, 32 bytes."""

    name: str
    kind: Kind
    public: bytes

    @classmethod
    def read(cls, written: str) -> "Verifier":
        """
        Read ``name+id+base64(type, key)``.

        :raises KeyMalformed: if it is something else.
        """
        name, kind, public, key_id = _read(written.strip())
        verifier = cls(name, kind, public)
        if verifier.key_id.hex() != key_id:
            raise KeyMalformed(reason="id")
        return verifier

    @property
    def key_id(self) -> bytes:
        """Return the four bytes by which signatures name the key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def written(self) -> str:
        """Return the key as everybody may have it."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    def check(self, text: str, signature: bytes) -> datetime | None:
        """
        Make sure that the key signed the text; a witness also said when.

        :raises SignatureWrong: if it did not.
        """
        at = None
        if self.kind is Kind.COSIGNATURE:
            seconds, signature = int.from_bytes(signature[:_TIME_BYTES], "big"), signature[_TIME_BYTES:]
            try:
                at = datetime.fromtimestamp(seconds, UTC)
            except (OverflowError, ValueError, OSError) as error:
                raise SignatureWrong from error
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, _message(text, at))
        except (InvalidSignature, ValueError) as error:
            raise SignatureWrong from error
        return at


@dataclass(frozen=True, slots=True)
class Signer:
    """A signing key: ``name``, what it signs, and the key itself."""

    name: str
    kind: Kind
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str, kind: Kind = Kind.NOTE) -> "Signer":
        """
        Make a new key.

        :raises KeyMalformed: if it cannot be called so.
        """
        if not is_key_name(name):
            raise KeyMalformed(reason="name")
        return cls(name, kind, Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, written: str) -> "Signer":
        """
        Read ``PRIVATE+KEY+name+id+base64(type, seed)``.

        :raises KeyMalformed: if it is something else.
        """
        written = written.strip()
        if not written.startswith(_PRIVATE):
            raise KeyMalformed(reason="form")
        name, kind, seed, key_id = _read(written.removeprefix(_PRIVATE))
        signer = cls(name, kind, Ed25519PrivateKey.from_private_bytes(seed))
        if signer.verifier.key_id.hex() != key_id:
            raise KeyMalformed(reason="id")
        return signer

    @classmethod
    def from_file(cls, path: Path) -> "Signer":
        """
        Read the key in a file.

        :raises KeyFileOpen: if others may read or write it.
        :raises KeyMalformed: if no key stands there.
        """
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise KeyFileOpen(path, mode)
            return cls.read(file.read())

    def to_file(self, path: Path) -> None:
        """
        Write the key into a new file of mode 0600.

        :raises FileExistsError: if something stands there; a key is never written over.
        """
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(self.written() + "\n")
            file.flush()
            os.fsync(file.fileno())

    @property
    def verifier(self) -> Verifier:
        """Return its public half."""
        return Verifier(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def written(self) -> str:
        """Return the key as its owner keeps it."""
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{to_base64(bytes([self.kind]) + self.private.private_bytes_raw())}"

    def sign(self, text: str, *, at: datetime) -> bytes:
        """Return the signature over a text; a witness's says when (to the second)."""
        if self.kind is Kind.NOTE:
            return self.private.sign(_message(text, None))
        return int(at.timestamp()).to_bytes(_TIME_BYTES, "big") + self.private.sign(_message(text, at))


def _message(text: str, at: datetime | None) -> bytes:
    """Return what is signed: the text, under a witness's heading if it says when it saw it."""
    heading = "" if at is None else f"cosignature/v1\ntime {int(at.timestamp())}\n"
    return (heading + text).encode()


def _read(written: str) -> tuple[str, Kind, bytes, str]:
    """Return a written key's name, kind, 32 bytes, and id."""
    try:
        name, key_id, encoded = written.split("+", 2)
        raw = from_base64(encoded)
    except ValueError as error:
        raise KeyMalformed(reason="form") from error
    if not is_key_name(name):
        raise KeyMalformed(reason="name")
    if raw[:1] not in {bytes([kind]) for kind in Kind}:
        raise KeyMalformed(reason="kind")
    if len(raw) != 1 + _KEY_BYTES:
        raise KeyMalformed(reason="length")
    return name, Kind(raw[0]), raw[1:], key_id
