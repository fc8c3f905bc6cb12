"""Keys and moments in the mall's templates: ``{% load mall %}``."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from teahorse.catalog.pictures import PictureUrls
from teahorse.common.ids import short
from teahorse.mall import following
from teahorse.mall.pictures import Pictures
from teahorse.mall.pictures import thumb as draw_thumb

register = template.Library()


@register.filter
def short_key(key: UUID | str | None) -> str:
    """``{{ offer.pk|short_key }}``: a key as forms and addresses carry it; nothing for no key."""
    return short(key) if isinstance(key, UUID) else ""


@register.filter
def moment(at: datetime | None) -> str:
    """``{{ group.placed_at|moment }}``: a time as the mall writes it."""
    return following.moment(at)


@register.filter
def phone_at_home(phone: str | None) -> str:
    """``{{ group.contact_phone|phone_at_home }}``: a phone number as it is dialled at home."""
    return (phone or "").removeprefix("+86")


@register.filter
def counted(number: int) -> range:
    """``{% for count in left|counted %}``: from none to so many."""
    return range(number + 1)


@register.simple_tag
def thumb(pictures: Pictures | None, product_id: UUID, drawing: str, title: str) -> SafeString:
    """``{% thumb pictures product.pk product.drawing product.title_i18n %}``: the first photograph, small, else the drawing."""
    return draw_thumb((pictures or {}).get(product_id), drawing=drawing, title=title)


@register.simple_tag
def photo(picture: PictureUrls | None, drawing: str, title: str) -> SafeString:
    """``{% photo line.picture line.drawing line.title %}``: the photograph, small, else the drawing."""
    return draw_thumb(picture, drawing=drawing, title=title)


@register.simple_tag
def frozen(titles: Mapping[str, Mapping[str, str]], name: str) -> str:
    """``{% frozen line.titles "title" %}``: a name as it was when the order was placed, in the page's language, else in Chinese."""
    words = titles.get(name, {})
    return words.get(get_language() or "zh-hans") or words.get("zh-hans", "")
