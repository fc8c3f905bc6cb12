"""
The suite's own PostgreSQL: one throwaway server a run, a database for each worker. Loaded by ``-p tests.own_server``.

With ``DATABASE_URL`` the suite runs on the server that it names, which may name a database with every table in
``TEAHORSE_TEST_TEMPLATE``: what each worker begins with is a copy of it. The server has to be there before Django reads its settings.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from checks.ready import READY_DATABASE, ready_server

_running = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests():
    """Start the server in the controlling process; the workers inherit its address."""
    scratch = Path(tempfile.mkdtemp(prefix="teahorse-tests-", dir="/var/tmp"))
    scratch.chmod(0o755)
    os.environ.setdefault("TEAHORSE_DATA", str(scratch / "data"))
    os.environ.setdefault("TEAHORSE_POOL", "30")
    if os.environ.get("DATABASE_URL"):
        _running.append((scratch, None))
        return
    server = ready_server(scratch / "pg")
    os.environ |= {"DATABASE_URL": server.__enter__().url("postgres"), "TEAHORSE_TEST_TEMPLATE": READY_DATABASE}
    _running.append((scratch, server))


def pytest_unconfigure():
    """Stop it."""
    while _running:
        scratch, server = _running.pop()
        if server is not None:
            server.__exit__(None, None, None)
        shutil.rmtree(scratch, ignore_errors=True)
