"""Reading a row's text in the language of the moment."""

from django.db.models import Model


def translated(row: Model, field: str) -> str:
    """Return a translatable field in the current language, falling back to Chinese (django-modeltrans' ``<field>_i18n``)."""
    return str(getattr(row, f"{field}_i18n", "") or getattr(row, field))
