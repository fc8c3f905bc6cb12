"""The flows of the demo region, published by its centres."""

from datetime import datetime
from typing import Any

from teahorse.demo.keys import key_of
from teahorse.demo.reading import Row, read, translated, words
from teahorse.demo.writing import write_missing
from teahorse.people.models import Organisation
from teahorse.trace.flows import check
from teahorse.trace.models import Flow

TEXTS = ("name", "help", "label", "unit")


def load_flows(*, now: datetime) -> None:
    """Write the flows that are not there, in use from now on."""
    rows = read("flows.toml")["flow"]
    owners = Organisation.objects.in_bulk({key_of("organisation", owner) for row in rows for owner in row["owners"]})
    write_missing(Flow, (_flow(row, owners[key_of("organisation", owner)], now) for row in rows for owner in row["owners"]))


def _flow(row: Row, owner: Organisation, now: datetime) -> Flow:
    parts, steps = parts_and_steps(row)
    return Flow(
        id=key_of("flow", f"{owner.key} {row['key']}"),
        county_id=owner.county_id,
        owner=owner,
        key=row["key"],
        parts=parts,
        steps=steps,
        written_at=now,
        published_at=now,
        **translated(name=row["name"]),
    )


def parts_and_steps(row: Row) -> tuple[list[Row], list[Row]]:
    """
    Return what a flow of the content says, as :class:`teahorse.trace.models.Flow` keeps it.

    :raises django.core.exceptions.ValidationError: if nobody could tell anything by it.
    """
    parts, steps = [_by_language(part) for part in row["part"]], [_step(step) for step in row["step"]]
    check(parts, steps)
    return parts, steps


def _step(row: Row) -> Row:
    fields = [_by_language(field) for field in row.get("field", ())]
    return _by_language({name: value for name, value in row.items() if name != "field"}) | ({"fields": fields} if fields else {})


def _by_language(row: Row) -> Row:
    """Return a row with its texts under the languages of the house; a part's unit is a code, a field's a text."""
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if name == "choices":
        return [_by_language(choice) for choice in value]
    return words(value) if name in TEXTS and isinstance(value, dict) else value
