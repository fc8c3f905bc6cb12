"""Writing rows that may be there already."""

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)


def write_missing(model: type[M], rows: Iterable[M]) -> None:
    """Write the rows that are not there; one whose key or name is taken is left as it is."""
    model._default_manager.bulk_create(rows, ignore_conflicts=True, batch_size=1000)  # noqa: SLF001 - the documented way to a model's manager
