"""
Handing parcels to carriers: written down first, asked outside any transaction, and asked again under the same number until it answers.

A row that waits, is cancelling, or is followed has ``next_try_at``; :func:`settle_due` does what is due of the first two.
"""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from teahorse.carriers import accounts, queries
from teahorse.carriers.actions.renewing import note_ended
from teahorse.carriers.models import Consignment
from teahorse.carriers.providers import AccessEnded, CarrierRefuses, CarrierUnavailable, Party, Wanted, guarded_call
from teahorse.carriers.rules import charged_grams, domestic_phone, fee_fen, is_postal_number, wait_after
from teahorse.carriers.states import State
from teahorse.common.refusals import Malformed, Refusal
from teahorse.logistics.actions import name_carrier
from teahorse.logistics.models import Parcel

Stage = Consignment.Stage
MOST_AT_ONCE = 50
CLAIMED_FOR = timedelta(minutes=2)
"""A call may take so long; if its process dies, the next one does it."""


class AlreadyConsigned(Refusal):
    """A carrier has it, or is being asked."""

    code = "already_consigned"
    sentence = _("This parcel is with a carrier already (%(number)s).")


class NotPostal(Malformed):
    """No number of the post's."""


@transaction.atomic
def consign(
    *, parcel: Parcel, carrier: str, sender: Party, weight_grams: int, volume_cm3: int = 0, service: str = "", now: datetime
) -> Consignment:
    """
    Have a carrier take a parcel on; it is booked by the next :func:`settle_due`.

    The fee is what our tariff says today, so that the carrier's bill has something to be compared with.

    :raises AlreadyConsigned: if one has it; :raises Malformed: without a weight. Nothing is changed.
    """
    point = parcel.pickup_point
    line = f"{point.address_line} {point.name}" if point else parcel.destination_line
    recipient = Party(
        name=parcel.recipient_name,
        phone=domestic_phone(parcel.recipient_phone),
        address=f"{parcel.destination_names} {line.strip()}".strip(),
    )
    return _written(
        parcel, carrier, sender, recipient, weight_grams=weight_grams, volume_cm3=volume_cm3, service=service, is_return=False, now=now
    )


@transaction.atomic
def send_back(*, consignment: Consignment, weight_grams: int, volume_cm3: int = 0, now: datetime) -> Consignment:
    """
    Have a delivered parcel taken back: a booking of its own with the parties changed over.

    :raises AlreadyConsigned: if a return is under way; nothing is changed.
    """
    sender, recipient = Party(**consignment.recipient), Party(**consignment.sender)
    sizes = {"weight_grams": weight_grams, "volume_cm3": volume_cm3}
    return _written(consignment.parcel, consignment.carrier, sender, recipient, **sizes, service="", is_return=True, now=now)


class NumberTaken(Malformed):
    """Another parcel has this number."""


@transaction.atomic
def follow(*, parcel: Parcel, carrier: str, number: str, sender: Party, weight_grams: int, now: datetime) -> Consignment:
    """
    Follow a parcel by Kuaidi100 that somebody handed to a carrier by hand, under the number on the carrier's label.

    :raises NotPostal: if a number of the post's cannot be one (UPU S10's check digit); :raises NumberTaken: if another parcel has it;
    :raises AlreadyConsigned: as :func:`consign`. Nothing is changed in any of these.
    """
    if carrier in {"china_post", "ems"} and not is_postal_number(number):
        raise NotPostal(field="carrier_number", reason=_("This is no number of the post: copy it again from the label."))
    if Consignment.objects.filter(carrier=carrier, number=number).exists():
        raise NumberTaken(field="carrier_number", reason=_("Another parcel has this number already: copy it again from the label."))
    recipient = Party(name=parcel.recipient_name, phone=domestic_phone(parcel.recipient_phone), address=parcel.destination_names)
    made = _written(parcel, carrier, sender, recipient, weight_grams=weight_grams, volume_cm3=0, service="", is_return=False, now=now)
    made.number, made.stage, made.booked_at, made.followed_by = number, Stage.BOOKED, now, "kuaidi100"
    made.account = accounts.account_for(carrier="kuaidi100", organisation_id=parcel.sender_id)
    made.save()
    return made


@transaction.atomic
def unfollow(*, consignment: Consignment) -> None:
    """Stop following a number that was typed wrong, so that another one may be; what a carrier booked by us is left as it is."""
    row = Consignment.objects.select_for_update().get(pk=consignment.pk)
    if row.is_typed and row.stage == Stage.BOOKED and not row.events.exists():
        row.trouble, row.number, row.stage, row.next_try_at = row.number, "", Stage.CANCELLED, None
        row.save()


@transaction.atomic
def call_off(*, consignment: Consignment, now: datetime) -> Consignment:
    """Call a booking off; the carrier hears of it by the next :func:`settle_due`. Harmless twice, and after it ended."""
    row = Consignment.objects.select_for_update().get(pk=consignment.pk)
    if row.stage in {Stage.WAITING, Stage.BOOKED} and row.state not in {State.DELIVERED, State.RETURNED}:
        row.stage, row.next_try_at, row.tries = Stage.CANCELLING, now, 0  # a waiting one may have reached the carrier already
        row.save()
    return row


def settle_due(*, now: datetime) -> int:
    """Book and call off what is due, and return how many were settled; what nobody answered waits longer each time."""
    return sum(_settled(row, now=now) for row in _claimed(now=now))


def _written(
    parcel: Parcel,
    carrier: str,
    sender: Party,
    recipient: Party,
    *,
    weight_grams: int,
    volume_cm3: int,
    service: str,
    is_return: bool,
    now: datetime,
) -> Consignment:
    if weight_grams <= 0:
        raise Malformed(field="weight", reason=_("Weigh it first."))
    parcel = Parcel.objects.select_for_update(of=("self",)).get(pk=parcel.pk)
    before = Consignment.objects.filter(parcel=parcel, is_return=is_return)
    for other in before.exclude(stage__in=(Stage.CANCELLED, Stage.REFUSED)):
        raise AlreadyConsigned(number=other.number or other.our_number)
    tariff = queries.tariff_for(carrier=carrier, service=service, destination=parcel.destination_code)
    charged = charged_grams(weight_grams=weight_grams, volume_cm3=volume_cm3, cm3_per_kg=tariff.cm3_per_kg) if tariff else None
    return Consignment.objects.create(
        county_id=parcel.county_id,
        parcel=parcel,
        carrier=carrier,
        followed_by=carrier,
        account=accounts.account_for(carrier=carrier, organisation_id=parcel.sender_id),
        our_number=f"{parcel.number}{'R' if is_return else 'F'}{before.count() + 1}",
        is_return=is_return,
        stage=Stage.WAITING,
        sender=asdict(sender),
        recipient=asdict(recipient),
        weight_grams=weight_grams,
        volume_cm3=volume_cm3,
        charged_grams=charged,
        fee_fen=fee_fen(queries.price_of(tariff), charged=charged) if tariff and charged is not None else None,
        promised_by=now + timedelta(days=tariff.days) if tariff else None,
        asked_at=now,
        next_try_at=now,
    )


@transaction.atomic
def _claimed(*, now: datetime) -> list[Consignment]:
    """Take what is due, so that no other process does it at the same time."""
    due = Consignment.objects.filter(stage__in=(Stage.WAITING, Stage.CANCELLING), next_try_at__lte=now).order_by("next_try_at", "pk")
    rows = list(due.select_for_update(skip_locked=True, of=("self",)).select_related("account", "parcel")[:MOST_AT_ONCE])
    Consignment.objects.filter(pk__in=[row.pk for row in rows]).update(next_try_at=now + CLAIMED_FOR, tries=F("tries") + 1)
    return rows


def _settled(row: Consignment, *, now: datetime) -> bool:
    """Ask the carrier and write down what came back."""
    try:
        partner = accounts.carrier(row.carrier, row.account)
        if row.stage == Stage.WAITING:
            wanted = _wanted(row)
            _booked(row, guarded_call(row.carrier, lambda: partner.book(wanted)), now=now)
        else:
            guarded_call(row.carrier, lambda: partner.cancel(row.our_number, number=row.number))
            _called_off(row)
    except CarrierUnavailable as unavailable:
        trouble = str(unavailable.numbers.get("trouble", ""))[:200]
        _note(row, was=row.stage, next_try_at=now + wait_after(row.tries), trouble=trouble)
        return False
    except AccessEnded as ended:
        note_ended(account=row.account, now=now)
        _note(row, was=row.stage, next_try_at=now + wait_after(row.tries), trouble=f"{ended.message} ({ended.reason})"[:200])
        return False
    except CarrierRefuses as refused:
        _note_refusal(row, refused, now=now)
    return True


@transaction.atomic
def _booked(row: Consignment, number: str, *, now: datetime) -> None:
    """Write down the carrier's number, at the parcel too, where its buyer and its sender look for it."""
    told = {"number": number, "booked_at": now, "next_try_at": now, "tries": 0, "trouble": ""}
    if _note(row, was=Stage.WAITING, stage=Stage.BOOKED, **told) and not row.is_return:
        name_carrier(parcel=row.parcel, carrier=row.carrier, number=number)


@transaction.atomic
def _called_off(row: Consignment) -> None:
    """Write down that the carrier gave it up; its number means nothing any more."""
    _note(row, was=Stage.CANCELLING, stage=Stage.CANCELLED, next_try_at=None, trouble="")
    if row.number and row.parcel.carrier_number == row.number:
        name_carrier(parcel=row.parcel, carrier=row.carrier, number="")


def _note_refusal(row: Consignment, refused: CarrierRefuses, *, now: datetime) -> None:
    """Write down a carrier's no: what it does not take is free again, what it does not call off goes on."""
    trouble = f"{refused.message} ({refused.reason})"[:200]
    if row.stage == Stage.WAITING:
        told = {"refusal_code": refused.reason[:40], "refusal_words": refused.message[:200]}
        _note(row, was=row.stage, stage=Stage.REFUSED, next_try_at=None, trouble=trouble, **told)
    elif row.number:
        _note(row, was=row.stage, stage=Stage.BOOKED, next_try_at=now, trouble=trouble)
    else:  # whether it has it nobody knows: it is asked again
        _note(row, was=row.stage, next_try_at=now + wait_after(row.tries), trouble=trouble)


def _note(row: Consignment, *, was: str, **values: object) -> bool:
    """Write down, unless (False) somebody changed its stage meanwhile; a number that the carrier gave is kept in any case."""
    is_written = Consignment.objects.filter(pk=row.pk, stage=was).update(**values) > 0
    if not is_written and values.get("number"):
        Consignment.objects.filter(pk=row.pk).update(number=values["number"])
    return is_written


def _wanted(row: Consignment) -> Wanted:
    return Wanted(
        our_number=row.our_number,
        sender=Party(**row.sender),
        recipient=Party(**row.recipient),
        weight_grams=row.weight_grams,
        volume_cm3=row.volume_cm3,
    )
