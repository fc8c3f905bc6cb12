"""What is kept of a plan beside the plan: by what it was found, from which ground, at what objective; as plain values to store."""

import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from teahorse.runs.planning.model import Day
from teahorse.runs.planning.plan import Plan
from teahorse.runs.planning.searching import version_of_pyvrp
from teahorse.runs.planning.seeding import version_of_vroom


@dataclass(frozen=True, slots=True)
class Step:
    """What one of the searches offered: when, at what objective, leaving how many; what was no better stands here too."""

    found_by: str
    seconds: float
    fen: int
    left: int


@dataclass(frozen=True, slots=True)
class Record:
    """
    How a plan was found.

    :param ground: SHA-256 of the tables that it stands on; another one says that the roads were others.
    :param objective_fen: what the plan costs, what is left for tomorrow counted.
    """

    solvers: tuple[tuple[str, str], ...]
    seed: int
    seconds: float
    objective_fen: int
    ground: str
    tasks: int
    vehicles: int
    left: tuple[str, ...]
    steps: tuple[Step, ...]

    def as_stored(self) -> dict[str, Any]:
        """Return it as values that JSON knows."""
        return asdict(self)


def record_of(day: Day, plan: Plan, *, seconds: float, seed: int, steps: Sequence[Step]) -> Record:
    """Return the record of a plan."""
    vroom = version_of_vroom()
    solvers = [("python", platform.python_version()), ("pyvrp", version_of_pyvrp()), *([("vroom", vroom)] if vroom else [])]
    return Record(
        solvers=tuple(solvers),
        seed=seed,
        seconds=round(seconds, 3),
        objective_fen=plan.fen,
        ground=day.ground.fingerprint(),
        tasks=len(day.tasks),
        vehicles=len(day.vehicles),
        left=plan.left,
        steps=tuple(steps),
    )
