"""Icons and bands as pages show them inline; each is drawn once and kept."""

from functools import lru_cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from teahorse.common.ui.band import Direction, band_svg


@lru_cache(maxsize=512)
def icon(name: str, label: str = "", look: str = "") -> SafeString:
    """Return an icon of the sprite; with a label it is read aloud, without one it is decoration."""
    return format_html(
        '<svg class="icon{}" width="20" height="20" {}><use href="{}#{}"/></svg>',
        f" icon--{look}" if look else "",
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        static("ui/icons.svg"),
        name,
    )


@lru_cache(maxsize=4096)
def band(code: str, *, width: int, height: int, direction: Direction = "across") -> SafeString:
    """Return the woven band of a code; lengths in pixels."""
    return mark_safe(band_svg(code, width=width, height=height, direction=direction))  # noqa: S308  # figures and colours only
