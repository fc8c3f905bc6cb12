"""What is to be paid for an order group now, the group itself while it waits, later what its orders owe besides; and what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from teahorse.orders.models import BalanceDue, OrderGroup, OrderLine, SellerOrder
from teahorse.payments.models import Payment


@dataclass(frozen=True, slots=True)
class Due:
    """So much is to be paid until a time; ``reference`` is what its payment is opened for, ``balance`` is missing for the first payment."""

    reference: UUID
    fen: int
    until: datetime
    balance: BalanceDue | None = None


def balance_due(group: OrderGroup, *, now: datetime) -> Due | None:
    """Return what the orders of a group owe and what is due first, if they owe anything."""
    asked = BalanceDue.objects.filter(order__group=group, state=BalanceDue.State.ASKED, due_at__gt=now)
    balance = asked.select_related("order").order_by("due_at", "pk").first()
    return Due(balance.pk, balance.amount_fen, balance.due_at, balance) if balance else None


def due_of(group: OrderGroup, *, now: datetime) -> Due | None:
    """Return what is to be paid for a group now; nothing where there is nothing, or its time is over."""
    waiting = SellerOrder.objects.filter(group=group, state=SellerOrder.State.PENDING_PAYMENT)
    parts = list(waiting.order_by("pk")) if group.expires_at > now else []
    return due_after(group, sum(order.first_fen for order in parts), now=now)


def dues_of(group: OrderGroup, *, now: datetime) -> list[Due]:
    """Return all that may be paid for a group now, what is due first first: its first payment, or what its orders owe, each by itself."""
    first = due_of(group, now=now)
    if first is None or first.balance is None:
        return [first] if first else []
    asked = BalanceDue.objects.filter(order__group=group, state=BalanceDue.State.ASKED, due_at__gt=now)
    return [Due(one.pk, one.amount_fen, one.due_at, one) for one in asked.select_related("order").order_by("due_at", "pk")]


def due_after(group: OrderGroup, first_fen: int, *, now: datetime) -> Due | None:
    """Return what is to be paid for a group of whose first payment so much is read to be waited for: that, or what it owes besides."""
    return Due(group.pk, first_fen, group.expires_at) if first_fen else balance_due(group, now=now)


def group_of_payment(payment: Payment) -> OrderGroup:
    """
    Return the order group that a payment was for, whether it was its first or what was owed later.

    :raises OrderGroup.DoesNotExist: if it was for none.
    """
    balance = BalanceDue.objects.filter(pk=payment.reference).select_related("order__group").first()
    return balance.order.group if balance else OrderGroup.objects.get(pk=payment.reference)


def references_of(group: OrderGroup) -> list[UUID]:
    """Return everything that a payment for a group may have as its reference."""
    return [group.pk, *BalanceDue.objects.filter(order__group=group).order_by("asked_at", "pk").values_list("pk", flat=True)]


def settled_fen(lines: Sequence[OrderLine]) -> dict[UUID, int]:
    """
    Return what each line of one order cost its buyer in the end, by its key: as it was quoted, or by weight where it was weighed.

    The lines carry their ``weighing``. Where all of them together weighed more than was ordered they cost that only if she has
    paid the difference; else it is the seller's gift, and each costs what was quoted.
    """
    quoted = {line.pk: line.quoted_fen for line in lines}
    weighings = [line.weighing for line in lines if hasattr(line, "weighing")]
    is_heavier = sum(weighing.difference_fen for weighing in weighings) > 0
    if is_heavier and not top_up_fen(lines[0].order_id):
        return quoted
    return quoted | {weighing.line_id: weighing.weighed_fen for weighing in weighings}


def top_up_fen(order_id: UUID) -> int:
    """Return what was paid for an order because it weighed more than was ordered."""
    paid = BalanceDue.objects.filter(order=order_id, kind=BalanceDue.Kind.WEIGHT, state=BalanceDue.State.PAID).first()
    return paid.amount_fen if paid else 0
