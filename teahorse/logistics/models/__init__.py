"""Parcels, units and their scans (:mod:`.parcels`, :mod:`.scans`), and what sending costs (:mod:`.freight`)."""

from teahorse.logistics.models.freight import FreightRate, FreightZone, FreightZoneArea, LaneDays
from teahorse.logistics.models.parcels import Containment, Parcel, Unit
from teahorse.logistics.models.scans import Oddity, Scan

__all__ = ["Containment", "FreightRate", "FreightZone", "FreightZoneArea", "LaneDays", "Oddity", "Parcel", "Scan", "Unit"]
