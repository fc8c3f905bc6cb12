"""
Promising units, set-based.

Many references are served by one call: the levels they ask for are locked in key order, demand is summed per
level before it is checked, and a handful of statements write the outcome of all. The database's constraint
``never_promise_more_than_on_hand`` stands behind it. Where plenty is left (:func:`is_plenty`) who has more to write may look
without a lock and promise last, so that nobody waits for the rest of it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection, transaction

from teahorse.common.ids import new_ids
from teahorse.common.statements import array, asked

OVERDUE = timedelta(minutes=10)

LIMITS = frozenset(("never_promise_more_than_on_hand",))
PLENTY = 10
"""Where so many times is left what a batch wants, others at the same moment will not want the rest."""

FIND_LEVELS = """
    select offer_id, id, county_id, on_hand - reserved
      from stock_stocklevel
     where is_online and offer_id = any(%s::uuid[])
"""
LOCK_LEVELS = f"{FIND_LEVELS} order by id for no key update"
PROMISE = """
    with locked as materialized (
        select id from stock_stocklevel where id = any(%(levels)s::uuid[]) order by id for no key update
    ), promised as (
        insert into stock_reservation (id, county_id, level_id, reference, quantity, state, expires_at)
        select id, county_id, level_id, reference, quantity, 'held', %(until)s::timestamptz
          from jsonb_to_recordset(%(promised)s::jsonb) as wish (id uuid, county_id uuid, level_id uuid, reference uuid, quantity int)
        returning level_id, quantity
    )
    update stock_stocklevel level set reserved = level.reserved + total.quantity
      from (select level_id, sum(quantity) as quantity from promised group by level_id) total
     where level.id = total.level_id and level.id in (select id from locked)
"""
LOCK_OPEN = """
    select level.id from stock_stocklevel level
     where level.id in (select level_id from stock_reservation where reference = any(%s) and state = any(%s))
     order by level.id
       for no key update
"""
COMMIT = """
    update stock_reservation set state = 'committed', expires_at = null
     where reference = any(%s) and state = 'held'
    returning reference
"""
RELEASE = """
    with freed as (
        update stock_reservation set state = 'released'
         where reference = any(%s) and state = any(%s)
        returning level_id, quantity
    )
    update stock_stocklevel level set reserved = level.reserved - total.quantity
      from (select level_id, sum(quantity) as quantity from freed group by level_id) total
     where level.id = total.level_id
"""
OVERDUE_REFERENCES = "select distinct reference from stock_reservation where state = 'held' and expires_at < %s limit 1000"
COMMITTED = "select distinct reference from stock_reservation where reference = any(%s) and state = 'committed'"
TAKE = """
    with taken as (
        update stock_reservation set state = 'taken'
         where reference = any(%(references)s) and state = 'committed'
        returning county_id, level_id, reference, quantity
    ), written as (
        insert into stock_stockmovement (county_id, id, level_id, delta, reason, reference, by_id, note, moved_at)
        select county_id, gen_random_uuid(), level_id, -sum(quantity), 'sold', reference, %(by)s, '', %(now)s
          from taken group by county_id, level_id, reference
    )
    update stock_stocklevel level set on_hand = level.on_hand - total.quantity, reserved = level.reserved - total.quantity
      from (select level_id, sum(quantity) as quantity from taken group by level_id) total
     where level.id = total.level_id
"""


@dataclass(frozen=True, slots=True)
class Demand:
    """So many units of an offer for a reference; demands of one ``wish`` are promised all or none."""

    wish: UUID
    reference: UUID
    offer_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """Of an offer ``wanted`` units were asked for and ``available`` can be promised (0 when it is not sold at all)."""

    offer_id: UUID
    wanted: int
    available: int


Levels = dict[UUID, tuple[UUID, UUID, int]]
"""Of an offer its online level, that level's county, and the units left."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Which demands levels can meet, each wish all or none in their order, and of the other wishes what was short."""

    levels: Levels
    promised: list[Demand]
    shortages: dict[UUID, list[Shortage]]


@transaction.atomic(savepoint=False)
def reserve(*, demands: Sequence[Demand], until: datetime) -> dict[UUID, list[Shortage]]:
    """
    Promise units to references until a time, each wish all or none, in the order they are given.

    :returns: for each wish that was refused, what was short; nothing was promised to it.
    """
    levels = ask_for_levels({demand.offer_id for demand in demands})()
    shares = share_out(levels=levels, demands=demands)
    promise(shares=shares, until=until)
    return shares.shortages


def ask_for_levels(offer_ids: Iterable[UUID], *, is_locked: bool = True) -> Callable[[], Levels]:
    """
    Ask what is left of offers; the levels are there when they are asked for.

    :param is_locked: whether the levels are locked, in key order and until the transaction ends, so that it stays as it is.
    """
    rows = asked(LOCK_LEVELS if is_locked else FIND_LEVELS, [array(offer_ids)])
    return lambda: {offer: (level, county, left) for offer, level, county, left in rows()}


def is_plenty(levels: Levels, demands: Iterable[Demand]) -> bool:
    """Return whether much more is left of every offer than is wanted of it."""
    return all(offer in levels and levels[offer][2] >= PLENTY * units for offer, units in _wanted(demands).items())


def share_out(*, levels: Levels, demands: Iterable[Demand], may: Callable[[UUID], bool] | None = None) -> Shares:
    """
    Share what is left out among demands; nothing is written.

    :param may: asked once of each wish whose units are there, in their order; one that it turns down is promised nothing, and its
        units are there for the next.
    """
    available = {offer_id: left for offer_id, (_, _, left) in levels.items()}
    by_wish: dict[UUID, list[Demand]] = defaultdict(list)
    for demand in demands:
        by_wish[demand.wish].append(demand)
    shares = Shares(levels, [], {})
    for wish, wanted in by_wish.items():
        total = _wanted(wanted)
        short = [Shortage(offer, units, available.get(offer, 0)) for offer, units in total.items() if units > available.get(offer, 0)]
        if short:
            shares.shortages[wish] = short
            continue
        if may is not None and not may(wish):
            continue
        for offer, units in total.items():
            available[offer] -= units
        shares.promised.extend(wanted)
    return shares


def promise(*, shares: Shares, until: datetime) -> None:
    """
    Promise what was shared out, in one statement that locks the levels in key order; none where nothing was.

    :raises django.db.IntegrityError: of :data:`LIMITS`, where levels that were not locked have less by now.
    """
    if not shares.promised:
        return
    of_offer = shares.levels
    rows = [
        {
            "id": key,
            "county_id": of_offer[demand.offer_id][1],
            "level_id": of_offer[demand.offer_id][0],
            "reference": demand.reference,
            "quantity": demand.quantity,
        }
        for key, demand in zip(new_ids(len(shares.promised)), shares.promised, strict=True)
    ]
    levels = array({of_offer[demand.offer_id][0] for demand in shares.promised})
    asked(PROMISE, {"promised": msgspec.json.encode(rows).decode(), "until": until, "levels": levels})


def _wanted(demands: Iterable[Demand]) -> dict[UUID, int]:
    """Return the units that are wanted of each offer."""
    wanted: defaultdict[UUID, int] = defaultdict(int)
    for demand in demands:
        wanted[demand.offer_id] += demand.quantity
    return wanted


@transaction.atomic
def commit(*, references: Iterable[UUID]) -> set[UUID]:
    """
    Keep what is held for these references without an end: they are paid.

    :returns: the references for which something was held; the others have to reserve again.
    """
    with connection.cursor() as cursor:
        cursor.execute(COMMIT, [list(references)])
        return {reference for (reference,) in cursor.fetchall()}


@transaction.atomic
def release(*, references: Iterable[UUID]) -> None:
    """Give back what is promised to these references; harmless twice."""
    wanted = list(references)
    with connection.cursor() as cursor:
        cursor.execute(LOCK_OPEN, [wanted, ["held", "committed"]])
        cursor.execute(RELEASE, [wanted, ["held", "committed"]])


@transaction.atomic
def take(*, references: Iterable[UUID], by_id: UUID | None, now: datetime) -> set[UUID]:
    """
    Let the units that are committed to these references go, with a movement for each; harmless twice.

    :returns: the references whose units went.
    """
    wanted = list(references)
    with connection.cursor() as cursor:
        cursor.execute(LOCK_OPEN, [wanted, ["committed"]])
        cursor.execute(COMMITTED, [wanted])
        taken = {reference for (reference,) in cursor.fetchall()}
        cursor.execute(TAKE, {"references": wanted, "by": by_id, "now": now})
    return taken


@transaction.atomic
def release_overdue(*, now: datetime) -> int:
    """Give back what is still held ten minutes after its end, should the one who asked have forgotten; say how many references."""
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE_REFERENCES, [now - OVERDUE])
        references = [reference for (reference,) in cursor.fetchall()]
        cursor.execute(LOCK_OPEN, [references, ["held"]])
        cursor.execute(RELEASE, [references, ["held"]])
    return len(references)
