"""Writing very many rows by PostgreSQL's COPY, in its text format. The lines are made without Django, so in any process."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from django.db.models import Model

CHUNK = 1 << 20
SPECIAL = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}

Value = str | int | bool | UUID | datetime | None


def field(value: Value) -> str:
    """Return a value as COPY reads it."""
    if value is None:
        return "\\N"
    if not isinstance(value, str):
        return str(value)
    text = value.replace("\\", "\\\\")
    for character, escape in SPECIAL.items():
        text = text.replace(character, escape)
    return text


def line(*values: Value) -> str:
    """Return a row as a line of COPY."""
    return "\t".join(map(field, values)) + "\n"


def copy_lines(model: type["Model"], columns: str, lines: Iterable[str]) -> None:
    """Write lines into columns of a model's table, in this transaction; a column that is not given takes the model's default."""
    from django.db import connection  # noqa: PLC0415 - whoever only makes lines does without Django

    names, rest = _and_defaults(model, columns)
    with connection.cursor() as cursor, cursor.copy(f"copy {model._meta.db_table} ({names}) from stdin") as copy:  # noqa: SLF001 - Django's API
        waiting: list[str] = []
        size = 0
        for each in lines:
            waiting.append(f"{each[:-1]}{rest}\n" if rest else each)
            size += len(each)
            if size >= CHUNK:
                copy.write("".join(waiting))
                waiting, size = [], 0
        copy.write("".join(waiting))


def _and_defaults(model: type["Model"], columns: str) -> tuple[str, str]:
    """Return the columns with those that must be filled as well, and what stands in these at the end of each line."""
    given = {name.strip() for name in columns.split(",")}
    others = [each for each in model._meta.concrete_fields if each.column not in given and not each.null and each.has_default()]  # noqa: SLF001
    defaults = [(each.column, each.get_default()) for each in others]
    values = [json.dumps(value) if isinstance(value, dict | list) else value for _, value in defaults]
    return ", ".join([columns, *(str(name) for name, _ in defaults)]), "".join(f"\t{field(value)}" for value in values)
