"""The tree and its proofs, against foreign vectors and against the plain definition."""

import base64
import json
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teahorse.trace.tlog.merkle import (
    EMPTY_ROOT,
    ProofWrong,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.trace.vectors import VECTORS, needs_vectors

LEAVES = [leaf_hash(str(number).encode()) for number in range(600)]


def by_definition(leaves):
    """MTH of RFC 6962, section 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def node(height, index):
    return root_of(LEAVES[index << height : (index + 1) << height])


def foreign(kind):
    return sorted((VECTORS / "transparency-merkle/testdata" / kind).rglob("*.json")) if VECTORS.exists() else []


def raw(text):
    return base64.b64decode(text or "")


def named(path):
    return f"{path.parent.name}/{path.stem}"


@needs_vectors
def test_all_196_foreign_proofs_are_here():
    assert len(foreign("inclusion")) + len(foreign("consistency")) == 196


@needs_vectors
@pytest.mark.parametrize("path", foreign("inclusion"), ids=named)
def test_inclusion_is_judged_as_others_judge_it(path):
    case = json.loads(path.read_text())
    asked = {
        "leaf": raw(case["leafHash"]),
        "index": case["leafIdx"],
        "size": case["treeSize"],
        "proof": [raw(each) for each in case["proof"] or []],
        "root": raw(case["root"]),
    }
    if case["wantErr"]:
        with pytest.raises(ProofWrong):
            verify_inclusion(**asked)
    else:
        verify_inclusion(**asked)


@needs_vectors
@pytest.mark.parametrize("path", foreign("consistency"), ids=named)
def test_consistency_is_judged_as_others_judge_it(path):
    """No exception: a proof from the empty tree is refused here as well, since it says nothing."""
    case = json.loads(path.read_text())
    asked = {
        "old": case["size1"],
        "old_root": raw(case["root1"]),
        "new": case["size2"],
        "new_root": raw(case["root2"]),
        "proof": [raw(each) for each in case["proof"] or []],
    }
    if case["wantErr"]:
        with pytest.raises(ProofWrong):
            verify_consistency(**asked)
    else:
        verify_consistency(**asked)


def test_roots_are_those_of_the_definition():
    assert root_of([]) == EMPTY_ROOT == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    assert [root_of(LEAVES[:size]) for size in range(600)] == [by_definition(LEAVES[:size]) for size in range(600)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 600])
def test_every_leaf_of_a_tree_is_proved(size):
    root = root_of(LEAVES[:size])

    for index in range(size):
        proof = prove_inclusion(index=index, size=size, node=node)
        verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=proof, root=root)


@settings(max_examples=200)
@given(st.integers(1, 600), st.data())
def test_a_proof_of_inclusion_holds_and_with_any_bit_turned_does_not(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(index=index, size=size, node=node)
    root = root_of(LEAVES[:size])

    verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=proof, root=root)
    leaf, *path, top = turned(data, [LEAVES[index], *proof, root])
    with pytest.raises(ProofWrong):
        verify_inclusion(leaf=leaf, index=index, size=size, proof=path, root=top)


@settings(max_examples=200)
@given(st.integers(1, 600), st.data())
def test_a_proof_of_inclusion_is_for_one_place_only(size, data):
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda at: at != index)) if size > 1 else 1
    proof = prove_inclusion(index=index, size=size, node=node)

    with pytest.raises(ProofWrong):
        verify_inclusion(leaf=LEAVES[index], index=other, size=size, proof=proof, root=root_of(LEAVES[:size]))


@settings(max_examples=200)
@given(st.integers(2, 600), st.data())
def test_a_proof_of_consistency_holds_and_with_any_bit_turned_does_not(new, data):
    old = data.draw(st.integers(1, new - 1))
    roots = {"old": root_of(LEAVES[:old]), "new": root_of(LEAVES[:new])}
    proof = prove_consistency(old=old, new=new, node=node)

    verify_consistency(old=old, old_root=roots["old"], new=new, new_root=roots["new"], proof=proof)
    old_root, *path, new_root = turned(data, [roots["old"], *proof, roots["new"]])
    with pytest.raises(ProofWrong):
        verify_consistency(old=old, old_root=old_root, new=new, new_root=new_root, proof=path)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 4), (4, 4)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index, size):
    with pytest.raises(ProofWrong) as refused:
        prove_inclusion(index=index, size=size, node=node)

    assert refused.value.reason == "sizes"


@pytest.mark.parametrize(("old", "new"), [(0, 4), (5, 4), (-1, 4)])
def test_there_is_no_proof_from_nothing_or_backwards(old, new):
    with pytest.raises(ProofWrong) as refused:
        prove_consistency(old=old, new=new, node=node)

    assert refused.value.reason == "sizes"


def turned(data, hashes):
    """Turn one bit of one of them."""
    which = data.draw(st.integers(0, len(hashes) - 1))
    bit = data.draw(st.integers(0, 255))
    changed = bytearray(hashes[which])
    changed[bit // 8] ^= 1 << bit % 8
    return [*hashes[:which], bytes(changed), *hashes[which + 1 :]]
