"""Handing booked parcels to a carrier's driver: one list of all that waits, made once."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.carriers import queries
from teahorse.carriers.models import Consignment, Manifest
from teahorse.common.ids import new_id, readable
from teahorse.common.refusals import Refusal
from teahorse.people.models import Organisation, Person

MOST_PARCELS = 500


class NothingToHandOver(Refusal):
    """No booked parcel waits for this carrier here."""

    code = "nothing_to_hand_over"
    sentence = _("No parcel waits for this carrier here.")


@transaction.atomic
def make_manifest(*, giver: Organisation, carrier: str, by: Person, now: datetime) -> Manifest:
    """
    Put all parcels that a carrier has taken on, that wait at a giver and are on no list yet, on one.

    They wait at her who packed them until they were brought anywhere, then at whose service point they lie: a hub hands over for many.

    :raises NothingToHandOver: if there are none; nothing is made.
    """
    rows = list(queries.waiting_at(giver).filter(carrier=carrier).select_for_update(of=("self",)).order_by("pk")[:MOST_PARCELS])
    if not rows:
        raise NothingToHandOver
    key = new_id()
    made = Manifest.objects.create(
        id=key,
        county_id=giver.county_id,
        number=readable("M", key, at=now),
        carrier=carrier,
        giver=giver,
        count=len(rows),
        weight_grams=sum(row.weight_grams for row in rows),
        made_at=now,
        made_by_id=by.pk,
    )
    Consignment.objects.filter(pk__in=[row.pk for row in rows]).update(manifest=made)
    return made
