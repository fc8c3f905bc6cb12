"""
A lost or damaged parcel is claimed from its carrier: written down first, lodged outside any transaction, followed until it is settled.

Nothing is booked here: money that a carrier pays for a claim comes by its bill, and is written down where the bank's is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from teahorse.carriers import accounts
from teahorse.carriers.actions.renewing import note_ended
from teahorse.carriers.models import CarrierClaim, CarrierClaimPaper, Consignment
from teahorse.carriers.providers import AccessEnded, CarrierRefuses, CarrierUnavailable, Claim, ClaimState, Paper, guarded_call
from teahorse.carriers.rules import CLAIM_POLLED_EVERY, wait_after
from teahorse.carriers.states import State
from teahorse.common.ids import new_id, readable
from teahorse.common.refusals import Malformed, Refusal
from teahorse.people.models import Person

Stage = CarrierClaim.Stage
Reason = CarrierClaim.Reason
MOST_AT_ONCE = 20
CLAIMED_FOR = timedelta(minutes=2)
MOST_PAPERS, LARGEST_PAPER = 6, 4 * 1024 * 1024
MEDIA_TYPES = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}
STAGES = {
    ClaimState.RECEIVED: Stage.LODGED,
    ClaimState.GRANTED: Stage.GRANTED,
    ClaimState.REJECTED: Stage.REJECTED,
    ClaimState.PAID: Stage.PAID,
}
SETTLED = (Stage.REJECTED, Stage.PAID)


class NotClaimable(Refusal):
    """No carrier has it, or it was delivered and is said to be lost."""

    code = "not_claimable"
    sentence = _("This parcel cannot be claimed from the carrier as it stands (%(state)s).")


class NotOurContract(Refusal):
    """Its number was read from a label: the carrier was asked by nobody here, and answers nobody here."""

    code = "not_our_contract"
    sentence = _("This parcel was handed in by hand. Claim it where it was handed in, with its receipt.")


class AlreadyClaimed(Refusal):
    """A claim for it is under way, or was granted."""

    code = "already_claimed"
    sentence = _("This parcel is claimed already (%(number)s).")


@transaction.atomic
def claim(
    *,
    consignment: Consignment,
    reason: str,
    amount_fen: int,
    words: str,
    papers: Sequence[tuple[str, bytes]] = (),
    by: Person,
    now: datetime,
) -> CarrierClaim:
    """
    Claim a parcel from its carrier; it is lodged by the next :func:`settle_claims`. A claim that was refused may be made anew.

    :param papers: what shows it, by file name: PDF, JPEG or PNG, at most six of 4 MB.
    :raises NotClaimable: :raises NotOurContract: :raises AlreadyClaimed: as they say.
    :raises Malformed: without a sum, a reason or words, or for another file.
    Nothing is changed in any of these.
    """
    row = Consignment.objects.select_for_update(of=("self",)).get(pk=consignment.pk)
    if row.stage != Consignment.Stage.BOOKED or not row.number or (reason == Reason.LOST and row.state == State.DELIVERED):
        raise NotClaimable(state=row.get_state_display() or row.stage)
    if row.is_typed:
        raise NotOurContract
    if reason not in Reason.values:
        raise Malformed(field="reason", reason=_("Say whether it is lost or damaged."))
    if amount_fen <= 0:
        raise Malformed(field="amount", reason=_("Write what is claimed, in yuan."))
    if not words.strip():
        raise Malformed(field="words", reason=_("Say what happened."))
    before = CarrierClaim.objects.filter(consignment=row)
    for other in before.exclude(stage__in=(Stage.REFUSED, Stage.REJECTED)):
        raise AlreadyClaimed(number=other.number or other.our_number)
    kept = _papers(papers)
    key = new_id()
    made = CarrierClaim.objects.create(
        id=key,
        county_id=row.county_id,
        consignment=row,
        our_number=readable("L", key, at=now),
        reason=reason,
        amount_fen=amount_fen,
        words=words.strip()[:500],
        stage=Stage.WAITING,
        made_by_id=by.pk,
        made_at=now,
        next_try_at=now,
    )
    CarrierClaimPaper.objects.bulk_create(
        CarrierClaimPaper(claim=made, place=place, name=paper.name, media_type=paper.media_type, content=paper.content, sha256=digest)
        for place, (digest, paper) in enumerate(kept.items(), start=1)
    )
    return made


def settle_claims(*, now: datetime) -> int:
    """Lodge what waits and ask about what is lodged, and return how many changed their stage."""
    return sum(_settled(row, now=now) for row in _due(now=now))


def _papers(papers: Sequence[tuple[str, bytes]]) -> dict[str, Paper]:
    kept: dict[str, Paper] = {}
    for name, content in papers:
        media_type = next((kind for mark, kind in MEDIA_TYPES.items() if content.startswith(mark)), "")
        if not media_type or len(content) > LARGEST_PAPER:
            raise Malformed(field="papers", reason=_("A paper is a PDF, a JPEG or a PNG of at most 4 MB."))
        kept[sha256(content).hexdigest()] = Paper(name=name[:80] or "paper", media_type=media_type, content=content)
    if len(kept) > MOST_PAPERS:
        raise Malformed(field="papers", reason=_("At most six papers fit into one claim."))
    return kept


@transaction.atomic
def _due(*, now: datetime) -> list[CarrierClaim]:
    due = CarrierClaim.objects.filter(next_try_at__lte=now).order_by("next_try_at", "pk")
    rows = list(due.select_for_update(skip_locked=True, of=("self",)).select_related("consignment__account")[:MOST_AT_ONCE])
    CarrierClaim.objects.filter(pk__in=[row.pk for row in rows]).update(next_try_at=now + CLAIMED_FOR, tries=F("tries") + 1)
    return rows


def _settled(row: CarrierClaim, *, now: datetime) -> bool:
    try:
        return _lodged(row, now=now) if row.stage == Stage.WAITING else _followed(row, now=now)
    except CarrierUnavailable as unavailable:
        _note(row, next_try_at=now + wait_after(row.tries), trouble=str(unavailable.numbers.get("trouble", ""))[:200])
    except AccessEnded as ended:
        note_ended(account=row.consignment.account, now=now)
        _note(row, next_try_at=now + wait_after(row.tries), trouble=f"{ended.message} ({ended.reason})"[:200])
    except CarrierRefuses as refused:
        if row.stage == Stage.WAITING:
            told = {"refusal_code": refused.reason[:40], "refusal_words": refused.message[:200]}
            return _note(row, stage=Stage.REFUSED, settled_at=now, next_try_at=None, **told)
        _note(row, next_try_at=now + CLAIM_POLLED_EVERY, trouble=f"{refused.reason} {refused.message}"[:200])
    return False


def _lodged(row: CarrierClaim, *, now: datetime) -> bool:
    partner = accounts.carrier(row.consignment.carrier, row.consignment.account)
    wanted = Claim(
        our_number=row.our_number,
        parcel_number=row.consignment.number,
        reason=row.reason,
        amount_fen=row.amount_fen,
        words=row.words,
        papers=tuple(
            Paper(name=paper.name, media_type=paper.media_type, content=bytes(paper.content)) for paper in row.papers.order_by("place")
        ),
    )
    number = guarded_call(row.consignment.carrier, lambda: partner.claim(wanted))
    return _note(row, stage=Stage.LODGED, number=number[:40], lodged_at=now, next_try_at=now + CLAIM_POLLED_EVERY, tries=0, trouble="")


def _followed(row: CarrierClaim, *, now: datetime) -> bool:
    partner = accounts.carrier(row.consignment.carrier, row.consignment.account)
    told = guarded_call(row.consignment.carrier, lambda: partner.claim_told(row.number))
    stage = STAGES[told.state]
    values = {"granted_fen": told.granted_fen, "answer": told.words, "tries": 0, "trouble": ""}
    if stage in SETTLED:
        return _note(row, stage=stage, settled_at=now, next_try_at=None, **values)
    return _note(row, stage=stage, next_try_at=now + CLAIM_POLLED_EVERY, **values) and stage != row.stage


def _note(row: CarrierClaim, **values: object) -> bool:
    """Write down, unless somebody changed its stage meanwhile."""
    return CarrierClaim.objects.filter(pk=row.pk, stage=row.stage).update(**values) > 0
