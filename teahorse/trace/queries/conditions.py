"""
Conditions of a question as conditions of SQL (EPCIS 2.0, section 8.2.7.1).

What is asked most stands in columns, things and their roles in the table of edges; all else is read out of an event's JSON.
Values go to the database as parameters, never as text of a statement.
"""

# ruff: noqa: S608 - every text is put together of constants of this module

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce, singledispatch
from operator import or_
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import In

from teahorse.trace.epcis.epc_urns import DIGITAL_LINK
from teahorse.trace.epcis.questions import (
    Added,
    Among,
    Amount,
    Compared,
    Condition,
    Described,
    Listed,
    Operator,
    Part,
    Said,
    Sensed,
    Tells,
    Timed,
    Within,
)
from teahorse.trace.models import EventThing, MasterData, Thing
from teahorse.trace.queries.places import uris_within
from teahorse.trace.rules import digest_in, event_key, key_of

COLUMNS = {
    "eventType": "kind",
    "action": "action",
    "bizStep": "step",
    "disposition": "disposition",
    "readPoint": "read_point",
    "bizLocation": "location",
    "transformationID": "transformation",
    "eventTime": "happened_at",
    "recordTime": "recorded_at",
}
SIGNS = {Operator.EQ: "=", Operator.GT: ">", Operator.GE: ">=", Operator.LT: "<", Operator.LE: "<="}
LOOKUPS = {Operator.EQ: "exact", Operator.GT: "gt", Operator.GE: "gte", Operator.LT: "lt", Operator.LE: "lte"}
BODY = '"trace_traceevent"."body"'
CONTEXT = '"trace_traceevent"."context"'
Fragment = tuple[str, list[Any]]


def holding(conditions: Sequence[Condition], *, organisation_id: UUID) -> list[Q]:
    """Return what holds for an event for which all of the conditions hold; what sensors report holds for one report together."""
    sensed = [one for one in conditions if isinstance(one, Sensed)]
    found = [_holds(one, organisation_id) for one in conditions if not isinstance(one, Sensed)]
    return [*found, _sql(*_one_report(sensed))] if sensed else found


@singledispatch
def _holds(condition: Condition, organisation_id: UUID) -> Q:  # noqa: ARG001 - every condition is given it
    raise TypeError(condition)


@_holds.register
def _(condition: Among, _organisation_id: UUID) -> Q:
    return _named(condition.texts) if condition.field == "eventID" else Q(**{f"{COLUMNS[condition.field]}__in": condition.texts})


@_holds.register
def _(condition: Timed, _organisation_id: UUID) -> Q:
    if condition.field in COLUMNS:
        return Q(**{f"{COLUMNS[condition.field]}__{LOOKUPS[condition.operator]}": condition.at})
    return _sql(f"({BODY} #>> '{{errorDeclaration,declarationTime}}')::timestamptz {SIGNS[condition.operator]} %s", [condition.at])


@_holds.register
def _(condition: Said, _organisation_id: UUID) -> Q:
    if not condition.texts:
        return _sql(f"jsonb_path_exists({BODY}, %s::jsonpath)", [condition.path])
    said = f"exists (select from jsonb_path_query({BODY}, %s::jsonpath) said where said #>> '{{}}' = any(%s))"
    return _sql(said, [condition.path, list(condition.texts)])


@_holds.register
def _(condition: Listed, _organisation_id: UUID) -> Q:
    held = f"exists (select from jsonb_array_elements({BODY} -> %s) one where one ->> 'type' = any(%s) and one ->> %s = any(%s))"
    return _sql(held, [condition.listed, list(condition.types), condition.named, list(condition.texts)])


def _sql(text: str, parameters: list[Any]) -> Q:
    return Q(RawSQL(text, parameters, output_field=BooleanField()))  # noqa: S611 - the text is of constants of this module only


def _named(names: tuple[str, ...]) -> Q:
    """Return the events of some hashes, or of names that their tellers gave them."""
    digests = [digest for name in names if (digest := digest_in(name)) is not None]
    return Q(pk__in=[event_key(digest) for digest in digests], digest__in=digests) | Q(told_as__in=names)


@_holds.register
def _(condition: Within, organisation_id: UUID) -> Q:
    """Return whether a column names one of some places or one in them; what extends a GLN lies in it."""
    column, uris = COLUMNS[condition.field], uris_within(condition.places, organisation_id=organisation_id)
    heads = [f"{uri}/254/" for uri in uris if uri.startswith(f"{DIGITAL_LINK}/414/") and "/254/" not in uri]
    heads += [uri[:-1] for uri in uris if uri.startswith("urn:epc:id:sgln:") and uri.endswith(".0")]
    return reduce(or_, (Q(**{f"{column}__startswith": head}) for head in heads), Q(**{f"{column}__in": uris}))


@_holds.register
def _(condition: Tells, _organisation_id: UUID) -> Q:
    """Return whether the event tells of a thing; exact names are keys already, only patterns look names up."""
    edges = EventThing.objects.filter(event_id=OuterRef("pk"), role__in=condition.roles)
    things = reduce(or_, (_fitting(pattern.uri, pattern.regex) for pattern in condition.patterns if pattern.is_prefix), Q(pk__in=[]))
    keys = [key_of(pattern.uri) for pattern in condition.patterns if not pattern.is_prefix]
    fitting: QuerySet[Thing] = Thing.objects.filter(things | Q(pk__in=keys), level__in=condition.levels)
    return Q(Exists(edges.filter(thing_id__in=fitting.values("pk"))))


def _fitting(prefix: str, regex: str) -> Q:
    begins = Q(uri__startswith=prefix)
    return begins & Q(uri__regex=regex) if regex else begins


@_holds.register
def _(condition: Described, organisation_id: UUID) -> Q:
    """Return whether what an organisation's documents said of a place or class has an attribute."""
    described = MasterData.objects.filter(organisation_id=organisation_id)
    asked = Q()
    for attribute in condition.attributes:
        value = KeyTextTransform(attribute, "attributes")
        asked |= Q(In(value, list(condition.texts))) if condition.texts else Q(attributes__has_key=attribute)
    named = described.filter(asked).values("uri")
    if condition.field != "epcClass":
        return Q(**{f"{COLUMNS[condition.field]}__in": named})
    return Q(Exists(EventThing.objects.filter(event_id=OuterRef("pk"), thing__uri__in=named)))


# --- Numbers


def _limited(value: str, unit: str, operator: Operator, limits: tuple[dict[str, str], ...]) -> Fragment:
    """
    Return whether a JSON number compares as asked, in its own unit; equal is what differs by no more than units' conversion does.
    """
    told, parts, parameters = f"({value})::numeric", [], []
    for limit in limits:
        asked = "%s::numeric" if "" in limit else f"(%s::jsonb ->> ({unit}))::numeric"
        given = Decimal(limit[""]) if "" in limit else msgspec.json.encode(limit).decode()
        if operator is Operator.EQ:
            parts.append(f"abs({told} - {asked}) <= 1e-9 * greatest(1, abs({told}))")
        else:
            parts.append(f"{told} {SIGNS[operator]} {asked}")
        parameters.append(given)
    return f"({' or '.join(parts)})", parameters


@_holds.register
def _(condition: Amount, _organisation_id: UUID) -> Q:
    text, parameters = _limited("one -> 'quantity'", "one ->> 'uom'", condition.operator, condition.limits)
    lists = "'quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'"
    held = f"exists (select from unnest(array[{lists}]) list cross join jsonb_array_elements({BODY} -> list) one where {text})"
    return _sql(held, parameters)


# --- Sensors

ELEMENTS = f"jsonb_array_elements({BODY} -> 'sensorElementList') element"
REPORTS = f"{ELEMENTS} cross join jsonb_array_elements(element -> 'sensorReport') report"


def _one_report(sensed: list[Sensed]) -> Fragment:
    tests = [_sensed(one) for one in sensed]
    parameters = [parameter for _text, given in tests for parameter in given]
    return f"exists (select from {REPORTS} where {' and '.join(text for text, _given in tests)})", parameters


def _sensed(one: Sensed) -> Fragment:
    """Return one condition on a report; what it leaves out it inherits from the element's metadata (EPCIS 2.0, section 7.3.7.2)."""
    of = {"report": "report ->> %s", "metadata": "element -> 'sensorMetadata' ->> %s"}
    value, names = (
        (of[one.of], [one.field]) if one.of != "either" else (f"coalesce({of['report']}, {of['metadata']})", [one.field, one.field])
    )
    if one.limits:
        told = f"(report -> '{one.field}')"  # a name out of a table, not of the asker's
        return _limited(told, "report ->> 'uom'", one.operator, one.limits)
    if one.flag is not None:
        return f"({value})::boolean = %s", [*names, one.flag]
    if one.times:
        return f"({value})::timestamptz {SIGNS[one.operator]} %s", [*names, one.times[0]]
    return f"{value} = any(%s)", [*names, list(one.texts)]


# --- Fields of the users' own

OBJECTS = {
    Part.EVENT: f"(select {BODY} base)",
    Part.ILMD: f"(select {BODY} -> 'ilmd' base)",
    Part.ERROR_DECLARATION: f"(select {BODY} -> 'errorDeclaration' base)",
    Part.READ_POINT: f"(select {BODY} -> 'readPoint' base)",
    Part.BIZ_LOCATION: f"(select {BODY} -> 'bizLocation' base)",
    Part.SENSOR_ELEMENT: f"(select element base from {ELEMENTS})",
    Part.SENSOR_METADATA: f"(select element -> 'sensorMetadata' base from {ELEMENTS})",
    Part.SENSOR_REPORT: f"(select report base from {REPORTS})",
}
"""Where fields of a part stand; an absent part has none."""
INNER = """
    jsonb_each(base) outside cross join jsonb_path_query(outside.value, 'strict $.** ? (@.type() == "object")') object
    cross join jsonb_each(object) field
"""
ADDRESS = f"coalesce({CONTEXT} ->> split_part(field.key, ':', 1), '') || substr(field.key, strpos(field.key, ':') + 1)"


@_holds.register
def _(condition: Added, _organisation_id: UUID) -> Q:
    """Return whether users' own field compares as asked; its name is the same where prefix and name make the same address."""
    fields = INNER if condition.inner else "jsonb_each(base) field"
    outside = "outside.key like '%%:%%' and" if condition.inner and condition.part is Part.EVENT else ""
    address = condition.address or condition.written
    test, parameters = _compared(condition.compared)
    text = f"""
        exists (select from {OBJECTS[condition.part]} part cross join {fields}
                 where {outside} (field.key in (%s, %s) or {ADDRESS} = %s) and {test})
    """
    return _sql(text, [condition.written, address, address, *parameters])


def _compared(compared: Compared) -> Fragment:
    """Return whether a value, one of a list of them, or the value of a JSON-LD typed one, compares as asked."""
    if compared.operator is None:
        return "true", []
    parts: list[str] = []
    parameters: list[Any] = []
    if compared.texts:
        parts.append("scalar #>> '{}' = any(%s)")
        parameters.append(list(compared.texts))
    for number in compared.numbers:
        parts.append(f"case when jsonb_typeof(scalar) = 'number' then scalar::numeric {SIGNS[compared.operator]} %s else false end")
        parameters.append(number)
    if compared.time is not None:
        parts.append(
            "case when jsonb_typeof(scalar) = 'string'"
            f" then coalesce(trace_moment(scalar #>> '{{}}') {SIGNS[compared.operator]} %s, false) else false end"
        )
        parameters.append(compared.time)
    values = """jsonb_path_query(field.value, 'lax $[*] ? (@.type() != "object")') scalar"""
    typed = """jsonb_path_query(field.value, 'lax $[*]."@value"') scalar"""
    test = " or ".join(parts)
    return f"(exists (select from {values} where {test}) or exists (select from {typed} where {test}))", [*parameters, *parameters]
