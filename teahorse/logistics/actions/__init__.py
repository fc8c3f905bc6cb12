"""Every change of parcels: packing (:mod:`.packing`) and scanning (:mod:`.scanning`)."""

from teahorse.logistics.actions.packing import ParcelDraft, Recipient, pack
from teahorse.logistics.actions.scanning import (
    AlreadyHandedOver,
    IsNotLost,
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

__all__ = [
    "AlreadyHandedOver",
    "IsNotLost",
    "NotAtThisPoint",
    "NotYoursToMiss",
    "ParcelDraft",
    "Recipient",
    "ScanDraft",
    "UnknownParcel",
    "WrongPickupCode",
    "hand_over",
    "pack",
    "record_scans",
    "report_found",
    "report_lost",
]
