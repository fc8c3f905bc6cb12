"""The tree as files: names, contents, growing, and what is left when the power goes."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.folders import Folder, NotPublishable, TileWouldChange
from teahorse.trace.tlog.keys import Signer
from teahorse.trace.tlog.merkle import HASH_BYTES, leaf_hash, prove_inclusion, root_of, span_root, verify_inclusion
from teahorse.trace.tlog.tiles import (
    ENTRIES,
    EntryTooLong,
    Growing,
    Nodes,
    Tile,
    TileMalformed,
    TileMissing,
    levels,
    pack,
    read_entries,
    read_tile,
    tiles_at,
    unpack,
)

AT = datetime(2026, 8, 15, 4, 0, tzinfo=UTC)
KEY = Signer.generate("example.org/log")


def entries_of(size, *, word="entry"):
    return [f"{word} {number}".encode() for number in range(size)]


def fetch_from(files):
    def fetch(path):
        if path not in files:
            raise TileMissing(path)
        return files[path]

    return fetch


def checkpoint_of(tree):
    return Checkpoint("example.org/log", tree.size, tree.root).signed_by(KEY, at=AT)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999, 1), "tile/0/999.p/1"),
        (Tile(1, 1000), "tile/1/x001/000"),
        (Tile(2, 1234067), "tile/2/x001/x234/067"),
        (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_a_tile_has_one_path(tile, path):
    assert tile.path == path
    assert Tile.at(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/007",
        "tile/0/001.p/",
        "tile/0/٠٠١",
        "tile/0/../../etc/passwd",
        "tile/entries/001/",
    ],
)
def test_no_other_path_names_a_tile(path):
    with pytest.raises(TileMalformed) as refused:
        Tile.at(path)

    assert refused.value.reason == "path"


def test_a_tree_of_70000_has_the_tiles_of_the_specification():
    counted = [[(tile.is_full, tile.width) for tile in tiles_at(level, 70_000)] for level in range(levels(70_000))]

    assert counted == [[(True, 256)] * 273 + [(False, 112)], [(True, 256), (False, 17)], [(False, 1)]]
    assert [tile.path for tile in tiles_at(0, 256)] == ["tile/0/000"]
    assert [tile.path for tile in tiles_at(1, 256)] == ["tile/1/000.p/1"]
    assert [tile.path for tile in tiles_at(0, 70_000, since=69_999)] == ["tile/0/273.p/112"]


def test_a_tile_knows_which_leaves_stand_under_it():
    assert (Tile(1, 1, 17).first, Tile(1, 1, 17).end) == (65_536, 69_888)
    assert (Tile(ENTRIES, 273, 112).first, Tile(ENTRIES, 273, 112).end) == (69_888, 70_000)


def test_a_bundle_holds_its_entries_after_their_lengths():
    assert pack([b"", b"ab"]) == b"\x00\x00\x00\x02ab"
    assert unpack(b"\x00\x00\x00\x02ab", Tile(ENTRIES, 0, 2)) == [b"", b"ab"]


@pytest.mark.parametrize("content", [b"", b"\x00\x00", b"\x00\x00\x00\x03ab", b"\x00\x00\x00\x02ab\x00", b"\x00\x00\x00\x02ab\x00\x00"])
def test_a_bundle_that_is_not_as_its_name_says_is_refused(content):
    with pytest.raises(TileMalformed) as refused:
        unpack(content, Tile(ENTRIES, 7, 2))

    assert (refused.value.path, refused.value.reason) == ("tile/entries/007.p/2", "entries")


def test_an_entry_that_is_too_long_for_its_length_appends_nothing():
    with pytest.raises(EntryTooLong) as refused:
        Growing().append([b"", b"x" * 65_536])

    assert (refused.value.position, refused.value.length) == (1, 65_536)
    assert Growing().append([b"x" * 65_535])[0].size == 1


def test_appending_nothing_writes_nothing():
    tree, _ = Growing().append(entries_of(300))

    assert tree.append([]) == (tree, {})


@settings(max_examples=60)
@given(st.lists(st.integers(0, 700), max_size=8))
def test_appending_in_any_batches_gives_the_same_tiles_as_all_at_once(batches):
    size = sum(batches)
    entries = entries_of(size)
    tree, files, at = Growing(), {}, 0
    for batch in batches:
        tree, written = tree.append(entries[at : at + batch])
        files |= written
        at += batch
        assert Growing.at(tree.size, fetch_from(files)) == tree
    at_once, whole = Growing().append(entries)

    assert tree == at_once
    assert tree.root == root_of([leaf_hash(entry) for entry in entries])
    assert {path: files[path] for path in whole} == whole
    assert set(whole) == {tile.path for level in (ENTRIES, *range(levels(size))) for tile in tiles_at(level, size)}


@settings(max_examples=60)
@given(st.integers(1, 3000), st.data())
def test_every_proof_can_be_made_from_tiles(size, data):
    entries = entries_of(size)
    tree, files = Growing().append(entries)
    index = data.draw(st.integers(0, size - 1))

    proof = prove_inclusion(index=index, size=size, node=Nodes(size, fetch_from(files)))

    verify_inclusion(leaf=leaf_hash(entries[index]), index=index, size=size, proof=proof, root=tree.root)


def test_the_root_of_any_earlier_size_is_in_the_tiles():
    entries = entries_of(66_000)
    _, files = Growing().append(entries)
    node = Nodes(66_000, fetch_from(files))

    for size in (1, 255, 256, 257, 65_537):
        assert span_root((0, size), node) == Growing().append(entries[:size])[0].root


def test_where_an_unfinished_tile_is_gone_the_full_one_serves():
    _, files = Growing().append(entries_of(256))

    assert read_tile(Tile(0, 0, 3), fetch_from(files)) == files["tile/0/000"][: 3 * HASH_BYTES]
    assert read_entries(Tile(ENTRIES, 0, 3), fetch_from(files)) == entries_of(3)


def test_a_tile_of_the_wrong_length_is_refused():
    with pytest.raises(TileMalformed) as refused:
        read_tile(Tile(0, 0, 3), lambda path: b"x" * 95)

    assert (refused.value.path, refused.value.reason) == ("tile/0/000.p/3", "length")


def test_a_folder_gives_out_what_was_written(tmp_path):
    folder = Folder(tmp_path)
    tree, files = Growing().append(entries_of(300))
    folder.write(files)
    folder.publish(checkpoint_of(tree))

    assert {path: folder.fetch(path) for path in files} == files
    assert folder.published == checkpoint_of(tree)
    assert Growing.at(300, folder.fetch) == tree
    with pytest.raises(TileMissing) as missing:
        folder.fetch("tile/0/002")
    assert missing.value.path == "tile/0/002"
    with pytest.raises(TileMalformed):
        folder.fetch("../secret")


def test_what_is_published_never_changes(tmp_path):
    folder = Folder(tmp_path)
    tree, files = Growing().append(entries_of(300))
    folder.write(files)
    folder.publish(checkpoint_of(tree))
    _, other = Growing().append(entries_of(300, word="other"))

    with pytest.raises(TileWouldChange):
        folder.write(other)

    assert {path: folder.fetch(path) for path in files} == files


def test_what_no_checkpoint_covers_yet_may_be_written_anew(tmp_path):
    folder = Folder(tmp_path)
    tree, files = Growing().append(entries_of(10))
    folder.write(files)
    folder.publish(checkpoint_of(tree))
    folder.write(tree.append(entries_of(300, word="rolled back"))[1])

    tree, files = tree.append(entries_of(300, word="kept"))
    folder.write(files)
    folder.publish(checkpoint_of(tree))

    assert Growing.at(310, folder.fetch) == tree


def test_unfinished_tiles_go_when_the_full_one_is_published(tmp_path):
    folder = Folder(tmp_path)
    tree, files = Growing().append(entries_of(10))
    folder.write(files)
    folder.publish(checkpoint_of(tree))
    tree, files = tree.append(entries_of(250))
    folder.write(files)
    folder.publish(checkpoint_of(tree))

    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/4",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/4",
    ]


def test_a_checkpoint_that_the_tiles_do_not_bear_is_not_published(tmp_path):
    folder = Folder(tmp_path)
    tree, files = Growing().append(entries_of(10))
    folder.write(files)
    folder.publish(checkpoint_of(tree))
    other, _ = Growing().append(entries_of(10, word="other"))

    with pytest.raises(NotPublishable) as refused:
        folder.publish(checkpoint_of(Growing().append(entries_of(9))[0]))
    assert refused.value.reason == "smaller"
    with pytest.raises(NotPublishable) as refused:
        folder.publish(checkpoint_of(other))
    assert refused.value.reason == "root"
    with pytest.raises(TileMissing):
        folder.publish(checkpoint_of(tree.append(entries_of(1))[0]))
    assert folder.published == checkpoint_of(tree)


def test_a_checkpoint_that_contradicts_the_one_before_is_not_published(tmp_path):
    folder = Folder(tmp_path)
    tree, files = Growing().append(entries_of(10))
    folder.write(files)
    folder.publish(checkpoint_of(tree))
    other, files = Growing().append(entries_of(11, word="other"))
    folder.write(files)

    with pytest.raises(NotPublishable) as refused:
        folder.publish(checkpoint_of(other))

    assert refused.value.reason == "inconsistent"
    assert folder.published == checkpoint_of(tree)


@pytest.mark.parametrize("steps", range(12))
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_reader_never_sees_half_a_file_wherever_the_writing_is_cut(tmp_path, monkeypatch, call, steps):
    folder = Folder(tmp_path)
    tree, files = Growing().append(entries_of(300))
    folder.write(files)
    folder.publish(checkpoint_of(tree))
    grown, more = tree.append(entries_of(500, word="more"))

    with monkeypatch.context() as cut:
        cut_off_after(steps, call, cut)
        with pytest.raises(PowerCut):
            folder.write(more)
            folder.publish(checkpoint_of(grown))
            raise PowerCut

    for path in tmp_path.rglob("*"):
        name = str(path.relative_to(tmp_path))
        if path.is_file() and not path.name.startswith("."):
            assert name == "checkpoint" or path.read_bytes() == (files | more)[name]
    assert Growing.at(300, folder.fetch) == tree
    folder.write(more)
    folder.publish(checkpoint_of(grown))
    assert Growing.at(800, folder.fetch) == grown
    assert not list(tmp_path.rglob(".*"))


class PowerCut(Exception):
    pass


def cut_off_after(steps, call, cut):
    """Let the writing end at the given one of its calls to the disk."""
    owner, real = (os, os.fsync) if call == "fsync" else (Path, Path.replace)
    left = [steps]

    def counted(*args):
        if not left[0]:
            raise PowerCut
        left[0] -= 1
        return real(*args)

    cut.setattr(owner, call, counted)
