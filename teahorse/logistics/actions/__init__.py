"""Every change of parcels: packing (:mod:`.packing`), scanning (:mod:`.scanning`), stopping (:mod:`.stopping`)."""

from teahorse.logistics.actions.packing import ParcelDraft, Recipient, pack
from teahorse.logistics.actions.scanning import (
    AlreadyHandedOver,
    IsNotLost,
    IsStopped,
    NotAtThisPoint,
    NotYoursToMiss,
    ScanDraft,
    UnknownParcel,
    WrongPickupCode,
    hand_over,
    record_scans,
    report_found,
    report_lost,
)
from teahorse.logistics.actions.stopping import let_go, stop_parcels

__all__ = [
    "AlreadyHandedOver",
    "IsNotLost",
    "IsStopped",
    "NotAtThisPoint",
    "NotYoursToMiss",
    "ParcelDraft",
    "Recipient",
    "ScanDraft",
    "UnknownParcel",
    "WrongPickupCode",
    "hand_over",
    "let_go",
    "pack",
    "record_scans",
    "report_found",
    "report_lost",
    "stop_parcels",
]
