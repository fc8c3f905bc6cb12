"""Which way goods go in the demo region, and who has them in hand there."""

from collections.abc import Iterator

from teahorse.demo.keys import key_of
from teahorse.logistics.models import Scan
from teahorse.people.models import Membership, Organisation, Person, ServicePoint

REGION_CENTRE = "region-centre"
REGION_DESK = "region-desk"


def _point_of_centre(code: str) -> ServicePoint | None:
    return ServicePoint.objects.filter(organisation__kind=Organisation.Kind.COUNTY_CENTRE, organisation__area__code=code[:6]).first()


def origin_point(seller: Organisation) -> ServicePoint:
    """Return the service point where a seller brings its parcels: its village's or township's, its county's, or the region's."""
    code = seller.area.code
    for length in (12, 9):
        if len(code) >= length and (point := ServicePoint.objects.filter(area__code=code[:length], level__in=("point", "station")).first()):
            return point
    return _point_of_centre(code) or ServicePoint.objects.get(organisation__key=REGION_CENTRE)


def route(seller: Organisation, goal: ServicePoint) -> Iterator[ServicePoint]:
    """Return the stops from a seller to a pickup point: its own point, its county's centre, the region's, the other county's, the goal."""
    origin = origin_point(seller)
    stops = [origin, _point_of_centre(seller.area.code)]
    if seller.county_id != goal.county_id:
        stops += [ServicePoint.objects.get(organisation__key=REGION_CENTRE), _point_of_centre(goal.area.code)]
    stops.append(goal)
    known = {stop.pk: stop for stop in stops if stop is not None}
    yield from known.values()


def express_scans(origin: ServicePoint) -> list[tuple[str, ServicePoint]]:
    """Return what the network scans of a parcel that an express partner takes on: in, and out to the partner."""
    return [(Scan.Act.RECEIVED, origin), (Scan.Act.DEPARTED, origin)]


def staff_of(organisation: Organisation | None) -> Person:
    """Return the person of the demo who acts for an organisation: a member, else one of its county's centre, else the region's desk."""
    if organisation is not None:
        keys = [organisation.pk]
        centre = Organisation.objects.filter(kind=Organisation.Kind.COUNTY_CENTRE, county_id=organisation.county_id).first()
        keys += [centre.pk] if centre else []
        for key in keys:
            if member := Membership.objects.filter(organisation_id=key).select_related("person").order_by("pk").first():
                return member.person
    return Person.objects.get(pk=key_of("person", REGION_DESK))
