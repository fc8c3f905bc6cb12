"""What waits for a person in an organisation: the numbers beside the menu and on the page where she chooses."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import IntegerField, Q, QuerySet, Subquery
from django.utils import timezone

from teahorse.aftersales import queries as aftersales
from teahorse.aftersales.models import AfterSaleCase
from teahorse.carriers import queries as carriers
from teahorse.catalog import queries as catalog
from teahorse.catalog.models import ProductDraft
from teahorse.common.keeping import kept_for
from teahorse.common.written import Written, known, write
from teahorse.console.access import Acting
from teahorse.invoices import queries as invoices
from teahorse.invoices.models import InvoiceRequest
from teahorse.invoices.models import State as InvoiceState
from teahorse.logistics.exceptions import exceptions_at
from teahorse.logistics.models import Parcel, Unit
from teahorse.orders import queries as orders
from teahorse.orders.models import HarvestSale, SellerOrder
from teahorse.payments import queries as payments
from teahorse.payments.models import ProviderRest, Refund, UnmatchedMoney
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Person, Right, ServicePoint
from teahorse.people.rules import AREA_OF_CENTRE
from teahorse.places.models import Area
from teahorse.places.queries import within
from teahorse.runs import departing
from teahorse.settlement.models import Payout


def _late_harvests(sellers: QuerySet[Organisation], acting: Acting) -> QuerySet[HarvestSale]:
    return orders.late_harvests(sellers, now=acting.now)


def cases_for(acting: Acting) -> QuerySet[AfterSaleCase]:
    """Return the cases of the sellers in the area of the centre at which she sits."""
    sellers = sellers_of_centre(acting, Right.DESK_ORDERS)
    return aftersales.cases_seen_by(acting.person, now=acting.now).filter(order__seller__in=sellers.values("pk"))


def disputes_for(acting: Acting) -> QuerySet[AfterSaleCase]:
    """Return those of them that the centre has to decide, or to look after."""
    return aftersales.to_decide(cases_for(acting), now=acting.now)


def unmatched_of(acting: Acting) -> QuerySet[UnmatchedMoney]:
    """Return the unmatched money that the centre at which she sits owns; at a region's centre also its counties' and nobody's."""
    centre = acting.organisation
    hers = Q(owner=centre)
    if centre.kind == Organisation.Kind.REGION_CENTRE:
        hers |= Q(owner=None) | Q(owner__area__code__startswith=centre.area.code[: AREA_OF_CENTRE[centre.kind]])
    return UnmatchedMoney.objects.filter(hers)


def of_area(refunds: QuerySet[Refund], acting: Acting) -> QuerySet[Refund]:
    """Return those of refunds that are of sellers in the area of the centre at which she sits."""
    return refunds.filter(split__payee_id__in=sellers_of_centre(acting, Right.SETTLE).values("pk"))


def drafts_for(acting: Acting) -> QuerySet[ProductDraft]:
    """Return the drafts that wait for the centre at which she sits, the oldest first: of its own area and hers to approve."""
    sellers = sellers_of_centre(acting, Right.APPROVE_LISTINGS)
    return catalog.drafts_to_review(sellers.values("county_id")).filter(seller__in=sellers.values("pk"))


def sellers_of_centre(acting: Acting, right: str) -> QuerySet[Organisation]:
    """Return the sellers in the area of the centre at which she sits for which she has a right."""
    centre = acting.organisation
    area = centre.area.code[: AREA_OF_CENTRE.get(centre.kind, len(centre.area.code))]
    mine = people.organisations_where(person=acting.person, right=right, now=acting.now)
    return mine.filter(within(area, path="area__code"), kind__in=Organisation.SELLERS)


def payees_of_centre(acting: Acting) -> QuerySet[Organisation]:
    """
    Return whom the centre at which she sits pays: the sellers of its area, and who gets fees there. No centre pays itself.

    A county's centre is paid by the region's, which is the house and is paid by nobody.
    """
    centre = acting.organisation
    area = centre.area.code[: AREA_OF_CENTRE.get(centre.kind, len(centre.area.code))]
    mine = people.organisations_where(person=acting.person, right=Right.SETTLE, now=acting.now)
    return mine.filter(within(area, path="area__code")).exclude(Q(pk=centre.pk) | Q(kind=Organisation.Kind.REGION_CENTRE))


def payers_of_centre(acting: Acting) -> QuerySet[Organisation]:
    """Return of whom the centre at which she sits may see what they owe: the region's of all in its region, a county's of itself."""
    centre = acting.organisation
    if centre.kind != Organisation.Kind.REGION_CENTRE:
        return Organisation.objects.filter(pk=centre.pk)
    return Organisation.objects.filter(within(centre.area.code[: AREA_OF_CENTRE[centre.kind]], path="area__code"))


def payouts_to_approve(acting: Acting) -> QuerySet[Payout]:
    """Return the payouts of the centre's area that somebody else has prepared for her to approve, and that are for nobody of hers."""
    drafts = Payout.objects.filter(seller__in=payees_of_centre(acting).values("pk"), state=Payout.State.DRAFT)
    hers = people.acting_for(person=acting.person, now=acting.now).values("organisation")
    return drafts.exclude(prepared_by_id=acting.person.pk).exclude(seller__in=hers.order_by())


def _resting(acting: Acting) -> QuerySet[ProviderRest]:
    """Return the providers that do not answer, for the region's centre alone: it keeps the accounts."""
    is_region = acting.organisation.kind == Organisation.Kind.REGION_CENTRE
    return ProviderRest.objects.filter(resting_since__isnull=False) if is_region else ProviderRest.objects.none()


def cash_payouts_at(organisation: Organisation) -> QuerySet[Payout]:
    """
    Return the approved payouts that may be given in cash at an organisation's counter: those of its county, or of a centre's area.

    Nobody gives money to herself.
    """
    area = organisation.area.code[: AREA_OF_CENTRE.get(organisation.kind, AREA_OF_CENTRE[Organisation.Kind.COUNTY_CENTRE])]
    waiting = Payout.objects.filter(within(area, path="seller__area__code"), state=Payout.State.APPROVED, method=Payout.Method.CASH)
    return waiting.exclude(seller=organisation).select_related("seller").order_by("approved_at", "pk")


def _leaving(acting: Acting) -> tuple[QuerySet[Unit], QuerySet[Parcel, Any]]:
    """Return what stands at a county's centre and leaves the county."""
    centre = acting.organisation
    if centre.kind != Organisation.Kind.COUNTY_CENTRE:
        return Unit.objects.none(), Parcel.objects.none()
    points = ServicePoint.objects.filter(organisation=centre, level=ServicePoint.Level.CENTRE).order_by("pk")
    return departing.leaving_at(points[:1], county_id=centre.county_id)


EXCEPTIONS_ARE_OLD_S = 60

Waiting = Callable[[Acting], QuerySet[Any, Any]]
WAITING: tuple[tuple[Right, str, Waiting], ...] = (
    (Right.SHIP_ORDERS, "ship", lambda at: SellerOrder.objects.filter(seller=at.organisation, state__in=SellerOrder.TO_PACK)),
    (Right.HANDLE_CASES, "cases", lambda at: aftersales.to_answer(at.organisation)),
    (Right.LIST_GOODS, "goods", lambda at: ProductDraft.objects.filter(seller=at.organisation, state=ProductDraft.State.SENT_BACK)),
    (Right.LIST_GOODS, "harvests", lambda at: _late_harvests(Organisation.objects.filter(pk=at.organisation.pk), at)),
    (Right.SEE_MONEY, "invoices", lambda at: InvoiceRequest.objects.filter(seller=at.organisation, state=InvoiceState.REQUESTED)),
    (Right.APPROVE_LISTINGS, "approvals", drafts_for),
    (Right.DESK_ORDERS, "late_harvests", lambda at: _late_harvests(sellers_of_centre(at, Right.DESK_ORDERS), at)),
    (Right.DESK_ORDERS, "disputes", disputes_for),
    (Right.SETTLE, "settle", payouts_to_approve),
    (Right.SETTLE, "late_papers", lambda at: invoices.overdue_reds(sellers_of_centre(at, Right.SETTLE), now=at.now)),
    (Right.SETTLE, "unmatched", lambda at: unmatched_of(at).filter(state=UnmatchedMoney.State.OPEN)),
    (Right.SETTLE, "refunds", lambda at: of_area(payments.stuck_refunds(), at)),
    (Right.SETTLE, "providers", _resting),
    (Right.TAKE_CASH, "cash_payouts", lambda at: cash_payouts_at(at.organisation)),
    (
        Right.HANDLE_PARCELS,
        "parcels",
        lambda at: Parcel.objects.filter(pickup_point__organisation=at.organisation, stage=Parcel.Stage.AT_POINT),
    ),
    (Right.DESK_ORDERS, "departures", lambda at: _leaving(at)[0]),
    (Right.DESK_ORDERS, "departures", lambda at: _leaving(at)[1]),
    (Right.SHIP_ORDERS, "handovers", lambda at: carriers.waiting_at(at.organisation)),
    (Right.HANDLE_PARCELS, "point_handovers", lambda at: carriers.waiting_at(at.organisation)),
)
"""What waits on a page of the menu, for whom who has a right; what stands twice is one sum."""


class _Number(Subquery):
    """How many rows a query finds, inside another one."""

    template = "(select count(*) from (%(subquery)s) found)"
    output_field = IntegerField()
    empty_result_set_value = 0


@kept_for(EXCEPTIONS_ARE_OLD_S, most=500)
def exceptions_of(organisation: Organisation) -> int:
    """Return how many exceptions an organisation has; at most a minute ago, as all that is open is looked at."""
    return len(exceptions_at(organisation, now=timezone.now()))


def counts(acting: Acting) -> dict[str, int]:
    """
    Return how many things wait, by the name of the page where they do; one query, for it stands on every page.

    Only exceptions are asked for apart, once a minute.
    """
    apart = {"exceptions": exceptions_of(acting.organisation)} if Right.HANDLE_PARCELS in acting.rights else {}
    return apart | _waiting(acting)


def _waiting(acting: Acting) -> dict[str, int]:
    asked = [name for right, name, _find in WAITING if right in acting.rights]
    if not asked:
        return {}
    here, who = acting.organisation, acting.person
    values: dict[str, UUID | datetime] = {
        "person": who.pk,
        "organisation": here.pk,
        "county": here.county_id,
        "area": here.area_id,
        "now": acting.now,
    }
    (numbers,) = _written(acting.rights, here.kind, here.area.code).rows(values)
    found: dict[str, int] = defaultdict(int)
    for name, number in zip(asked, numbers, strict=True):
        found[name] += number
    return dict(found)


def _keys(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return rows if rows.query.distinct else rows.values("pk")


@lru_cache(maxsize=500)
def _written(rights: frozenset[str], kind: str, area_code: str) -> Written:
    """Return what is asked of an organisation of a kind in an area by somebody with these rights."""

    def question(values: Mapping[str, Any]) -> QuerySet[Organisation, tuple[int, ...]]:
        here = known(Organisation, id=values["organisation"], county_id=values["county"], kind=kind)
        here.area = known(Area, id=values["area"], code=area_code)
        acting = Acting(person=known(Person, id=values["person"]), organisation=here, now=values["now"], places={here: rights})
        numbers = (_Number(_keys(find(acting).order_by())) for right, _name, find in WAITING if right in rights)
        return Organisation.objects.filter(pk=here.pk).values_list(*numbers)

    return write(question, keys=("person", "organisation", "county", "area"), moments=("now",))
