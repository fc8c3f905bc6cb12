"""
A tree as files that never change (C2SP tlog-tiles): what they are called, what they hold, and how they grow.

A hash tile holds up to 256 hashes of one level, eight heights of the tree above each other; an entry bundle holds the entries under a
tile of level 0. Only the tiles at the right edge are unfinished, and they are published under names that say how wide they are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Literal

from teahorse.trace.tlog.canonical import from_decimal
from teahorse.trace.tlog.merkle import EMPTY_ROOT, HASH_BYTES, leaf_row, row_root

WIDTH = 256
HEIGHT = 8
TILE_BYTES = WIDTH * HASH_BYTES
MOST_ENTRY_BYTES = 2**16 - 1
MOST_BUNDLE_BYTES = WIDTH * (MOST_ENTRY_BYTES + 2)
MOST_LEVEL = 63
ENTRIES = -1  # the level under which bundles stand

_LENGTH = Struct(">H")

Fetch = Callable[[str], bytes]  # path -> content


class TileMissing(Exception):
    """There is no file under ``path``."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class TileMalformed(Exception):
    """What stands under ``path`` is not what such a file holds: ``reason`` is ``path``, ``length`` or ``entries``."""

    def __init__(self, path: str, reason: Literal["path", "length", "entries"]) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class EntryTooLong(Exception):
    """The entry at ``position`` of those to append is longer than 65,535 bytes; nothing was appended."""

    def __init__(self, position: int, length: int) -> None:
        super().__init__(f"entry {position}: {length} bytes")
        self.position = position
        self.length = length


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A hash tile, or with the level ``ENTRIES`` a bundle of entries; ``width`` is how many hashes or entries it holds, 1 to 256."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return the path under the log's prefix, e.g. ``tile/0/x001/x234/067.p/8``."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        level = "entries" if self.level == ENTRIES else self.level
        return f"tile/{level}/{number}" + ("" if self.is_full else f".p/{self.width}")

    @classmethod
    def at(cls, path: str) -> "Tile":
        """
        Return which tile a path names.

        :raises TileMalformed: if it names none, or not in the one way in which it is written.
        """
        whole, _, width = path.partition(".p/")
        kind, _, number = whole.removeprefix("tile/").partition("/")
        try:
            level = ENTRIES if kind == "entries" else from_decimal(kind)
            index = int("".join(part.removeprefix("x") for part in number.split("/")))
            tile = cls(level, index, from_decimal(width) if width else WIDTH)
        except ValueError as error:
            raise TileMalformed(path, "path") from error
        if tile.path != path or level > MOST_LEVEL or not 0 < tile.width <= WIDTH:
            raise TileMalformed(path, "path")
        return tile

    @property
    def is_full(self) -> bool:
        """Say whether nothing will be added to it."""
        return self.width == WIDTH

    @property
    def whole(self) -> "Tile":
        """Return the tile that this one becomes."""
        return Tile(self.level, self.index)

    @property
    def first(self) -> int:
        """Return the index of the first leaf under it."""
        return self.index * WIDTH << HEIGHT * max(self.level, 0)

    @property
    def end(self) -> int:
        """Return the index after the last leaf under it: the size from which on a tree has it."""
        return (self.index * WIDTH + self.width) << HEIGHT * max(self.level, 0)

    @property
    def longest(self) -> int:
        """Return how many bytes it can hold at the most."""
        return MOST_BUNDLE_BYTES if self.level == ENTRIES else self.width * HASH_BYTES


def tiles_at(level: int, size: int, *, since: int = 0) -> Iterator[Tile]:
    """Yield the tiles of one level (or the bundles) of a tree of ``size`` leaves that hold anything after its first ``since`` leaves."""
    height = HEIGHT * max(level, 0)
    hashes = size >> height
    for index in range((since >> height) // WIDTH, -(-hashes // WIDTH)):
        yield Tile(level, index, min(WIDTH, hashes - index * WIDTH))


def levels(size: int) -> int:
    """Return how many levels of tiles a tree of ``size`` leaves has."""
    return -(-size.bit_length() // HEIGHT)


def read_tile(tile: Tile, fetch: Fetch) -> bytes:
    """
    Return what a tile holds; where an unfinished one is gone, the full one serves.

    :raises TileMissing: if neither is there.
    :raises TileMalformed: if it holds something else.
    """
    try:
        content = fetch(tile.path)
    except TileMissing:
        if tile.is_full:
            raise
        content = _narrowed(tile, fetch(tile.whole.path))
    if tile.level != ENTRIES and len(content) != tile.width * HASH_BYTES:
        raise TileMalformed(tile.path, "length")
    return content


def read_entries(tile: Tile, fetch: Fetch) -> list[bytes]:
    """Return the entries in a bundle; raises as :func:`read_tile` does."""
    return unpack(read_tile(tile, fetch), tile)


def _narrowed(tile: Tile, content: bytes) -> bytes:
    if tile.level == ENTRIES:
        return pack(unpack(content, tile.whole)[: tile.width])
    return content[: tile.width * HASH_BYTES]


def pack(entries: Iterable[bytes]) -> bytes:
    """Return entries as a bundle: each after its length in two bytes."""
    return b"".join([part for entry in entries for part in (_LENGTH.pack(len(entry)), entry)])


def unpack(content: bytes, tile: Tile) -> list[bytes]:
    """
    Return the entries of a bundle.

    :raises TileMalformed: if they are not as many as the bundle is wide, or a length does not fit.
    """
    entries = unpacked(content, tile.path)
    if len(entries) != tile.width:
        raise TileMalformed(tile.path, "entries")
    return entries


def unpacked(content: bytes, path: str) -> list[bytes]:
    """
    Return what is packed in the file ``path``, at the most 256 entries.

    :raises TileMalformed: if there are more, or a length does not fit.
    """
    entries: list[bytes] = []
    at, total = 0, len(content)
    while at + 2 <= total and len(entries) < WIDTH:
        end = at + 2 + _LENGTH.unpack_from(content, at)[0]
        entries.append(content[at + 2 : end])
        at = end
    if at != total:
        raise TileMalformed(path, "entries")
    return entries


@dataclass(frozen=True, slots=True)
class Growing:
    """
    A tree at its right edge: all that is needed to append to it. It never changes; appending gives another.

    ``edge`` holds for each level the hashes in its unfinished tile, ``bundle`` the unfinished bundle.
    """

    size: int = 0
    edge: tuple[bytes, ...] = ()
    bundle: bytes = b""

    @classmethod
    def at(cls, size: int, fetch: Fetch) -> "Growing":
        """Take up a tree of ``size`` leaves from its tiles; raises as :func:`read_tile` does. Compare the ``root`` with what was signed."""
        edge = []
        for level in range(levels(size)):
            count = size >> HEIGHT * level
            rest = count % WIDTH
            edge.append(read_tile(Tile(level, count // WIDTH, rest), fetch) if rest else b"")
        rest = size % WIDTH
        return cls(size, tuple(edge), read_tile(Tile(ENTRIES, size // WIDTH, rest), fetch) if rest else b"")

    @property
    def root(self) -> bytes:
        """Return the root of the tree."""
        root = None
        for hashes in self.edge:
            if hashes:
                root = row_root(hashes, root)
        return EMPTY_ROOT if root is None else root

    def append(self, entries: Sequence[bytes]) -> "tuple[Growing, dict[str, bytes]]":
        """
        Return the tree with these entries at its end, and the files to write: by path, finished and unfinished ones.

        :raises EntryTooLong: if one is longer than 65,535 bytes.
        """
        for position, entry in enumerate(entries):
            if len(entry) > MOST_ENTRY_BYTES:
                raise EntryTooLong(position, len(entry))
        files: dict[str, bytes] = {}
        bundle = self._append_bundles(entries, files)
        edge = list(self.edge)
        added = leaf_row(entries)
        level = 0
        while added:
            if level == len(edge):
                edge.append(b"")
            edge[level], added = self._append_hashes(level, edge[level] + added, files)
            level += 1
        return Growing(self.size + len(entries), tuple(edge), bundle), files

    def _append_bundles(self, entries: Sequence[bytes], files: dict[str, bytes]) -> bytes:
        """Fill the unfinished bundle and begin others; return what is unfinished then."""
        if not entries:
            return self.bundle
        bundle, index, held = self.bundle, self.size // WIDTH, self.size % WIDTH
        taken = 0
        while taken < len(entries):
            some = entries[taken : taken + WIDTH - held]
            bundle += pack(some)
            taken, held = taken + len(some), held + len(some)
            files[Tile(ENTRIES, index, held).path] = bundle
            if held == WIDTH:
                bundle, index, held = b"", index + 1, 0
        return bundle

    def _append_hashes(self, level: int, hashes: bytes, files: dict[str, bytes]) -> tuple[bytes, bytes]:
        """Cut hashes into tiles; return those in the unfinished one, and the roots over the full ones."""
        index = self.size >> HEIGHT * (level + 1)
        full = len(hashes) // TILE_BYTES * TILE_BYTES
        roots = []
        for at in range(0, full, TILE_BYTES):
            content = hashes[at : at + TILE_BYTES]
            files[Tile(level, index).path] = content
            roots.append(row_root(content))
            index += 1
        rest = hashes[full:]
        if rest:
            files[Tile(level, index, len(rest) // HASH_BYTES).path] = rest
        return rest, b"".join(roots)


@dataclass(slots=True)
class Nodes:
    """
    The nodes of a tree of ``size`` leaves, read from its tiles as they are asked for; each tile is fetched once.

    Calling it raises as :func:`read_tile` does.
    """

    size: int
    fetch: Fetch
    tiles: dict[Tile, bytes] = field(default_factory=dict)

    def __call__(self, height: int, index: int) -> bytes:
        """Return the hash of a complete node."""
        level, above = divmod(height, HEIGHT)
        tile_index, first = divmod(index << above, WIDTH)
        hashes = self._tile(level, tile_index)
        return row_root(hashes[first * HASH_BYTES : (first + (1 << above)) * HASH_BYTES])

    def _tile(self, level: int, index: int) -> bytes:
        tile = Tile(level, index, min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH))
        if tile not in self.tiles:
            self.tiles[tile] = read_tile(tile, self.fetch)
        return self.tiles[tile]
