"""Questions about vehicles, plans and runs (:mod:`.board`), and what waits for a vehicle (:mod:`.waiting`)."""

from teahorse.runs.queries.board import (
    coming_to,
    latest_plan,
    released_plan,
    run_of,
    runs_of_day,
    runs_of_driver,
    shifts_of_day,
    vehicles_at,
)
from teahorse.runs.queries.waiting import Lying, waiting_in

__all__ = [
    "Lying",
    "coming_to",
    "latest_plan",
    "released_plan",
    "run_of",
    "runs_of_day",
    "runs_of_driver",
    "shifts_of_day",
    "vehicles_at",
    "waiting_in",
]
