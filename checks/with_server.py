"""Run a command with ``DATABASE_URL`` naming a throwaway server of given PostgreSQL programs."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from teahorse.common.embedded import throwaway_server


def main() -> int:
    """Return the command's exit status; the server is gone afterwards."""
    programs, *command = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="teahorse-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        with throwaway_server(Path(folder) / "pg", programs=Path(programs)) as server:
            return subprocess.call(
                command, env={**os.environ, "DATABASE_URL": server.url("postgres"), "TEAHORSE_POSTGRES_PROGRAMS": programs}
            )


if __name__ == "__main__":
    sys.exit(main())
