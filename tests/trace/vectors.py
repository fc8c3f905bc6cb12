"""Foreign test data, which stands beside the project and is never copied into it."""

import json
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[2].parent / "shared/trace-vectors"

needs_vectors = pytest.mark.skipif(not VECTORS.exists(), reason="the foreign vectors are not beside the project")


def cases(name):
    """Return what a file of them holds; nothing where they are absent."""
    file = VECTORS / name
    return json.loads(file.read_text()) if file.exists() else {"cases": []}
