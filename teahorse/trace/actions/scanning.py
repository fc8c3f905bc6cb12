"""Scans of labels: kept coarsely, counted once a visit."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.core.cache import cache
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.gathering import Gatherer
from teahorse.common.ids import new_ids
from teahorse.common.keeping import kept_for
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.statements import array, looked_up
from teahorse.common.times import HOME
from teahorse.trace.gs1.short_codes import hidden_matches
from teahorse.trace.models import LabelCode, LabelScan, Report
from teahorse.trace.verdicts import Scanned, Verdict, verdict_of

SCAN = (Path(__file__).parent.parent / "scan.sql").read_text()
COLUMNS = ("codes", "visitors", "areas", "locales", "counts", "moments")
ROBOT = re.compile(r"bot|crawl|spider|preview|facebookexternalhit|slurp|curl|wget|python-|headlessshell", re.IGNORECASE)
A_DAY, KEPT_SECONDS = 86_400, 60
LONGEST_REPORT, LONGEST_PHONE = 500, 16


class UnknownCode(Refusal):
    """Nobody gave this code out."""

    code = "unknown_code"
    status = 404
    sentence = _("Nobody gave this code out. Compare each sign with the label; if they are the same, the label is not from us.")


class NothingHidden(Refusal):
    """There is nothing to scratch on this label."""

    code = "nothing_hidden"
    sentence = _("This label has no hidden part.")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a scan found: which lot, what is said first, and what the scans before it were."""

    code: str
    lot_id: UUID
    thing_id: UUID
    verdict: Verdict
    serial: str
    recall_id: UUID | None
    has_hidden: bool
    is_piece: bool
    has_own_story: bool
    times_before: int
    first_at: datetime | None
    first_area: str
    areas: int
    is_suspicious: bool

    @property
    def story_thing(self) -> UUID | None:
        """The thing whose story is told beside its lot's: a piece, where something is told of it."""
        return self.thing_id if self.is_piece and self.has_own_story else None


class Look(NamedTuple):
    """Somebody scans a code."""

    code: str
    visitor: str
    area_code: str
    locale: str
    counts: bool
    now: datetime


def scan(*, code: str, visitor: str, area_code: str, locale: str, counts: bool, now: datetime) -> Seen:
    """
    Look a code up and keep that it was scanned; the same visitor within half an hour is the same scan.

    Inside a transaction at once and within it; elsewhere together with those who scan at the same moment, by one statement.

    :param counts: whether somebody looks: link previews and robots do not count.
    :raises UnknownCode: if nobody gave it out; nothing is kept.
    """
    look = Look(code, visitor, area_code, locale, counts, now)
    seen = _scan_all([look])[0] if connection.in_atomic_block else together.ask(look)
    if seen is None:
        raise UnknownCode
    return seen


def _scan_all(looks: Sequence[Look]) -> list[Seen | None]:
    """Scan in the order in which they came; who scans a code after somebody else sees that she did."""
    seen: list[Seen | None] = [None] * len(looks)
    waiting = list(enumerate(looks))
    while waiting:
        firsts: dict[str, int] = {}
        for place, look in waiting:
            firsts.setdefault(look.code, place)
        rows = _scanned([looks[place] for place in firsts.values()])
        for code, place in firsts.items():
            seen[place] = _seen(code, rows[code], now=looks[place].now) if code in rows else None
        waiting = [(place, look) for place, look in waiting if firsts[look.code] != place]
    return seen


def _scanned(looks: Sequence[Look]) -> dict[str, tuple[Any, ...]]:
    """Look up and keep, each code once; return what is known by code."""
    columns = dict(zip(COLUMNS, map(list, zip(*looks, strict=True)), strict=True))
    return {row[0]: row[1:] for row in looked_up(SCAN, {"ids": array(new_ids(len(looks))), **columns}, in_binary=True)}


def _seen(code: str, row: tuple[Any, ...], *, now: datetime) -> Seen:
    lot_id, thing_id, level, voided_at, serial, has_hidden, best_before, recall_id, *before, is_suspicious, has_own_story = row
    times, first_at, first_area, areas = before
    is_piece = level == LabelCode.Level.PIECE
    known = Scanned(is_piece, voided_at, best_before, recall_id, times)
    return Seen(
        code=code,
        lot_id=lot_id,
        thing_id=thing_id,
        verdict=verdict_of(known, today=now.astimezone(HOME).date()),
        serial=serial,
        recall_id=recall_id,
        has_hidden=has_hidden,
        is_piece=is_piece,
        has_own_story=has_own_story,
        times_before=times,
        first_at=first_at,
        first_area=first_area or "",
        areas=areas,
        is_suspicious=is_suspicious,
    )


together: Gatherer[Look, Seen | None] = Gatherer(_scan_all, name="scanning")


def is_robot(agent: str) -> bool:
    """Return whether a program looks, not a person: it is shown the page and not counted."""
    return not agent or ROBOT.search(agent) is not None


def visitor_mark(*, address: str, agent: str, now: datetime) -> str:
    """Return a mark by which a visitor is known again today; the key that made it is thrown away tomorrow, and then it says nothing."""
    return hmac.new(_key_of(now.astimezone(HOME).date()), f"{address}|{agent}".encode(), hashlib.sha256).hexdigest()[:16]


@kept_for(KEPT_SECONDS, most=2)
def _key_of(day: date) -> bytes:
    return bytes.fromhex(str(cache.get_or_set(f"trace-visitors-{day:%F}", lambda: secrets.token_hex(32), A_DAY)))


@transaction.atomic
def say_where(*, code: str, visitor: str, latitude: float, longitude: float, now: datetime) -> bool:
    """
    Keep where a visitor says that she scans, rounded to a tenth of a degree (some ten kilometres), as one more scan of hers today.

    :returns: whether there is such a point on the earth; nothing is kept otherwise.
    """
    found = LabelCode.objects.filter(pk=code).first()
    if found is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return False
    LabelScan.objects.create(
        county_id=found.county_id,
        code=found.code,
        thing_id=found.thing_id,
        at=now,
        visitor=visitor,
        latitude=round(latitude, 1),
        longitude=round(longitude, 1),
    )
    return True


def check_hidden(*, code: str, typed: str, visitor: str, now: datetime) -> bool:
    """
    Return whether a hidden part is right; that it was told is kept. It takes some milliseconds on purpose.

    :raises UnknownCode: :raises NothingHidden: if there is nothing to compare.
    """
    found = LabelCode.objects.filter(pk=code).first()
    if found is None:
        raise UnknownCode
    if not found.hidden_hash:
        raise NothingHidden
    is_right = hidden_matches(typed, found.hidden_hash)
    LabelScan.objects.create(
        county_id=found.county_id, code=found.code, thing_id=found.thing_id, at=now, visitor=visitor, hidden_was_right=is_right
    )
    return is_right


@transaction.atomic
def report(*, code: str, text: str, phone: str, now: datetime) -> Report:
    """
    Write to the maker of what a label is on.

    :raises UnknownCode: if nobody gave it out.
    :raises Malformed: without a text, or with one that is too long. Nothing is kept in either.
    """
    found = LabelCode.objects.select_related("lot").filter(pk=code).first()
    if found is None:
        raise UnknownCode
    text, phone = text.strip(), phone.strip()
    if not text:
        raise Malformed(field="text", reason=_("Write what is wrong."))
    if len(text) > LONGEST_REPORT:
        raise Malformed(field="text", reason=_("Write it shorter: at most 500 signs."))
    if len(phone) > LONGEST_PHONE:
        raise Malformed(field="phone", reason=_("Write a phone number, or nothing."))
    return Report.objects.create(county_id=found.county_id, code=found.code, lot=found.lot, text=text, phone=phone, at=now)
