"""Vehicles and who drives them when (:mod:`.vehicles`), a day's plan (:mod:`.plans`), runs and their stops (:mod:`.runs`)."""

from teahorse.runs.models.plans import DayPlan, Lock
from teahorse.runs.models.runs import Handling, Proof, Run, Stop
from teahorse.runs.models.vehicles import Shift, Vehicle

__all__ = ["DayPlan", "Handling", "Lock", "Proof", "Run", "Shift", "Stop", "Vehicle"]
