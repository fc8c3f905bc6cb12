"""The page's own script says of a proof what Python says of it."""

import base64
import json
import random
import shutil
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from teahorse.trace.tlog.checkpoints import Checkpoint, CheckpointMalformed
from teahorse.trace.tlog.keys import Kind, Signer
from teahorse.trace.tlog.merkle import ProofWrong
from teahorse.trace.tlog.notes import NoteRefused
from teahorse.trace.tlog.proofs import Proof, ProofMalformed
from teahorse.trace.tlog.tiles import Growing, Nodes

SCRIPT = Path(__file__).parents[2] / "teahorse/trace/static/trace/proof.js"
AT = datetime(2026, 8, 15, 4, 0, tzinfo=UTC)
LOG = Signer.generate("example.org/log")
WITNESS = Signer.generate("example.net/witness", Kind.COSIGNATURE)
ENTRIES = [f"entry {number}".encode() for number in range(600)]
FILES = Growing().append(ENTRIES)[1]

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="node is missing: the README says which")


@cache
def root(size):
    return Growing().append(ENTRIES[:size])[0].root


def proof_of(index, *, size=600, by=(LOG, WITNESS), origin="example.org/log", extra=None):
    note = Checkpoint(origin, size, root(size)).signed_by(*by, at=AT)
    return Proof.make(index=index, note=note, node=Nodes(600, FILES.__getitem__), extra=extra).written()


def case(proof, *, entry=b"", key=LOG, lacks=None):
    return {"proof": proof, "key": key.verifier.written(), "entry": base64.b64encode(entry).decode(), "lacks": lacks}


def told_by_script(*asked):
    run = subprocess.run(
        ["node", str(Path(__file__).with_name("prove.mjs")), str(SCRIPT)],
        input="".join(json.dumps(each) + "\n" for each in asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [json.loads(line) for line in run.stdout.splitlines()]


def holds_for_python(proof, entry):
    try:
        Proof.read(proof).verify(entry, keys=[LOG.verifier])
    except (ProofMalformed, ProofWrong, NoteRefused, CheckpointMalformed):
        return False
    return True


def test_what_python_proves_is_proved_in_the_browser():
    asked = [(index, size) for size in (1, 2, 3, 7, 8, 255, 256, 257, 600) for index in {0, size // 2, size - 1}]

    told = told_by_script(*(case(proof_of(index, size=size, extra=b"lot"), entry=ENTRIES[index]) for index, size in asked))

    assert told == [
        {"verdict": "proved", "signature": "valid", "origin": "example.org/log", "size": size, "index": index} for index, size in asked
    ]


def test_with_any_bit_of_its_text_turned_it_is_refused():
    chance = random.Random(7)
    turned = []
    for index in range(0, 600, 3):
        written = bytearray(proof_of(index, by=(LOG,)).encode())
        bit = chance.randrange(len(written) * 8)
        written[bit // 8] ^= 1 << bit % 8
        try:
            turned.append((written.decode(), ENTRIES[index]))
        except UnicodeDecodeError:
            continue

    told = told_by_script(*(case(proof, entry=entry) for proof, entry in turned))

    assert len(turned) > 150
    assert {each["verdict"] for each in told} == {"refused"}
    assert not any(holds_for_python(proof, entry) for proof, entry in turned)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (case(proof_of(7), entry=ENTRIES[8]), "root"),
        (case(proof_of(7).replace("index 7", "index 6"), entry=ENTRIES[7]), "root"),
        (case(proof_of(7).replace("index 7", "index 600"), entry=ENTRIES[7]), "index"),
        (case(proof_of(7).replace("index 7", "index 599"), entry=ENTRIES[7]), "path"),
        (case(proof_of(7, by=(WITNESS,)), entry=ENTRIES[7]), "signature"),
        (case(proof_of(7), entry=ENTRIES[7], key=Signer.generate("example.org/log")), "signature"),
        (case(proof_of(7, origin="example.org/other"), entry=ENTRIES[7]), "origin"),
        (case(proof_of(7), entry=ENTRIES[7], key=WITNESS), "key"),
        (case("", entry=ENTRIES[7]), "proof"),
        (case(proof_of(7).replace("index 7", "index 07"), entry=ENTRIES[7]), "proof"),
        (case(proof_of(7).replace("\n600\n", "\n0600\n"), entry=ENTRIES[7]), "checkpoint"),
        (case(proof_of(7) + "x", entry=ENTRIES[7]), "note"),
    ],
)
def test_what_is_wrong_is_refused_with_its_reason(asked, reason):
    (told,) = told_by_script(asked)

    assert (told["verdict"], told["reason"]) == ("refused", reason)


def test_where_ed25519_is_unknown_the_hashes_are_checked_and_the_answer_says_so():
    told = told_by_script(
        case(proof_of(7), entry=ENTRIES[7], lacks="ed25519"),
        case(proof_of(7), entry=ENTRIES[8], lacks="ed25519"),
        case(proof_of(7), entry=ENTRIES[7], lacks="webcrypto"),
    )

    assert [(each["verdict"], each.get("signature")) for each in told] == [
        ("hashes", "unsupported"),
        ("refused", None),
        ("unchecked", None),
    ]


def test_the_script_stands_alone():
    text = SCRIPT.read_text()

    assert "import " not in text
    assert "eval" not in text
    assert len(text) < 8192
