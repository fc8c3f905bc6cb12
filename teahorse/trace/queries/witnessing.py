"""Who looks at our log and at whose logs we look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from teahorse.trace.models import Witness, WitnessedLog
from teahorse.trace.queries.log import log_folder
from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.keys import Verifier
from teahorse.trace.tlog.notes import Note, NoteRefused, verified


@dataclass(frozen=True, slots=True)
class Looking:
    """A witness of our log, and when it cosigned the checkpoint that is published now, if it did."""

    witness: Witness
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class LookedAt:
    """Our log as it is published, who looks at it, and at whose we look; those that are left stand last."""

    checkpoint: Checkpoint | None
    witnesses: Sequence[Looking]
    logs: Sequence[WitnessedLog]
    log_address: str
    witness_address: str


def looked_at() -> LookedAt:
    """Return who looks at whom."""
    note = log_folder().published
    witnesses = Witness.objects.order_by("left_at", "name", "pk")
    return LookedAt(
        checkpoint=Checkpoint.read(note.text) if note else None,
        witnesses=[Looking(one, _seen_at(note, one)) for one in sorted(witnesses, key=lambda one: one.left_at is not None)],
        logs=sorted(WitnessedLog.objects.order_by("origin", "pk"), key=lambda one: one.left_at is not None),
        log_address=f"{settings.SITE_URL}/tlog",
        witness_address=f"{settings.SITE_URL}/witness",
    )


def _seen_at(note: Note | None, witness: Witness) -> datetime | None:
    try:
        return verified(note, [Verifier.read(witness.key)])[0].at if note else None
    except NoteRefused:
        return None
