"""Photographs, voices and papers that belong to what is told: looked into, photographs written anew, kept beside the telling."""

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.pictures import Readable, written_anew
from teahorse.common.refusals import NotThere, Refusal
from teahorse.people.models import Organisation, Person
from teahorse.trace.models import Attachment, Certificate, Telling
from teahorse.trace.voices import LARGEST_VOICE, heard

WIDTHS = (1280, 320)
MOST_ATTACHMENTS = 8
LARGEST_PAPER = 8 * 1024 * 1024
KEPT_UNTOLD = timedelta(days=7)
PDF = "application/pdf"


class TooManyAttachments(Refusal):
    """A step is told in a few pictures."""

    code = "too_many_attachments"
    status = 422
    sentence = _("At most %(limit)d photographs, voices and papers belong to one step.")


class PaperRefused(Refusal):
    """The file is neither a PDF nor a picture."""

    code = "paper_refused"
    status = 422
    sentence = _("A paper is a PDF, a JPEG or a PNG of at most %(limit_mb)s MB.")


@dataclass(frozen=True)
class _Seen:
    """A file that was looked into, as it is kept."""

    media_type: str
    content: bytes
    small: bytes | None = None
    seconds: int | None = None


def keep_attachment(*, owner: Organisation, telling_key: UUID | None, kind: str, file: Readable, by: Person, now: datetime) -> Attachment:
    """
    Keep a file for a telling that is about to come, or for a certificate; the same one twice is kept once.

    The work on the pixels is done before the transaction begins. The key comes from a form, so it may be anybody's.

    :raises teahorse.catalog.pictures.PictureRefused, teahorse.trace.voices.VoiceRefused, PaperRefused: if it is not what it says it is;
    :raises TooManyAttachments: beyond eight of a telling; :raises NotThere: if the key is somebody else's, or was told already without it.
    """
    seen = _seen(kind, file)
    sha256 = hashlib.sha256(seen.content).hexdigest()
    with transaction.atomic():
        owner = Organisation.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if telling_key is not None:
            of_key = Attachment.objects.filter(telling_id=telling_key)
            if of_key.exclude(owner=owner).exists():
                raise NotThere(field=kind)
            known = of_key.filter(sha256=sha256).first()
            if known is not None:
                return known
            if Telling.objects.filter(pk=telling_key).exists():
                raise NotThere(field=kind)
            if of_key.count() >= MOST_ATTACHMENTS:
                raise TooManyAttachments(field=kind, limit=MOST_ATTACHMENTS)
        return Attachment.objects.create(
            county_id=owner.county_id,
            owner=owner,
            telling_id=telling_key,
            kind=kind,
            media_type=seen.media_type,
            sha256=sha256,
            content=seen.content,
            small=seen.small,
            seconds=seen.seconds,
            added_by_id=by.pk,
            added_at=now,
        )


def _seen(kind: str, file: Readable) -> _Seen:
    if kind == Attachment.Kind.VOICE:
        content = file.read(LARGEST_VOICE + 1)
        voice = heard(content)
        return _Seen(voice.media_type, content, seconds=voice.seconds)
    if kind == Attachment.Kind.PAPER:
        return _paper(file)
    return _picture(file)


def _picture(file: Readable) -> _Seen:
    _pixels, (large, small) = written_anew(file, widths=WIDTHS)
    return _Seen("image/webp", large, small)


def _paper(file: Readable) -> _Seen:
    """Return a paper: a PDF as it came, which is only ever handed out as a file, or a picture written anew."""
    content = file.read(LARGEST_PAPER + 1)
    if len(content) > LARGEST_PAPER:
        raise PaperRefused(field="paper", limit_mb=LARGEST_PAPER // 1024 // 1024)
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return _Seen(PDF, content)
    if not content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        raise PaperRefused(field="paper", limit_mb=LARGEST_PAPER // 1024 // 1024)
    return _picture(io.BytesIO(content))


@transaction.atomic
def show_attachment(*, attachment: Attachment, is_shown: bool, now: datetime) -> None:
    """Show a file to strangers again, or hide it from them; harmless twice."""
    attachment.hidden_at = None if is_shown else attachment.hidden_at or now
    attachment.save(update_fields=["hidden_at"])


def sweep_attachments(*, now: datetime) -> int:
    """Throw away the files that nothing came to belong to within a week; return how many."""
    old = Attachment.objects.filter(added_at__lt=now - KEPT_UNTOLD)
    kept = Certificate.objects.exclude(paper=None).values("paper")
    untold = old.exclude(pk__in=kept).exclude(telling_id__in=Telling.objects.values("pk"))
    return untold.delete()[0]
