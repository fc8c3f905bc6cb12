"""What is said first to whoever scans a label. Plain Python."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Verdict(StrEnum):
    """The word that a scanned code gets: what matters most for whoever holds the goods."""

    RECALLED = "recalled"
    VOIDED = "voided"
    EXPIRED = "expired"
    SEEN_BEFORE = "seen_before"
    GENUINE = "genuine"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What is known of a code at the moment of a scan; earlier scans are those of others, or of the same visitor much earlier."""

    is_piece: bool
    voided_at: datetime | None
    best_before: date | None
    recall_id: object | None
    times_before: int


def verdict_of(scanned: Scanned, *, today: date) -> Verdict:
    """
    Return what is said first.

    A recall outweighs everything. That a code was seen before is said of single pieces only: a lot's code is on many.
    """
    if scanned.recall_id is not None:
        return Verdict.RECALLED
    if scanned.voided_at is not None:
        return Verdict.VOIDED
    if scanned.best_before is not None and scanned.best_before < today:
        return Verdict.EXPIRED
    if scanned.is_piece and scanned.times_before:
        return Verdict.SEEN_BEFORE
    return Verdict.GENUINE
