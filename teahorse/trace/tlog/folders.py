"""A log's files in a folder, as a web server gives them out; a reader sees a file whole or not at all."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.merkle import span_root
from teahorse.trace.tlog.notes import Note
from teahorse.trace.tlog.tiles import ENTRIES, Growing, Nodes, Tile, TileMissing, levels, tiles_at

CHECKPOINT = "checkpoint"


class TileWouldChange(Exception):
    """The file ``path`` stands under a checkpoint that was published, with another content; nothing was written."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class NotPublishable(Exception):
    """
    A checkpoint was not published.

    ``smaller``: a larger one stands there; ``root``: the tiles give another root; ``inconsistent``: it does not add to the one there.
    """

    def __init__(self, *, reason: Literal["smaller", "root", "inconsistent"]) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Folder:
    """
    The folder ``root`` with ``checkpoint`` and ``tile/...`` in it. One writer at a time; readers come and go.

    First the tiles, then the checkpoint that covers them. Tiles that no checkpoint covers yet may be written anew: whoever was cut off
    between the two begins again from the published checkpoint.
    """

    root: Path

    def fetch(self, path: str) -> bytes:
        """
        Return a file.

        :raises TileMissing: if it is not there.
        :raises TileMalformed: if no file of a log is called so.
        """
        if path != CHECKPOINT:
            Tile.at(path)
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError as error:
            raise TileMissing(path) from error

    @property
    def published(self) -> Note | None:
        """Return the checkpoint that stands there."""
        try:
            return Note.read(self.fetch(CHECKPOINT))
        except TileMissing:
            return None

    def write(self, files: Mapping[str, bytes]) -> None:
        """
        Write tiles and bundles, so that they outlast a power cut; what stands there already is left.

        :raises TileWouldChange: if a published one would become another.
        """
        size = self._published_size
        wanted = {}
        for path, content in files.items():
            try:
                standing = self.fetch(path)
            except TileMissing:
                standing = None
            if standing == content:
                continue
            if standing is not None and Tile.at(path).end <= size:
                raise TileWouldChange(path)
            wanted[path] = content
        for path, content in wanted.items():
            put(self.root / path, content)
        self._settle(wanted)

    def publish(self, note: Note) -> None:
        """
        Put a checkpoint there in place of the one before, and drop unfinished tiles that have become full since.

        :raises NotPublishable: if the files here do not bear it, or it contradicts the one before.
        :raises TileMissing: if tiles that it needs are not here.
        """
        checkpoint = Checkpoint.read(note.text)
        standing = self.published
        before = Checkpoint.read(standing.text) if standing else None
        if before and before.size > checkpoint.size:
            raise NotPublishable(reason="smaller")
        if Growing.at(checkpoint.size, self.fetch).root != checkpoint.root:
            raise NotPublishable(reason="root")
        if before and span_root((0, before.size), Nodes(checkpoint.size, self.fetch)) != before.root:
            raise NotPublishable(reason="inconsistent")
        put(self.root / CHECKPOINT, note.written().encode())
        self._settle([CHECKPOINT])
        self._drop_unfinished(since=before.size if before else 0, size=checkpoint.size)

    @property
    def _published_size(self) -> int:
        note = self.published
        return Checkpoint.read(note.text).size if note else 0

    def _settle(self, paths: Mapping[str, bytes] | list[str]) -> None:
        """Make sure that the folders know their new files, also after a power cut."""
        for folder in {parent for path in paths for parent in Path(path).parents}:
            handle = os.open(self.root / folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _drop_unfinished(self, *, since: int, size: int) -> None:
        for level in (ENTRIES, *range(levels(size))):
            for tile in tiles_at(level, size, since=since):
                if tile.is_full:
                    shutil.rmtree(self.root / f"{tile.path}.p", ignore_errors=True)


def put(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
