"""Run a command with ``DATABASE_URL`` naming a throwaway server of given PostgreSQL programs, with a database that is ready."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from checks.ready import READY_DATABASE, ready_server


def main() -> int:
    """Return the command's exit status; the server is gone afterwards."""
    programs, *command = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # whoever is told to end takes the server along
    with tempfile.TemporaryDirectory(prefix="teahorse-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        with ready_server(Path(folder) / "pg", programs=Path(programs)) as server:
            named = {
                "DATABASE_URL": server.url("postgres"),
                "TEAHORSE_POSTGRES_PROGRAMS": programs,
                "TEAHORSE_TEST_TEMPLATE": READY_DATABASE,
            }
            return subprocess.call(command, env={**os.environ, **named})


if __name__ == "__main__":
    sys.exit(main())
