"""Telling sellers what happened to their orders."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from teahorse.common.push import tell
from teahorse.orders.models import SellerNotice, SellerOrder


@transaction.atomic
def notice_sellers(
    *, order_ids: Iterable[UUID] = (), group_ids: Iterable[UUID] = (), kind: str, now: datetime, subject_id: UUID | None = None
) -> None:
    """
    Put one line for each order on its seller's day and tell the open pages; harmless twice.

    ``subject_id`` names what of an order it is about where the same may happen to it more than once.
    """
    orders = SellerOrder.objects.filter(pk__in=list(order_ids)) | SellerOrder.objects.filter(group_id__in=list(group_ids))
    rows = list(orders.values_list("pk", "seller_id", "group_id"))
    SellerNotice.objects.bulk_create(
        [SellerNotice(seller_id=seller, order_id=order, kind=kind, subject_id=subject_id, at=now) for order, seller, _ in rows],
        ignore_conflicts=True,
    )
    tell([f"seller:{seller}" for _, seller, _ in rows] + [f"group:{group}" for _, _, group in rows])


@transaction.atomic
def mark_notices_read(*, seller_id: UUID, now: datetime) -> None:
    """Take a seller's notices as read."""
    SellerNotice.objects.filter(seller_id=seller_id, read_at=None).update(read_at=now)
