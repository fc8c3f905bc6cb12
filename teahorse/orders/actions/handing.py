"""Handing a seller's parcel to a carrier: booked by the carriers' job, or under the number that somebody read from a label."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.carriers import accounts
from teahorse.carriers import actions as carriers
from teahorse.carriers.models import Consignment
from teahorse.carriers.providers import Party
from teahorse.carriers.rules import domestic_phone
from teahorse.common.refusals import Refusal
from teahorse.logistics import actions as logistics
from teahorse.logistics.carriers import NETWORK
from teahorse.logistics.models import Parcel
from teahorse.people.models import Organisation
from teahorse.places import queries as places


class OnItsWay(Refusal):
    """Somebody carries it already."""

    code = "on_its_way"
    sentence = _("This parcel is on its way already.")


class PaidInCash(Refusal):
    """Its money is to be taken when it is handed over, and only our network takes money."""

    code = "paid_in_cash"
    sentence = _("This parcel is paid in cash when it is handed over, and no express partner takes cash for us. Send it by our network.")


class NoContract(Refusal):
    """Nobody has a contract with the carrier, so that it could be asked; its number has to be typed."""

    code = "no_contract"
    sentence = _("This carrier cannot be asked from here. Copy the number from its label.")


class NoTelephone(Refusal):
    """The seller has written no telephone number down, which every carrier wants of a sender."""

    code = "no_telephone"
    sentence = _("Carriers want the sender's telephone. A manager writes it down under “Members”; then the carrier can be asked.")


@transaction.atomic
def hand_to_carrier(*, parcel: Parcel, carrier: str, carrier_number: str = "", now: datetime) -> Consignment | None:
    """
    Choose who takes a parcel on; a carrier without a number is asked by a job, once for a parcel, and what came back stands there.

    After a refusal it may be chosen anew. None: nobody is asked, for it goes by our network or has its number already.

    :raises OnItsWay: unless it lies packed; :raises PaidInCash: if it has to take cash;
    :raises NoContract: :raises NoTelephone: if the carrier cannot be asked;
    :raises teahorse.carriers.actions.AlreadyConsigned: if one has it, or is being asked. Nothing is changed in any of these.
    """
    row = Parcel.objects.select_for_update(of=("self",)).select_related("sender__area").get(pk=parcel.pk)
    if row.stage != Parcel.Stage.PACKED:
        raise OnItsWay
    if row.cod_due_fen and carrier != NETWORK:
        raise PaidInCash(field="carrier")
    open_rows = Consignment.objects.filter(parcel=row, is_return=False).exclude(
        stage__in=(Consignment.Stage.REFUSED, Consignment.Stage.CANCELLED)
    )
    if one := open_rows.first():
        if not one.is_typed:
            raise carriers.AlreadyConsigned(number=one.number or one.our_number)
        carriers.unfollow(consignment=one)
    if carrier == NETWORK or carrier_number:
        return follow_typed(parcel=logistics.name_carrier(parcel=row, carrier=carrier, number=carrier_number), now=now)
    if not accounts.can_book(carrier=carrier, organisation_id=row.sender_id):
        raise NoContract(field="carrier")
    if not row.sender.phone:
        raise NoTelephone(field="carrier")
    row = logistics.name_carrier(parcel=row, carrier=carrier, number="")
    return carriers.consign(
        parcel=row,
        carrier=carrier,
        sender=_sender(row.sender),
        weight_grams=row.weight_grams,
        volume_cm3=row.volume_cm3 or 0,
        now=now,
    )


def follow_typed(*, parcel: Parcel, now: datetime) -> Consignment | None:
    """
    Follow a parcel under the number that stands on its carrier's label, where somebody can be asked about it; None: nobody can.

    :raises teahorse.carriers.actions.NotPostal: :raises teahorse.carriers.actions.NumberTaken: if it was copied wrong; nothing is changed.
    """
    number = parcel.carrier_number
    if parcel.carrier == NETWORK or not number or not accounts.can_follow(carrier=parcel.carrier, organisation_id=parcel.sender_id):
        return None
    return carriers.follow(
        parcel=parcel, carrier=parcel.carrier, number=number, sender=_sender(parcel.sender), weight_grams=parcel.weight_grams, now=now
    )


def _sender(seller: Organisation) -> Party:
    """Return a seller as carriers read her: the Chinese name, and her area from the region down."""
    return Party(
        name=seller.name, phone=domestic_phone(seller.phone), address=f"{places.full_name(seller.area.code, 'zh-hans')} {seller.name}"
    )
