"""
Taking photographs in, and the addresses at which they are shown.

Nothing that a stranger sends is kept as it is: the pixels are read, turned upright, brought to sRGB and written anew in
three widths as AVIF and WebP. Whatever else the file held (where it was taken, with which camera) is gone.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps

from teahorse.catalog.models import Picture
from teahorse.common.refusals import Refusal

WIDTHS = (320, 720, 1280)
KINDS = {"avif": {"quality": 60, "speed": 8}, "webp": {"quality": 78, "method": 4}}
READ = ("JPEG", "PNG", "WEBP", "AVIF")
LARGEST_FILE = 12 * 1024 * 1024
MOST_PIXELS = 40_000_000
SHORTEST_SIDE = 200
DIGEST_LENGTH = 64
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class PictureRefused(Refusal):
    """The file cannot be shown as a picture."""

    code = "picture_refused"
    status = 422
    sentence = _("This is no picture that can be read. Send a JPEG, PNG, WebP or AVIF.")

    def __init__(self, **numbers: Any) -> None:
        super().__init__(field="file", **numbers)


class PictureIsTooLarge(PictureRefused):
    """The file is larger than the house takes."""

    code = "picture_is_too_large"
    sentence = _("The file is larger than %(limit_mb)s MB.")


class PictureHasTooManyPixels(PictureRefused):
    """Decoding it would take too much memory; it was not decoded."""

    code = "picture_has_too_many_pixels"
    sentence = _("The picture has more than %(limit)s million pixels.")


class PictureIsTooSmall(PictureRefused):
    """Nobody would see anything on it."""

    code = "picture_is_too_small"
    sentence = _("The picture is too small: at least %(limit)s pixels on each side.")


class PictureIsHeic(PictureRefused):
    """An iPhone's own format."""

    code = "picture_is_heic"
    sentence = _("This is a HEIC picture. In the phone's settings choose Camera, Formats, Most Compatible, or send a screenshot of it.")


class PictureMoves(PictureRefused):
    """It is an animation."""

    code = "picture_moves"
    sentence = _("This is a moving picture. Send a still one.")


class PictureIsBroken(PictureRefused):
    """The file ends early, or its inside is damaged."""

    code = "picture_is_broken"
    sentence = _("The file is damaged or not complete. Send it again.")


class Readable(Protocol):
    """An uploaded or opened file."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True)
class Rendition:
    """One width of a picture in one format."""

    width: int
    kind: str
    content: bytes


@dataclass(frozen=True)
class Accepted:
    """A picture as it will be kept: the digest of its pixels, its largest size, and its renditions."""

    sha256: str
    width: int
    height: int
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True)
class PictureUrls:
    """The addresses of a picture, ready for ``<picture>``: two ``srcset`` and a ``src``, with the size that keeps its place on the page."""

    avif: str
    webp: str
    src: str
    small: str
    large: str
    width: int
    height: int
    alt: str


def accept(file: Readable) -> Accepted:
    """
    Read a picture and write it anew.

    :raises PictureRefused: one of its subclasses says why. Nothing is decoded before its size is known.
    """
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise PictureIsTooLarge(limit_mb=LARGEST_FILE // 1024 // 1024)
    upright = _upright(_opened(content))
    sizes = {width: _resized(upright, width) for width in WIDTHS}
    largest = sizes[max(WIDTHS)]
    digest = hashlib.sha256(b"%d %d " % largest.size + largest.tobytes()).hexdigest()
    renditions = tuple(Rendition(width, kind, _encoded(image, kind)) for width, image in sizes.items() for kind in KINDS)
    return Accepted(digest, largest.width, largest.height, renditions)


def written_anew(file: Readable, *, widths: Sequence[int]) -> tuple[str, list[bytes]]:
    """
    Return the digest of a picture's pixels in the first width, and WebP files of it in each: for pictures that are not for everybody.

    :raises PictureRefused: one of its subclasses says why. Nothing is decoded before its size is known.
    """
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise PictureIsTooLarge(limit_mb=LARGEST_FILE // 1024 // 1024)
    upright = _upright(_opened(content))
    images = [_resized(upright, width) for width in widths]
    return hashlib.sha256(b"%d %d " % images[0].size + images[0].tobytes()).hexdigest(), [_encoded(image, "webp") for image in images]


def _opened(content: bytes) -> Image.Image:
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        raise PictureIsHeic
    try:
        image = Image.open(io.BytesIO(content), formats=READ)
        is_moving = getattr(image, "n_frames", 1) > 1 and image.format != "MPO"  # a phone's MPO is a JPEG with a second view
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureHasTooManyPixels(limit=MOST_PIXELS // 1_000_000) from None
    except Exception:  # a decoder fails in any way on a file made to hurt it
        raise PictureRefused from None
    if image.width * image.height > MOST_PIXELS:
        raise PictureHasTooManyPixels(limit=MOST_PIXELS // 1_000_000)
    if min(image.size) < SHORTEST_SIDE:
        raise PictureIsTooSmall(limit=SHORTEST_SIDE)
    if is_moving:
        raise PictureMoves
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Decode, turn as the camera was held, and bring to sRGB on white."""
    try:
        image.load()
        profile = image.info.get("icc_profile")
        turned = ImageOps.exif_transpose(image)
        return _on_white(_in_srgb(turned, profile))
    except Exception:  # as above
        raise PictureIsBroken from None


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return image
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    plain = image.convert("RGB") if alpha else image
    try:
        turned = ImageCms.profileToProfile(plain, ImageCms.ImageCmsProfile(io.BytesIO(profile)), SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):  # a profile that is broken or of another colour space says nothing
        return image
    if turned is None:
        return image
    if alpha:
        turned.putalpha(alpha)
    return turned


def _on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        white = Image.new("RGBA", colours.size, "white")
        return Image.alpha_composite(white, colours).convert("RGB")
    return image.convert("RGB")


def _resized(image: Image.Image, width: int) -> Image.Image:
    width = min(width, image.width)
    height = max(1, round(image.height * width / image.width))
    small = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    small.info.clear()  # what the encoders would carry over
    return small


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind, **KINDS[kind])
    return out.getvalue()


# --- Where it is kept


def keep(picture: Accepted) -> None:
    """Write a picture's renditions, each whole or not at all; what is there already is left."""
    for rendition in picture.renditions:
        path = Path(settings.MEDIA_ROOT) / _name(picture.sha256, rendition.width, rendition.kind)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, rendition.content)


def files_of(sha256: str) -> list[Path]:
    """Return the paths of a picture's renditions, whether they are there or not."""
    return [Path(settings.MEDIA_ROOT) / _name(sha256, width, kind) for width in WIDTHS for kind in KINDS]


def _write(path: Path, content: bytes) -> None:
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _name(sha256: str, width: int, kind: str) -> str:
    return f"pictures/{sha256[:2]}/{sha256}-{width}.{kind}"


# --- Where it is shown


def picture_urls(picture: Picture) -> PictureUrls:
    """Return the addresses of a picture, its description in the current language."""
    return urls(picture.sha256, width=picture.width, height=picture.height, alt=str(getattr(picture, "alt_i18n", "") or picture.alt))


def urls(sha256: str, *, width: int, height: int, alt: str = "") -> PictureUrls:
    """Return the addresses of a picture known by its digest and its largest size."""

    def address(size: int, kind: str) -> str:
        return f"{settings.MEDIA_URL}{_name(sha256, size, kind)}"

    def candidates(kind: str) -> Iterator[str]:
        for size in WIDTHS:
            yield f"{address(size, kind)} {min(size, width)}w"
            if size >= width:
                return

    return PictureUrls(
        avif=", ".join(candidates("avif")),
        webp=", ".join(candidates("webp")),
        src=address(720, "webp"),
        small=address(320, "webp"),
        large=address(1280, "webp"),
        width=width,
        height=height,
        alt=alt,
    )
