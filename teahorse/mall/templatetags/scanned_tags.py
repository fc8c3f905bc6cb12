"""Drawings of the scan page."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from teahorse.mall.story import Strip

register = template.Library()


@register.simple_tag
def temperature_strip(strip: Strip) -> SafeString:
    """Draw the span of temperatures of a step on a strip from cold to warm; the words stand beside it."""
    return format_html(
        '<svg class="strip__drawn" viewBox="0 0 100 6" width="120" height="8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="strip__whole" width="100" height="6" rx="3"/><rect class="strip__span" x="{}" width="{}" height="6" rx="3"/></svg>',
        strip.left,
        min(strip.width, 100 - strip.left),
    )
