"""What processes use, read from Linux's ``/proc``: which they are, their time on a processor, their memory."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def tree(root: int) -> list[int]:
    """Return a process and all below it."""
    parents: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(_fields(folder)[1])
        except OSError:  # it ended meanwhile
            continue
    found = [root] if root in parents else []
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(root: int) -> float:
    """Return how long a process and all below it have been on a processor, those included that ended and were waited for."""
    total = 0
    for pid in tree(root):
        try:
            total += sum(int(ticks) for ticks in _fields(PROC / str(pid))[11:15])
        except OSError:
            continue
    return total / TICKS


def memory_mb(pid: int) -> float:
    """Return what a process holds in MB (10^6 bytes); what it shares with others counts by its share (PSS)."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1_000_000
    return 0.0


def words(pid: int) -> str:
    """Return the command line of a process."""
    return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def _fields(folder: Path) -> list[str]:
    """Return the fields of ``stat`` from the state on: the name before them may hold blanks."""
    return (folder / "stat").read_text().rpartition(")")[2].split()
