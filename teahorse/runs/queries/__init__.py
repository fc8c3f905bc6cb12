"""Vehicles, plans and runs (:mod:`.board`), what waits for a vehicle (:mod:`.waiting`), and what ways cost (:mod:`.lanes`)."""

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
from teahorse.runs.queries.lanes import LaneCost, WhatWaysCost, lane_costs
from teahorse.runs.queries.waiting import STAYS_ABOARD, STAYS_HOME, Lying, waiting_in

__all__ = [
    "STAYS_ABOARD",
    "STAYS_HOME",
    "LaneCost",
    "Lying",
    "WhatWaysCost",
    "coming_to",
    "lane_costs",
    "latest_plan",
    "released_plan",
    "run_of",
    "runs_of_day",
    "runs_of_driver",
    "shifts_of_day",
    "vehicles_at",
    "waiting_in",
]
