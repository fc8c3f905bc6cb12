"""
A question to the events as typed values: what SimpleEventQuery's parameters say (EPCIS 2.0, section 8.2.7.1).

A question is a list of conditions that all hold, an order, and how much is wanted. Paths are SQL/JSON paths into an event's JSON.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from teahorse.trace.epcis.patterns import Pattern


class Operator(StrEnum):
    """How a value is compared with the asked one."""

    EQ = "EQ"
    GT = "GT"
    GE = "GE"
    LT = "LT"
    LE = "LE"


class Among(msgspec.Struct, frozen=True):
    """A field that is asked often is one of some texts, written in any of their forms."""

    field: Literal["eventType", "action", "bizStep", "disposition", "readPoint", "bizLocation", "transformationID", "eventID"]
    texts: tuple[str, ...]


class Said(msgspec.Struct, frozen=True):
    """Somewhere in the event's JSON stands one of some texts; with no texts: anything at all."""

    path: str
    texts: tuple[str, ...] = ()


class Timed(msgspec.Struct, frozen=True):
    """A time of the event lies before or after another."""

    field: Literal["eventTime", "recordTime", "declarationTime"]
    operator: Operator
    at: datetime


class Tells(msgspec.Struct, frozen=True):
    """The event tells of a thing that fits a pattern, in one of some roles; ``levels`` say how finely things may be named."""

    roles: tuple[str, ...]
    levels: tuple[str, ...]
    patterns: tuple[Pattern, ...]


class Within(msgspec.Struct, frozen=True):
    """The event happened at one of some places or at a place that lies within one."""

    field: Literal["readPoint", "bizLocation"]
    places: tuple[str, ...]


class Described(msgspec.Struct, frozen=True):
    """The master data of a place or class that the event names have an attribute; with no texts: of any value."""

    field: Literal["readPoint", "bizLocation", "epcClass"]
    attributes: tuple[str, ...]
    texts: tuple[str, ...] = ()


class Listed(msgspec.Struct, frozen=True):
    """A list of papers or parties has an entry of a type with one of some names."""

    listed: str
    named: str
    types: tuple[str, ...]
    texts: tuple[str, ...]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What a value is compared with: texts or flags for equality, numbers, or a time. Without an operator: it exists."""

    operator: Operator | None = None
    texts: tuple[str, ...] = ()
    numbers: tuple[Decimal, ...] = ()
    time: datetime | None = None


class Part(StrEnum):
    """Which part of an event users have added a field to."""

    EVENT = ""
    ILMD = "ILMD"
    ERROR_DECLARATION = "ERROR_DECLARATION"
    READ_POINT = "readPoint"
    BIZ_LOCATION = "bizLocation"
    SENSOR_ELEMENT = "SENSORELEMENT"
    SENSOR_METADATA = "SENSORMETADATA"
    SENSOR_REPORT = "SENSORREPORT"


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the users' own: as it is written and, where its prefix is known, as a whole address; ``inner``: deeper than at first."""

    part: Part
    written: str
    address: str
    inner: bool
    compared: Compared


class Amount(msgspec.Struct, frozen=True):
    """The event tells of so much of a class; ``limits``: the asked number in every unit of the quantity, "" for any or no unit."""

    operator: Operator
    limits: tuple[dict[str, str], ...]


class Sensed(msgspec.Struct, frozen=True, kw_only=True):
    """
    One condition on a sensor's report or, for what reports inherit, on its metadata.

    ``limits`` are as in :class:`Amount`. All such conditions of a question hold for one and the same report.
    """

    field: str
    of: Literal["report", "metadata", "either"]
    operator: Operator = Operator.EQ
    texts: tuple[str, ...] = ()
    flag: bool | None = None
    times: tuple[datetime, ...] = ()
    limits: tuple[dict[str, str], ...] = ()


Condition = Among | Said | Timed | Tells | Within | Described | Listed | Added | Amount | Sensed


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is asked. ``order_by``: eventTime, recordTime, a field of the users' own, or "" as they came.

    ``first``: that many in this order are wanted; ``most``: more than that are refused.
    """

    conditions: tuple[Condition, ...] = ()
    order_by: str = ""
    is_descending: bool = True
    first: int | None = None
    most: int | None = None
