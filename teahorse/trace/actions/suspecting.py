"""Looking at scans for signs of copies, and what makers do about them and about what buyers wrote."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed
from teahorse.people.models import Person
from teahorse.trace.models import LabelCode, LabelScan, PackedLot, Report, Suspicion
from teahorse.trace.suspicions import Scanned, Seen, Sign, signs_of

LOOKS_BACK = timedelta(minutes=25)
"""Twice as far as from one look to the next, so that a late one misses nothing."""
MOST_CODES, MOST_SCANS = 2000, 1000
LONGEST = 500


def suspect(*, now: datetime) -> int:
    """
    Look at the codes that were scanned lately; return how many signs are new. Harmless twice: of a code a sign is open once.

    A sign that somebody closed comes again only by scans after that.
    """
    lately = LabelScan.objects.filter(at__gt=now - LOOKS_BACK).values_list("code", flat=True).distinct()
    codes = {code.code: code for code in LabelCode.objects.filter(code__in=list(lately[:MOST_CODES])).select_related("lot")}
    closed = _closed(codes)
    scans: dict[str, list[LabelScan]] = defaultdict(list)
    for scan in LabelScan.objects.filter(code__in=codes).order_by("at", "pk"):
        is_new = scan.code not in closed or scan.at > closed[scan.code]
        if is_new and len(scans[scan.code]) < MOST_SCANS:
            scans[scan.code].append(scan)
    sent = _sent(codes.values())
    new = 0
    for key, code in codes.items():
        seen = [_seen(scan) for scan in scans[key]]
        is_piece = code.level == LabelCode.Level.PIECE
        units = 1 if is_piece else int(code.lot.amount)
        sent_at = sent.get((code.parcel_id, code.lot_id)) if code.parcel_id else None
        new += sum(_kept(code, sign, seen) for sign in signs_of(Scanned(is_piece, units, sent_at, seen)))
    return new


def _closed(codes: Iterable[str]) -> dict[str, datetime]:
    """Return when a sign of a code was put aside last."""
    rows = Suspicion.objects.filter(code__in=codes, closed_at__isnull=False).values_list("code").annotate(at=Max("closed_at"))
    return {code: at for code, at in rows if at is not None}


def _sent(codes: Iterable[LabelCode]) -> Mapping[tuple[UUID | None, UUID], datetime]:
    rows = PackedLot.objects.filter(parcel_id__in=[code.parcel_id for code in codes if code.parcel_id])
    return {(parcel, lot): at for parcel, lot, at in rows.values_list("parcel_id", "lot_id", "packed_at")}


def _seen(scan: LabelScan) -> Seen:
    point = (scan.latitude, scan.longitude) if scan.latitude is not None and scan.longitude is not None else None
    return Seen(scan.at, scan.area_code, point, scan.visitor)


@transaction.atomic
def _kept(code: LabelCode, sign: Sign, seen: list[Seen]) -> bool:
    first, last = seen[0].at, seen[-1].at
    told = {"score": sign.score, "said": sign.numbers, "last_at": last}
    _row, is_new = Suspicion.objects.update_or_create(
        code=code.code,
        sign=sign.kind,
        closed_at=None,
        defaults=told,
        create_defaults={**told, "county_id": code.county_id, "seller_id": code.lot.seller_id, "first_at": first},
    )
    return is_new


@transaction.atomic
def close_suspicion(*, suspicion: Suspicion, why: str, by: Person, now: datetime) -> None:
    """
    Put a sign aside, with why; harmless twice.

    :raises Malformed: without a reason.
    """
    why = _written(why, "why", _("Write what you found out."))
    Suspicion.objects.filter(pk=suspicion.pk, closed_at=None).update(closed_at=now, closed_by_id=by.pk, closed_why=why[:200])


@transaction.atomic
def answer_report(*, report: Report, answer: str, by: Person, now: datetime) -> None:
    """
    Write down what was done about what a buyer wrote; the first answer stays.

    :raises Malformed: without an answer.
    """
    answer = _written(answer, "answer", _("Write what you did about it."))
    Report.objects.filter(pk=report.pk, answered_at=None).update(answered_at=now, answered_by_id=by.pk, answer=answer)


def _written(text: str, field: str, reason: object) -> str:
    text = text.strip()[:LONGEST]
    if not text:
        raise Malformed(field=field, reason=str(reason))
    return text
