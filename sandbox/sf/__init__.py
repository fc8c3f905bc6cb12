"""SF Express: its open platform of one address, signed by msgDigest."""
