"""The goods card: the one piece of markup that a list shows dozens of times, so it is made without a template."""

from collections.abc import Iterable
from functools import lru_cache
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from teahorse.common.money import FEN_PER_YUAN
from teahorse.common.ui.band import band_svg
from teahorse.common.ui.drawings import drawing_url

Badge = str | tuple[str, str]


def price(fen: int, *, style: str = "") -> SafeString:
    """Write an amount of fen as a price: small sign, large yuan, small fen where there are any."""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    part = f'<span class="price__fen">.{rest:02d}</span>' if rest else ""
    sign = "−" if fen < 0 else ""
    look = f" price--{escape(style)}" if style else ""
    return mark_safe(  # noqa: S308  # figures, and a style that was escaped
        f'<span class="price{look}"><span class="price__sign">{sign}¥</span>{whole:,}{part}</span>'
    )


def goods_card(
    *,
    href: str,
    name: str,
    price_fen: int,
    was_fen: int | None = None,
    kind: str = "",
    picture: str = "",
    origin: str = "",
    unit: str = "",
    code: str = "",
    badges: Iterable[Badge] = (),
    lang: str = "",
    is_from: bool = False,
    is_gone: bool = False,
    is_eager: bool = False,
) -> SafeString:
    """
    Draw a goods card: picture, the maker's band (``code``), name, origin, price.

    ``picture`` is an address of a photograph, else the drawing of ``kind`` stands for it. ``badges`` are words or
    (word, tone) with the tones of ``.badge``. ``is_from`` says "from" before the lowest of several prices.
    """
    marks = [_badge(badge) for badge in badges]
    if is_gone:
        marks.insert(0, _badge((gettext("Sold out"), "solid")))
    over = f'<span class="goods-card__badges">{"".join(marks)}</span>' if marks else ""
    load = ' fetchpriority="high"' if is_eager else ' loading="lazy" decoding="async"'
    start = f'<span class="unit">{gettext("from")}</span> ' if is_from else ""
    now = price(int(price_fen), style="less" if was_fen else "")
    was = ""
    if was_fen:
        was = f' <s class="price price--was"><span class="visually-hidden">{gettext("before")}</span> {price_plain(int(was_fen))}</s>'
    of = f'<span class="unit">{escape(unit)}</span>' if unit else ""
    where = f'<span class="goods-card__from">{escape(origin)}</span>' if origin else ""
    tongue = f' lang="{escape(lang)}"' if lang else ""
    return mark_safe(  # noqa: S308  # every word that people write is escaped above and below
        f'<a class="goods-card{" goods-card--gone" if is_gone else ""}" href="{escape(href)}"><span class="goods-card__picture">'
        f'<img src="{escape(picture or drawing_url(kind))}" alt="" width="400" height="400"{load}>{over}</span>'
        f'{_card_band(code) if code else ""}<span class="goods-card__body"><span class="goods-card__name"{tongue}>{escape(name)}</span>'
        f'{where}<span class="goods-card__foot"><span class="prices">{start}{now}{was}</span>'
        f"{of}</span></span></a>"
    )


def price_plain(fen: int) -> str:
    """Write an amount of fen on one line: ``¥1,280.50``."""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{'−' if fen < 0 else ''}¥{whole:,}.{rest:02d}"


@lru_cache(maxsize=4096)
def _card_band(code: str) -> SafeString:
    return mark_safe(band_svg(code, width=320, height=6))  # noqa: S308  # figures and colours only


def _badge(badge: Badge) -> str:
    word, tone = (badge, "") if isinstance(badge, str) else badge
    return f'<span class="badge{f" badge--{escape(tone)}" if tone else ""}">{escape(word)}</span>'
