"""The demo's keys: what is called the same has the same key, and so the same address, after every reset. Plain Python."""

from uuid import UUID, uuid5

DEMO = UUID("6d1c7c3e-5f0b-5b52-9a55-7ea4045e0d01")


def key_of(kind: str, name: str) -> UUID:
    """Return the key of a thing of the demo, the same whenever and wherever it is loaded."""
    return uuid5(DEMO, f"{kind}:{name}")
