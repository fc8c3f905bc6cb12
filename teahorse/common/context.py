"""What every page's template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

CART_COUNT = "cart_count"
"""The readable cookie from which the frame's ``<cart-count>`` fills itself."""


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the page's language, its language switch, and whether this is the demo region."""
    return {
        "language": translation.get_language(),
        "languages": [("zh-hans", "中文"), ("bo", "བོད་ཡིག"), ("en", "English")],
        "is_demo": settings.DEMO,
        "sandbox_url": settings.SANDBOX_URL,
        "path": request.path,
    }
