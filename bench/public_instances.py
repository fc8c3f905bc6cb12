"""
Li & Lim's pickup-and-delivery instances, planned: the fleet limited to the best known number of vehicles.

``PLAN_PUBLIC`` names the folder with the instances and ``best_known.json`` (by name: ``vehicles``, ``best_known_cost``);
``PLAN_SECONDS`` says how long each is planned. Distances are worked out by the planner's own checker.
"""

import json
import os
import sys
from math import hypot
from pathlib import Path
from typing import Any

from teahorse.runs.planning.ground import Ground, Table
from teahorse.runs.planning.model import Day, Task, Vehicle, Visit, Window
from teahorse.runs.planning.planner import FINAL_S, plan_day

FOLDER = Path(os.environ.get("PLAN_PUBLIC", Path(__file__).parents[2] / "shared" / "vrp"))
BEST_KNOWN = FOLDER / "best_known.json"
SECONDS = float(os.environ.get("PLAN_SECONDS", FINAL_S))

UNITS = 10_000
"""Seconds and metres of a unit of the instance's time and distance, so that whole numbers are exact enough."""
WORTH_OF_A_PAIR_FEN = 10_000_000
"""More than any detour: the fleet is limited, and serving all goes before distance."""


def day_of(path: Path, *, vehicles: int) -> Day:
    """
    Return an instance as a day: distance is the only cost, one fen for each thousandth of a unit.

    Lines: vehicles, capacity, speed; then number, x, y, demand, opens, closes, service, its pickup, its delivery.
    """
    head, *rows = [[int(float(word)) for word in line.split()] for line in path.read_text().splitlines() if line.strip()]
    points = [(row[1], row[2]) for row in rows]
    metres = tuple(tuple(round(hypot(x - u, y - v) * UNITS) for u, v in points) for x, y in points)
    flat = tuple(tuple(0 for _ in points) for _ in points)
    ground = Ground(tuple(str(row[0]) for row in rows), Table(metres, metres, flat))

    def visit(row: list[int]) -> Visit:
        return Visit(str(row[0]), row[6] * UNITS, (Window(row[4] * UNITS, row[5] * UNITS),))

    tasks = tuple(
        Task(str(row[0]), visit(row), visit(rows[row[8]]), grams=row[3], leave_fen=WORTH_OF_A_PAIR_FEN) for row in rows[1:] if row[8]
    )
    depot = rows[0]
    van = [
        Vehicle(f"v{number}", str(depot[0]), str(depot[0]), head[1], 0, depot[4] * UNITS, depot[5] * UNITS, fen_per_km=1000 * 1000 // UNITS)
        for number in range(vehicles)
    ]
    return Day(str(depot[0]), tasks, tuple(van), ground)


def instances(folder: Path, best_known: Path) -> dict[str, tuple[Path, int, float]]:
    """Return by name the path, the best known number of vehicles and the best known distance of each instance that has one."""
    known = {name.lower(): (row["vehicles"], row["best_known_cost"]) for name, row in json.loads(best_known.read_text()).items()}
    return {path.stem: (path, *known[path.stem.lower()]) for path in sorted(folder.glob("*.txt")) if path.stem.lower() in known}


def plan_public() -> dict[str, Any]:
    """Plan every instance that stands in the folder; one is skipped where nothing is known of it, all where there is no folder."""
    if not BEST_KNOWN.is_file():
        return {"value": 0.0, "unit": "skipped", "why": f"no instances: set PLAN_PUBLIC to a folder with {BEST_KNOWN.name}"}
    found = instances(FOLDER, BEST_KNOWN)
    rows = {name: _planned(path, vehicles=vehicles) for name, (path, vehicles, _) in found.items()}
    gaps = {name: units / found[name][2] for name, (units, left) in rows.items() if not left}
    for name, (units, left) in rows.items():
        print(f"{name:<16}{units:>12,.2f}{found[name][2]:>12,.2f}{gaps.get(name, 0):>8.4f}  {left} pairs left", file=sys.stderr)
    ratio = sum(gaps.values()) / len(gaps) if gaps else None
    return {
        "value": 100 * (ratio - 1) if ratio else 0.0,
        "unit": "% over best",
        "ratio": ratio,
        "unserved_pairs": sum(left for _, left in rows.values()),
        "instances": len(rows),
        "wholly_served": len(gaps),
        "seconds": SECONDS,
        "each": {name: {"distance": units, "best_known": found[name][2], "left": left} for name, (units, left) in rows.items()},
    }


def _planned(path: Path, *, vehicles: int) -> tuple[float, int]:
    """Return the distance in the instance's units, and the pairs left."""
    plan = plan_day(day_of(path, vehicles=vehicles), seconds=SECONDS).plan
    return plan.cost.metres / UNITS, len(plan.left)
