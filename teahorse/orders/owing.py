"""What is to be paid for an order group now: the group itself while it waits, later what its orders owe besides."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from teahorse.orders.models import BalanceDue, OrderGroup, SellerOrder
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
