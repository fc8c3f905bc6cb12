"""Foreign test data, which lies beside the project and is not part of it."""

import json
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[2].parent / "shared/trace-vectors"

needs_vectors = pytest.mark.skipif(not VECTORS.exists(), reason="the foreign vectors are not beside the project")


def foreign(name):
    """Return what a foreign file of JSON holds, no cases where the vectors are absent."""
    return json.loads((VECTORS / name).read_text()) if VECTORS.exists() else {"cases": []}


def cases(name):
    """Return the cases of a foreign file of JSON."""
    return foreign(name)["cases"]
