"""Keeping a seller's photographs, and throwing away what nothing uses any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from teahorse.catalog.models import Picture, ProductDraft
from teahorse.catalog.pictures import DIGEST_LENGTH, Readable, accept, files_of, keep
from teahorse.people.models import Organisation, Person

KEPT_UNUSED = timedelta(days=1)


def add_picture(*, seller: Organisation, file: Readable, by: Person, now: datetime) -> Picture:
    """
    Keep a seller's photograph; it is shown when a draft that names it is approved.

    The same photograph sent twice is kept once, as long as no product shows it. The work on the pixels is done before
    the transaction begins; the files of a row that was not written are swept away after a day.

    :raises teahorse.catalog.pictures.PictureRefused: if it cannot be shown.
    """
    picture = accept(file)
    with transaction.atomic():
        _alone_with(picture.sha256)
        keep(picture)
        known = Picture.objects.select_for_update().filter(seller=seller, sha256=picture.sha256, product=None).first()
        if known is not None:
            known.uploaded_at = now  # the sweeper gives it another day
            known.save(update_fields=["uploaded_at"])
            return known
        return Picture.objects.create(
            county_id=seller.county_id,
            seller=seller,
            sha256=picture.sha256,
            width=picture.width,
            height=picture.height,
            uploaded_by=by,
            uploaded_at=now,
        )


def sweep_pictures(*, now: datetime) -> int:
    """
    Throw away the photographs that no product shows and no open draft names, a day after they came; return how many.

    The files go after the rows, and only where no row of any seller has the same pixels; files whose row was never written go too.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UNUSED, {"before": now - KEPT_UNUSED, "open": list(ProductDraft.OPEN)})
        swept = len(cursor.fetchall())
    for digest in sorted({path.name[:DIGEST_LENGTH] for path in _old_files(now)}):
        _forget_files(digest, now)
    return swept


def _forget_files(digest: str, now: datetime) -> None:
    """Remove the old files of some pixels unless a row has them; who keeps the same pixels waits meanwhile."""
    with transaction.atomic():
        _alone_with(digest)
        if not Picture.objects.filter(sha256=digest).exists():
            for path in files_of(digest):
                if _is_old(path, now):
                    path.unlink(missing_ok=True)


def _old_files(now: datetime) -> Iterator[Path]:
    """Return old files whose pixels no row has, as far as one look tells; drafts of files that a killed process left are removed."""
    for directory in sorted((Path(settings.MEDIA_ROOT) / "pictures").glob("??")):
        old = [path for path in directory.iterdir() if _is_old(path, now)]
        for path in old:
            if path.name.startswith("."):
                path.unlink(missing_ok=True)
        named = {path.name[:DIGEST_LENGTH] for path in old}
        used = set(Picture.objects.filter(sha256__in=named).values_list("sha256", flat=True))
        yield from (path for path in old if not path.name.startswith(".") and path.name[:DIGEST_LENGTH] not in used)


def _is_old(path: Path, now: datetime) -> bool:
    try:
        return path.stat().st_mtime < (now - KEPT_UNUSED).timestamp()
    except FileNotFoundError:
        return False


def _alone_with(digest: str) -> None:
    """Wait until nobody else keeps or forgets the files of these pixels, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"picture {digest}"])


_UNUSED = """
delete from catalog_picture picture
 where position is null
   and uploaded_at < %(before)s
   and not exists (
         select from catalog_productdraft draft
          where draft.seller_id = picture.seller_id
            and draft.state = any(%(open)s)
            and draft.content -> 'pictures' ? picture.id::text
       )
returning id
"""
"""One statement: a picture that is put on show meanwhile is looked at again when its row is free."""
