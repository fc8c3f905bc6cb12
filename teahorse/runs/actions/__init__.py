"""
Every change of runs.

Vehicles and shifts (:mod:`.vehicles`), asking for a day's plan (:mod:`.asking`), also by itself when ways close or open
(:mod:`.planning_anew`), searching it (:mod:`.searching`), giving it out (:mod:`.releasing`), what drivers tell (:mod:`.driving`)
and what roads learn from it (:mod:`.learning`).
"""

from teahorse.runs.actions.asking import (
    IsBeingSearched,
    NobodyDrives,
    NothingWaits,
    NotOnTheMap,
    NotThisDay,
    ask_plan,
    lock_thing,
)
from teahorse.runs.actions.driving import IsNotYourRun, Told, ToldThing, tell_stop
from teahorse.runs.actions.planning_anew import plan_anew
from teahorse.runs.actions.releasing import NotDrafted, PlanIsStale, release_plan
from teahorse.runs.actions.searching import JOB, QUEUE, give_up_lost, search_plan
from teahorse.runs.actions.vehicles import DrivesAlready, NotADriver, VehicleDraft, end_shift, give_shift, keep_vehicle

__all__ = [
    "JOB",
    "QUEUE",
    "DrivesAlready",
    "IsBeingSearched",
    "IsNotYourRun",
    "NobodyDrives",
    "NotADriver",
    "NotDrafted",
    "NotOnTheMap",
    "NotThisDay",
    "NothingWaits",
    "PlanIsStale",
    "Told",
    "ToldThing",
    "VehicleDraft",
    "ask_plan",
    "end_shift",
    "give_shift",
    "give_up_lost",
    "keep_vehicle",
    "lock_thing",
    "plan_anew",
    "release_plan",
    "search_plan",
    "tell_stop",
]
