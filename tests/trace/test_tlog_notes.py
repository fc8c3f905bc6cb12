"""Keys, signed notes and checkpoints, against foreign vectors."""

from datetime import UTC, datetime

import pytest

from teahorse.trace.tlog.canonical import NotCanonical, from_base64, from_decimal, to_base64
from teahorse.trace.tlog.checkpoints import Checkpoint, CheckpointMalformed, attested
from teahorse.trace.tlog.keys import KeyFileOpen, KeyMalformed, Kind, Signer, Verifier
from teahorse.trace.tlog.merkle import EMPTY_ROOT
from teahorse.trace.tlog.notes import Note, NoteRefused, verified
from tests.trace.vectors import cases, foreign, needs_vectors

AT = datetime(2026, 8, 15, 4, 0, tzinfo=UTC)
LOG = Signer.generate("example.org/log")
WITNESS = Signer.generate("example.net/witness", Kind.COSIGNATURE)
NOTES = foreign("signed-note/note-open.json")
CHECKPOINTS = cases("signed-note/checkpoint-unmarshal.json")
REASONS = {
    "note has no verifiable signatures": "unknown",
    "ambiguous key EnochRoot+af0cfe78": "ambiguous",
    "malformed note": "malformed",
    "invalid signature for key PeterNeumann+c74f20a3": "signature",
}


def described(case):
    return case["desc"]


@needs_vectors
@pytest.mark.parametrize("case", NOTES["cases"], ids=described)
def test_notes_are_judged_as_others_judge_them(case):
    keys = [Verifier.read(key) for key in case["vkeys"]]

    if case["valid"]:
        assert [each.key.name for each in verified(Note.read(case["note"]), keys)] == case["verified"]
    else:
        with pytest.raises(NoteRefused) as refused:
            verified(Note.read(case["note"]), keys)
        assert refused.value.reason == REASONS[case["error"]]


@needs_vectors
def test_foreign_bad_keys_are_refused():
    for key in NOTES["bad_vkeys"]:
        with pytest.raises(KeyMalformed):
            Verifier.read(key)


@needs_vectors
@pytest.mark.parametrize("case", CHECKPOINTS, ids=described)
def test_checkpoints_are_judged_as_others_judge_them(case):
    """
    Two differences, both because C2SP tlog-checkpoint is stricter than the foreign reader.

    The foreign valid ones have toy roots that are no SHA-256 hash: each is refused as it stands, and read when a root of 32 bytes stands
    there instead. Empty extension lines (MUST be non-empty) are refused.
    """
    if not case["valid"]:
        with pytest.raises(CheckpointMalformed):
            Checkpoint.read(case["body"])
        return

    with pytest.raises(CheckpointMalformed) as refused:
        Checkpoint.read(case["body"])
    assert refused.value.reason == "root"
    whole = case["body"].replace(case["hash"], to_base64(EMPTY_ROOT))
    if case["desc"] == "valid with trailing newlines":
        with pytest.raises(CheckpointMalformed) as refused:
            Checkpoint.read(whole)
        assert refused.value.reason == "extensions"
    else:
        read = Checkpoint.read(whole)
        assert read == Checkpoint(case["origin"], case["size"], EMPTY_ROOT, tuple(case["rest"].splitlines()))
        assert read.text == whole


def test_a_cosigned_checkpoint_of_the_specification_is_read():
    note = Note.read(
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 "
        "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )

    assert Checkpoint.read(note.text).size == 20_852_163
    assert [(each.name, each.key_id.hex(), len(each.raw)) for each in note.signatures] == [
        ("example.com/behind-the-sofa", "033de0ae", 64),
        ("witness.example.com/w1", "8d66cf3f", 72),
    ]
    assert int.from_bytes(note.signatures[1].raw[:8], "big") == 1679315147


def test_a_note_is_signed_handed_on_and_verified():
    note = Checkpoint("example.org/log", 0, EMPTY_ROOT).signed_by(LOG, WITNESS, at=AT)

    by = verified(Note.read(note.written().encode()), [LOG.verifier, WITNESS.verifier])

    assert [(each.key.name, each.at) for each in by] == [("example.org/log", None), ("example.net/witness", AT)]


def test_a_checkpoint_needs_its_logs_signature_whoever_else_signed():
    checkpoint = Checkpoint("example.org/log", 0, EMPTY_ROOT)

    with pytest.raises(NoteRefused) as refused:
        attested(checkpoint.signed_by(WITNESS, at=AT), keys=[LOG.verifier], witnesses=[WITNESS.verifier])

    assert refused.value.reason == "unknown"


def test_a_checkpoint_of_another_log_is_refused():
    note = Checkpoint("example.org/other", 0, EMPTY_ROOT).signed_by(LOG, at=AT)

    with pytest.raises(CheckpointMalformed) as refused:
        attested(note, keys=[LOG.verifier])

    assert refused.value.reason == "origin"
    assert attested(note, keys=[LOG.verifier], origin="example.org/other").checkpoint.origin == "example.org/other"


def test_a_signature_that_says_another_time_is_wrong():
    note = Checkpoint("example.org/log", 0, EMPTY_ROOT).signed_by(WITNESS, at=AT)
    written = bytearray(note.signatures[0].raw)
    written[7] ^= 1

    with pytest.raises(NoteRefused) as refused:
        verified(Note(note.text, (type(note.signatures[0])(WITNESS.name, WITNESS.verifier.key_id, bytes(written)),)), [WITNESS.verifier])

    assert (refused.value.reason, refused.value.key) == ("signature", f"example.net/witness+{WITNESS.verifier.key_id.hex()}")


@pytest.mark.parametrize("raw", [b"", bytes(7), bytes(8), b"\xff" * 72, bytes(72)])
def test_a_broken_cosignature_is_wrong_and_nothing_else(raw):
    note = Checkpoint("example.org/log", 0, EMPTY_ROOT).signed_by(WITNESS, at=AT)
    broken = type(note.signatures[0])(WITNESS.name, WITNESS.verifier.key_id, raw)

    with pytest.raises(NoteRefused) as refused:
        verified(Note(note.text, (broken,)), [WITNESS.verifier])

    assert refused.value.reason == "signature"


def test_a_later_signature_by_the_same_key_replaces_the_earlier():
    note = Checkpoint("example.org/log", 0, EMPTY_ROOT).signed_by(LOG, WITNESS, at=AT)
    later = note.signed_by(WITNESS, at=AT.replace(hour=5))

    assert len(later.signatures) == 2
    assert verified(later, [WITNESS.verifier])[0].at == AT.replace(hour=5)


def test_keys_are_written_and_read(tmp_path):
    path = tmp_path / "log.key"
    LOG.to_file(path)

    assert Signer.from_file(path).written() == LOG.written()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Verifier.read(LOG.verifier.written()) == LOG.verifier
    assert WITNESS.verifier.written().startswith(f"example.net/witness+{WITNESS.verifier.key_id.hex()}+B")
    with pytest.raises(FileExistsError):
        WITNESS.to_file(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_may_touch_is_not_used(tmp_path, mode):
    path = tmp_path / "log.key"
    LOG.to_file(path)
    path.chmod(mode)

    with pytest.raises(KeyFileOpen) as refused:
        Signer.from_file(path)

    assert (refused.value.path, refused.value.mode) == (path, mode)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "form"),
        ("a+b", "form"),
        ("a+c74f20a3+?", "form"),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "name"),
        ("a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "name"),
        ("PeterNeumann+c74f20a3+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "kind"),
        ("PeterNeumann+c74f20a3+ARpc", "length"),
        ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "id"),
    ],
)
def test_a_key_that_is_none_is_refused_with_its_reason(written, reason):
    with pytest.raises(KeyMalformed) as refused:
        Verifier.read(written)

    assert refused.value.reason == reason


def test_a_key_cannot_be_called_anything():
    for name in ("", "a b", "a+b", "a\nb"):
        with pytest.raises(KeyMalformed):
            Signer.generate(name)


@pytest.mark.parametrize("text", ["", "00", "01", "-1", "+1", "1 ", " 1", "1_0", "٣", "²", "9223372036854775808"])
def test_numbers_are_written_in_one_way(text):
    with pytest.raises(NotCanonical):
        from_decimal(text)


@pytest.mark.parametrize("text", ["YR==", "YQ", "YQ=", "YQ== ", "YQ==\n", "Y-==", "é"])
def test_bytes_are_written_in_one_way(text):
    with pytest.raises(NotCanonical):
        from_base64(text)


def test_numbers_and_bytes_are_read():
    assert [from_decimal("0"), from_decimal("9223372036854775807"), from_base64(""), from_base64("YQ==")] == [0, 2**63 - 1, b"", b"a"]
