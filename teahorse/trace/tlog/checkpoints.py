"""What a log says of itself: so many leaves, this root (C2SP tlog-checkpoint); signed by the log, seen by witnesses (tlog-cosignature)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from teahorse.trace.tlog.canonical import NotCanonical, from_base64, from_decimal, to_base64
from teahorse.trace.tlog.keys import Kind, Signer, Verifier
from teahorse.trace.tlog.merkle import HASH_BYTES
from teahorse.trace.tlog.notes import Note, NoteRefused, Verified, verified


class CheckpointMalformed(Exception):
    """A note's text is no checkpoint. ``reason`` is ``lines``, ``origin``, ``size``, ``root`` or ``extensions``: where it fails."""

    def __init__(self, *, reason: Literal["lines", "origin", "size", "root", "extensions"]) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log ``origin`` holds ``size`` leaves under ``root``; ``extensions`` are further lines that nobody can audit."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """
        Read the text of a checkpoint's note.

        :raises CheckpointMalformed: if it is not one. The root is 32 bytes, and no extension line is empty.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop():
            raise CheckpointMalformed(reason="lines")
        origin, size, root, *extensions = lines
        if not origin:
            raise CheckpointMalformed(reason="origin")
        try:
            leaves = from_decimal(size)
        except NotCanonical as error:
            raise CheckpointMalformed(reason="size") from error
        try:
            hashed = from_base64(root)
        except NotCanonical as error:
            raise CheckpointMalformed(reason="root") from error
        if len(hashed) != HASH_BYTES:
            raise CheckpointMalformed(reason="root")
        if not all(extensions):
            raise CheckpointMalformed(reason="extensions")
        return cls(origin, leaves, hashed, tuple(extensions))

    @property
    def text(self) -> str:
        """Return what is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, to_base64(self.root), *self.extensions))

    def signed_by(self, *signers: Signer, at: datetime) -> Note:
        """Return the checkpoint's note, signed."""
        return Note(self.text, ()).signed_by(*signers, at=at)


@dataclass(frozen=True, slots=True)
class Attested:
    """A checkpoint that its log signed, with the note it stands in, and the witnesses that cosigned it and when."""

    checkpoint: Checkpoint
    note: Note
    witnessed: tuple[Verified, ...]


def attested(note: Note, *, keys: Sequence[Verifier], origin: str | None = None, witnesses: Sequence[Verifier] = ()) -> Attested:
    """
    Return the checkpoint in a note, made sure that one of the log's ``keys`` signed it.

    ``origin`` is whose checkpoint it must be; unless given, the log is called as its first key. Cosignatures by ``witnesses`` are checked
    as well; how many are needed is the caller's to say.

    :raises NoteRefused: if the log did not sign it, or a signature is wrong.
    :raises CheckpointMalformed: if it is no checkpoint, or another log's.
    """
    by = verified(note, (*keys, *witnesses))
    if not any(each.key in keys for each in by):
        raise NoteRefused(reason="unknown")
    checkpoint = Checkpoint.read(note.text)
    if checkpoint.origin != (keys[0].name if origin is None else origin):
        raise CheckpointMalformed(reason="origin")
    return Attested(checkpoint, note, tuple(each for each in by if each.key in witnesses and each.key.kind is Kind.COSIGNATURE))
