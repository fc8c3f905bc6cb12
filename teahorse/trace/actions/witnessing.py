"""
Looking at neighbours' logs, and who looks at ours.

A neighbour sends each checkpoint with the proof that it only adds to the one before (C2SP tlog-witness); what was cosigned stands in a
row that is locked from the look to the commit, and the signature leaves the house after it. So there are no two signatures for two
stories, whoever asks at the same moment and wherever a process is killed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, NotThere
from teahorse.people.models import Person
from teahorse.trace.actions.signing import witness_of_house
from teahorse.trace.models import Witness, WitnessedLog
from teahorse.trace.reaching import NotAllowed, parts_of
from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.keys import KeyMalformed, Kind, Verifier
from teahorse.trace.tlog.witness import Answer, answer


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the house cosigned, as a witness asks for it; a log's row is locked from its first look."""

    now: datetime

    def last(self, origin: str) -> Checkpoint | None:
        log = WitnessedLog.objects.select_for_update().get(origin=origin)
        return Checkpoint(origin, log.size, bytes(log.root)) if log.cosigned_at else None

    def advance(self, *, before: Checkpoint | None, after: Checkpoint) -> bool:
        standing = WitnessedLog.objects.filter(origin=after.origin, cosigned_at__isnull=before is None)
        if before is not None:
            standing = standing.filter(size=before.size, root=before.root)
        first = Coalesce(F("first_at"), self.now)
        return standing.update(size=after.size, root=after.root, cosigned_at=self.now, first_at=first) == 1


@transaction.atomic
def cosign(*, body: bytes, now: datetime) -> Answer:
    """Answer a log that asks for a cosignature; what is signed is kept before the signature is handed out. Harmless twice."""
    logs = {log.origin: [Verifier.read(log.key)] for log in WitnessedLog.objects.filter(left_at=None).only("origin", "key")}
    return answer(body, logs=logs, seen=_Kept(now), signer=witness_of_house(), now=now)


@transaction.atomic
def look_at_log(*, key: str, origin: str = "", by: Person, now: datetime) -> WitnessedLog:
    """
    Cosign a neighbour's log from now on, or again, or by another key of it; a log is called as its key unless ``origin`` says otherwise.

    What was cosigned of it before is still what it has to add to.

    :raises Malformed: at ``log_key`` or ``origin``.
    """
    verifier = _verifier(key, kind=Kind.NOTE, field="log_key")
    name = origin.strip() or verifier.name
    if len(name) > 200 or not name.isprintable():
        raise Malformed(field="origin", reason=_("A log's name is one line of at the most 200 characters."))
    values = {"key": verifier.written(), "left_at": None}
    log, made = WitnessedLog.objects.select_for_update().get_or_create(
        origin=name, defaults={**values, "added_by_id": by.pk, "added_at": now}
    )
    if not made:
        WitnessedLog.objects.filter(pk=log.pk).update(**values)
        log.refresh_from_db()
    return log


def leave_log(*, log_id: UUID, now: datetime) -> None:
    """
    Cosign a log no more; what was cosigned is not forgotten.

    :raises NotThere: if it is not looked at.
    """
    if not WitnessedLog.objects.filter(pk=log_id, left_at=None).update(left_at=now):
        raise NotThere


@transaction.atomic
def ask_witness(*, key: str, address: str, by: Person, now: datetime) -> Witness:
    """
    Ask a neighbour from now on to cosign our log; who was asked before is asked at the new address.

    :raises Malformed: at ``witness_key`` or ``address``.
    """
    verifier = _verifier(key, kind=Kind.COSIGNATURE, field="witness_key")
    base = address.strip().rstrip("/")
    try:
        parts_of(base, near=settings.TRACE_NEIGHBOURS)
    except NotAllowed as error:
        raise Malformed(field="address", reason=_("Type an address such as https://neighbour.example/witness.")) from error
    values = {"name": verifier.name, "address": base, "left_at": None}
    witness, _made = Witness.objects.update_or_create(
        key=verifier.written(), defaults=values, create_defaults={**values, "added_by_id": by.pk, "added_at": now}
    )
    return witness


def leave_witness(*, witness_id: UUID, now: datetime) -> None:
    """
    Ask a neighbour no more; what it has cosigned stays on what is published until the next checkpoint.

    :raises NotThere: if it is not asked.
    """
    if not Witness.objects.filter(pk=witness_id, left_at=None).update(left_at=now):
        raise NotThere


def _verifier(written: str, *, kind: Kind, field: str) -> Verifier:
    try:
        verifier = Verifier.read(written)
    except KeyMalformed as error:
        raise Malformed(field=field, reason=_("This is no key: it is one line of the form name+number+letters.")) from error
    if verifier.kind is not kind:
        raise Malformed(field=field, reason=_("This is a key of another kind: a log has one and a witness has another."))
    if len(written.strip()) > 300 or len(verifier.name) > 200:
        raise Malformed(field=field, reason=_("This key is too long."))
    return verifier
