"""Questions about lots: whose they are, what is left of them, who may take them, what became of them."""

from collections import Counter
from collections.abc import Collection, Iterable
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from teahorse.people.models import Organisation
from teahorse.trace.models import EventThing, Lot, PackedLot, Telling, TraceEvent
from teahorse.trace.rules import Role

STANDS = """
    not event.body ? 'errorDeclaration'
    and (event.told_as = '' or not exists (
        select from trace_traceevent wrong
         where wrong.told_as = event.told_as and wrong.told_as <> '' and wrong.organisation_id = event.organisation_id
           and wrong.body ? 'errorDeclaration'))
"""
"""Of an ``event``: it declares no other one wrong, and nobody of its tellers declared it wrong."""
IS_HEARSAY = """
    exists (select from trace_hearsay said where said.event_id = edge.event_id and said.thing_id = edge.thing_id and not said.is_true)
"""
"""Of an ``edge``: somebody says of a lot what its seller has not said, or agreed to."""
USED_UP = f"""
    select edge.thing_id, sum(edge.quantity)
      from trace_eventthing edge
      join trace_traceevent event on event.id = edge.event_id
     where edge.thing_id = any(%s) and (edge.role = 'input' or (edge.role = 'object' and event.action = 'DELETE')) and {STANDS}
       and not {IS_HEARSAY}
     group by edge.thing_id
"""  # noqa: S608 - of our own sentences only
GOES_ROUND = f"""
    with recursive came (thing_id, transformation) as (
        select edge.thing_id, event.transformation
          from trace_eventthing edge
          join trace_traceevent event on event.id = edge.event_id
         where edge.thing_id = any(%s) and edge.role = 'output' and {STANDS} and not {IS_HEARSAY}
        union
        select output.thing_id, event.transformation
          from came
          join trace_eventthing made on made.thing_id = came.thing_id and made.role = 'output'
          join trace_traceevent making on making.id = made.event_id
          join trace_traceevent part on part.id = making.id or (making.transformation <> '' and part.transformation = making.transformation)
          join trace_eventthing used on used.event_id = part.id and used.role = 'input'
          join trace_eventthing output on output.thing_id = used.thing_id and output.role = 'output'
          join trace_traceevent event on event.id = output.event_id
         where {STANDS}
    )
    select exists (select from came where transformation = %s)
"""  # noqa: S608 - as above


def lots_of(seller: Organisation, *, words: str = "") -> QuerySet[Lot]:
    """Return a seller's lots, the newest first; with words those whose number, goods or place hold them."""
    lots = Lot.objects.filter(_holds(words), seller=seller)
    return lots.select_related("item__seller", "site").order_by("-made_at", "-pk")


def _holds(words: str) -> Q:
    return Q(number__icontains=words) | Q(item__name__icontains=words) | Q(site__name__icontains=words) if words else Q()


def takeable_lots(seller: Organisation) -> QuerySet[Lot]:
    """Return the lots that a seller may take: her own, and those that were handed over to her; whatever is left of them."""
    handed = Telling.objects.filter(handed_to=seller, corrected_by=None).values("event_id")
    hers = EventThing.objects.filter(event__in=handed, role=Role.OBJECT).values("thing_id")
    lots = Lot.objects.filter(Q(seller=seller) | Q(thing_id__in=hers))
    return lots.select_related("item__seller", "site", "seller").order_by("-made_at", "-pk")


def lots_with_some_left(
    seller: Organisation, *, flow_key: str, parts: Collection[str], words: str = "", most: int = 40
) -> list[tuple[Lot, Decimal]]:
    """Return lots of some parts of a flow that can be taken, with what is left of each, the newest first."""
    newest = list(takeable_lots(seller).filter(_holds(words), item__flow_key=flow_key, item__part__in=parts)[: most * 5])
    left = left_of(newest)
    return [(lot, left[lot.pk]) for lot in newest if left[lot.pk] > 0][:most]


def left_of(lots: Iterable[Lot]) -> dict[UUID, Decimal]:
    """
    Return what is left of lots, by their keys: what came into being, less what was made into something, ended, or is packed for a buyer.

    What is packed counts in pieces, so it is taken from lots that are counted in pieces alone.
    """
    listed = list(lots)
    with connection.cursor() as cursor:
        cursor.execute(USED_UP, [[lot.thing_id for lot in listed]])
        used: dict[UUID, Decimal] = {thing: amount or Decimal(0) for thing, amount in cursor.fetchall()}
    born, packed = born_of(listed), _packed_of(listed)
    return {lot.pk: (lot.amount if lot.pk in born else Decimal(0)) - used.get(lot.thing_id, Decimal(0)) - packed[lot.pk] for lot in listed}


def _packed_of(lots: Collection[Lot]) -> Counter[UUID]:
    units = PackedLot.objects.filter(lot__in=[lot.pk for lot in lots], lot__item__unit="")
    return Counter(dict(units.values_list("lot").annotate(units=Sum("quantity"))))


def born_of(lots: Collection[Lot]) -> set[UUID]:
    """Return the keys of those lots whose beginning was not taken back."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select distinct edge.thing_id from trace_eventthing edge join trace_traceevent event on event.id = edge.event_id
             where edge.thing_id = any(%s) and (edge.role = 'output' or (edge.role = 'object' and event.action = 'ADD')) and {STANDS}
               and not {IS_HEARSAY}
            """,  # noqa: S608 - as above
            [[lot.thing_id for lot in lots]],
        )
        born = {thing for (thing,) in cursor.fetchall()}
    return {lot.pk for lot in lots if lot.thing_id in born}


def goes_round(things: Collection[UUID], *, transformation: str) -> bool:
    """Return whether some of these things came out of a long transformation, by whatever way."""
    with connection.cursor() as cursor:
        cursor.execute(GOES_ROUND, [list(things), transformation])
        (found,) = cursor.fetchone() or (False,)
    return bool(found)


def tellings_about(lot: Lot) -> list[Telling]:
    """Return what was told of a lot, in the order in which it happened; also what was set right later."""
    events = dict(TraceEvent.objects.filter(edges__thing=lot.thing_id).values_list("pk", "happened_at"))
    tellings = Telling.objects.filter(event_id__in=events).select_related("flow", "site", "seller", "corrected_by")
    return sorted(tellings, key=lambda telling: (events[telling.event_id], telling.received_at))
