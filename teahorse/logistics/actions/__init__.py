"""
Every change of parcels and what they lie in.

Packing (:mod:`.packing`), scanning (:mod:`.scanning`; what follows from it: :mod:`.deriving`, :mod:`.noticing`), stopping
(:mod:`.stopping`), bags, cages and vehicles (:mod:`.units`), learning how long lanes take (:mod:`.learning`).
"""

from teahorse.logistics.actions.learning import learn_lanes
from teahorse.logistics.actions.noticing import explain
from teahorse.logistics.actions.packing import ParcelDraft, Recipient, name_carrier, note_paid, pack
from teahorse.logistics.actions.scanning import (
    AlreadyHandedOver,
    DoesNotFit,
    GoesBack,
    HasLeft,
    IsNotLost,
    IsStopped,
    NotAtThisPoint,
    NotYoursToMiss,
    ScanDraft,
    TakeMoneyFirst,
    Taken,
    UnknownParcel,
    WrongPickupCode,
    call_off,
    hand_over,
    record_scans,
    report_found,
    report_lost,
    set_right,
    take_scans,
)
from teahorse.logistics.actions.stopping import let_go, stop_parcels
from teahorse.logistics.actions.units import MOST_AT_ONCE, NameTaken, TooManyAtOnce, make_units, register_vehicle

__all__ = [
    "MOST_AT_ONCE",
    "AlreadyHandedOver",
    "DoesNotFit",
    "GoesBack",
    "HasLeft",
    "IsNotLost",
    "IsStopped",
    "NameTaken",
    "NotAtThisPoint",
    "NotYoursToMiss",
    "ParcelDraft",
    "Recipient",
    "ScanDraft",
    "TakeMoneyFirst",
    "Taken",
    "TooManyAtOnce",
    "UnknownParcel",
    "WrongPickupCode",
    "call_off",
    "explain",
    "hand_over",
    "learn_lanes",
    "let_go",
    "make_units",
    "name_carrier",
    "note_paid",
    "pack",
    "record_scans",
    "register_vehicle",
    "report_found",
    "report_lost",
    "set_right",
    "stop_parcels",
    "take_scans",
]
