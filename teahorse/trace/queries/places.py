"""
Which places lie within others, by all that is known of them.

A site lies in its area and in the areas around that one; a GLN's extensions lie in the GLN; and what an organisation's documents named as
children in their master data lies in the parent, level after level (EPCIS 2.0, section 6.5).
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q

from teahorse.trace import naming
from teahorse.trace.epcis.patterns import forms_of
from teahorse.trace.models import Site

BELOW = """
    with recursive below (uri) as (
        select unnest(%(places)s::text[])
        union
        select child from below join trace_masterdata parent on parent.uri = below.uri and parent.organisation_id = %(organisation)s
          cross join unnest(parent.children) child
    )
    select uri from below
"""
SHOWN_DIGITS = {Site.ShownAs.COUNTY: 6, Site.ShownAs.TOWNSHIP: 9, Site.ShownAs.VILLAGE: 12, Site.ShownAs.POINT: 12}
"""How long an area's code may be by which strangers find a site."""


def uris_within(places: Iterable[str], *, organisation_id: UUID) -> list[str]:
    """Return the places themselves and those that lie within them, in every form in which events may write them."""
    asked = list(places)
    with connection.cursor() as cursor:
        cursor.execute(BELOW, {"places": asked, "organisation": organisation_id})
        found = {uri for (uri,) in cursor.fetchall()}
    found |= {naming.site_uri(site) for code in _codes(asked) for site in _sites_in(code, organisation_id)}
    return sorted({form for uri in found for form in forms_of(uri)})


def _codes(places: Iterable[str]) -> list[str]:
    head = naming.area_uri("")
    return [code for place in places if (code := place.removeprefix(head)).isdecimal() and place.startswith(head)]


def _sites_in(code: str, organisation_id: UUID) -> Iterable[Site]:
    """Return the sites in an area; those of others only as finely as their owners show them."""
    shown = [how for how, digits in SHOWN_DIGITS.items() if len(code) <= digits]
    return Site.objects.filter(Q(owner=organisation_id) | Q(shown_as__in=shown), area__code__startswith=code).select_related("owner")
