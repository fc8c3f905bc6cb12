"""What happened to orders."""

from dataclasses import dataclass
from uuid import UUID

from teahorse.common.events import Event


@dataclass(frozen=True, kw_only=True)
class OrdersPlaced(Event):
    """These order groups were placed; their units are reserved until they are paid or expire."""

    group_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class OrdersPaid(Event):
    """These seller orders are paid; their sellers may pack."""

    order_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class OrdersAgreed(Event):
    """These seller orders are to be paid when they are handed over; their sellers may pack, and no money is here."""

    order_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class OrdersPacked(Event):
    """These seller orders are in their parcels; their units have left the shelf."""

    order_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class OrdersExpired(Event):
    """These order groups were not paid in time; their units are free again."""

    group_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class OrdersCancelled(Event):
    """These seller orders were cancelled before they were sent; what was paid goes back."""

    order_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class GoodsCameBack(Event):
    """What these seller orders were to bring is with their sellers again, unpaid and in order: it lies on the shelf and may be sold."""

    order_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class BalancesPaid(Event):
    """What buyers were asked for after their first payment (``BalanceDue``) is paid now, each for its own seller order."""

    balance_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class OrdersClosed(Event):
    """The buyers of these seller orders have their goods."""

    order_ids: tuple[UUID, ...]
