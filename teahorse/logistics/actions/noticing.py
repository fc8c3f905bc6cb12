"""What is odd about scans: noticed once, explained by a later message or by somebody who looked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed
from teahorse.logistics.custody import Odd
from teahorse.logistics.models import Oddity, Scan
from teahorse.people.models import Person

DERIVED = (Oddity.Kind.ELSEWHERE, Oddity.Kind.NOT_INSIDE, Oddity.Kind.AFTER_THE_END, Oddity.Kind.NOT_PAID)
"""Kinds that follow from all scans of a thing, so that a scan that comes later may explain them."""
SHORTEST_WORD, LONGEST_WORD = 4, 200


def notice(found: Sequence[tuple[Scan, tuple[str, Mapping[str, object]]]], *, now: datetime) -> None:
    """Write down what is odd about scans in themselves; the same once."""
    Oddity.objects.bulk_create(
        [
            Oddity(
                county_id=scan.county_id,
                scan_id=scan.id,
                thing_id=scan.thing_id,
                place_id=scan.place_id,
                kind=kind,
                facts=dict(facts),
                noticed_at=now,
            )
            for scan, (kind, facts) in found
        ],
        ignore_conflicts=True,
    )


def notice_or_explain(
    odd: Mapping[UUID, Sequence[Odd]], counties: Mapping[UUID, UUID], places: Mapping[UUID, UUID | None], *, now: datetime
) -> None:
    """Write down what does not fit about the scans of things, and close what fits now."""
    found = {(one.scan, one.kind): (key, one) for key, some in odd.items() for one in some}
    known = {(row.scan_id, row.kind): row for row in Oddity.objects.filter(thing_id__in=list(odd), kind__in=DERIVED)}
    over = [row.pk for place, row in known.items() if place not in found and row.explained_at is None]
    again = [row.pk for place, row in known.items() if place in found and row.explained_at is not None and row.explained_by_id is None]
    if over:
        Oddity.objects.filter(pk__in=over).update(explained_at=now)
    if again:
        Oddity.objects.filter(pk__in=again).update(explained_at=None)
    Oddity.objects.bulk_create(
        [
            Oddity(
                county_id=counties[key],
                scan_id=one.scan,
                thing_id=key,
                place_id=places.get(one.scan),
                kind=one.kind,
                facts={"was_at": str(one.was_at)} if one.was_at else {},
                noticed_at=now,
            )
            for place, (key, one) in found.items()
            if place not in known
        ],
        ignore_conflicts=True,
    )


def explain_paid(parcel_ids: Iterable[UUID], *, now: datetime) -> None:
    """Close that parcels were handed over before their money was here, for it is."""
    Oddity.objects.filter(thing_id__in=list(parcel_ids), kind=Oddity.Kind.NOT_PAID, explained_at=None).update(explained_at=now)


@transaction.atomic
def explain(*, oddity: Oddity, explanation: str, by: Person, now: datetime) -> Oddity:
    """
    Close what is odd about a scan with a word on how it came about; harmless twice.

    :raises Malformed: without such a word.
    """
    explanation = " ".join(explanation.split())
    if not SHORTEST_WORD <= len(explanation) <= LONGEST_WORD:
        raise Malformed(field="explanation", reason=_("Write what happened, in 4 to 200 characters."))
    oddity = Oddity.objects.select_for_update(of=("self",)).get(pk=oddity.pk)
    if oddity.explained_by_id is None:
        oddity.explained_at, oddity.explained_by, oddity.explanation = now, by, explanation
        oddity.save(update_fields=["explained_at", "explained_by", "explanation"])
    return oddity
