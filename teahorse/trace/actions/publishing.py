"""
The log of what was told: each event gets a place, the places become files that anybody may read, a signed checkpoint says how many.

First the places, committed; then the files; the checkpoint last (C2SP tlog-tiles). Whoever is cut off between two of these is carried
on by the next one: what has a place and is not under the checkpoint yet is written again, the same to the byte.
"""

from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction

from teahorse.trace.queries import entries_from, log_folder, places_given
from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.keys import Signer
from teahorse.trace.tlog.tiles import Growing

BATCH = 10_000
GIVE_PLACES = """
    with last as (
        select coalesce(max(place), -1) as place from trace_leaf
    ), waiting as (
        select event.id, row_number() over (order by event.recorded_at, event.id) as nth
          from trace_traceevent event
         where not exists (select from trace_leaf leaf where leaf.event_id = event.id)
         order by event.recorded_at, event.id
         limit %s
    )
    insert into trace_leaf (place, event_id) select last.place + waiting.nth, waiting.id from waiting, last
"""


class LogContradicts(Exception):
    """
    The files of the log are not this key's, not what their checkpoint says, or say more than is kept (an older database was put back).

    Nothing was written. Somebody has to look.
    """


def publish(*, now: datetime) -> Checkpoint:
    """
    Give places to the events that have none, write the files, sign the checkpoint; return it. Harmless twice; one at a time.

    :raises LogContradicts: if the files are not what was signed, or not what is kept.
    """
    published = log_folder().published
    if published and Checkpoint.read(published.text).size > places_given():
        raise LogContradicts(published.text)
    while _give_places() == BATCH:
        pass
    return _write(signer_of_house(), now)


def signer_of_house() -> Signer:
    """Return the key by which the house signs its log, made where there is none; it is named for the house's address."""
    path: Path = settings.TRACE_KEY
    try:
        return Signer.from_file(path)
    except FileNotFoundError:
        made = Signer.generate(f"{urlsplit(settings.SITE_URL).netloc}/tlog")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.to_file(path)
        except FileExistsError:  # another process was quicker
            return Signer.from_file(path)
        return made


def _alone() -> None:
    """Be the only one, on all machines and until the transaction ends, who writes the log."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('trace: the log'))")


@transaction.atomic
def _give_places() -> int:
    _alone()
    with connection.cursor() as cursor:
        cursor.execute(GIVE_PLACES, [BATCH])
        return int(cursor.rowcount)


@transaction.atomic
def _write(signer: Signer, now: datetime) -> Checkpoint:
    _alone()
    folder = log_folder()
    standing = folder.published
    before = Checkpoint.read(standing.text) if standing else None
    growing = Growing.at(before.size if before else 0, folder.fetch)
    if before and (before.origin, before.root) != (signer.name, growing.root):
        raise LogContradicts(before.origin)
    while entries := entries_from(growing.size, most=BATCH):
        growing, files = growing.append(entries)
        folder.write(files)
    checkpoint = Checkpoint(origin=signer.name, size=growing.size, root=growing.root)
    if checkpoint != before:
        folder.publish(checkpoint.signed_by(signer, at=now))
    return checkpoint
