"""Of which counties a centre sees what belongs to a county."""

from uuid import UUID

from teahorse.console.access import Acting
from teahorse.people.models import Organisation
from teahorse.people.rules import AREA_OF_CENTRE
from teahorse.places.models import Area
from teahorse.places.queries import within


def is_region(acting: Acting) -> bool:
    """Return whether she acts for the region's centre."""
    return acting.organisation.kind == Organisation.Kind.REGION_CENTRE


def counties_of(acting: Acting) -> list[UUID]:
    """Return the counties of a centre's area."""
    centre = acting.organisation
    if centre.kind == Organisation.Kind.COUNTY_CENTRE:
        return [centre.county_id]
    area = centre.area.code[: AREA_OF_CENTRE[centre.kind]]
    return list(Area.objects.filter(within(area, path="code"), level=Area.Level.COUNTY).values_list("pk", flat=True))
