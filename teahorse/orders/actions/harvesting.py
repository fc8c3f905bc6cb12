"""
Selling before the harvest: opening such a sale, declaring what came of it, and deciding on every order in batches.

A declaration is one short transaction; what follows from it - who is served, whose money goes back - is done by
:func:`settle_harvests` some orders at a time, and goes on where it stopped, whatever stopped it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.models import Offer
from teahorse.common.events import announce
from teahorse.common.push import tell
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.orders.actions.owing import ask_balance, end_unpaid, give_back, in_buyers_words, locked_orders, release_promotions
from teahorse.orders.events import OrdersCancelled, OrdersPaid
from teahorse.orders.models import BalanceDue, HarvestSale, OrderLine, SellerOrder
from teahorse.orders.rules import WHOLE
from teahorse.payments import actions as payments
from teahorse.people.models import Person
from teahorse.stock import actions as stock
from teahorse.stock.models import StockLevel

State = SellerOrder.State
BATCH = 50
MOST_UNITS = 100_000
log = logging.getLogger(__name__)
SERVED = (State.PAID, State.PREPARING, State.CLOSED)
FAILED, TOO_SMALL, NOT_PAID = "harvest_failed", "harvest_too_small", "balance_not_paid"
SORRY = {
    FAILED: _("The harvest failed. We are sorry; your money goes back."),
    TOO_SMALL: _("The harvest was too small. We are sorry; your money goes back."),
    NOT_PAID: _("The rest was not paid in time; the deposit goes back."),
}


class SaleIsOpen(Refusal):
    """The offer is sold before its harvest already."""

    code = "sale_is_open"
    sentence = _("This form is sold before its harvest already. Declare that harvest first.")


class UnitsArePromised(Refusal):
    """Buyers wait for units of the offer that were sold in the ordinary way."""

    code = "units_are_promised"
    sentence = _("%(promised)d units of it are promised to buyers. Pack those orders first.")


class UnitsOnTheShelf(Refusal):
    """Units of the offer can be sold and sent now; the capacity would be written over them."""

    code = "units_on_the_shelf"
    sentence = _(
        "%(on_hand)d units of it lie on the shelf. Sell them first, or take them off the shelf; then sell what is not harvested yet."
    )


class NotOpenAnyMore(Refusal):
    """The harvest was declared before."""

    code = "not_open_any_more"
    sentence = _("This harvest was declared before.")


@transaction.atomic
def open_harvest_sale(
    *,
    level: StockLevel,
    capacity: int,
    opens_at: datetime,
    closes_at: datetime,
    ship_by_date: date,
    deposit_basis_points: int = WHOLE,
    note: str = "",
    by: Person | None,
    now: datetime,
) -> HarvestSale:
    """
    Begin to sell an offer before its harvest; its capacity becomes what stands as on hand of it.

    :param level: the offer's online level.
    :raises Malformed: for a capacity outside 1..100,000, a window or a day that cannot be, a deposit outside 1..10,000.
    :raises UnitsArePromised: if units of the offer are promised to buyers; :raises UnitsOnTheShelf: if some lie on the shelf.
    :raises SaleIsOpen: if it is sold so already.
    """
    _check(capacity, opens_at, closes_at, ship_by_date, deposit_basis_points, now)
    level = StockLevel.objects.select_for_update().get(pk=level.pk)
    if HarvestSale.objects.filter(offer=level.offer_id, settled_at=None).exists():
        raise SaleIsOpen
    if level.reserved:
        raise UnitsArePromised(promised=level.reserved)
    if level.on_hand:
        raise UnitsOnTheShelf(on_hand=level.on_hand)
    offer = Offer.objects.get(pk=level.offer_id)
    try:
        with transaction.atomic():
            sale = HarvestSale.objects.create(
                county_id=offer.county_id,
                offer=offer,
                seller_id=offer.seller_id,
                opens_at=opens_at,
                closes_at=closes_at,
                ship_by_date=ship_by_date,
                deposit_basis_points=deposit_basis_points,
                note=note[:200],
                opened_at=now,
                opened_by_id=by.pk if by else None,
            )
    except IntegrityError as error:
        raise SaleIsOpen from error
    stock.count(level=level, counted=capacity, by=by, now=now, note=str(_("Capacity of a harvest sale")))
    return sale


def _check(capacity: int, opens_at: datetime, closes_at: datetime, ship_by_date: date, basis_points: int, now: datetime) -> None:
    last_day = closes_at.astimezone(HOME).date()
    problems = (
        (not 1 <= capacity <= MOST_UNITS, "capacity", _("How many pieces you expect: from 1 to 100,000.")),
        (closes_at <= max(opens_at, now), "closes_at", _("The sale ends after it begins, and not in the past.")),
        (ship_by_date < last_day, "ship_by_date", _("The day of sending lies after the end of the sale.")),
        (not 1 <= basis_points <= WHOLE, "deposit", _("The deposit is more than 0 and at most 100 percent.")),
    )
    for is_so, field, reason in problems:
        if is_so:
            raise Malformed(field=field, reason=reason)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a declaration does to the orders that wait now, before it is made: how many are served and how many fen go back."""

    served: int
    served_units: int
    cut: int
    cut_units: int
    back_fen: int
    still_to_pay_fen: int


def outcome_of(sale: HarvestSale, *, units: int) -> Outcome:
    """Return what it would mean to declare so many units harvested; nothing is changed."""
    waiting = list(_waiting(sale))
    quantities = _quantities([order.pk for order in waiting])
    served, cut = _shared_out(waiting, quantities, units)
    return Outcome(
        served=len(served),
        served_units=sum(quantities[order.pk] for order in served),
        cut=len(cut),
        cut_units=sum(quantities[order.pk] for order in cut),
        back_fen=sum(order.first_fen for order in cut),
        still_to_pay_fen=sum(order.balance_fen for order in served),
    )


@transaction.atomic
def declare_harvest(*, sale: HarvestSale, units: int, by: Person | None, now: datetime) -> HarvestSale:
    """
    Declare that so many units were harvested, none for a harvest that failed; nobody can order any more.

    Who is served and whose money goes back is decided by :func:`settle_harvests`, which the clock starts every minute.

    :raises NotOpenAnyMore: if it was declared before; :raises Malformed: if the units are less than 0 or more than 100,000.
    """
    if not 0 <= units <= MOST_UNITS:
        raise Malformed(field="units", reason=_("How many pieces were harvested: from 0 to 100,000."))
    sale = HarvestSale.objects.select_for_update().get(pk=sale.pk)
    if sale.state != HarvestSale.State.OPEN:
        raise NotOpenAnyMore
    level = _level(sale)  # as placing does: who orders at this moment comes before or after, never between
    sale.state = HarvestSale.State.HARVESTED if units else HarvestSale.State.FAILED
    sale.declared_at, sale.declared_by_id = now, by.pk if by else None
    sale.harvested_units, sale.capacity_units = units, level.on_hand
    sale.save(update_fields=["state", "declared_at", "declared_by_id", "harvested_units", "capacity_units"])
    return sale


def settle_harvests(*, now: datetime, batch: int = BATCH) -> int:
    """
    Decide on some orders of a harvest that was declared, those paid first before the others; return how many steps were made.

    Served: who paid whole is to be packed for, who paid a deposit is asked for the rest. The others are cancelled and their money
    goes back. When all are decided on the stock is set right. Harmless twice and at once; call it until it returns 0.
    """
    declared = HarvestSale.objects.exclude(state=HarvestSale.State.OPEN).filter(settled_at=None)
    steps = 0
    for key in declared.order_by("declared_at", "pk").values_list("pk", flat=True)[:BATCH]:
        try:
            steps += _settle(key, now=now, batch=batch)
        except Exception:  # whatever it is, it must not stop the others
            log.exception("the harvest sale %s cannot be settled", key)
    return steps


@transaction.atomic
def _settle(key: UUID, *, now: datetime, batch: int) -> int:
    sale = HarvestSale.objects.select_for_update(skip_locked=True).filter(pk=key, settled_at=None).first()
    if sale is None:
        return 0
    # locked before it is looked at what waits: an order that is paid or cancelled at this moment is seen as it is afterwards
    chosen = list(_waiting(sale).values_list("pk", flat=True)[:batch])
    locked = SellerOrder.objects.select_for_update(of=("self",)).filter(pk__in=chosen, state=State.PRESALE_WAIT).order_by("pk")
    orders = sorted(locked.select_related("group"), key=lambda order: (order.paid_at or now, order.pk))
    if orders:
        _decide(sale, orders, now)
        return len(orders)
    return 1 if chosen else _finish(sale, now)


def _decide(sale: HarvestSale, orders: Sequence[SellerOrder], now: datetime) -> None:
    left = (sale.harvested_units or 0) - _served_units(sale)
    served, cut = _shared_out(orders, _quantities([order.pk for order in orders]), left)
    _serve(served, now)
    _cancel(cut, FAILED if sale.state == HarvestSale.State.FAILED else TOO_SMALL, now)


def _shared_out(orders: Sequence[SellerOrder], quantities: Mapping[UUID, int], left: int) -> tuple[list[SellerOrder], list[SellerOrder]]:
    """Return who is served of what is left, in their order, and who is not: an order is served whole, a smaller one may still fit."""
    served: list[SellerOrder] = []
    cut: list[SellerOrder] = []
    for order in orders:
        if quantities[order.pk] <= left:
            left -= quantities[order.pk]
            served.append(order)
        else:
            cut.append(order)
    return served, cut


def _serve(orders: Sequence[SellerOrder], now: datetime) -> None:
    whole = [order for order in orders if not order.balance_fen]
    for order in orders:
        if order.balance_fen:
            ask_balance(order=order, kind=BalanceDue.Kind.PRESALE_BALANCE, amount_fen=order.balance_fen, now=now)
    for order in whole:
        order.state = State.PAID
    SellerOrder.objects.bulk_update(whole, ["state"])
    if whole:
        announce(OrdersPaid(order_ids=tuple(order.pk for order in whole)))
        tell(f"group:{order.group_id}" for order in whole)


def _cancel(orders: Sequence[SellerOrder], reason: str, now: datetime) -> None:
    """Cancel locked orders for which the house or nature is the reason; units and promotions go back, and all that was paid."""
    if not orders:
        return
    for order in orders:
        order.state, order.ended_at, order.end_reason = State.CANCELLED, now, reason
    SellerOrder.objects.bulk_update(orders, ["state", "ended_at", "end_reason"])
    stock.release(references=[order.pk for order in orders])
    release_promotions(orders, now)  # what is sold before its harvest is ordered alone: the whole group ends with it
    for order in orders:
        give_back(order=order, amount_fen=None, reference=order.pk, reason=in_buyers_words(order, SORRY[reason]), now=now)
    announce(OrdersCancelled(order_ids=tuple(order.pk for order in orders)))
    tell(f"group:{order.group_id}" for order in orders)


def _finish(sale: HarvestSale, now: datetime) -> int:
    """Let those go who have not paid and for whom nothing is left, and set the stock right; the offer is an ordinary one then."""
    unpaid = SellerOrder.objects.select_for_update(of=("self",)).filter(harvest_sale_id=sale.pk, state=State.PENDING_PAYMENT)
    gone = list(unpaid.select_related("group").order_by("pk"))
    if gone:  # who has not paid by now is not served; a payment that comes later goes back
        payments.close_payments(references=[order.group_id for order in gone], now=now)
        _cancel(gone, FAILED if sale.state == HarvestSale.State.FAILED else TOO_SMALL, now)
    if _waiting(sale).exists():  # paid while we looked
        return 1
    level = _level(sale)
    sent = SellerOrder.objects.filter(harvest_sale_id=sale.pk, state__in=(State.PREPARING, State.CLOSED))
    sent_units = OrderLine.objects.filter(order__in=sent.values("pk")).aggregate(units=Sum("quantity"))["units"] or 0
    there = max((sale.harvested_units or 0) - sent_units, level.reserved)
    stock.count(level=level, counted=there, by=None, now=now, note=str(_("What was harvested")))
    sale.settled_at = now
    sale.save(update_fields=["settled_at"])
    return 1


@transaction.atomic
def lapse_overdue(*, now: datetime) -> int:
    """Cancel the pre-sale orders whose rest was not paid by its deadline, their deposits go back; return how many. Harmless twice."""
    due = BalanceDue.objects.filter(kind=BalanceDue.Kind.PRESALE_BALANCE, state=BalanceDue.State.ASKED, due_at__lte=now)
    orders = {order.pk: order for order in locked_orders(due)}
    ended = end_unpaid(orders, kind=BalanceDue.Kind.PRESALE_BALANCE, state=BalanceDue.State.LAPSED, now=now)
    _cancel([orders[balance.order_id] for balance in ended], NOT_PAID, now)
    return len(ended)


def _waiting(sale: HarvestSale) -> QuerySet[SellerOrder]:
    """Return the paid orders of a sale that nothing was decided on, those paid first first."""
    asked = BalanceDue.objects.filter(order=OuterRef("pk"), kind=BalanceDue.Kind.PRESALE_BALANCE)
    waiting = SellerOrder.objects.filter(~Exists(asked), harvest_sale_id=sale.pk, state=State.PRESALE_WAIT)
    return waiting.order_by("paid_at", "pk")


def _served_units(sale: HarvestSale) -> int:
    asked = BalanceDue.objects.filter(kind=BalanceDue.Kind.PRESALE_BALANCE, order__harvest_sale_id=sale.pk)
    of_sale = SellerOrder.objects.filter(harvest_sale_id=sale.pk)
    served = of_sale.filter(state__in=SERVED) | of_sale.filter(state=State.PRESALE_WAIT, pk__in=asked.values("order_id"))
    return OrderLine.objects.filter(order__in=served.values("pk")).aggregate(units=Sum("quantity"))["units"] or 0


def _quantities(order_ids: Sequence[UUID]) -> dict[UUID, int]:
    lines = OrderLine.objects.filter(order_id__in=order_ids).values_list("order_id").annotate(units=Sum("quantity"))
    return dict(lines.order_by())


def _level(sale: HarvestSale) -> StockLevel:
    return StockLevel.objects.select_for_update().get(offer=sale.offer_id, is_online=True)
