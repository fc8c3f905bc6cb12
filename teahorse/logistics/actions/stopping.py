"""Stopping parcels on their way: they are not handed over until whoever stopped them lets them go. Why, only she knows."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from teahorse.logistics.actions.moving import announce_moved
from teahorse.logistics.models import Parcel


@transaction.atomic
def stop_parcels(*, parcel_ids: Iterable[UUID], why: str) -> set[UUID]:
    """
    Have parcels not be handed over, with a reason that the counter reads; harmless twice.

    :returns: those that are stopped; what is gone already, or lost, is not among them.
    """
    stopped = [parcel for parcel in _locked(parcel_ids) if parcel.stage in Parcel.OPEN]
    _mark([parcel for parcel in stopped if not parcel.stopped_why], why[:200])
    return {parcel.pk for parcel in stopped}


@transaction.atomic
def let_go(*, parcel_ids: Iterable[UUID]) -> None:
    """Let parcels that were stopped be handed over again; harmless twice."""
    _mark([parcel for parcel in _locked(parcel_ids) if parcel.stopped_why], "")


def _locked(parcel_ids: Iterable[UUID]) -> list[Parcel]:
    return list(Parcel.objects.select_for_update(of=("self",)).filter(pk__in=list(parcel_ids)).order_by("pk"))


def _mark(parcels: list[Parcel], why: str) -> None:
    Parcel.objects.filter(pk__in=[parcel.pk for parcel in parcels]).update(stopped_why=why)
    if parcels:
        announce_moved(parcels)
