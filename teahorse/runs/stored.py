"""A day and its plan as plain values that a table keeps, and back again; the hash of what was asked."""

import hashlib
import json
from typing import Any

import msgspec

from teahorse.runs.planning.ground import Ground
from teahorse.runs.planning.model import Day, Task, Vehicle
from teahorse.runs.planning.plan import Plan


def kept_day(day: Day) -> dict[str, Any]:
    """Return a day as values that JSON knows."""
    parts = {"centre": day.centre, "tasks": day.tasks, "vehicles": day.vehicles, "ground": day.ground}
    return {name: msgspec.to_builtins(part) for name, part in parts.items()}


def day_of(kept: dict[str, Any]) -> Day:
    """Return the day that was kept."""
    return Day(
        kept["centre"],
        msgspec.convert(kept["tasks"], tuple[Task, ...]),
        msgspec.convert(kept["vehicles"], tuple[Vehicle, ...]),
        msgspec.convert(kept["ground"], Ground),
    )


def kept_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as values that JSON knows."""
    return {name: msgspec.to_builtins(getattr(plan, name)) for name in ("runs", "left", "left_fen")}


def plan_of(kept: dict[str, Any]) -> Plan:
    """Return the plan that was kept."""
    return msgspec.convert(kept, Plan)


def hash_of(kept: dict[str, Any]) -> str:
    """Return what tells what was asked from anything else: SHA-256 of its values."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def kept_ground(ground: Ground) -> dict[str, Any]:
    """Return ways as values that JSON knows."""
    kept: dict[str, Any] = msgspec.to_builtins(ground)
    return kept


def ground_of(kept: dict[str, Any]) -> Ground:
    """Return the ways that were kept."""
    return msgspec.convert(kept, Ground)
