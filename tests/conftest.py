"""The suite's own PostgreSQL: one throwaway server a run, a database for each worker."""

import os
import tempfile
from pathlib import Path

import pytest


def pytest_configure(config):
    """Start the server in the controlling process only; the workers inherit its address."""
    if os.environ.get("DATABASE_URL") or hasattr(config, "workerinput"):
        return
    from teahorse.common.embedded import throwaway_server

    folder = Path(tempfile.mkdtemp(prefix="teahorse-tests-", dir="/var/tmp"))
    folder.chmod(0o755)
    server = throwaway_server(folder / "pg")
    os.environ["DATABASE_URL"] = server.__enter__().url("postgres")
    config.add_cleanup(lambda: server.__exit__(None, None, None))


@pytest.fixture
def now():
    """A moment in the middle of the matsutake season."""
    from datetime import UTC, datetime

    return datetime(2026, 8, 15, 4, 0, tzinfo=UTC)
