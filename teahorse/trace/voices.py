"""
Voice notes by their content: what phones record is WebM or Ogg with Opus, or MP4 with AAC; nothing else is let in.

What the file's name and the browser say of it counts for nothing. The length is read off the container; of a WebM that was recorded live,
and so has none in its head, it is the time of its last cluster.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal

LARGEST_VOICE = 2 * 1024 * 1024
LONGEST_VOICE = 120
"""Seconds."""
_SPARE = 2
_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_SCALE, _DURATION, _TIMECODE = 0x2AD7B1, 0x4489, 0xE7
_MOST_ELEMENTS = 20_000


class VoiceRefused(Refusal):
    """The file is no voice note."""

    code = "voice_refused"
    status = 422
    sentence = _("This is no voice note that can be heard here. Send WebM, Ogg or M4A.")


class VoiceIsTooLong(Refusal):
    """Nobody listens to it."""

    code = "voice_is_too_long"
    status = 422
    sentence = _("A voice note is at most %(minutes)s minutes long and %(limit_mb)s MB large.")


@dataclass(frozen=True)
class Voice:
    """A voice note that was looked into."""

    media_type: str
    seconds: int


def heard(content: bytes) -> Voice:
    """
    Return what a file of sound is.

    :raises VoiceRefused: if it is none, or holds pictures; :raises VoiceIsTooLong: beyond two minutes or two megabytes.
    """
    if len(content) > LARGEST_VOICE:
        raise _too_long()
    try:
        media_type, seconds = _looked_into(content)
    except (IndexError, ValueError, OverflowError, struct.error):  # it ends where it says that more comes
        raise VoiceRefused(field="voice") from None
    if not 0 <= seconds <= LONGEST_VOICE + _SPARE:
        raise _too_long()
    return Voice(media_type, max(1, round(seconds)))


def _too_long() -> VoiceIsTooLong:
    return VoiceIsTooLong(field="voice", minutes=LONGEST_VOICE // 60, limit_mb=LARGEST_VOICE // 1024 // 1024)


def _looked_into(content: bytes) -> tuple[str, float]:
    if content.startswith(b"\x1aE\xdf\xa3"):
        return "audio/webm", _webm_seconds(content)
    if content.startswith(b"OggS"):
        return "audio/ogg", _ogg_seconds(content)
    if content[4:8] == b"ftyp":
        return "audio/mp4", _mp4_seconds(content)
    raise VoiceRefused(field="voice")


# --- Ogg (RFC 3533) with Opus (RFC 7845)


def _ogg_seconds(content: bytes) -> float:
    last = content.rfind(b"OggS")
    if b"OpusHead" not in content[:200] or last < 0:
        raise VoiceRefused(field="voice")
    granules = int.from_bytes(content[last + 6 : last + 14], "little", signed=True)
    return granules / 48_000


# --- MP4 (ISO/IEC 14496-12)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(content):
        size, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        head = 8
        if size == 1:
            size, head = int.from_bytes(content[place + 8 : place + 16], "big"), 16
        if size == 0:
            size = len(content) - place
        if size < head:
            raise ValueError
        yield kind, content[place + head : place + size]
        place += size


def _mp4_seconds(content: bytes) -> float:
    movie = next((inner for kind, inner in _boxes(content) if kind == b"moov"), b"")
    handlers = [box[8:12] for track in _inside(movie, b"trak") for media in _inside(track, b"mdia") for box in _inside(media, b"hdlr")]
    head = next(_inside(movie, b"mvhd"), b"")
    if handlers != [b"soun"] or not head:
        raise VoiceRefused(field="voice")
    start, width = (20, 8) if head[0] else (12, 4)
    scale = int.from_bytes(head[start : start + 4], "big")
    duration = int.from_bytes(head[start + 4 : start + 4 + width], "big")
    if not scale:
        raise ValueError
    return duration / scale


def _inside(content: bytes, wanted: bytes) -> Iterator[bytes]:
    return (inner for kind, inner in _boxes(content) if kind == wanted)


# --- WebM (RFC 8794, RFC 9559)


def _webm_seconds(content: bytes) -> float:
    scale, duration, last, has_sound = 1_000_000, 0.0, 0, False
    if b"webm" not in content[:64]:
        raise VoiceRefused(field="voice")
    for element, value in _elements(content):
        if element == _SCALE:
            scale = int.from_bytes(value, "big")
        elif element == _DURATION:
            duration = _float(value)
        elif element == _TIMECODE:
            last = max(last, int.from_bytes(value, "big"))
        elif element == _TRACKS:
            has_sound = b"A_OPUS" in value and b"V_" not in value
    if not has_sound:
        raise VoiceRefused(field="voice")
    return max(duration, last) * scale / 1_000_000_000


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk through the elements; of those that only hold others the inside is walked through, the others are given whole."""
    place = 0
    for _count in range(_MOST_ELEMENTS):
        if place >= len(content):
            return
        element, place = _variable(content, place, keeps_mark=True)
        size, place = _variable(content, place, keeps_mark=False)
        if element in {_SEGMENT, _CLUSTER, _INFO}:
            continue
        yield element, content[place : place + min(size, len(content))]
        place += size
    raise ValueError


def _variable(content: bytes, place: int, *, keeps_mark: bool) -> tuple[int, int]:
    first = content[place]
    length = 9 - first.bit_length()
    if length > 8:
        raise ValueError
    value = int.from_bytes(content[place : place + length], "big")
    return (value if keeps_mark else value - (1 << (7 * length))), place + length


def _float(value: bytes) -> float:
    return float(struct.unpack(">f" if len(value) == 4 else ">d", value)[0])
