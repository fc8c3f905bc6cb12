"""
Rows that a hand-written statement gives as JSON, as the models that everybody knows.

One statement reads a page's rows of many tables, and those who show them still get their lines, parcels and payments.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models import DEFERRED

M = TypeVar("M", bound=models.Model)


def as_model(model: type[M], row: Mapping[str, Any]) -> M:
    """
    Return a row of a statement's JSON as its model; the keys are the names of the columns.

    Times come back aware, in UTC. What the statement left out is read when somebody asks for it, as after ``defer()``.

    :raises TypeError: for a column of which JSON cannot tell the exact value (decimals, bytes).
    """
    names, readers = _columns(model)
    values = [
        DEFERRED if name not in row else value if (value := row[name]) is None or read is None else read(value)
        for name, read in zip(names, readers, strict=True)
    ]
    return model.from_db(connection.alias, names, values)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _refused(value: Any) -> Any:
    msg = f"JSON has no exact value of this column's kind: {value!r}; leave it out of the statement"
    raise TypeError(msg)


READERS: tuple[tuple[type[models.Field[Any, Any]], Callable[[str], Any]], ...] = (
    (models.UUIDField, UUID),
    (models.DateTimeField, _moment),
    (models.DateField, date.fromisoformat),
    *((kind, _refused) for kind in (models.DecimalField, models.DurationField, models.TimeField, models.BinaryField)),
)
"""How JSON's texts become values again; numbers, words and JSON itself are what they are. A moment is a day too, so it stands first."""


@cache
def _columns(model: type[models.Model]) -> tuple[tuple[str, ...], tuple[Callable[[str], Any] | None, ...]]:
    """Return the names of a model's columns in the order of its constructor, and how each is read."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django documents it
    return tuple(field.attname for field in fields), tuple(_reader(field) for field in fields)


def _reader(field: models.Field[Any, Any]) -> Callable[[str], Any] | None:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return next((read for kind, read in READERS if isinstance(target, kind)), None)
