"""What cases do when money or parcels moved, or when they were opened."""

from django.utils import timezone

from teahorse.aftersales import actions
from teahorse.aftersales.events import CasesOpened
from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.events import reacts_to
from teahorse.logistics.events import ParcelsHandedOver
from teahorse.logistics.models import Parcel
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerNotice
from teahorse.payments.events import RefundsSettled


@reacts_to(RefundsSettled)
def settle_refunds(event: RefundsSettled) -> None:
    """End the cases whose money has arrived."""
    actions.settle_refunds(refund_ids=event.refund_ids, now=timezone.now())


@reacts_to(ParcelsHandedOver)
def take_arrivals(event: ParcelsHandedOver) -> None:
    """Have the goods looked at that are back, and end the cases whose new goods have come."""
    actions.take_arrivals(parcels=list(Parcel.objects.filter(pk__in=event.parcel_ids)), now=timezone.now())


@reacts_to(CasesOpened)
def notice_sellers(event: CasesOpened) -> None:
    """Put the new cases on their sellers' day."""
    for case in AfterSaleCase.objects.filter(pk__in=event.case_ids):
        orders.notice_sellers(order_ids=[case.order_id], kind=SellerNotice.Kind.CASE, subject_id=case.pk, now=case.opened_at)
