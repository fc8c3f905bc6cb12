"""Which papers vouch for a lot, and which it lacks."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Q

from teahorse.people.models import Organisation
from teahorse.trace.models import Certificate, Lot


def certificates_of(lots: Collection[Lot]) -> list[Certificate]:
    """
    Return what vouches for lots, by themselves, their kind of goods, their place or their maker; the newest first.

    What ended or was withdrawn is among it: who shows it says so.
    """
    keys = [lot.pk for lot in lots]
    of_holder = Q(lots=None, items=None, sites=None, holder__in={lot.seller_id for lot in lots})
    wanted = (
        Q(lots__in=keys)
        | Q(items__in={lot.item_id for lot in lots})
        | Q(sites__in={lot.site_id for lot in lots if lot.site_id})
        | of_holder
    )
    return list(Certificate.objects.filter(wanted).select_related("holder", "paper").distinct().order_by("-issued_date", "-pk"))


def living(certificates: Collection[Certificate], *, day: date) -> list[Certificate]:
    """Return those that vouch on a day."""
    return [
        one
        for one in certificates
        if one.withdrawn_at is None and one.issued_date <= day and (one.valid_until is None or one.valid_until >= day)
    ]


def lacking(lot: Lot, *, day: date) -> list[str]:
    """Return the kinds of certificates without which a lot is not sold and that it has not, in the order in which they are asked."""
    held = {one.kind for one in living(certificates_of([lot]), day=day)}
    return [kind for kind in lot.item.certificates if kind not in held]


def certificate_of(key: UUID, *, holder: Organisation) -> Certificate | None:
    """Return one of an organisation's certificates."""
    return Certificate.objects.filter(pk=key, holder=holder).select_related("holder", "paper").first()
