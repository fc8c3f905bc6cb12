"""
The Merkle tree of RFC 6962, section 2.1 (SHA-256), and its two proofs; nothing here recurses or needs all leaves.

A node is named by its height and its index in that height: ``(height, index)`` is the hash over the leaves
``[index * 2^height, (index + 1) * 2^height)``. Proofs are made from such complete nodes; where they come from (tiles, usually) is the
caller's affair.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Literal

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Node = Callable[[int, int], bytes]  # (height, index) -> hash
Span = tuple[int, int]  # [start, end) of leaves

Reason = Literal["sizes", "length", "hash", "root", "old_root"]


class ProofWrong(Exception):
    """
    A proof does not prove what it should. ``reason`` says where it fails.

    ``sizes``: index or sizes cannot be (``0 <= index < size``, ``0 < old <= new``); ``length``: too few or too many hashes; ``hash``: a
    hash is not 32 bytes; ``root``: it leads to another root; ``old_root``: it leads to this root, but from another older one.
    """

    def __init__(self, *, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry (section 2.1: SHA-256 over 0x00 and the entry)."""
    return sha256(b"\x00" + entry).digest()


def leaf_row(entries: Iterable[bytes]) -> bytes:
    """Return the hashes of entries, one after another."""
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash above two nodes (section 2.1: SHA-256 over 0x01, left and right)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, or over nodes of one height."""
    return row_root(b"".join(hashes))


def row_root(row: bytes, beside: bytes | None = None) -> bytes:
    """Return the root over a row of nodes, given as hashes one after another, and over what stands right ``beside`` them."""
    root, end, height = beside, len(row), 0
    while end:
        if end // HASH_BYTES >> height & 1:
            complete = row[end - (HASH_BYTES << height) : end]
            end -= len(complete)
            while len(complete) > HASH_BYTES:
                complete = _row_above(complete)
            root = complete if root is None else node_hash(complete, root)
        height += 1
    return EMPTY_ROOT if root is None else root


def span_root(span: Span, node: Node) -> bytes:
    """Return the hash over a span of leaves that is a subtree of RFC 6962, from the complete nodes in it."""
    hashes = [node(height, index) for height, index in nodes_in(span)]
    if not hashes:
        return EMPTY_ROOT
    root = hashes.pop()
    while hashes:
        root = node_hash(hashes.pop(), root)
    return root


def nodes_in(span: Span) -> Iterator[tuple[int, int]]:
    """Yield the complete nodes (height, index) that make up a span, from the left; the largest stand first."""
    start, end = span
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def inclusion_spans(*, index: int, size: int) -> list[Span]:
    """
    Return which spans' hashes prove that a leaf is in a tree, from the leaf's neighbour upwards (section 2.1.1).

    :raises ProofWrong: if there is no such leaf.
    """
    if not 0 <= index < size:
        raise ProofWrong(reason="sizes")
    spans = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(*, old: int, new: int) -> list[Span]:
    """
    Return which spans' hashes prove that the tree of ``old`` leaves is the beginning of the one of ``new`` (section 2.1.2).

    :raises ProofWrong: unless ``0 < old <= new``; from the empty tree there is nothing to prove.
    """
    if not 0 < old <= new:
        raise ProofWrong(reason="sizes")
    spans = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    if start:
        spans.append((start, end))
    return spans[::-1]


def prove_inclusion(*, index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """Return the proof that leaf ``index`` is in the tree of ``size`` leaves (section 2.1.1)."""
    return tuple(span_root(span, node) for span in inclusion_spans(index=index, size=size))


def prove_consistency(*, old: int, new: int, node: Node) -> tuple[bytes, ...]:
    """Return the proof that the tree of ``new`` leaves only adds to the one of ``old`` (section 2.1.2)."""
    return tuple(span_root(span, node) for span in consistency_spans(old=old, new=new))


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """
    Make sure that a leaf's hash stands at ``index`` in the tree of this size and root (RFC 9162, section 2.1.3.2).

    :raises ProofWrong: if it does not, or the proof does not show it.
    """
    if not 0 <= index < size:
        raise ProofWrong(reason="sizes")
    _all_hashes(leaf, *proof)
    reached = leaf
    for sibling, is_left in _climb(index, size - 1, proof):
        reached = node_hash(sibling, reached) if is_left else node_hash(reached, sibling)
    if reached != root:
        raise ProofWrong(reason="root")


def verify_consistency(*, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """
    Make sure that one tree is the beginning of another (RFC 9162, section 2.1.4.2).

    A proof from the empty tree says nothing and is refused; who has seen nothing yet has nothing to compare.

    :raises ProofWrong: if it is not, or the proof does not show it.
    """
    if not 0 < old <= new:
        raise ProofWrong(reason="sizes")
    if old == new:
        if proof:
            raise ProofWrong(reason="length")
        if old_root != new_root:
            raise ProofWrong(reason="old_root")
        return
    _all_hashes(*proof)
    if not proof:
        raise ProofWrong(reason="length")
    height = (old & -old).bit_length() - 1  # of the old tree's last complete node; the climb begins there
    shared, *siblings = proof if old >> height > 1 else (old_root, *proof)
    old_reached = reached = shared
    for sibling, is_left in _climb((old - 1) >> height, (new - 1) >> height, siblings):
        if is_left:
            old_reached, reached = node_hash(sibling, old_reached), node_hash(sibling, reached)
        else:
            reached = node_hash(reached, sibling)
    if reached != new_root:
        raise ProofWrong(reason="root")
    if old_reached != old_root:
        raise ProofWrong(reason="old_root")


def _climb(place: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Go up from a node whose row ends at ``last``; yield each hash beside the way and whether it stands left of it."""
    for sibling in proof:
        if not last:
            raise ProofWrong(reason="length")
        is_left = bool(place & 1) or place == last
        while is_left and place and not place & 1:  # at the right edge nothing stands beside it for a while
            place, last = place >> 1, last >> 1
        yield sibling, is_left
        place, last = place >> 1, last >> 1
    if last:
        raise ProofWrong(reason="length")


def _all_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofWrong(reason="hash")


def _split(count: int) -> int:
    """Return the largest power of two below ``count``, which is at least two."""
    return 1 << (count - 1).bit_length() - 1


def _row_above(row: bytes) -> bytes:
    """Return the next row of a tree; the row holds an even number of hashes."""
    return b"".join([sha256(b"\x01" + row[at : at + 2 * HASH_BYTES]).digest() for at in range(0, len(row), 2 * HASH_BYTES)])
