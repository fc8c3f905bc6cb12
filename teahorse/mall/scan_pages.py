"""
The page of a scanned label, for guests: the same for every code of a lot but for a few gaps, and only those are filled for each scan.

The page around the gaps is kept for each lot and language in each process (decision 0013: the story is at most a minute old). While it
is asked for, a thread of its own asks before the minute is over whether the story is as it was (``trace/queries/story_mark.sql``) and
draws the page anew where it is not, so that nobody waits for it but the first. What is said first,
who scanned before, the code and its piece are those of this very scan. A gap is marked by a word that is new in each process, so nothing
that a maker writes can be one.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape

from teahorse.common.drawn_ahead import DrawnAhead
from teahorse.common.ids import short
from teahorse.common.keeping import kept_for
from teahorse.mall import story
from teahorse.mall.earned import earned_rows
from teahorse.mall.story import Told
from teahorse.places import queries as places
from teahorse.trace.actions import Seen
from teahorse.trace.gs1.short_codes import spaced
from teahorse.trace.models import Recall
from teahorse.trace.verdicts import Verdict

AHEAD_SECONDS, LONGEST_SECONDS = 20, 600
MOST_KEPT, MOST_VERDICTS = 1000, 2000
_MARK = secrets.token_hex(8)
GAPS = {name: f"{_MARK}{name}" for name in ("code", "spaced", "serial", "verdict", "token")}
_GAP = re.compile("|".join(GAPS.values()))
NAMES = {mark: name for name, mark in GAPS.items()}


@dataclass(frozen=True, slots=True)
class Frame:
    """A page with gaps: texts, and between them what is to stand there."""

    texts: Sequence[bytes]
    gaps: Sequence[str]
    digest: bytes
    told: Told

    def filled(self, words: Mapping[str, Callable[[], str]]) -> tuple[bytes, str]:
        """Return the page with its gaps filled, and a tag by which a browser knows that it has the same one (RFC 9110, section 8.8.3)."""
        said = {name: words[name]().encode() for name in set(self.gaps)}
        parts = [self.texts[0]]
        for gap, text in zip(self.gaps, self.texts[1:], strict=True):
            parts += (said[gap], text)
        tag = blake2b(self.digest, digest_size=12)
        for name in sorted(said.keys() - {"token"}):
            tag.update(b"%d " % len(said[name]) + said[name])
        return b"".join(parts), f'W/"{tag.hexdigest()}"'


def guests_page(seen: Seen, *, token: Callable[[], str]) -> tuple[bytes, str]:
    """
    Return the page of a scan for a guest in the language of the moment, and its tag.

    ``token``: gives what proves that a form is of ours; asked for only where there is one.
    """
    language = translation.get_language() or ""
    frame = frames.find(Kind(seen.lot_id, seen.story_thing, language, bool(seen.serial), seen.has_hidden, warns(seen)))
    return frame.filled(
        {
            "code": lambda: seen.code,
            "spaced": lambda: spaced(seen.code),
            "serial": lambda: escape(seen.serial),
            "verdict": lambda: _verdict(seen, frame.told, language),
            "token": token,
        }
    )


class Kind(NamedTuple):
    """What a page is the same for."""

    lot_id: UUID
    thing_id: UUID | None
    language: str
    has_serial: bool
    has_hidden: bool
    warns: bool


def _mark(kind: Kind) -> str:
    return story.mark(kind.lot_id, kind.thing_id)


def _drawn(kind: Kind, mark: str) -> Frame:
    with translation.override(kind.language):
        return _drawn_here(kind, mark)


def _drawn_here(kind: Kind, mark: str) -> Frame:
    told = story.told_as_marked(kind.lot_id, kind.thing_id, mark)
    context = {
        "told": told,
        "seen": {"serial": GAPS["serial"] if kind.has_serial else "", "has_hidden": kind.has_hidden},
        "gap_of_verdict": GAPS["verdict"],
        "warns": kind.warns,
        "earned": earned_rows(told.lot.item_id, kind.language),
        "is_hidden_right": None,
        "code": GAPS["code"],
        "spaced": GAPS["spaced"],
        "lot_key": short(told.lot.pk),
        "csrf_token": GAPS["token"],
        "cart_count": "",
    }
    request = HttpRequest()
    request.path = f"/t/{GAPS['code']}"
    drawn = render_to_string("mall/scanned.html", context, request)
    texts = [text.encode() for text in _GAP.split(drawn)]
    return Frame(texts, [NAMES[mark] for mark in _GAP.findall(drawn)], blake2b(drawn.replace(_MARK, "").encode()).digest(), told)


frames: DrawnAhead[Kind, Frame] = DrawnAhead(
    _drawn, mark=_mark, seconds=story.KEPT_SECONDS, ahead=AHEAD_SECONDS, longest=LONGEST_SECONDS, most=MOST_KEPT
)


def warns(seen: Seen) -> bool:
    """Return whether the page warns of the goods, or of a copy of the label; nobody is asked to buy more of them there."""
    return seen.is_suspicious or seen.verdict in {Verdict.RECALLED, Verdict.VOIDED}


def context_of_verdict(seen: Seen, told: Told) -> dict[str, object]:
    """Return what the page says first of a scan."""
    language = translation.get_language() or ""
    return {
        "told": told,
        "seen": seen,
        "verdict": seen.verdict.value,
        "warns": warns(seen),
        "recall": Recall.objects.filter(pk=seen.recall_id).first() if seen.recall_id is not None else None,
        "first_area": places.full_name(seen.first_area, language or "zh-hans") if seen.first_area else "",
    }


def _verdict(seen: Seen, told: Told, language: str) -> str:
    """Return what is said first, drawn; most say of a lot that it is genuine and was not scanned before."""
    if seen.verdict is Verdict.GENUINE and not seen.is_suspicious and not seen.times_before:
        return _verdict_of(told.maker_name, language, is_piece=seen.is_piece)
    return render_to_string("mall/parts/verdict.html", context_of_verdict(seen, told))


@kept_for(LONGEST_SECONDS, most=MOST_VERDICTS)
def _verdict_of(maker_name: str, language: str, *, is_piece: bool) -> str:  # noqa: ARG001 - what is kept is kept by language
    context = {"verdict": Verdict.GENUINE.value, "told": {"maker_name": maker_name}, "seen": {"is_piece": is_piece}}
    return render_to_string("mall/parts/verdict.html", context)
