"""Questions about flows and what was told by them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Max, Q, QuerySet

from teahorse.people.models import Organisation
from teahorse.trace.models import Attachment, Flow, Site, Telling

OLDEST_PROCESS = timedelta(days=400)


def flows_over(seller: Organisation) -> QuerySet[Flow]:
    """Return every published version by which a seller may have told, also those that were retired."""
    region = Q(owner__kind=Organisation.Kind.REGION_CENTRE, owner__area__code__startswith=seller.area.code[:2])
    county = Q(owner__kind=Organisation.Kind.COUNTY_CENTRE, owner__county_id=seller.county_id)
    return Flow.objects.filter(region | county, published_at__isnull=False).select_related("owner", "category")


def flows_for(seller: Organisation) -> list[Flow]:
    """Return the flows in use by which a seller may tell, those that she used last first; of one key her county's before the region's."""
    by_key: dict[str, Flow] = {}
    for flow in sorted(flows_over(seller).filter(retired_at=None), key=lambda flow: flow.owner.kind == Organisation.Kind.REGION_CENTRE):
        by_key.setdefault(flow.key, flow)
    told = dict(Telling.objects.filter(seller=seller).values_list("flow__key").annotate(last=Max("received_at")))
    return sorted(by_key.values(), key=lambda flow: (-told[flow.key].timestamp() if flow.key in told else 0, flow.key))


def flow_for(seller: Organisation, key: str) -> Flow | None:
    """Return the flow in use for a seller by its key."""
    return next((flow for flow in flows_for(seller) if flow.key == key), None)


def flows_of(centre: Organisation) -> QuerySet[Flow]:
    """Return every version of a centre's flows, the newest of each first."""
    return Flow.objects.filter(owner=centre).order_by("key", "-version")


def sites_for(seller: Organisation) -> QuerySet[Site]:
    """Return the places where a seller's steps may happen: her own, and those of her county's centre, such as a slaughterhouse."""
    of_centre = Q(owner__kind=Organisation.Kind.COUNTY_CENTRE, owner__county_id=seller.county_id)
    return Site.objects.filter(Q(owner=seller) | of_centre, left_at=None).order_by("owner__kind", "name", "pk")


def open_processes(seller: Organisation, *, flow_key: str, now: datetime) -> QuerySet[Telling]:
    """Return the tellings with which long transformations began that were not said to have ended, the newest first."""
    ended = Telling.objects.filter(seller=seller, said__answers__is_last=True, corrected_by=None).exclude(process_id=None)
    began = Telling.objects.filter(seller=seller, flow__key=flow_key, received_at__gte=now - OLDEST_PROCESS, corrected_by=None)
    return began.filter(process_id=F("pk")).exclude(pk__in=ended.values("process_id")).order_by("-received_at", "-pk")


def tellings_of(seller: Organisation) -> QuerySet[Telling]:
    """Return what was told of a seller's goods, the newest first."""
    return Telling.objects.filter(seller=seller).select_related("flow", "site").order_by("-received_at", "-pk")


def attachments_of(tellings: Iterable[UUID]) -> QuerySet[Attachment]:
    """Return what belongs to tellings, without the files themselves."""
    return Attachment.objects.filter(telling_id__in=tellings).defer("content", "small").order_by("added_at", "pk")
