"""A transparency log: Merkle tree, tiles, signed checkpoints, proofs."""
