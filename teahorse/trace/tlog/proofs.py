"""A proof to take home (C2SP tlog-proof): that an entry is in a log, checked offline with the log's key and those of its witnesses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from teahorse.trace.tlog.canonical import NotCanonical, from_base64, from_decimal, to_base64
from teahorse.trace.tlog.checkpoints import Attested, Checkpoint, attested
from teahorse.trace.tlog.keys import Verifier
from teahorse.trace.tlog.merkle import HASH_BYTES, Node, leaf_hash, prove_inclusion, verify_inclusion
from teahorse.trace.tlog.notes import Note

SUFFIX = ".tlog-proof"
_HEADING = "c2sp.org/tlog-proof@v1"
_MOST_HASHES = 63


class ProofMalformed(Exception):
    """A text is no proof. ``reason`` is ``heading``, ``extra``, ``index`` or ``path``: where it fails."""

    def __init__(self, *, reason: Literal["heading", "extra", "index", "path"]) -> None:
        super().__init__(reason)
        self.reason = reason


class TooFewWitnesses(Exception):
    """Only ``seen_by`` of the witnesses cosigned, ``needed`` are asked for."""

    def __init__(self, *, seen_by: int, needed: int) -> None:
        super().__init__(f"{seen_by} of {needed}")
        self.seen_by = seen_by
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Proof:
    """Entry ``index`` leads by ``path`` to the root in the checkpoint ``note``. ``extra`` goes along; nobody vouches for it."""

    index: int
    path: tuple[bytes, ...]
    note: Note
    extra: bytes | None = None

    @classmethod
    def make(cls, *, index: int, note: Note, node: Node, extra: bytes | None = None) -> "Proof":
        """
        Prove that entry ``index`` is under a checkpoint, from nodes of its tree or of any that grew from it.

        :raises ProofWrong: if the checkpoint has no such entry.
        """
        size = Checkpoint.read(note.text).size
        return cls(index, prove_inclusion(index=index, size=size, node=node), note, extra)

    @classmethod
    def read(cls, text: str) -> "Proof":
        """
        Take a written proof apart; nothing is checked yet.

        :raises ProofMalformed: if it is none.
        :raises NoteRefused: if no signed note stands in it.
        """
        above, _, note = text.partition("\n\n")
        heading, *lines = above.split("\n")
        if heading != _HEADING:
            raise ProofMalformed(reason="heading")
        extra = None
        try:
            if lines and lines[0].startswith("extra "):
                extra = from_base64(lines.pop(0).removeprefix("extra "))
        except NotCanonical as error:
            raise ProofMalformed(reason="extra") from error
        if not lines or not lines[0].startswith("index "):
            raise ProofMalformed(reason="index")
        try:
            index = from_decimal(lines.pop(0).removeprefix("index "))
        except NotCanonical as error:
            raise ProofMalformed(reason="index") from error
        try:
            path = read_hashes(lines)
        except NotCanonical as error:
            raise ProofMalformed(reason="path") from error
        return cls(index, path, Note.read(note), extra)

    def written(self) -> str:
        """Return the proof as it stands in a ``.tlog-proof`` file."""
        extra = [] if self.extra is None else [f"extra {to_base64(self.extra)}"]
        lines = [_HEADING, *extra, f"index {self.index}", *map(to_base64, self.path), "", self.note.written()]
        return "\n".join(lines)

    def verify(
        self, entry: bytes, *, keys: Sequence[Verifier], origin: str | None = None, witnesses: Sequence[Verifier] = (), needed: int = 0
    ) -> Attested:
        """
        Make sure that an entry is in the log of these ``keys``, and that ``needed`` of the ``witnesses`` saw it; return who says so.

        :raises NoteRefused, CheckpointMalformed: as :func:`teahorse.trace.tlog.checkpoints.attested`.
        :raises TooFewWitnesses: if too few cosigned.
        :raises ProofWrong: if the entry is not there.
        """
        said = attested(self.note, keys=keys, origin=origin, witnesses=witnesses)
        if len(said.witnessed) < needed:
            raise TooFewWitnesses(seen_by=len(said.witnessed), needed=needed)
        tree = said.checkpoint
        verify_inclusion(leaf=leaf_hash(entry), index=self.index, size=tree.size, proof=self.path, root=tree.root)
        return said


def read_hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    """
    Read up to 63 hashes in base64, one per line.

    :raises NotCanonical: if they are not that.
    """
    hashes = tuple(from_base64(line) for line in lines)
    if len(hashes) > _MOST_HASHES or any(len(each) != HASH_BYTES for each in hashes):
        raise NotCanonical(len(hashes))
    return hashes
