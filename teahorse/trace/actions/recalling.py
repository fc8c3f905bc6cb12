"""
Taking lots back: drafted with all that they reach, started (units off the shelf, parcels stopped, buyers told), accounted for, ended.

A drill goes the same way and changes nothing but its own rows. A maker recalls her own lots; a centre those of its area. What was made
of them by others is told of, and is theirs, or their centre's, to hold.
"""

import contextlib
import secrets
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales.models import AfterSaleCase, CaseLine
from teahorse.common.ids import new_id, new_ids
from teahorse.common.push import tell
from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.common.statements import array, asked
from teahorse.common.times import HOME
from teahorse.logistics import actions as logistics
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation, Person
from teahorse.stock import actions as stock
from teahorse.stock.models import StockLevel
from teahorse.trace.actions.capturing import capture_own
from teahorse.trace.models import Lot, LotMovement, LotStock, PackedLot, Recall, RecalledLot, RecalledParcel, RecallNote
from teahorse.trace.queries.recalling import came_back, lots_held_by, lots_made_of, lots_of, reach_of

WRITE_LOTS: Final = """
    insert into trace_recalledlot (id, recall_id, lot_id, is_named, is_within, held_units, left_out_why)
    select id, %(recall)s::uuid, lot, lot = any(%(named)s::uuid[]), true, 0, ''
      from unnest(%(ids)s::uuid[], %(lots)s::uuid[]) as reached (id, lot)
    on conflict (recall_id, lot_id) do nothing
"""
"""All that a recall reaches, in one statement."""
SHORTEST, LONGEST = 4, 300
LONGEST_WHY: Final = 200
TOGETHER: Final = 500
AT_A_TIME: Final = 50
State, ParcelState = Recall.State, RecalledParcel.State
NEXT: Final[Mapping[str, frozenset[str]]] = {
    ParcelState.HELD: frozenset({ParcelState.GIVEN_BACK, ParcelState.DESTROYED, ParcelState.NOT_FOUND}),
    ParcelState.TOLD: frozenset({ParcelState.GIVEN_BACK, ParcelState.DESTROYED, ParcelState.NOT_FOUND}),
    ParcelState.GIVEN_BACK: frozenset({ParcelState.DESTROYED}),
    ParcelState.NOT_FOUND: frozenset({ParcelState.GIVEN_BACK, ParcelState.DESTROYED}),
}
"""What may become of recalled goods."""


class MovedOn(Refusal):
    """It is not in the state any more in which this can be done: somebody was quicker."""

    code = "recall_moved_on"
    sentence = _("Recall %(number)s has moved on meanwhile. Look where it stands now.")


class RecalledAlready(Refusal):
    """Another recall of the same lot lives."""

    code = "recalled_already"
    sentence = _("Lot %(lot)s is being recalled already, by recall %(number)s.")


class NothingLeft(Refusal):
    """Every lot is left out."""

    code = "nothing_to_recall"
    sentence = _("Every lot is left out. Take one in again, or drop the draft.")


@transaction.atomic
def draft_recall(
    *,
    owner: Organisation,
    lot_ids: Iterable[UUID],
    reason: str,
    by: Person,
    now: datetime,
    asked_at: datetime | None = None,
    what_to_do: str = "",
    is_drill: bool = False,
    key: UUID | None = None,
) -> Recall:
    """
    Find all that was made of some lots and keep it as a draft; nothing is held yet. The same key twice is the same draft.

    The timer runs from ``now``, when the question was put, or from ``asked_at`` where that was earlier, by this machine's clock.

    :raises Malformed: without a reason or without a lot; :raises NotThere: if a lot is not the organisation's to recall.
    """
    known = Recall.objects.filter(pk=key, owner=owner).first() if key else None
    if known is not None:
        return known
    began = time.monotonic()
    reason, what_to_do, wanted = " ".join(reason.split()), " ".join(what_to_do.split())[:LONGEST], set(lot_ids)
    if not SHORTEST <= len(reason) <= LONGEST:
        raise Malformed(field="reason", reason=_("Write why, in 4 to 300 characters."))
    if not wanted:
        raise Malformed(field="lots", reason=_("Choose a lot."))
    named = list(lots_of(owner).filter(pk__in=wanted))
    if len(named) < len(wanted):
        raise NotThere
    recall = Recall.objects.create(
        pk=key or new_id(),
        county_id=owner.county_id,
        number=f"ZH{now.astimezone(HOME):%y%m%d}-{secrets.token_hex(3).upper()}",
        owner=owner,
        reason=reason,
        what_to_do=what_to_do,
        is_drill=is_drill,
        asked_at=min(asked_at or now, now),
        drafted_by_id=by.pk,
    )
    _find(recall, named)
    recall.found_at = now + timedelta(seconds=time.monotonic() - began)
    recall.save(update_fields=["found_at"])
    _note(recall, "drafted", by=by, now=now, lots=[lot.number for lot in named])
    return recall


@transaction.atomic
def leave_out(*, recall: Recall, lot_id: UUID, why: str, by: Person, now: datetime) -> None:
    """
    Leave a lot out of a draft, with the reason, or take it in again without one.

    :raises MovedOn: if it is no draft any more; :raises NotThere: if the draft does not reach the lot.
    """
    recall = _locked(recall, State.DRAFTED)
    why = " ".join(why.split())[:LONGEST_WHY]
    if not recall.lots.filter(lot_id=lot_id).update(left_out_why=why):
        raise NotThere
    _note(recall, "left_out" if why else "taken_in", by=by, now=now, lot=str(lot_id), why=why)


@transaction.atomic
def drop_recall(*, recall: Recall, by: Person, now: datetime) -> Recall:
    """
    Drop a draft.

    :raises MovedOn: if it is none any more.
    """
    recall = _locked(recall, State.DRAFTED)
    return _move(recall, State.DROPPED, "dropped", by=by, now=now)


@transaction.atomic
def start_recall(*, recall: Recall, by: Person, now: datetime) -> Recall:
    """
    Start a recall: its units leave the shelves, parcels on their way are stopped, buyers are told, the story says it.

    What was made of its lots since the draft is reached too. Of a drill only its rows are written.

    :raises MovedOn: if somebody started or dropped it meanwhile; :raises RecalledAlready: if another recall has named a lot of it;
    :raises NothingLeft: if every lot is left out. Nothing is changed.
    """
    recall = _locked(recall, State.DRAFTED)
    _find(recall, [row.lot for row in recall.lots.filter(is_named=True).select_related("lot")])
    kept = list(_kept(recall).select_related("lot").order_by("lot_id"))
    if not kept:
        raise NothingLeft(field="lots")
    _refuse_what_is_recalled(recall, kept)
    recall.started_at, recall.started_by_id = now, by.pk
    recall = _move(recall, State.LIVING, "started", by=by, now=now, lots=len(kept))
    if recall.is_drill:
        _write_parcels(recall, _packed(recall), stopped=None, now=now)
        return recall
    _clear_shelves(recall, kept, by=by, now=now)
    packed = _packed(recall)
    stopped = logistics.stop_parcels(parcel_ids={row.parcel_id for row in packed}, why=f"{recall.number} {recall.reason}")
    _write_parcels(recall, packed, stopped=stopped, now=now)
    _tell_story(recall, [row.lot for row in kept], now=now)
    groups = SellerOrder.objects.filter(pk__in={row.order_id for row in packed}).values_list("group_id", flat=True)
    tell(f"group:{group}" for group in groups)
    return recall


@transaction.atomic
def account_for(*, recall: Recall, row_id: UUID, state: str, by: Person, now: datetime) -> RecalledParcel:
    """
    Write down what became of recalled goods: given back, destroyed, not to be found. The same again changes nothing.

    :raises MovedOn: if the recall does not live, or they are in a state from which this does not follow.
    """
    recall = _locked(recall, State.LIVING)
    row = recall.parcels.select_for_update().filter(pk=row_id).first()
    if row is None:
        raise NotThere
    if row.state == state:
        return row
    if state not in NEXT.get(row.state, frozenset()) or recall.is_drill:
        raise MovedOn(number=recall.number)
    _set(row, state, now=now)
    _note(recall, state, by=by, now=now, row=str(row.pk), units=row.quantity)
    return row


@transaction.atomic
def end_recall(*, recall: Recall, by: Person, now: datetime) -> Recall:
    """
    End a recall with its balance: what its cases brought back is counted, what nobody heard of is not found.

    Parcels that were stopped stay so until they are accounted for: they come back or are destroyed.

    :raises MovedOn: if it does not live.
    """
    recall = _locked(recall, State.LIVING)
    if not recall.is_drill:
        take_back_what_came(recall, now=now)
        for row in recall.parcels.filter(state=ParcelState.TOLD):
            _set(row, ParcelState.NOT_FOUND, now=now)
    recall.ended_at, recall.ended_by_id = now, by.pk
    sums = reach_of(recall).sums
    told = {name: getattr(sums, name) for name in ("shelf", "sent", "held", "came_back", "destroyed", "not_found")}
    return _move(recall, State.ENDED, "ended", by=by, now=now, **told)


def take_back_what_came(recall: Recall, *, now: datetime) -> int:
    """Count what came back by after-sale cases; return how much of it is new. Harmless twice."""
    return came_back(recall).update(state=ParcelState.GIVEN_BACK, changed_at=now)


def open_recall_cases(*, now: datetime, most: int = AT_A_TIME) -> int:
    """
    Open an after-sale case for each order that a recall reaches, each for itself; return of how many lines. Harmless twice.

    What lies with its buyer is to go back, what is stopped on its way is paid back. A line that is in a case already stays in it.
    """
    waiting = RecalledParcel.objects.filter(
        recall__state=State.LIVING, recall__is_drill=False, case_id=None, state__in=(ParcelState.HELD, ParcelState.TOLD)
    )
    together: dict[tuple[UUID, UUID, str], list[RecalledParcel]] = defaultdict(list)
    orders = list(waiting.order_by("order_id").values_list("order_id", flat=True).distinct()[:most])
    for row in waiting.filter(order_id__in=orders).select_related("recall").order_by("pk"):
        together[row.recall_id, row.order_id, row.state].append(row)
    return sum(_open_case(rows, now=now) for rows in together.values())


@transaction.atomic
def _open_case(rows: Sequence[RecalledParcel], *, now: datetime) -> int:
    """Open one case for what of a recall an order has; return how many lines are in a case now."""
    first, keys = rows[0], [row.pk for row in rows]
    order = SellerOrder.objects.select_for_update(of=("self",)).select_related("group").get(pk=first.order_id)
    if not RecalledParcel.objects.filter(pk__in=keys, case_id=None).exists():
        return 0
    hers = dict(CaseLine.objects.filter(line__order=order, is_open=True).values_list("line_id", "case_id"))
    units: dict[UUID, int] = defaultdict(int)
    for row in rows:
        if row.line_id not in hers:
            units[row.line_id] += row.quantity
    draft = aftersales.CaseDraft(
        order=order,
        kind=AfterSaleCase.Kind.REFUND_ONLY if first.state == ParcelState.HELD else AfterSaleCase.Kind.RETURN_REFUND,
        reason=AfterSaleCase.Reason.NOT_AS_DESCRIBED,
        units=units,
        story=f"{first.recall.number} {first.recall.reason}",
        key=first.pk,
    )
    opened = order.pk  # stands where nothing can be asked for any more, so that it is not tried again
    if units:
        with contextlib.suppress(aftersales.AlreadyInACase, aftersales.NotSentYet):
            opened = aftersales.open_for_buyer(draft=draft, now=now).pk
    for row in rows:
        row.case_id = hers.get(row.line_id, opened)
    RecalledParcel.objects.bulk_update(rows, ["case_id"])
    return len(rows)


def _locked(recall: Recall, state: str) -> Recall:
    fresh = Recall.objects.select_for_update(of=("self",)).select_related("owner__area").get(pk=recall.pk)
    if fresh.state != state:
        raise MovedOn(number=fresh.number)
    return fresh


def _find(recall: Recall, named: Collection[Lot]) -> None:
    """Write down what was made of some lots, as far as it is not written yet."""
    reached = lots_made_of(named)
    keys, names = array(new_ids(len(reached))), array(lot.pk for lot in named)
    asked(WRITE_LOTS, {"recall": recall.pk, "ids": keys, "lots": array(reached), "named": names})
    recall.lots.exclude(lots_held_by(recall.owner, path="lot__seller")).update(is_within=False)


def _refuse_what_is_recalled(recall: Recall, kept: Sequence[RecalledLot]) -> None:
    """Lock the lots, so that of two recalls of one the second sees the first."""
    named = [row.lot_id for row in kept if row.is_named]
    list(Lot.objects.select_for_update(no_key=True).filter(pk__in=named).order_by("pk").values_list("pk"))
    other = RecalledLot.objects.filter(lot__in=named, is_named=True, left_out_why="", recall__state=State.LIVING, recall__is_drill=False)
    first = other.exclude(recall=recall).select_related("recall", "lot").first() if not recall.is_drill else None
    if first is not None:
        raise RecalledAlready(lot=first.lot.number, number=first.recall.number)


def _kept(recall: Recall) -> QuerySet[RecalledLot]:
    """Return what is to be held."""
    return recall.lots.filter(left_out_why="", is_within=True)


def _packed(recall: Recall) -> list[PackedLot]:
    return list(PackedLot.objects.filter(lot__in=_kept(recall).values("lot")).order_by("pk"))


def _clear_shelves(recall: Recall, kept: Sequence[RecalledLot], *, by: Person, now: datetime) -> None:
    """Take the units of lots off the shelf, and as many off what the mall sells as are not promised."""
    rows = {row.lot_id: row for row in kept}
    # what the mall sells from comes before the shelves of lots, as for whoever packs an order
    shelved = LotStock.objects.filter(lot__in=_kept(recall).values("lot"))
    list(StockLevel.objects.select_for_update().filter(offer__in=shelved.values("offer"), is_online=True).order_by("pk"))
    shelves = list(shelved.select_for_update().filter(on_hand__gt=0).order_by("pk"))
    units: dict[UUID, int] = defaultdict(int)
    moved = []
    for shelf in shelves:
        rows[shelf.lot_id].held_units = shelf.on_hand
        units[shelf.offer_id] += shelf.on_hand
        moved.append(_movement(recall, rows[shelf.lot_id], by=by, now=now))
    RecalledLot.objects.bulk_update([rows[shelf.lot_id] for shelf in shelves], ["held_units"])
    LotMovement.objects.bulk_create(moved)
    LotStock.objects.filter(pk__in=[shelf.pk for shelf in shelves]).update(on_hand=0)
    stock.withdraw(units=units, reference=recall.pk, by_id=by.pk, note=recall.number, now=now)


def _movement(recall: Recall, row: RecalledLot, *, by: Person, now: datetime) -> LotMovement:
    return LotMovement(
        county_id=row.lot.county_id,
        lot_id=row.lot_id,
        delta=-row.held_units,
        reason=LotMovement.Reason.RECALLED,
        reference=recall.pk,
        by_id=by.pk,
        moved_at=now,
    )


def _write_parcels(recall: Recall, packed: Iterable[PackedLot], *, stopped: set[UUID] | None, now: datetime) -> None:
    """Write down what was sent; of a drill (nothing was stopped) what would be held and told."""
    on_way = {one.packed.pk for one in reach_of(recall).on_the_way} if stopped is None else set()

    def state(row: PackedLot) -> str:
        if stopped is None:
            return ParcelState.TO_HOLD if row.pk in on_way else ParcelState.TO_TELL
        return ParcelState.HELD if row.parcel_id in stopped else ParcelState.TOLD

    rows = [
        RecalledParcel(
            county_id=row.county_id,
            recall=recall,
            lot_id=row.lot_id,
            order_id=row.order_id,
            line_id=row.line_id,
            parcel_id=row.parcel_id,
            quantity=row.quantity,
            state=state(row),
            told_at=None if stopped is None else now,
            changed_at=now,
        )
        for row in packed
    ]
    RecalledParcel.objects.bulk_create(rows, batch_size=TOGETHER)


def _tell_story(recall: Recall, lots: Sequence[Lot], *, now: datetime) -> None:
    """Tell of the lots that they are recalled, so that a later step does not hide it (CBV 2.0: a persistent disposition)."""
    events: list[dict[str, Any]] = [
        {
            "type": "ObjectEvent",
            "eventTime": now.isoformat(timespec="milliseconds"),
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "bizStep": "holding",
            "persistentDisposition": {"set": ["recalled"]},
            "quantityList": [{"epcClass": lot.uri} for lot in some],
        }
        for some in _in_parts(lots)
    ]
    capture_own(events, by=recall.owner, now=now)


def _in_parts(lots: Sequence[Lot]) -> list[Sequence[Lot]]:
    return [lots[first : first + TOGETHER] for first in range(0, len(lots), TOGETHER)]


def _set(row: RecalledParcel, state: str, *, now: datetime) -> None:
    row.state, row.changed_at = state, now
    row.save(update_fields=["state", "changed_at"])


def _move(recall: Recall, state: str, kind: str, *, by: Person, now: datetime, **said: Any) -> Recall:
    recall.state = state
    recall.save()
    _note(recall, kind, by=by, now=now, **said)
    return recall


def _note(recall: Recall, kind: str, *, by: Person, now: datetime, **said: Any) -> None:
    RecallNote.objects.create(recall=recall, kind=kind, at=now, by_id=by.pk, said=said)
