"""
The story of a lot as anybody may read it: what was done with it and with all that it was made of, by whom, where and when.

What is shown of a place is as coarse as its owner chose; nobody's name, phone or exact point is in it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from teahorse.common.statements import array, looked_up
from teahorse.places import queries as places
from teahorse.places.models import Area
from teahorse.trace.models import Attachment, Certificate, EventThing, Leaf, Lot, Site, Telling, TraceEvent
from teahorse.trace.naming import site_uri
from teahorse.trace.queries.cards import names_of_step
from teahorse.trace.queries.certificates import certificates_of
from teahorse.trace.queries.tracing import FOREVER, WALK, backward
from teahorse.trace.rules import Role, hash_of
from teahorse.trace.temperatures import Temperature, temperature_of

MARK = WALK + (Path(__file__).parent / "story_mark.sql").read_text()
GONE = {Role.INPUT.value, Role.CHILD.value}
MOST_STEPS = 200
SENT = Q(step="shipping", told_as="", body__bizTransactionList__contains=[{"type": "po"}])
"""What the house tells of each parcel with a lot in it (:mod:`teahorse.trace.actions.packing`)."""
CODE_LENGTHS = {Site.ShownAs.COUNTY: 6, Site.ShownAs.TOWNSHIP: 9, Site.ShownAs.VILLAGE: 12, Site.ShownAs.POINT: 12}


@dataclass(frozen=True, slots=True)
class ShownSite:
    """A place as strangers see it."""

    site: Site
    area: Area
    has_point: bool


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a lot; ``lot`` is None for what nobody here has a lot of."""

    lot: Lot | None
    quantity: Decimal | None
    unit: str


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One event of the story."""

    event_id: UUID
    hash: str
    at: datetime
    names: Mapping[str, str]
    """What the maker calls it, by language; nothing where it was not told by a flow."""
    step: str
    kind: str
    site: ShownSite | None
    took: Sequence[Amount]
    gave: Sequence[Amount]
    photos: Sequence[UUID]
    voices: Sequence[UUID]
    papers: Sequence[Certificate]
    temperature: Temperature | None
    is_logged: bool
    parcels: int = 0
    """Of what was sent to buyers: in how many parcels; the step is then the last one of them, with the units of all."""


@dataclass(frozen=True, slots=True)
class Story:
    """All that is told of a lot, the newest step first."""

    lot: Lot
    steps: list[StoryStep] = field(default_factory=list)
    sites: list[ShownSite] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    is_cut: bool = False
    """Whether there are more steps than are shown."""


def story_of(lot_id: UUID, *, thing_id: UUID | None = None) -> Story:
    """
    Return the story of a lot, or of one thing of it; a dozen queries, however long it is.

    :raises Lot.DoesNotExist: if there is no such lot.
    """
    lot = Lot.objects.select_related("item__seller__area", "item__variant__product", "seller__area", "site__area", "site__owner").get(
        pk=lot_id
    )
    trace = backward({lot.thing_id, *([thing_id] if thing_id else [])})
    events = TraceEvent.objects.filter(pk__in=trace.events).order_by("-happened_at", "-pk")
    sent = events.filter(SENT)
    # a lot that sells well is sent hundreds of times: nobody would get to see the field any more
    made = list(events.exclude(pk__in=sent.order_by().values("pk"))[: MOST_STEPS + 1])
    last = sent.filter(edges__thing=lot.thing_id).first()
    shown = made[:MOST_STEPS] + ([last] if last else [])
    lots = {one.thing_id: one for one in _lots(trace.thing_ids | {lot.thing_id})}
    sites = _sites(shown)
    papers = certificates_of([lot, *lots.values()])
    edges = _edges(shown)
    # what else came of a step is called by its name too; what vouches for it vouches for nothing here
    beside = {edge.thing_id for told in edges.values() for edge in told} - set(lots)
    steps = _steps(shown, edges, lots | {one.thing_id: one for one in _lots(beside)}, sites, papers)
    if last is not None:
        steps = sorted([*steps[:-1], _sent(steps[-1], lot, sent)], key=lambda step: (step.at, step.event_id), reverse=True)
    visited = {one.site.pk: one for one in [step.site for step in steps] if one is not None}
    if lot.site is not None:
        visited.setdefault(lot.site.pk, _shown(lot.site))
    return Story(lot, steps, list(visited.values()), papers, len(made) > MOST_STEPS)


def _sent(last: StoryStep, lot: Lot, sent: QuerySet[TraceEvent]) -> StoryStep:
    """Return one step for all parcels in which units of a lot were sent."""
    of_lot = EventThing.objects.filter(thing=lot.thing_id, event__in=sent.order_by().values("pk"))
    whole = of_lot.aggregate(parcels=Count("event"), units=Sum("quantity"))
    return replace(last, gave=[Amount(lot, whole["units"], "")], papers=(), parcels=whole["parcels"])


def mark_of(lot_id: UUID, *, thing_id: UUID | None = None) -> str:
    """
    Return a text that is another one as soon as the story changed; much cheaper than the story.

    :raises Lot.DoesNotExist: if there is no such lot.
    """
    things = [Lot.objects.values_list("thing_id", flat=True).get(pk=lot_id), *([thing_id] if thing_id else [])]
    ((mark,),) = looked_up(MARK, {"things": array(things), "back": True, "at": FOREVER})
    return str(mark)


def _lots(thing_ids: Collection[UUID]) -> Iterable[Lot]:
    return Lot.objects.filter(thing_id__in=thing_ids).select_related("item__seller", "seller", "site")


def _sites(events: Sequence[TraceEvent]) -> dict[str, ShownSite]:
    """Return the known places of events by the names that they have there."""
    named = {event.location or event.read_point for event in events} - {""}
    # a slaughterhouse may be a centre's, so the names say whose they are
    keys = [uri.rsplit("/", 1)[-1].split(".") for uri in named]
    found = Site.objects.filter(owner__key__in={key[0] for key in keys}, key__in={key[-1] for key in keys})
    return {uri: _shown(site) for site in found.select_related("owner", "area") if (uri := site_uri(site)) in named}


def _shown(site: Site) -> ShownSite:
    """Return a place no more exactly than its owner lets strangers see it."""
    length = CODE_LENGTHS[Site.ShownAs(site.shown_as)]
    path = [area for area in places.path(site.area.code) if len(area.code) <= length]
    return ShownSite(site, path[-1] if path else site.area, site.shown_as == Site.ShownAs.POINT)


def _edges(events: Sequence[TraceEvent]) -> Mapping[UUID, list[EventThing]]:
    edges: dict[UUID, list[EventThing]] = defaultdict(list)
    for edge in EventThing.objects.filter(event__in=[event.pk for event in events]).order_by("event_id", "role", "thing_id"):
        edges[edge.event_id].append(edge)
    return edges


def _steps(
    events: Sequence[TraceEvent],
    edges: Mapping[UUID, list[EventThing]],
    lots: Mapping[UUID, Lot],
    sites: Mapping[str, ShownSite],
    papers: Sequence[Certificate],
) -> list[StoryStep]:
    keys = [event.pk for event in events]
    # of two that told the same, the first named it: the log knows that name
    tellings = {one.event_id: one for one in Telling.objects.filter(event_id__in=keys).select_related("flow").order_by("-received_at")}
    files: dict[UUID | None, list[Attachment]] = defaultdict(list)
    kept = Attachment.objects.filter(telling_id__in=[one.pk for one in tellings.values()], hidden_at=None)
    for one in kept.only("telling_id", "kind").order_by("added_at", "pk"):
        files[one.telling_id].append(one)
    named = {event_id: _numbers(one) for event_id, one in tellings.items()}
    certified = _certified(papers, set().union(*named.values()))
    logged = set(Leaf.objects.filter(event__in=keys).values_list("event_id", flat=True))
    return [
        _step(
            event,
            edges[event.pk],
            tellings.get(event.pk),
            files,
            lots,
            sites,
            [one for one in papers if (one.kind, one.number) in named.get(event.pk, ())],
            certified,
            is_logged=event.pk in logged,
        )
        for event in events
    ]


def _numbers(telling: Telling) -> set[tuple[str, str]]:
    """Return the papers that were named when a step was told: their kinds and numbers."""
    return {(one["kind"], one["number"]) for one in telling.said.get("answers", {}).get("papers", ())}


def _certified(papers: Sequence[Certificate], named: Collection[tuple[str, str]]) -> Mapping[UUID, list[Certificate]]:
    """Return the papers of lots that no step has named: they stand where their lot came into being."""
    certified: dict[UUID, list[Certificate]] = defaultdict(list)
    known = {one.pk: one for one in papers if (one.kind, one.number) not in named}
    for lot_id, paper_id in Certificate.lots.through.objects.filter(certificate__in=known).values_list("lot_id", "certificate_id"):
        certified[lot_id].append(known[paper_id])
    return certified


def _step(
    event: TraceEvent,
    edges: Sequence[EventThing],
    telling: Telling | None,
    files: Mapping[UUID | None, Sequence[Attachment]],
    lots: Mapping[UUID, Lot],
    sites: Mapping[str, ShownSite],
    named: Sequence[Certificate],
    certified: Mapping[UUID, Sequence[Certificate]],
    *,
    is_logged: bool,
) -> StoryStep:
    amounts = [(edge.role, Amount(lots.get(edge.thing_id), edge.quantity, edge.unit)) for edge in edges]
    gave = [amount for role, amount in amounts if role not in GONE]
    is_birth = event.kind == "TransformationEvent" or event.action == "ADD"
    own = files[telling.pk] if telling is not None else ()
    return StoryStep(
        event_id=event.pk,
        hash=hash_of(bytes(event.digest)),
        at=event.happened_at,
        names=names_of_step(telling) if telling is not None and telling.received_at <= event.recorded_at else {},
        step=event.step,
        kind=event.kind,
        site=sites.get(event.location or event.read_point),
        took=[amount for role, amount in amounts if role in GONE],
        gave=gave,
        photos=[one.pk for one in own if one.kind == Attachment.Kind.PHOTO],
        voices=[one.pk for one in own if one.kind == Attachment.Kind.VOICE],
        papers=[*named, *(paper for amount in gave if is_birth and amount.lot for paper in certified.get(amount.lot.pk, ()))],
        temperature=temperature_of(event.body),
        is_logged=is_logged,
    )
