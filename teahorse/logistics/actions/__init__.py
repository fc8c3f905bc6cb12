"""Every change of parcels: packing (:mod:`.packing`) and scanning (:mod:`.scanning`)."""

from teahorse.logistics.actions.packing import ParcelDraft, Recipient, pack
from teahorse.logistics.actions.scanning import (
    AlreadyHandedOver,
    NotAtThisPoint,
    ScanDraft,
    UnknownParcel,
    WrongPickupCode,
    hand_over,
    record_scans,
)

__all__ = [
    "AlreadyHandedOver",
    "NotAtThisPoint",
    "ParcelDraft",
    "Recipient",
    "ScanDraft",
    "UnknownParcel",
    "WrongPickupCode",
    "hand_over",
    "pack",
    "record_scans",
]
