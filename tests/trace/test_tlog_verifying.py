"""What an outsider finds in a log, over real HTTP where it matters."""

import threading
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.folders import Folder
from teahorse.trace.tlog.keys import Kind, Signer
from teahorse.trace.tlog.merkle import leaf_hash
from teahorse.trace.tlog.over_http import LogAddress, StandingFile, Unreachable
from teahorse.trace.tlog.tiles import Growing, TileMalformed, TileMissing
from teahorse.trace.tlog.verifying import Finding, OtherLog, Outsider, Standing

AT = datetime(2026, 8, 15, 4, 0, tzinfo=UTC)
LOG = Signer.generate("example.org/log")
WITNESS = Signer.generate("example.net/witness", Kind.COSIGNATURE)
SIZE = 70_000
ENTRIES = [f"entry {number}".encode() for number in range(SIZE)]
TREE, FILES = Growing().append(ENTRIES)


def note_of(tree, *by):
    return Checkpoint("example.org/log", tree.size, tree.root).signed_by(*(by or (LOG,)), at=AT).written().encode()


def log(files=FILES, *, checkpoint=None):
    """A log as a function, with what it was asked for."""
    held = dict(files) | {"checkpoint": checkpoint or note_of(TREE)}

    def fetch(path):
        fetch.asked.append(path)
        if path not in held:
            raise TileMissing(path)
        return held[path]

    fetch.asked = []
    return fetch


def outsider(**more):
    return Outsider(keys=[LOG.verifier], **more)


def found(files, *, standing=None, **more):
    return list(outsider(**more).verify(log(files), standing=standing).findings)


def standing_at(size, *, checked=None, entries=ENTRIES):
    root = Growing().append(entries[:size])[0].root
    return Standing(origin="example.org/log", size=size, root=root, checked=size if checked is None else checked)


def test_a_sound_log_is_found_sound_and_every_entry_is_looked_at_in_order():
    seen, heard, kept = [], [], []
    report = outsider(
        check=lambda index, entry: seen.append((index, entry)),
        progress=lambda checked, size: heard.append((checked, size)),
        keep=kept.append,
    ).verify(log())

    assert report.is_sound
    assert report.said.checkpoint.size == SIZE
    assert seen == list(enumerate(ENTRIES))
    assert (heard[0], heard[-1]) == ((4096, SIZE), (SIZE, SIZE))
    assert kept[-1] == standing_at(SIZE)
    assert [each.checked for each in kept] == [checked for checked, _ in heard]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_536])
def test_a_log_of_any_size_is_read(size):
    tree, files = Growing().append(ENTRIES[:size])
    kept = []

    report = outsider(keep=kept.append).verify(log(files, checkpoint=note_of(tree)))

    assert report.is_sound
    assert kept[-1] == standing_at(size)


def test_the_next_time_only_what_is_new_is_read():
    fetch = log()
    seen = []

    report = outsider(check=lambda index, entry: seen.append(index)).verify(fetch, standing=standing_at(69_900))

    assert (report.is_sound, report.since, seen) == (True, 69_900, list(range(69_900, SIZE)))
    assert sorted(set(fetch.asked)) == ["checkpoint", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"]


def test_a_log_that_has_not_grown_is_sound():
    assert found(FILES, standing=standing_at(SIZE)) == []


@pytest.mark.parametrize("since", [0, 1, 255, 65_535, 69_886, 69_887, SIZE - 2])
def test_wherever_the_reading_is_taken_up_what_was_changed_after_it_is_found(since):
    forged = [b"forged" if index == since + 1 else entry for index, entry in enumerate(ENTRIES)]
    _, files = Growing().append(forged)
    bundle, tile = (next(path for path in files if path.startswith(f"tile/{level}/{(since + 1) // 256:03}")) for level in ("entries", 0))

    assert found(FILES | {bundle: files[bundle]}, standing=standing_at(since)) == [Finding("entry", bundle, since + 1)]
    both = found(FILES | {bundle: files[bundle], tile: files[tile]}, standing=standing_at(since))
    assert (Finding("tile", tile) if since + 1 < 69_888 else Finding("root")) in both
    assert {each.what for each in both} <= {"tile", "root"}


def test_what_was_kept_of_another_log_is_no_evidence_against_this_one():
    with pytest.raises(OtherLog) as refused:
        outsider().verify(log(), standing=Standing(origin="example.org/other", size=9, root=bytes(32), checked=9))

    assert (refused.value.kept, refused.value.read) == ("example.org/other", "example.org/log")


def test_entries_that_were_changed_are_named():
    changed = [0, 300, 65_535, 69_887, 69_888, SIZE - 1]
    paths = ["000", "001", "255", "272", "273.p/112", "273.p/112"]
    forged = [b"forged" if index in changed else entry for index, entry in enumerate(ENTRIES)]
    bundles = {path: content for path, content in Growing().append(forged)[1].items() if path.startswith("tile/entries/")}

    assert found(FILES | bundles) == [Finding("entry", f"tile/entries/{path}", at) for path, at in zip(paths, changed, strict=True)]


def test_a_tile_that_was_changed_is_named():
    changed = leaf_hash(b"forged") + FILES["tile/0/007"][32:]

    assert found(FILES | {"tile/0/007": changed}) == [Finding("tile", "tile/0/007")]
    assert found(FILES | {"tile/1/000": FILES["tile/1/000"][::-1]})[0] == Finding("tile", "tile/1/000")


def test_a_history_that_was_rewritten_as_a_whole_does_not_have_the_signed_root():
    forged, files = Growing().append([b"forged", *ENTRIES[1:]])

    assert found(files) == [Finding("root")]
    assert forged.root != TREE.root


def test_a_history_that_was_rewritten_and_signed_anew_contradicts_what_was_trusted():
    forged, files = Growing().append([b"forged", *ENTRIES[1:]])
    kept = []

    report = outsider(keep=kept.append).verify(log(files, checkpoint=note_of(forged)), standing=standing_at(66_000))

    assert report.findings == (Finding("inconsistent", detail="since 66000"),)
    assert report.said.note.written().encode() == note_of(forged)
    assert kept == []


def test_another_log_of_the_same_size_contradicts_what_was_trusted():
    forged, files = Growing().append([b"forged", *ENTRIES[1:9]])

    report = outsider().verify(log(files, checkpoint=note_of(forged)), standing=standing_at(9))

    assert report.findings == (Finding("inconsistent", detail="since 9"),)


def test_a_log_that_shrank_is_found():
    tree, files = Growing().append(ENTRIES[:9])

    report = outsider().verify(log(files, checkpoint=note_of(tree)), standing=standing_at(10))

    assert report.findings == (Finding("smaller", detail="9 < 10"),)


@pytest.mark.parametrize("path", ["tile/1/000", "tile/2/000"])
def test_a_file_high_in_the_tree_that_is_gone_is_named(path):
    gone = {name: content for name, content in FILES.items() if not name.startswith(path)}

    assert found(gone)[0] == Finding("missing", path)


def test_files_that_are_gone_or_not_what_they_should_be_are_named():
    changed = FILES | {"tile/0/008": b"x", "tile/entries/009": b"x"}
    for path in ("tile/0/007", "tile/entries/010", "tile/entries/273.p/112"):
        del changed[path]

    assert found(changed) == [
        Finding("missing", "tile/0/007"),
        Finding("malformed", "tile/0/008", detail="length"),
        Finding("malformed", "tile/entries/009", detail="entries"),
        Finding("missing", "tile/entries/010"),
        Finding("missing", "tile/entries/273"),
    ]


def test_of_a_damaged_edge_what_it_contradicts_is_told_as_well():
    damaged = leaf_hash(b"forged") + FILES["tile/0/273.p/112"][32:]

    assert found(FILES | {"tile/0/273.p/112": damaged}) == [Finding("root"), Finding("entry", "tile/entries/273.p/112", 69_888)]


def test_what_the_callers_own_check_says_is_reported():
    assert found(FILES, check=lambda index, entry: "not in the table" if index == 300 else None) == [
        Finding("refused", "tile/entries/001", 300, "not in the table")
    ]


def test_not_more_than_a_hundred_things_are_reported():
    assert len(found(FILES, check=lambda index, entry: "no")) == 100
    assert len(found({})) == 100


def test_the_checkpoint_must_be_signed_by_the_log():
    stranger = Signer.generate("example.org/log")

    for checkpoint, detail in [
        (note_of(TREE, stranger), "unknown"),
        (b"", "malformed"),
        (note_of(TREE).replace(b"70000", b"70001"), "signature"),
    ]:
        report = outsider().verify(log(checkpoint=checkpoint or b"\n"))
        assert report.findings == (Finding("unsigned", detail=detail),)


def test_as_many_witnesses_as_are_asked_for_must_have_cosigned():
    asked = {"witnesses": [WITNESS.verifier], "needed": 1}
    tree, files = Growing().append(ENTRIES[:9])

    assert outsider(**asked).verify(log(files, checkpoint=note_of(tree))).findings == (Finding("unwitnessed", detail="0 < 1"),)
    assert outsider(**asked).verify(log(files, checkpoint=note_of(tree, LOG, WITNESS))).is_sound


def test_nothing_is_kept_once_something_was_found_so_that_it_is_found_again():
    files = FILES | {"tile/entries/100": FILES["tile/entries/101"]}
    kept = []

    report = outsider(keep=kept.append).verify(log(files))
    again = outsider(keep=kept.append).verify(log(files), standing=kept[-1])

    assert kept[-1] == standing_at(SIZE, checked=96 * 256)
    assert again.findings == report.findings != ()


@pytest.fixture
def served(tmp_path):
    folder = Folder(tmp_path / "log")
    tree, files = Growing().append(ENTRIES[:1000])
    folder.write(files)
    folder.publish(Checkpoint("example.org/log", tree.size, tree.root).signed_by(LOG, at=AT))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder.root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with httpx.Client() as client:
        yield folder, tree, LogAddress(f"http://127.0.0.1:{server.server_port}/", client, pause=0.01)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_log_is_followed_over_http_from_one_day_to_the_next(served, tmp_path):
    folder, tree, address = served
    file = StandingFile(tmp_path / "standing.json")
    seen = []
    following = outsider(keep=file.keep, check=lambda index, entry: seen.append(index))

    assert file.read() is None
    assert following.verify(address.fetch, standing=file.read()).is_sound
    tree, files = tree.append(ENTRIES[1000:1500])
    folder.write(files)
    folder.publish(Checkpoint("example.org/log", tree.size, tree.root).signed_by(LOG, at=AT))
    assert following.verify(address.fetch, standing=file.read()).is_sound

    assert file.read() == standing_at(1500)
    assert seen == list(range(1500))


def test_a_log_that_breaks_off_is_taken_up_where_it_was_left(served, tmp_path, monkeypatch):
    monkeypatch.setattr("teahorse.trace.tlog.verifying._TILES_AT_ONCE", 1)
    _, _, address = served
    file = StandingFile(tmp_path / "standing.json")
    seen = []
    following = outsider(keep=file.keep, check=lambda index, entry: seen.append(index))

    def torn(path):
        if path == "tile/entries/002":
            raise Unreachable(path, "cut")
        return address.fetch(path)

    with pytest.raises(Unreachable):
        following.verify(torn)
    assert file.read() == standing_at(1000, checked=512)
    assert following.verify(address.fetch, standing=file.read()).is_sound
    assert seen == list(range(1000))


def test_what_http_says_is_told_apart(served):
    folder, _, address = served
    (folder.root / "tile/0/000").write_bytes(b"x" * 8193)

    with pytest.raises(TileMissing):
        address.fetch("tile/0/009")
    with pytest.raises(TileMalformed):
        address.fetch("tile/0/000")
    with pytest.raises(Unreachable) as refused:
        LogAddress("http://127.0.0.1:1", address.client, tries=2, pause=0.01).fetch("checkpoint")
    assert refused.value.address == "http://127.0.0.1:1/checkpoint"
