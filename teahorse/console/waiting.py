"""What waits for a person in an organisation: the numbers beside the menu and on the page where she chooses."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from teahorse.catalog import queries as catalog
from teahorse.catalog.models import ProductDraft
from teahorse.console.access import Acting
from teahorse.logistics.models import Parcel
from teahorse.orders import queries as orders
from teahorse.orders.models import SellerOrder
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Right
from teahorse.people.rules import AREA_OF_CENTRE
from teahorse.places.queries import within


def counts(acting: Acting) -> dict[str, int]:
    """Return how many things wait, by the name of the page where they do."""
    organisation, rights = acting.organisation, acting.rights
    found: dict[str, int] = {}
    if Right.SHIP_ORDERS in rights:
        found["ship"] = SellerOrder.objects.filter(seller=organisation, state=SellerOrder.State.PAID).count()
    if Right.LIST_GOODS in rights:
        found["harvests"] = orders.late_harvests(Organisation.objects.filter(pk=organisation.pk), now=acting.now).count()
        found["goods"] = ProductDraft.objects.filter(seller=organisation, state=ProductDraft.State.SENT_BACK).count()
    if Right.APPROVE_LISTINGS in rights:
        found["approvals"] = drafts_for(acting).count()
    if Right.DESK_ORDERS in rights:
        found["late_harvests"] = orders.late_harvests(sellers_of_centre(acting, Right.DESK_ORDERS), now=acting.now).count()
    if Right.HANDLE_PARCELS in rights:
        found["parcels"] = to_hand_over([organisation.pk])
    return found


def drafts_for(acting: Acting) -> QuerySet[ProductDraft]:
    """Return the drafts that wait for the centre at which she sits, the oldest first: of its own area and hers to approve."""
    sellers = sellers_of_centre(acting, Right.APPROVE_LISTINGS)
    return catalog.drafts_to_review(set(sellers.values_list("county_id", flat=True))).filter(seller__in=sellers.values("pk"))


def sellers_of_centre(acting: Acting, right: str) -> QuerySet[Organisation]:
    """Return the sellers in the area of the centre at which she sits for which she has a right."""
    centre = acting.organisation
    area = centre.area.code[: AREA_OF_CENTRE.get(centre.kind, len(centre.area.code))]
    mine = people.organisations_where(person=acting.person, right=right, now=acting.now)
    return mine.filter(within(area, path="area__code"), kind__in=Organisation.SELLERS)


def to_hand_over(organisation_ids: Iterable[UUID]) -> int:
    """Return how many parcels lie at the organisations' own service points for their recipients to fetch."""
    here = Q(pickup_point__organisation__in=list(organisation_ids), stage=Parcel.Stage.AT_POINT)
    return int(Parcel.objects.filter(here).aggregate(number=Count("pk"))["number"])
