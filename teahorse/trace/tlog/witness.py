"""
Neighbours who look on (C2SP tlog-witness, ``add-checkpoint``): whoever cosigns a log has seen that it only grew since the last time.

The witness's side is :func:`answer`, the log's :class:`AddCheckpoint` and :func:`cosigned`. Both are without HTTP; the doors are others'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from teahorse.trace.tlog.canonical import NotCanonical, from_decimal, to_base64
from teahorse.trace.tlog.checkpoints import Checkpoint, CheckpointMalformed, attested
from teahorse.trace.tlog.keys import Signer, Verifier
from teahorse.trace.tlog.merkle import EMPTY_ROOT, ProofWrong, verify_consistency
from teahorse.trace.tlog.notes import Note, NoteRefused, Signature, read_signatures, verified
from teahorse.trace.tlog.proofs import read_hashes

SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"
MOST_REQUEST_BYTES = 2**16


class Seen(Protocol):
    """What a witness remembers: the last checkpoint that it cosigned, for each log."""

    def last(self, origin: str) -> Checkpoint | None:
        """Return it, if there is one."""

    def advance(self, *, before: Checkpoint | None, after: Checkpoint) -> bool:
        """Put ``after`` in the place of ``before`` for good, in one step; False, and nothing done, if another stands there by now."""


class RequestMalformed(Exception):
    """A body is no ``add-checkpoint`` request."""


class Declined(Exception):
    """The witness does not cosign: ``status`` says why, and with 409 ``size`` is what it cosigned last."""

    def __init__(self, status: HTTPStatus, *, size: int | None = None) -> None:
        super().__init__(status, size)
        self.status = status
        self.size = size


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A log's request: its checkpoint, and the proof that it only adds to the one of ``old_size``; empty if that is zero or the same."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note

    @classmethod
    def read(cls, body: bytes) -> "AddCheckpoint":
        """
        Take a request's body apart.

        :raises RequestMalformed: if it is none, or longer than 64 KiB.
        """
        if len(body) > MOST_REQUEST_BYTES:
            raise RequestMalformed
        above, _, note = body.partition(b"\n\n")
        try:
            old, *proof = above.decode("ascii").split("\n")
            if not old.startswith("old "):
                raise RequestMalformed
            return cls(from_decimal(old.removeprefix("old ")), read_hashes(proof), Note.read(note))
        except (UnicodeDecodeError, NotCanonical, NoteRefused) as error:
            raise RequestMalformed from error

    def written(self) -> bytes:
        """Return the body to send."""
        return "\n".join([f"old {self.old_size}", *map(to_base64, self.proof), "", self.note.written()]).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the log."""

    status: HTTPStatus
    body: str = ""
    content_type: str = TEXT_TYPE


def answer(body: bytes, *, logs: Mapping[str, Sequence[Verifier]], seen: Seen, signer: Signer, now: datetime) -> Answer:
    """Cosign or decline a log's new checkpoint; ``logs`` are the keys of each origin that is witnessed."""
    try:
        request = AddCheckpoint.read(body)
        checkpoint = signed_by_log(request, logs=logs)
        last = seen.last(checkpoint.origin)
        judge(request, checkpoint, last=last)
        _remember(checkpoint, seen=seen, before=last)
    except RequestMalformed:
        return Answer(HTTPStatus.BAD_REQUEST)
    except Declined as declined:
        if declined.size is None:
            return Answer(declined.status)
        return Answer(declined.status, f"{declined.size}\n", SIZE_TYPE)
    own = Note(request.note.text, ()).signed_by(signer, at=now)
    return Answer(HTTPStatus.OK, "".join(signature.line for signature in own.signatures))


def signed_by_log(request: AddCheckpoint, *, logs: Mapping[str, Sequence[Verifier]]) -> Checkpoint:
    """
    Return the checkpoint of a log that is known and signed it.

    :raises RequestMalformed: if it is no checkpoint.
    :raises Declined: 404 if nobody knows the log, 403 if it did not sign.
    """
    try:
        origin = Checkpoint.read(request.note.text).origin
    except CheckpointMalformed as error:
        raise RequestMalformed from error
    keys = logs.get(origin)
    if not keys:
        raise Declined(HTTPStatus.NOT_FOUND)
    try:
        return attested(request.note, keys=keys, origin=origin).checkpoint
    except NoteRefused as error:
        raise Declined(HTTPStatus.FORBIDDEN) from error


def judge(request: AddCheckpoint, checkpoint: Checkpoint, *, last: Checkpoint | None) -> None:
    """
    Make sure that a log only grew since it was seen ``last``.

    :raises Declined: 400 if the old size is above the new one, 409 if it is not what was seen last or the same size has another root,
        422 if the proof does not show it.
    """
    old, old_root = (last.size, last.root) if last else (0, EMPTY_ROOT)
    if request.old_size > checkpoint.size:
        raise Declined(HTTPStatus.BAD_REQUEST)
    if request.old_size != old or (checkpoint.size == old and checkpoint.root != old_root):
        raise Declined(HTTPStatus.CONFLICT, size=old)
    if old in {0, checkpoint.size}:
        if request.proof:
            raise Declined(HTTPStatus.UNPROCESSABLE_ENTITY)
        return
    try:
        verify_consistency(old=old, old_root=old_root, new=checkpoint.size, new_root=checkpoint.root, proof=request.proof)
    except ProofWrong as error:
        raise Declined(HTTPStatus.UNPROCESSABLE_ENTITY) from error


def _remember(checkpoint: Checkpoint, *, seen: Seen, before: Checkpoint | None) -> None:
    if not seen.advance(before=before, after=checkpoint):
        last = seen.last(checkpoint.origin)
        raise Declined(HTTPStatus.CONFLICT, size=last.size if last else 0)


def cosigned(note: Note, told: Answer, *, witness: Sequence[Verifier]) -> Note:
    """
    Return a log's checkpoint with a witness's cosignatures; signatures by other keys are left out.

    :raises Declined: if the witness did not cosign; with 409 it says from which size it wants the proof.
    :raises NoteRefused: if its answer is no signature by its key over this checkpoint.
    """
    if told.status is HTTPStatus.CONFLICT:
        try:
            raise Declined(told.status, size=from_decimal(told.body.removesuffix("\n")))
        except NotCanonical:
            raise Declined(told.status) from None
    if told.status is not HTTPStatus.OK:
        raise Declined(told.status)
    lines = Note(note.text, read_signatures(told.body))
    right = {(each.key.name, each.key.key_id) for each in verified(lines, witness)}
    return note.with_signatures(_by(right, lines.signatures))


def _by(keys: set[tuple[str, bytes]], signatures: Sequence[Signature]) -> list[Signature]:
    """Return the first signature by each of the keys: the one that was verified."""
    first: dict[tuple[str, bytes], Signature] = {}
    for each in signatures:
        first.setdefault((each.name, each.key_id), each)
    return [signature for key, signature in first.items() if key in keys]
