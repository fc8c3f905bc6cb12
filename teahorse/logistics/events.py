"""What happened to parcels."""

from dataclasses import dataclass
from uuid import UUID

from teahorse.common.events import Event


@dataclass(frozen=True, kw_only=True)
class ParcelsMoved(Event):
    """New scans changed the stage of these parcels; ``references`` is what they are sent for."""

    parcel_ids: tuple[UUID, ...]
    references: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class UnpaidParcelsMoved(Event):
    """Of these of them the money is not here: it is paid when they are handed over."""

    references: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class ParcelsHandedOver(Event):
    """These parcels reached their recipients."""

    parcel_ids: tuple[UUID, ...]
    references: tuple[UUID, ...]
