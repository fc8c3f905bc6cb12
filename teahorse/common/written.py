"""
Questions that are written once.

Django takes longer to write a large question than PostgreSQL to answer it. What nearly every page asks is therefore written for
stand-ins, once for each shape; at each asking the true keys and moments are put where the stand-ins stood.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet

from teahorse.common.statements import Rows, asked
from teahorse.common.times import HOME

Value = UUID | datetime
MOMENTS = (datetime(2931, 3, 5, 1, 2, 3, tzinfo=UTC), datetime(2937, 10, 21, 21, 40, 50, tzinfo=UTC))
"""What stands for a moment: far from all that is told of, and unlike each other in day, month and hour."""
FAR = timedelta(days=365 * 200)


class AsksWhileWritten(AssertionError):
    """Whoever writes a question asks one, or reads of a stand-in what its shape does not name: the answer would be another's."""


@dataclass(frozen=True, slots=True)
class Blank:
    """Where a true value goes: its name, for a moment how long after it, and whether the day is meant that it then is at home."""

    name: str
    later: timedelta = timedelta(0)
    is_day: bool = False

    def filled(self, values: Mapping[str, Value]) -> object:
        """Return what stands there."""
        value = values[self.name]
        if not isinstance(value, datetime):
            return value
        return value.astimezone(HOME).date() + self.later if self.is_day else value + self.later


@dataclass(frozen=True, slots=True)
class Written:
    """A question as the database reads it, with blanks."""

    sql: str
    parameters: Sequence[object]

    def rows(self, values: Mapping[str, Value]) -> Rows:
        """Ask it of true values; prepared by the server."""
        return asked(self.sql, [one.filled(values) if isinstance(one, Blank) else one for one in self.parameters])()


def write(make: Callable[[Mapping[str, Any]], QuerySet[Any, Any]], *, keys: Collection[str], moments: Collection[str] = ()) -> Written:
    """
    Return the question that ``make`` writes of some keys and moments, for any of them.

    It is written twice for unlike stand-ins: what differs otherwise than the stand-ins do is refused.

    :param make: is given values by their names and writes the question; it asks nothing itself.
    :raises AsksWhileWritten: if it does, or makes of a value something else than the value, spans from a moment and days at home.
    """
    one, other = (_written(make, _stand_ins(keys, moments, which)) for which in (0, 1))
    if one != other:
        msg = "the question goes by something that is neither a key, a span from a moment nor a day at home"
        raise AsksWhileWritten(msg)
    return one


def known(model: type[Model], **fields: object) -> Any:
    """Return a row of which nothing but these fields is known: to read another one would be a question."""
    return model.from_db("default", list(fields), list(fields.values()))


def _stand_ins(keys: Collection[str], moments: Collection[str], which: int) -> dict[str, Value]:
    stand_ins: dict[str, Value] = {name: UUID(int=(0xFEED << 64) + (which << 32) + number) for number, name in enumerate(keys)}
    return stand_ins | dict.fromkeys(moments, MOMENTS[which])


def _written(make: Callable[[Mapping[str, Any]], QuerySet[Any, Any]], stand_ins: Mapping[str, Value]) -> Written:
    with connection.execute_wrapper(_refuse):
        sql, parameters = make(stand_ins).query.sql_with_params()
    return Written(sql, tuple(_blank(one, stand_ins) for one in parameters))


def _blank(parameter: object, stand_ins: Mapping[str, Value]) -> object:
    """Return where a true value goes if a stand-in, or what was counted from it, stands there."""
    for name, value in stand_ins.items():
        if not isinstance(value, datetime):
            if parameter == value:
                return Blank(name)
        elif isinstance(parameter, datetime) and abs(parameter - value) < FAR:
            return Blank(name, parameter - value)
        elif type(parameter) is date and abs(parameter - value.astimezone(HOME).date()) < FAR:
            return Blank(name, parameter - value.astimezone(HOME).date(), is_day=True)
    return parameter


def _refuse(_execute: object, sql: str, *_more: object) -> NoReturn:
    raise AsksWhileWritten(sql)
