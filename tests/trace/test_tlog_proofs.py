"""Proofs to take home: written, read, checked offline."""

from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teahorse.trace.tlog.checkpoints import Checkpoint, CheckpointMalformed
from teahorse.trace.tlog.keys import Kind, Signer
from teahorse.trace.tlog.merkle import ProofWrong
from teahorse.trace.tlog.notes import NoteRefused
from teahorse.trace.tlog.proofs import Proof, ProofMalformed, TooFewWitnesses
from teahorse.trace.tlog.tiles import Growing, Nodes

AT = datetime(2026, 8, 15, 4, 0, tzinfo=UTC)
LOG = Signer.generate("example.org/log")
WITNESSES = [Signer.generate(f"example.net/{name}", Kind.COSIGNATURE) for name in ("shannan", "nyingchi")]
ENTRIES = [f"entry {number}".encode() for number in range(600)]
FILES = Growing().append(ENTRIES)[1]


@cache
def root(size):
    return Growing().append(ENTRIES[:size])[0].root


def proof_of(index, *, size=600, by=(LOG,), extra=None):
    note = Checkpoint("example.org/log", size, root(size)).signed_by(*by, at=AT)
    return Proof.make(index=index, note=note, node=Nodes(600, FILES.__getitem__), extra=extra)


@settings(max_examples=50)
@given(st.integers(1, 600), st.data())
def test_a_proof_is_written_read_and_holds(size, data):
    proof = proof_of(data.draw(st.integers(0, size - 1)), size=size)

    read = Proof.read(proof.written())

    assert read == proof
    assert read.verify(ENTRIES[proof.index], keys=[LOG.verifier]).checkpoint.size == size


def test_the_text_is_that_of_the_specification():
    proof = proof_of(2, size=3, extra=b"lot 7")
    note = proof.note.written()

    heading, extra, index, path, blank, *_ = proof.written().split("\n")

    assert (heading, extra, index, len(path), blank) == ("c2sp.org/tlog-proof@v1", "extra bG90IDc=", "index 2", 44, "")
    assert proof.written().endswith(f"\n\n{note}")
    assert proof_of(0, size=1).written().startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nexample.org/log\n1\n")


@settings(max_examples=300)
@given(st.integers(0, 599), st.data())
def test_with_any_bit_of_its_text_turned_a_proof_does_not_hold(index, data):
    written = bytearray(proof_of(index).written().encode())
    bit = data.draw(st.integers(0, len(written) * 8 - 1))
    written[bit // 8] ^= 1 << bit % 8

    with pytest.raises((ProofMalformed, ProofWrong, NoteRefused, CheckpointMalformed, UnicodeDecodeError)):
        Proof.read(written.decode()).verify(ENTRIES[index], keys=[LOG.verifier])


def test_a_proof_is_for_its_entry_only():
    with pytest.raises(ProofWrong) as refused:
        proof_of(7).verify(ENTRIES[8], keys=[LOG.verifier])

    assert refused.value.reason == "root"


def test_a_proof_by_another_log_is_refused():
    other = Signer.generate("example.org/log")

    with pytest.raises(NoteRefused) as refused:
        proof_of(7).verify(ENTRIES[7], keys=[other.verifier])

    assert refused.value.reason == "unknown"


def test_as_many_witnesses_as_are_asked_for_must_have_seen_it():
    keys = [witness.verifier for witness in WITNESSES]

    said = proof_of(7, by=(LOG, *WITNESSES)).verify(ENTRIES[7], keys=[LOG.verifier], witnesses=keys, needed=2)

    assert [(each.key.name, each.at) for each in said.witnessed] == [("example.net/shannan", AT), ("example.net/nyingchi", AT)]
    with pytest.raises(TooFewWitnesses) as refused:
        proof_of(7, by=(LOG, WITNESSES[0])).verify(ENTRIES[7], keys=[LOG.verifier], witnesses=keys, needed=2)
    assert (refused.value.seen_by, refused.value.needed) == (1, 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("@v1", "@v2"), "heading"),
        (("extra bG90", "extra bG9"), "extra"),
        (("index 2", "index 02"), "index"),
        (("index 2\n", ""), "index"),
        (("index 2", "place 2"), "index"),
        (("index 2\n", "index 2\nAAAA\n"), "path"),
        (("index 2\n", "index 2\n" + "A" * 43 + "=\n" + ("A" * 43 + "=\n") * 63), "path"),
    ],
)
def test_a_text_that_is_no_proof_is_refused_with_its_reason(change, reason):
    written = proof_of(2, size=3, extra=b"lot 7").written()
    assert change[0] in written

    with pytest.raises(ProofMalformed) as refused:
        Proof.read(written.replace(*change))

    assert refused.value.reason == reason


@pytest.mark.parametrize("text", ["", "\n\n", "c2sp.org/tlog-proof@v1\nindex 0\n\n", "c2sp.org/tlog-proof@v1\nindex 0"])
def test_a_torn_text_is_refused(text):
    with pytest.raises((ProofMalformed, NoteRefused)):
        Proof.read(text)


def test_there_is_no_proof_of_what_the_checkpoint_does_not_cover():
    with pytest.raises(ProofWrong):
        proof_of(3, size=3)
