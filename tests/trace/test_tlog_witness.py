"""What a witness cosigns and what it declines, status by status."""

from datetime import UTC, datetime
from http import HTTPStatus

import pytest

from teahorse.trace.tlog.checkpoints import Checkpoint, attested
from teahorse.trace.tlog.keys import Kind, Signer
from teahorse.trace.tlog.merkle import EMPTY_ROOT, prove_consistency
from teahorse.trace.tlog.notes import NoteRefused, read_signatures
from teahorse.trace.tlog.tiles import Growing, Nodes
from teahorse.trace.tlog.witness import AddCheckpoint, Answer, Declined, RequestMalformed, answer, cosigned

AT = datetime(2026, 8, 15, 4, 0, tzinfo=UTC)
LOG = Signer.generate("example.org/log")
WITNESS = Signer.generate("example.net/witness", Kind.COSIGNATURE)
LOGS = {"example.org/log": [LOG.verifier]}
ENTRIES = [f"entry {number}".encode() for number in range(600)]
FILES = Growing().append(ENTRIES)[1]


class Memory:
    """What a witness remembers, without a database."""

    def __init__(self, *checkpoints):
        self.kept = {each.origin: each for each in checkpoints}

    def last(self, origin):
        return self.kept.get(origin)

    def advance(self, *, before, after):
        if self.kept.get(after.origin) != before:
            return False
        self.kept[after.origin] = after
        return True


def tree(size, *, origin="example.org/log", entries=ENTRIES):
    return Checkpoint(origin, size, Growing().append(entries[:size])[0].root)


def asked(old, new, *, by=LOG, proof=None, checkpoint=None):
    if proof is None:
        proof = prove_consistency(old=old, new=new, node=Nodes(600, FILES.__getitem__)) if 0 < old < new else ()
    return AddCheckpoint(old, proof, (checkpoint or tree(new)).signed_by(by, at=AT))


def told(request, seen):
    body = request if isinstance(request, bytes) else request.written()
    return answer(body, logs=LOGS, seen=seen, signer=WITNESS, now=AT)


def test_a_log_that_grew_is_cosigned_and_remembered():
    seen = Memory()
    for old, new in [(0, 0), (0, 7), (7, 7), (7, 256), (256, 600)]:
        request = asked(old, new)

        reply = told(request, seen)

        note = cosigned(request.note, reply, witness=[WITNESS.verifier])
        assert (reply.status, reply.content_type) == (HTTPStatus.OK, "text/plain; charset=utf-8")
        assert seen.last("example.org/log") == tree(new)
        said = attested(note, keys=[LOG.verifier], witnesses=[WITNESS.verifier])
        assert [(each.key.name, each.at) for each in said.witnessed] == [("example.net/witness", AT)]


@pytest.mark.parametrize(
    ("request_", "last", "status", "body"),
    [
        (b"", 7, 400, ""),
        (b"old 07\n\n", 7, 400, ""),
        (asked(9, 8), 9, 400, ""),
        (asked(7, 9).written().replace(b"old 7", b"new 7"), 7, 400, ""),
        (asked(7, 9).written() + b"x" * 2**16, 7, 400, ""),
        (asked(0, 7, proof=(bytes(32),) * 64), None, 400, ""),
        (asked(7, 9, by=Signer.generate("example.org/log")), 7, 403, ""),
        (asked(7, 9, by=WITNESS), 7, 403, ""),
        (asked(7, 9, checkpoint=tree(9, origin="example.org/unknown")), 7, 404, ""),
        (asked(0, 9), 7, 409, "7\n"),
        (asked(6, 9), 7, 409, "7\n"),
        (asked(7, 9), None, 409, "0\n"),
        (asked(7, 7, checkpoint=tree(7, entries=ENTRIES[1:])), 7, 409, "7\n"),
        (asked(0, 0, checkpoint=Checkpoint("example.org/log", 0, bytes(32))), None, 409, "0\n"),
        (asked(7, 9, checkpoint=tree(9, entries=ENTRIES[1:])), 7, 422, ""),
        (asked(7, 9, proof=()), 7, 422, ""),
        (asked(7, 7, proof=(bytes(32),)), 7, 422, ""),
        (asked(0, 7, proof=(bytes(32),)), None, 422, ""),
    ],
)
def test_what_it_declines_it_declines_with_the_status_of_the_specification(request_, last, status, body):
    seen = Memory(*([tree(last)] if last else []))
    before = dict(seen.kept)

    reply = told(request_, seen)

    assert (reply.status, reply.body) == (status, body)
    assert reply.content_type == ("text/x.tlog.size" if status == 409 else "text/plain; charset=utf-8")
    assert seen.kept == before


def test_of_two_requests_at_the_same_moment_one_is_told_what_the_other_did():
    class Raced(Memory):
        def advance(self, *, before, after):
            self.kept[after.origin] = tree(9)
            return super().advance(before=before, after=after)

    reply = told(asked(7, 8), Raced(tree(7)))

    assert (reply.status, reply.body) == (HTTPStatus.CONFLICT, "9\n")


def test_the_request_is_written_as_the_specification_has_it():
    request = asked(7, 9)
    lines = request.written().decode().split("\n")

    assert lines[0] == "old 7"
    assert [len(line) for line in lines[1:7]] == [44, 44, 44, 44, 44, 0]
    assert lines[7:9] == ["example.org/log", "9"]
    assert AddCheckpoint.read(request.written()) == request
    assert asked(0, 7).written().startswith(b"old 0\n\nexample.org/log\n7\n")


@pytest.mark.parametrize("body", [b"old 0", b"old -1\n\n", b"old 0\n\nno note", b"old 0\n\xff\n\n", b"\n\n"])
def test_what_is_no_request_is_not_read(body):
    with pytest.raises(RequestMalformed):
        AddCheckpoint.read(body)


def test_a_log_learns_from_which_size_the_witness_wants_its_proof():
    reply = told(asked(0, 9), Memory(tree(7)))

    with pytest.raises(Declined) as declined:
        cosigned(asked(0, 9).note, reply, witness=[WITNESS.verifier])

    assert (declined.value.status, declined.value.size) == (HTTPStatus.CONFLICT, 7)


@pytest.mark.parametrize(("status", "body"), [(409, "seven\n"), (403, ""), (500, "oh")])
def test_a_log_hears_a_refusal_as_one(status, body):
    with pytest.raises(Declined) as declined:
        cosigned(asked(0, 9).note, Answer(HTTPStatus(status), body), witness=[WITNESS.verifier])

    assert (declined.value.status, declined.value.size) == (status, None)


def test_signatures_by_strangers_are_left_out_and_wrong_ones_refused():
    request = asked(0, 9)
    stranger = Signer.generate("example.com/stranger", Kind.COSIGNATURE)
    reply = told(request, Memory())
    added = request.note.signed_by(stranger, at=AT).signatures[-1].line
    other = asked(0, 8).note.signed_by(WITNESS, at=AT).signatures[-1].line

    note = cosigned(request.note, Answer(HTTPStatus.OK, added + reply.body), witness=[WITNESS.verifier])

    assert note.signatures == (*request.note.signatures, *read_signatures(reply.body))
    for body in (added, other, "", "no signature\n"):
        with pytest.raises(NoteRefused):
            cosigned(request.note, Answer(HTTPStatus.OK, body), witness=[WITNESS.verifier])


def test_the_empty_log_has_the_empty_root():
    assert tree(0).root == EMPTY_ROOT
