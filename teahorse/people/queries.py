"""Questions about persons: for whom they act, with which right, and where the network serves people."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.utils.translation import get_language

from teahorse.common.refusals import NotThere
from teahorse.people import rules
from teahorse.people.models import Membership, Organisation, Person, ServicePoint
from teahorse.places import queries as places
from teahorse.places import rules as place_rules

ORGANISATIONS_OF = (Path(__file__).parent / "organisations_of.sql").read_text()


def lives(now: datetime) -> Q:
    """Return the condition that a membership or grant has not ended; it begins when it is given, never later."""
    return Q(until_at=None) | Q(until_at__gt=now)


def organisations_where(*, person: Person, right: str, now: datetime) -> QuerySet[Organisation]:
    """
    Return the organisations for which a person has a right, as one query.

    It is hers where she is a member and the kind of organisation gives it (``manage_members``: to managers only);
    where the organisation granted it to one that she is a member of; and, for rights over an area, in the whole
    county of a county centre and the whole region of a region centre that she belongs to.
    """
    digits = rules.AREA_OF_CENTRE if right in rules.RIGHTS_OVER_AREA else {}
    parameters = [person.pk, now, right, right == rules.MANAGE_MEMBERS, rules.kinds_with(right), json.dumps(digits)]
    return Organisation.objects.filter(pk__in=RawSQL(ORGANISATIONS_OF, parameters))  # noqa: S611 - the text is a file of ours


def has_right(*, person: Person, organisation: Organisation, right: str, now: datetime) -> bool:
    """Return whether a person has a right for an organisation, by one query."""
    return organisations_where(person=person, right=right, now=now).filter(pk=organisation.pk).exists()


def require_right(*, person: Person, organisation: Organisation, right: str, now: datetime) -> None:
    """
    Go on only where a person has a right for an organisation.

    :raises NotThere: if she has not; she does not learn that the organisation exists.
    """
    if not has_right(person=person, organisation=organisation, right=right, now=now):
        raise NotThere


def acting_for(*, person: Person, now: datetime) -> QuerySet[Membership]:
    """Return a person's living memberships with their organisations, the oldest first."""
    memberships = Membership.objects.filter(lives(now), person=person)
    return memberships.select_related("organisation").order_by("since_at", "pk")


def belongs_to(*, person_id: UUID, organisation_ids: Collection[UUID], since: datetime) -> set[UUID]:
    """Return those of some organisations of which a person is a member, or was at some time after ``since``."""
    memberships = Membership.objects.filter(lives(since), person=person_id, organisation__in=organisation_ids)
    return set(memberships.values_list("organisation_id", flat=True))


def service_points_of(*, person: Person, right: str, now: datetime) -> QuerySet[ServicePoint]:
    """Return the service points of the organisations for which a person has a right."""
    organisations = organisations_where(person=person, right=right, now=now)
    return ServicePoint.objects.filter(organisation__in=organisations.values("pk")).order_by("county_id", "name", "pk")


def pickup_points_near(*, code: str) -> QuerySet[ServicePoint]:
    """
    Return the points in the area's region where parcels can be fetched, the nearest in the tree first.

    Those of the same village stand before those of the same township, county, prefecture and region.
    """
    ways = place_rules.prefixes(code)
    near = Case(
        *(When(places.within(way, path="area__code"), then=Value(rank)) for rank, way in enumerate(reversed(ways))),
        default=Value(len(ways)),
        output_field=IntegerField(),
    )
    points = ServicePoint.objects.filter(places.within(code[:2], path="area__code"), accepts_pickup=True, organisation__left_at=None)
    return points.select_related("area").order_by(near, "area__code", "name", "pk")


def digest_of(secret: str) -> str:
    """Return what is kept of a token: its SHA-256, which is enough because the secret is long and random."""
    return hashlib.sha256(secret.encode()).hexdigest()


DEMO_PHONES = "+86199000"


@dataclass(frozen=True)
class DemoLogIn:
    """One person to try the demo as: what she can try, in the reader's language, and who she is."""

    phone: str
    label: str
    name: str


def demo_log_ins() -> list[DemoLogIn]:
    """
    Return the persons that the demo shows first, in its order, where they are there; never a phone outside the demo's numbers.

    Who is shown and what she can try is the demo's content, which lies above; so it is asked by name, as the start does.
    """
    language = get_language() or "zh-hans"
    rows = [row for row in import_module("teahorse.demo.queries").demo_people() if row.is_shown and row.phone.startswith(DEMO_PHONES)]
    names = dict(Person.objects.filter(phone__in=[row.phone for row in rows], is_active=True).values_list("phone", "name"))
    return [
        DemoLogIn(row.phone, row.label.get(language) or row.label["zh-hans"], names[row.phone] or "") for row in rows if row.phone in names
    ]
