"""
What an outsider does: read a log from where it stood before, believing nothing but a key and what was checked the last time.

The signed root vouches for the tiles at the right edge, each tile for those under it, and the lowest for the entries. So a finding
names what is wrong, not merely that something is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import msgspec

from teahorse.trace.tlog.checkpoints import Attested, Checkpoint, CheckpointMalformed, attested
from teahorse.trace.tlog.folders import CHECKPOINT
from teahorse.trace.tlog.keys import Verifier
from teahorse.trace.tlog.merkle import HASH_BYTES, ProofWrong, leaf_row, prove_consistency, row_root, span_root, verify_consistency
from teahorse.trace.tlog.notes import Note, NoteRefused
from teahorse.trace.tlog.tiles import (
    ENTRIES,
    WIDTH,
    Fetch,
    Nodes,
    Tile,
    TileMalformed,
    TileMissing,
    levels,
    read_entries,
    read_tile,
    tiles_at,
)

MOST_FINDINGS = 100
_TILES_AT_ONCE = 16

What = Literal["unsigned", "unwitnessed", "smaller", "inconsistent", "root", "missing", "malformed", "tile", "entry", "refused"]
Check = Callable[[int, bytes], str | None]  # (index, entry) -> what is wrong with it


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Something that is not as it should be: ``path`` is the file, ``index`` the entry, ``detail`` a word more.

    ``unsigned``: the checkpoint is not signed by the log's key, or is none; ``unwitnessed``: too few witnesses cosigned it; ``smaller``:
    the log has fewer entries than before; ``inconsistent``: it is not the same log as before with more at its end; ``root``: the tiles do
    not give the signed root; ``missing``, ``malformed``: a file; ``tile``: a tile is not what the one above it says; ``entry``: an entry
    is not what was logged; ``refused``: the caller's own check says no.
    """

    what: What
    path: str = CHECKPOINT
    index: int | None = None
    detail: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What an outsider keeps until the next time: the checkpoint that it trusts, and how many entries it has looked at."""

    origin: str
    size: int
    root: bytes
    checked: int


class OtherLog(Exception):
    """What was kept is about the log ``kept``, the checkpoint about ``read``: they cannot be held against each other."""

    def __init__(self, *, kept: str, read: str) -> None:
        super().__init__(f"{kept} != {read}")
        self.kept = kept
        self.read = read


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in the log as its checkpoint says it stands; entries from ``since`` on were looked at. ``said`` is the evidence."""

    findings: tuple[Finding, ...]
    since: int
    said: Attested | None = None

    @property
    def is_sound(self) -> bool:
        """Say whether all is as it should be."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class Outsider:
    """
    Whom to believe: the log's ``keys``; ``needed`` of the ``witnesses`` must have cosigned.

    ``check`` looks at each entry in order, ``progress`` hears (entries looked at, entries in all), ``keep`` is handed what to start from
    the next time, as soon as that is safe: only while nothing was found. ``workers`` files are fetched at once.
    """

    keys: Sequence[Verifier]
    origin: str | None = None
    witnesses: Sequence[Verifier] = ()
    needed: int = 0
    check: Check = lambda _index, _entry: None
    progress: Callable[[int, int], None] = lambda _checked, _size: None
    keep: Callable[[Standing], None] = lambda _standing: None
    workers: int = 4

    def verify(self, fetch: Fetch, *, standing: Standing | None = None) -> Report:
        """
        Read all that came since ``standing`` (from the beginning, if there is none) and report; at most 100 findings.

        What ``fetch`` raises besides :class:`TileMissing` and :class:`TileMalformed` goes through: then nothing can be said.

        :raises OtherLog: if ``standing`` is about another log.
        """
        since = standing.checked if standing else 0
        try:
            note = Note.read(fetch(CHECKPOINT))
            said = attested(note, keys=self.keys, origin=self.origin, witnesses=self.witnesses)
        except (NoteRefused, CheckpointMalformed) as error:
            return Report((Finding("unsigned", detail=error.reason),), since)
        except (TileMissing, TileMalformed) as error:
            return Report((_about_file(error),), since)
        tree = said.checkpoint
        if standing and standing.origin != tree.origin:
            raise OtherLog(kept=standing.origin, read=tree.origin)
        if standing and tree.size < standing.size:
            return Report((Finding("smaller", detail=f"{tree.size} < {standing.size}"),), since, said)
        walk = _Walk(tree, fetch, since)
        if len(said.witnessed) < self.needed:
            walk.findings.append(Finding("unwitnessed", detail=f"{len(said.witnessed)} < {self.needed}"))
        with ThreadPoolExecutor(self.workers) as pool:
            walk.look_at_edge()
            walk.look_back(standing)
            walk.look_down(pool)
            for checked in walk.look_at_entries(pool, self.check):
                self.progress(checked, tree.size)
                if not walk.findings:
                    self.keep(Standing(origin=tree.origin, size=tree.size, root=tree.root, checked=checked))
        return Report(tuple(walk.findings[:MOST_FINDINGS]), since, said)


@dataclass(slots=True)
class _Walk:
    """One reading of a tree: what was found, and the tiles that are vouched for."""

    tree: Checkpoint
    fetch: Fetch
    since: int
    findings: list[Finding] = field(default_factory=list)
    trusted: dict[Tile, bytes] = field(default_factory=dict)

    def look_at_edge(self) -> None:
        """Read the unfinished tiles; with the root they are right or wrong together, and if wrong, what they contradict is told anyway."""
        node = Nodes(self.tree.size, self.fetch, self.trusted)
        try:
            if span_root((0, self.tree.size), node) != self.tree.root:
                self.findings.append(Finding("root"))
        except (TileMissing, TileMalformed) as error:
            self.findings.append(_about_file(error))

    def look_back(self, standing: Standing | None) -> None:
        """Make sure that what was trusted before is the beginning of this tree."""
        if not standing or not standing.size:
            return
        old, new = standing.size, self.tree.size
        try:
            proof = prove_consistency(old=old, new=new, node=Nodes(new, self.fetch))
            verify_consistency(old=old, old_root=standing.root, new=new, new_root=self.tree.root, proof=proof)
        except ProofWrong as error:
            # only what the signed root itself vouches for is evidence against the log; a damaged tile is none
            self.findings.append(Finding("inconsistent" if error.reason == "old_root" else "root", detail=f"since {old}"))
        except (TileMissing, TileMalformed) as error:
            self.findings.append(_about_file(error))

    def look_down(self, pool: ThreadPoolExecutor) -> None:
        """Read the full tiles above the lowest level, each believed by the one above it."""
        for level in range(levels(self.tree.size) - 2, 0, -1):
            full = (tile for tile in tiles_at(level, self.tree.size, since=self.since) if tile.is_full)
            for tiles in _some(full):
                if len(self.findings) >= MOST_FINDINGS:
                    return
                for tile, content in zip(tiles, pool.map(self._read, tiles), strict=True):
                    if isinstance(content, Finding):
                        self.findings.append(content)
                    elif self._is_vouched_for(tile, content):
                        self.trusted[tile] = content

    def look_at_entries(self, pool: ThreadPoolExecutor, check: Check) -> Iterator[int]:
        """Read the lowest tiles and the entries under them; yield up to where."""
        checked = self.since
        for tiles in _some(tiles_at(0, self.tree.size, since=self.since)):
            if len(self.findings) >= MOST_FINDINGS:
                return
            bundles = [Tile(ENTRIES, tile.index, tile.width) for tile in tiles]
            for tile, content, entries in zip(tiles, pool.map(self._read, tiles), pool.map(self._read_entries, bundles), strict=True):
                self._compare(tile, content, entries, check)
                checked = tile.end
            yield checked
        if checked == self.since:
            yield checked

    def _compare(self, tile: Tile, content: bytes | Finding, entries: list[bytes] | Finding, check: Check) -> None:
        """Hold a tile against the one above it, and its entries against it."""
        self.findings += [found for found in (content, entries) if isinstance(found, Finding)]
        if isinstance(content, Finding) or isinstance(entries, Finding):
            return
        believed = not tile.is_full or self._is_vouched_for(tile, content)
        path, first = Tile(ENTRIES, tile.index, tile.width).path, tile.first
        wrong = _differing(leaf_row(entries), content) if believed else set()
        self.findings += [Finding("entry", path, first + at) for at in sorted(wrong)]
        for index, entry in enumerate(entries, start=first):
            if index >= self.since and index - first not in wrong and (told := check(index, entry)):
                self.findings.append(Finding("refused", path, index, told))

    def _is_vouched_for(self, tile: Tile, content: bytes) -> bool:
        """Say whether the tile above a full one has its root; under one that is wrong itself, which is told, nothing is judged."""
        parent, at = divmod(tile.index, WIDTH)
        width = min(WIDTH, (self.tree.size >> 8 * (tile.level + 1)) - parent * WIDTH)
        above = self.trusted.get(Tile(tile.level + 1, parent, width))
        if above is None and self.findings:
            return False
        if above is None or row_root(content) != above[at * HASH_BYTES : (at + 1) * HASH_BYTES]:
            self.findings.append(Finding("tile", tile.path))
            return False
        return True

    def _read(self, tile: Tile) -> bytes | Finding:
        if tile in self.trusted:
            return self.trusted[tile]
        try:
            return read_tile(tile, self.fetch)
        except (TileMissing, TileMalformed) as error:
            return _about_file(error)

    def _read_entries(self, bundle: Tile) -> list[bytes] | Finding:
        try:
            return read_entries(bundle, self.fetch)
        except (TileMissing, TileMalformed) as error:
            return _about_file(error)


def _about_file(error: TileMissing | TileMalformed) -> Finding:
    if isinstance(error, TileMissing):
        return Finding("missing", error.path)
    return Finding("malformed", error.path, detail=error.reason)


def _differing(row: bytes, other: bytes) -> set[int]:
    """Return at which places two rows of as many hashes differ."""
    if row == other:
        return set()
    return {at // HASH_BYTES for at in range(0, len(row), HASH_BYTES) if row[at : at + HASH_BYTES] != other[at : at + HASH_BYTES]}


def _some(tiles: Iterable[Tile]) -> Iterator[list[Tile]]:
    """Yield tiles a handful at a time, so that a long log is not held in memory."""
    rest = iter(tiles)
    while some := list(islice(rest, _TILES_AT_ONCE)):
        yield some
