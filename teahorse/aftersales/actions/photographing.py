"""Photographs of what is wrong: written anew, and shown to the parties alone."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.aftersales.actions.moving import NotNow
from teahorse.aftersales.models import AfterSaleCase, CasePhoto
from teahorse.catalog.pictures import Readable, written_anew
from teahorse.common.refusals import NotThere, Refusal
from teahorse.orders.models import SellerOrder

WIDTHS = (1280, 320)
MOST_PHOTOS = 6
MOST_WAITING = 24
"""So many of an order whose cases were never opened; who only fills our disk is stopped here."""


class TooManyPhotos(Refusal):
    """A case is told in a few pictures."""

    code = "too_many_photos"
    status = 422
    sentence = _("At most %(limit)d photographs fit into one case.")


def add_photo(*, order: SellerOrder, case_id: UUID, file: Readable, by_seller: bool, now: datetime) -> CasePhoto:
    """
    Keep a photograph for a case that is open or about to be; the same one twice is kept once.

    The work on the pixels is done before the transaction begins.

    The key comes from a form, so it may be anybody's: it is taken for a case of this order and of no other.

    :raises teahorse.catalog.pictures.PictureRefused: if it is none; :raises TooManyPhotos: beyond six of a party.
    :raises NotThere: if the key is another order's; :raises NotNow: if the case has ended.
    """
    sha256, (large, small) = written_anew(file, widths=WIDTHS)
    with transaction.atomic():
        order = SellerOrder.objects.select_for_update().get(pk=order.pk)
        of_key, case = CasePhoto.objects.filter(case_id=case_id), AfterSaleCase.objects.filter(pk=case_id).first()
        if of_key.exclude(order=order).exists() or (case is not None and case.order_id != order.pk):
            raise NotThere(field="photos")
        if case is not None and not case.is_open:
            raise NotNow(state=case.state)
        known = of_key.filter(sha256=sha256).first()
        if known is not None:
            return known
        cases = AfterSaleCase.objects.filter(order=order)
        of_case = of_key.filter(by_seller=by_seller).count()
        waiting = CasePhoto.objects.filter(order=order).exclude(case_id__in=cases.values("pk")).count()
        if of_case >= MOST_PHOTOS or waiting >= MOST_WAITING:
            raise TooManyPhotos(field="photos", limit=MOST_PHOTOS)
        return CasePhoto.objects.create(
            county_id=order.county_id,
            case_id=case_id,
            order=order,
            by_seller=by_seller,
            sha256=sha256,
            content=large,
            small=small,
            added_at=now,
        )
