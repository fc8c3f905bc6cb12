"""Reading a row's text in the language of the moment."""

from django.db.models import Model
from django.utils import translation


def translated(row: Model, field: str) -> str:
    """Return a translatable field in the current language, falling back to Chinese (django-modeltrans' ``<field>_i18n``)."""
    return str(getattr(row, f"{field}_i18n", "") or getattr(row, field))


def in_language(*fields: str) -> dict[str, str]:
    """Return the keys under which the current language's texts of some fields stand in a row's ``i18n``."""
    suffix = (translation.get_language() or "zh-hans").replace("-", "_")
    return {field: f"{field}_{suffix}" for field in fields}
