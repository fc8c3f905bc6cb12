"""
Asking those who look on for their cosignatures (C2SP tlog-witness), outside any transaction and within a bounded time.

A witness that does not answer, or not as it should, is left out, and it is written down why; nobody waits longer for all of them
together than :data:`PATIENCE`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Thread
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Coalesce

from teahorse.trace.models import Witness
from teahorse.trace.queries import log_folder
from teahorse.trace.reaching import NotAllowed, NotReached, ask
from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.folders import Folder
from teahorse.trace.tlog.keys import Verifier
from teahorse.trace.tlog.merkle import prove_consistency
from teahorse.trace.tlog.notes import Note, NoteRefused, Signature, verified
from teahorse.trace.tlog.tiles import Nodes
from teahorse.trace.tlog.witness import TEXT_TYPE, AddCheckpoint, Answer, Declined, cosigned

PATIENCE: Final = timedelta(seconds=10)
FRESH_FOR: Final = timedelta(days=1)
"""A log that does not grow is shown to its witnesses again after so long: that it stands still is seen too."""
LONGEST_ANSWER: Final = 16 * 1024
_ASKS: Final = 2
_TROUBLES: Final = {
    HTTPStatus.NOT_FOUND: Witness.Trouble.UNKNOWN,
    HTTPStatus.FORBIDDEN: Witness.Trouble.KEY,
    HTTPStatus.CONFLICT: Witness.Trouble.CONTRADICTED,
    HTTPStatus.UNPROCESSABLE_ENTITY: Witness.Trouble.CONTRADICTED,
}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a witness said: its cosignatures, or what was wrong."""

    signatures: tuple[Signature, ...] = ()
    trouble: str = ""
    detail: str = ""


def with_cosignatures(note: Note, *, now: datetime) -> Note:
    """Return our checkpoint with the cosignatures of those who look on; whose cosignature is on it and fresh is not asked again."""
    witnesses = [one for one in Witness.objects.filter(left_at=None).order_by("pk") if not _is_fresh(note, one, now)]
    size = Checkpoint.read(note.text).size
    told = _ask_all(witnesses, note) if witnesses else {}
    for witness in witnesses:
        outcome = told.get(witness.pk) or _Outcome(trouble=Witness.Trouble.NOT_REACHED, detail=f"no answer in {PATIENCE.seconds} s")
        _write_down(witness, outcome, size=size, now=now)
        note = note.with_signatures(outcome.signatures)
    return note


def _is_fresh(note: Note, witness: Witness, now: datetime) -> bool:
    try:
        (seen,) = verified(note, [Verifier.read(witness.key)])
    except NoteRefused:
        return False
    return seen.at is not None and now - seen.at < FRESH_FOR


def _ask_all(witnesses: Sequence[Witness], note: Note) -> dict[UUID, _Outcome]:
    """Ask all of them at once; who has not answered in time is not among the outcomes."""
    outcomes: dict[UUID, _Outcome] = {}
    folder, bare = log_folder(), _by_log_alone(note)

    def run(witness: Witness) -> None:
        outcomes[witness.pk] = _ask(witness, bare, folder)

    threads = [Thread(target=run, args=(one,), daemon=True) for one in witnesses]  # one that hangs keeps nobody from ending
    for thread in threads:
        thread.start()
    until = time.monotonic() + PATIENCE.total_seconds()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return dict(outcomes)


def _by_log_alone(note: Note) -> Note:
    origin = Checkpoint.read(note.text).origin
    return Note(note.text, tuple(each for each in note.signatures if each.name == origin))


def _ask(witness: Witness, note: Note, folder: Folder) -> _Outcome:
    """Ask one; where it says that it has seen another size than we thought, the proof is made from there."""
    size, key = Checkpoint.read(note.text).size, Verifier.read(witness.key)
    old = min(witness.size, size)
    for _ in range(_ASKS):
        proof = prove_consistency(old=old, new=size, node=Nodes(size, folder.fetch)) if 0 < old < size else ()
        try:
            right = cosigned(note, _answer_of(witness, AddCheckpoint(old, proof, note)), witness=[key])
        except Declined as declined:
            told = declined.size
            if told is None or told == old or told > size:
                return _declined(declined)
            old = told
        except (NotAllowed, NotReached) as error:
            return _Outcome(trouble=Witness.Trouble.NOT_REACHED, detail=str(error))
        except NoteRefused as error:
            return _Outcome(trouble=Witness.Trouble.NOT_ITS_SIGNATURE, detail=error.reason)
        else:
            return _Outcome(tuple(each for each in right.signatures if each not in note.signatures))
    return _Outcome(trouble=Witness.Trouble.DECLINED, detail="it says each time that it has seen another size")


def _declined(declined: Declined) -> _Outcome:
    detail = f"it answered {declined.status.value}" if declined.size is None else f"it has seen {declined.size} entries"
    return _Outcome(trouble=_TROUBLES.get(declined.status, Witness.Trouble.DECLINED), detail=detail)


def _answer_of(witness: Witness, request: AddCheckpoint) -> Answer:
    answered = ask(
        f"{witness.address}/add-checkpoint",
        request.written(),
        headers={"Content-Type": TEXT_TYPE},
        near=settings.TRACE_NEIGHBOURS,
        most=LONGEST_ANSWER,
    )
    try:
        return Answer(HTTPStatus(answered.status), answered.body.decode(), answered.content_type)
    except ValueError as error:
        raise NotReached(what=f"it answered {answered.status}, which is nothing") from error


def _write_down(witness: Witness, outcome: _Outcome, *, size: int, now: datetime) -> None:
    row = Witness.objects.filter(pk=witness.pk)
    if outcome.trouble:
        row.update(trouble=outcome.trouble, detail=outcome.detail[:300], failing_since=Coalesce(F("failing_since"), now))
    else:
        row.update(size=size, first_at=Coalesce(F("first_at"), now), cosigned_at=now, trouble="", detail="", failing_since=None)
