"""
The log of what was told: each event gets a place, the places become files that anybody may read, a signed checkpoint says how many.

First the places, committed; then the files; the checkpoint last (C2SP tlog-tiles), with what those who look on say of it. Whoever is cut
off between two of these is carried on by the next one: what has a place and is not under the checkpoint yet is written again, the same to
the byte.
"""

from datetime import datetime

from django.db import connection, transaction

from teahorse.trace.actions.cosigning import with_cosignatures
from teahorse.trace.actions.signing import signer_of_house
from teahorse.trace.queries import entries_from, log_folder, places_given
from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.keys import Signer
from teahorse.trace.tlog.notes import Note
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
    insert into trace_leaf (place, event_id, salt)
    select last.place + waiting.nth, waiting.id, uuid_send(gen_random_uuid()) from waiting, last
"""


class LogContradicts(Exception):
    """
    The files of the log are not this key's, not what their checkpoint says, or say more than is kept (an older database was put back).

    Nothing was written. Somebody has to look.
    """


def publish(*, now: datetime) -> Checkpoint:
    """
    Give places to the events that have none, write the files, sign the checkpoint and have it cosigned; return it. Harmless twice.

    Those who look on are asked before it is published, and not waited for longer than :data:`.cosigning.PATIENCE`.

    :raises LogContradicts: if the files are not what was signed, or not what is kept.
    """
    published = log_folder().published
    if published and Checkpoint.read(published.text).size > places_given():
        raise LogContradicts(published.text)
    while _give_places() == BATCH:
        pass
    note = with_cosignatures(_write(signer_of_house(), now), now=now)
    _put_out(note)
    return Checkpoint.read(note.text)


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
def _write(signer: Signer, now: datetime) -> Note:
    """Write the files of all that has a place; return the checkpoint over them, the one that stands there where nothing is new."""
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
    return standing if standing and checkpoint == before else checkpoint.signed_by(signer, at=now)


@transaction.atomic
def _put_out(note: Note) -> None:
    """Publish a checkpoint, unless somebody was quicker with a larger one; cosignatures that stand there already stay."""
    _alone()
    folder = log_folder()
    standing = folder.published
    if standing and standing.text == note.text:
        note = standing.with_signatures(note.signatures)
    is_late = standing is not None and Checkpoint.read(standing.text).size > Checkpoint.read(note.text).size
    if note != standing and not is_late:
        folder.publish(note)
