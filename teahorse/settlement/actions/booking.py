"""
Booking what happened to orders' money.

Every reaction comes here with the orders that it heard of. Their ``Sale`` rows are locked, what the apps below know is
read, and whatever of it is not in the books yet is booked. So a fact that is told twice, late, or in another order changes nothing.
"""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, transaction

from teahorse.common.collecting import uncollected
from teahorse.common.side_by_side import MOST, side_by_side
from teahorse.ledger import actions as ledger
from teahorse.ledger import queries as books
from teahorse.ledger.rules import Entry, lines
from teahorse.settlement import accounts
from teahorse.settlement.actions.collected import Own
from teahorse.settlement.actions.entries import Booking
from teahorse.settlement.actions.reconciling import forget_unbookable, write_down_unbookable
from teahorse.settlement.actions.writing import Crossed, LockedSale, lock_sales
from teahorse.settlement.facts import SaleFacts, facts_of, strays_of
from teahorse.settlement.heard import FORGOTTEN_AFTER, forgotten, orders_of_payments, orders_of_refunds
from teahorse.settlement.models import FeeLine

log = logging.getLogger(__name__)

BATCH = 4000
LOOKS_BACK = timedelta(days=30)


def book_payments(*, payment_ids: Collection[UUID], now: datetime) -> None:
    """Book money that came in: for orders, or as unexplained where it pays for none that is kept."""
    book_sales(order_ids=orders_of_payments(payment_ids), now=now)
    _book_strays(payment_ids, now=now)


def book_refunds(*, refund_ids: Collection[UUID], now: datetime) -> None:
    """Book money that is to go back, and that arrived."""
    order_ids, stray_payments = orders_of_refunds(refund_ids)
    book_sales(order_ids=order_ids, now=now)
    _book_strays(stray_payments, now=now)


def book_sales(*, order_ids: Iterable[UUID], now: datetime) -> int:
    """
    Book everything that is known of orders' money and not booked; return how many entries were new. Harmless twice.

    An order that cannot be booked stops no other: it is written down as a difference, with why, and tried again by the clock.
    """
    keys = sorted(set(order_ids), key=lambda key: key.int)
    return sum(side_by_side(lambda batch: _booked(batch, now), [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]))


def _booked(keys: list[UUID], now: datetime) -> int:
    """Book a batch; where it fails, each half of it apart, down to the order that is to blame."""
    try:
        booked = _book(keys, now)
    except OperationalError:
        raise  # a lock, a connection: not the orders' fault, the job is done again
    except Exception as error:
        if len(keys) > 1:
            middle = len(keys) // 2
            return _booked(keys[:middle], now) + _booked(keys[middle:], now)
        log.exception("order %s cannot be booked", keys[0])
        write_down_unbookable(order_id=keys[0], trouble=f"{type(error).__name__}: {error}", now=now)
        return 0
    forget_unbookable(order_ids=keys, now=now)
    return booked


def book_forgotten(*, now: datetime, since: datetime | None = None) -> int:
    """
    Book facts whose reaction did not come through, two minutes old or more; return how many entries were new.

    Looks thirty days back, or since a time: the clock does the last hour every minute and all of it every hour.
    """
    window = {"since": since or now - LOOKS_BACK, "until": now - FORGOTTEN_AFTER}
    booked = 0
    while rows := forgotten(**window, limit=MOST * BATCH):
        orders = {order for *_, order in rows if order}
        orders.update(orders_of_payments({payment for payment, *_ in rows if payment}))
        refunded, strays = orders_of_refunds({refund for _, refund, _ in rows if refund})
        written = book_sales(order_ids=orders | refunded, now=now)
        written += _book_strays(strays | {payment for payment, *_ in rows if payment}, now=now)
        if not written:
            break  # what cannot be booked is the reconciler's to show, not ours to try for ever
        booked += written
    return booked


def _book(keys: list[UUID], now: datetime) -> int:
    while keys:
        try:
            return _book_once(keys, now)
        except Crossed:
            continue  # what somebody else has opened meanwhile is there now, to be locked
    return 0


@uncollected()
@transaction.atomic
def _book_once(keys: list[UUID], now: datetime) -> int:
    locked = lock_sales(keys)
    facts = facts_of(keys)
    written = {sale.pk for sale in locked}
    new = [_opened(one) for key, one in facts.items() if key not in written]
    # nothing is booked of a sale that was never opened
    booking = Booking(now, _known(facts[key] for key in written))
    booking.read_shares([sale for sale in locked if sale.frozen_at is not None and not booking.is_settled(facts[sale.pk], sale)])
    booking.read_shared_fees(facts.values())
    for sale in (*locked, *sorted(new, key=lambda sale: sale.pk.int)):
        booking.add(sale, facts[sale.pk])
    return booking.write()


def _opened(facts: SaleFacts) -> LockedSale:
    """Return the sale of an order of which nothing is booked yet."""
    return LockedSale(facts.order_id, facts.county_id, facts.seller_id, facts.number, 0, 0, 0, 0, 0, 0, 0, None, None, is_new=True)


def _known(facts: Iterable[SaleFacts]) -> set[tuple[str, UUID]]:
    """Return which facts of payments and refunds are booked; those of the order itself stand in its sale."""
    wanted: list[tuple[str, UUID]] = []
    for one in facts:
        wanted += [(accounts.PAYMENT_TAKEN, part.id) for part in one.parts]
        for refund in one.refunds:
            wanted += [(accounts.REFUND_DECIDED, refund.id), (accounts.REFUND_ARRIVED, refund.id)]
            wanted += [(accounts.SHARE_CAME_BACK, back.id) for back in refund.returns]
        wanted += [(accounts.SHARED_OUT, sharing.id) for sharing in one.sharings]
    return books.booked(wanted)


def parts_to_share(order_id: UUID, *, now: datetime) -> tuple[list[tuple[Own, int]], list[FeeLine]]:
    """
    Return the parts of an order that its seller collected, each with what of its fees is to be taken out of it, and the fees.

    Everything that is known of the order's money is booked first, so it is as the providers have it while its payments are locked.
    Nothing is said of an order that is not closed.
    """
    book_sales(order_ids=[order_id], now=now)
    (sale,) = lock_sales([order_id])
    facts = facts_of([order_id])[order_id]
    if sale.closed_at is None:
        return [], []
    booked = Booking(now, _known([facts]))
    booked.read_shared_fees([facts])
    booked.stand(sale, facts, facts.counted)
    own = zip(booked.own.get(sale.pk, []), booked.taken_of(sale), strict=True)
    return list(own), list(FeeLine.objects.filter(sale=order_id).order_by("pk"))


@transaction.atomic
def _book_strays(payment_ids: Collection[UUID], *, now: datetime) -> int:
    """Book money that pays for no order that is kept, and what of it goes back."""
    if not payment_ids:
        return 0
    parts, refunds = strays_of(payment_ids)
    entries = []
    for part in parts:
        box = accounts.at_provider(part.provider, part.collector_id)
        moved = lines((box, part.amount_fen), (accounts.UNEXPLAINED, -part.amount_fen))
        entries.append(Entry(accounts.PAYMENT_TAKEN, part.id, part.taken_at, moved))
    by_id = {part.id: part for part in parts}
    for refund in refunds:
        part = by_id[refund.split_id]
        moved = lines((accounts.UNEXPLAINED, refund.amount_fen), (accounts.GOING_BACK, -refund.amount_fen))
        entries.append(Entry(accounts.REFUND_DECIDED, refund.id, refund.decided_at, moved))
        if refund.arrived_at is not None:
            box = accounts.at_provider(part.provider, part.collector_id)
            moved = lines((accounts.GOING_BACK, refund.amount_fen), (box, -refund.amount_fen))
            entries.append(Entry(accounts.REFUND_ARRIVED, refund.id, refund.arrived_at, moved))
    return len(ledger.post(entries=entries, now=now))
