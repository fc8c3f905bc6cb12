"""Keeping a seller's photographs."""

from datetime import datetime

from django.db import transaction

from teahorse.catalog.models import Picture
from teahorse.catalog.pictures import Readable, accept, keep
from teahorse.people.models import Organisation, Person


def add_picture(*, seller: Organisation, file: Readable, by: Person, now: datetime) -> Picture:
    """
    Keep a seller's photograph; it is shown when a draft that names it is approved.

    The same photograph sent twice is kept once, as long as no product shows it. The work on the pixels is done before
    the transaction begins; the files of a row that was not written do no harm.

    :raises teahorse.catalog.pictures.PictureRefused: if it cannot be shown.
    """
    picture = accept(file)
    keep(picture)
    with transaction.atomic():
        known = Picture.objects.filter(seller=seller, sha256=picture.sha256, product=None).first()
        return known or Picture.objects.create(
            county_id=seller.county_id,
            seller=seller,
            sha256=picture.sha256,
            width=picture.width,
            height=picture.height,
            uploaded_by=by,
            uploaded_at=now,
        )
