"""Making a parcel of what a seller packed."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from teahorse.logistics.actions.noticing import explain_paid
from teahorse.logistics.models import Parcel
from teahorse.logistics.rules import NO_MARKS, NUMBER_DIGITS, Marks, parcel_number
from teahorse.people.models import Organisation, ServicePoint

TRIES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """Who gets it, and where: an address, or a pickup point."""

    name: str
    phone: str
    area_code: str
    area_names: str
    line: str
    pickup_point: ServicePoint | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ParcelDraft:
    """What is sent: for which reference, how heavy and how to be handled, and with whom (``network``, or an express partner)."""

    reference: UUID
    weight_grams: int
    carrier: str = "network"
    carrier_number: str = ""
    volume_cm3: int | None = None
    marks: Marks = NO_MARKS
    cod_fen: int = 0
    """What is to be taken in cash before it is handed over."""


def pickup_code() -> str:
    """Return six digits that nobody can guess."""
    return f"{secrets.randbelow(1_000_000):06d}"


@transaction.atomic
def pack(*, draft: ParcelDraft, sender: Organisation, recipient: Recipient, now: datetime) -> Parcel:
    """Give a parcel its number and, where it is fetched at a pickup point, a code that opens it there alone."""
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return _pack_once(draft=draft, sender=sender, recipient=recipient, now=now)
        except IntegrityError:
            continue
    msg = "no free parcel number or pickup code was found"
    raise RuntimeError(msg)


def _pack_once(*, draft: ParcelDraft, sender: Organisation, recipient: Recipient, now: datetime) -> Parcel:
    digits = "".join(secrets.choice("0123456789") for _ in range(NUMBER_DIGITS))
    return Parcel.objects.create(
        county_id=sender.county_id,
        number=parcel_number(digits),
        reference=draft.reference,
        sender=sender,
        recipient_name=recipient.name,
        recipient_phone=recipient.phone,
        destination_code=recipient.area_code,
        destination_names=recipient.area_names,
        destination_line=recipient.line,
        pickup_point=recipient.pickup_point,
        pickup_code=pickup_code() if recipient.pickup_point else "",
        carrier=draft.carrier,
        carrier_number=draft.carrier_number,
        weight_grams=draft.weight_grams,
        volume_cm3=draft.volume_cm3,
        size=Parcel.Size.LARGE if draft.marks.is_large else Parcel.Size.SMALL,
        is_cold=draft.marks.is_cold,
        is_fragile=draft.marks.is_fragile,
        cod_fen=draft.cod_fen,
        stage_at=now,
        packed_at=now,
    )


@transaction.atomic
def note_paid(*, reference: UUID, now: datetime) -> None:
    """Write down that the money for the parcels of a reference is here, so that they may be handed over; harmless twice."""
    unpaid = Parcel.objects.filter(reference=reference, cod_fen__gt=0, cod_taken_at=None)
    explain_paid(unpaid.values_list("pk", flat=True), now=now)
    unpaid.update(cod_taken_at=now)


@transaction.atomic
def name_carrier(*, parcel: Parcel, carrier: str, number: str) -> Parcel:
    """Write down who takes a parcel on, and under which number of theirs; empty: it is not known yet, or our network has none."""
    row = Parcel.objects.select_for_update(of=("self",)).get(pk=parcel.pk)
    row.carrier, row.carrier_number = carrier, number
    row.save(update_fields=["carrier", "carrier_number"])
    return row
