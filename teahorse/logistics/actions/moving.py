"""Telling others that parcels moved."""

from collections.abc import Sequence

from teahorse.common.events import announce
from teahorse.logistics.events import ParcelsMoved, UnpaidParcelsMoved
from teahorse.logistics.models import Parcel


def announce_moved(parcels: Sequence[Parcel]) -> None:
    """Announce that these parcels moved, and apart those of which the money is not here: few are, and others need not look."""
    announce(ParcelsMoved(parcel_ids=tuple(parcel.pk for parcel in parcels), references=tuple(parcel.reference for parcel in parcels)))
    unpaid = tuple(parcel.reference for parcel in parcels if parcel.cod_due_fen)
    if unpaid:
        announce(UnpaidParcelsMoved(references=unpaid))
