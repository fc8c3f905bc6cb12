"""Texts with signatures under them (C2SP signed-note)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from teahorse.trace.tlog.canonical import NotCanonical, from_base64, to_base64
from teahorse.trace.tlog.keys import SignatureWrong, Signer, Verifier, is_key_name

MOST_SIGNATURES = 100
_DASH = "— "
_ID_BYTES = 4


class NoteRefused(Exception):
    """
    A note is not to be believed. ``key`` is the name and id of the key it is about, if any.

    ``malformed``: it is no signed note; ``unknown``: none of its signatures is by a key that is known; ``signature``: one by a known
    key is wrong; ``ambiguous``: two of the known keys have the same name and id.
    """

    def __init__(self, *, reason: Literal["malformed", "unknown", "signature", "ambiguous"], key: str = "") -> None:
        super().__init__(reason, key)
        self.reason = reason
        self.key = key


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature by the key of this name and id (four bytes)."""

    name: str
    key_id: bytes
    raw: bytes

    @property
    def line(self) -> str:
        """Return it as it stands under a note, with its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.raw)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, ending in a newline, and the signatures under it; nobody has checked them yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def read(cls, raw: bytes | str) -> "Note":
        """
        Take a note apart.

        :raises NoteRefused: if it is malformed.
        """
        try:
            written = raw.decode() if isinstance(raw, bytes) else raw
        except UnicodeDecodeError as error:
            raise NoteRefused(reason="malformed") from error
        text, blank, lines = written.rpartition("\n\n")
        if not blank or any(each < " " and each != "\n" for each in written):
            raise NoteRefused(reason="malformed")
        return cls(text + "\n", read_signatures(lines))

    def written(self) -> str:
        """Return the note as it is handed on."""
        return f"{self.text}\n{''.join(signature.line for signature in self.signatures)}"

    def signed_by(self, *signers: Signer, at: datetime) -> "Note":
        """Return the note with these signatures added; a witness's says that it was made ``at`` this time."""
        added = [Signature(signer.name, signer.verifier.key_id, signer.sign(self.text, at=at)) for signer in signers]
        return self.with_signatures(added)

    def with_signatures(self, added: Iterable[Signature]) -> "Note":
        """Return the note with these signatures added; a later one replaces an earlier one by the same key."""
        by_key = {(each.name, each.key_id): each for each in (*self.signatures, *added)}
        return Note(self.text, tuple(by_key.values()))


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that is right: by whom, and, if a witness made it, when."""

    key: Verifier
    at: datetime | None


def read_signatures(lines: str) -> tuple[Signature, ...]:
    """
    Read the lines under a note, as a witness's answer brings them too.

    :raises NoteRefused: if they are malformed, or more than 100.
    """
    if not lines.endswith("\n") or lines.count("\n") > MOST_SIGNATURES:
        raise NoteRefused(reason="malformed")
    return tuple(_read_signature(line) for line in lines[:-1].split("\n"))


def verified(note: Note, keys: Iterable[Verifier]) -> tuple[Verified, ...]:
    """
    Return which of these keys signed a note; signatures by other keys are passed over.

    :raises NoteRefused: if none of them did, if one's signature is wrong, or two of the keys cannot be told apart.
    """
    known: dict[tuple[str, bytes], list[Verifier]] = {}
    for key in keys:
        known.setdefault((key.name, key.key_id), []).append(key)
    right: dict[tuple[str, bytes], Verified] = {}
    for signature in note.signatures:
        by = (signature.name, signature.key_id)
        if by not in known or by in right:
            continue
        called = f"{signature.name}+{signature.key_id.hex()}"
        if len(known[by]) > 1:
            raise NoteRefused(reason="ambiguous", key=called)
        try:
            right[by] = Verified(known[by][0], known[by][0].check(note.text, signature.raw))
        except SignatureWrong as error:
            raise NoteRefused(reason="signature", key=called) from error
    if not right:
        raise NoteRefused(reason="unknown")
    return tuple(right.values())


def _read_signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        raw = from_base64(encoded)
    except NotCanonical as error:
        raise NoteRefused(reason="malformed") from error
    if not line.startswith(_DASH) or not is_key_name(name) or len(raw) <= _ID_BYTES:
        raise NoteRefused(reason="malformed")
    return Signature(name, raw[:_ID_BYTES], raw[_ID_BYTES:])
