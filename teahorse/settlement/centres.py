"""The centres that get what is the platform's and the counties'."""

from dataclasses import dataclass
from uuid import UUID

from teahorse.people.models import Organisation
from teahorse.places.models import area_id


@dataclass(frozen=True)
class Centres:
    """Who gets what is the platform's and the counties' centres'."""

    platforms: dict[str, UUID]
    counties: dict[UUID, UUID]
    region_of_county: dict[UUID, str]

    def platform_of(self, county_id: UUID) -> UUID | None:
        """Return the centre of the region in which a county lies; nobody (the house) where it has none."""
        return self.platforms.get(self.region_of_county.get(county_id, ""))


def centres() -> Centres:
    """Return the centres that have not left, the one that joined first where an area has several."""
    platforms: dict[str, UUID] = {}
    counties: dict[UUID, UUID] = {}
    regions: dict[UUID, str] = {}
    found = Organisation.objects.filter(kind__in=Organisation.CENTRES, left_at=None).order_by("joined_at", "pk")
    for key, kind, code in found.values_list("pk", "kind", "area__code"):
        if kind == Organisation.Kind.REGION_CENTRE:
            platforms.setdefault(code[:2], key)
        else:
            counties.setdefault(area_id(code[:6]), key)
    sellers = Organisation.objects.filter(kind__in=Organisation.SELLERS).values_list("county_id", "area__code").distinct()
    for county_id, code in sellers.order_by("county_id", "area__code"):
        regions[county_id] = code[:2]
    return Centres(platforms, counties, regions)
