"""Every flow of the demo is told end to end; its events are what EPCIS 2.0 allows, by GS1's own schema."""

from decimal import Decimal

import jsonschema_rs
import msgspec
import pytest

from teahorse.demo.reading import read
from teahorse.trace import flows, queries
from teahorse.trace.answers import Given, Household, Paper, Taken
from teahorse.trace.epcis.writing import document
from teahorse.trace.models import Lot, TraceEvent
from tests import world
from tests.console.world import member

from .recipes import published, tell
from .vectors import foreign, needs_vectors

pytestmark = [pytest.mark.django_db, needs_vectors]


SCHEMA = jsonschema_rs.Draft7Validator(foreign("openepcis-validation-schemas/epcis-json-schema.json"))


def value_for(field):
    if field.kind == "number":
        return field.least + 1 if field.least is not None else 1
    return {"choice": field.choices[0].key if field.choices else "", "date": "2026-08-10"}.get(field.kind, "如实")


def told_through(flow, seller, by):
    """Tell every step of a flow once, each of what those before it gave; return the tellings."""
    recipe = flows.read(flow.parts, flow.steps)
    begun, tellings = {}, []
    for step in recipe.steps.values():
        lots = [next(iter(Lot.objects.filter(item__part=part, item__flow_key=flow.key).order_by("-pk"))) for part in step.takes]
        telling = tell(
            seller,
            step.key,
            flow=flow,
            by=by,
            taken=tuple(Taken(lot.pk, Decimal(2)) for lot in lots),
            given=() if step.from_households else tuple(Given(part, Decimal(12)) for part in step.gives),
            households=(Household("卓玛家", Decimal("12.5")), Household("边巴家", Decimal(30))) if step.from_households else (),
            values={field.key: value_for(field) for field in step.fields},
            papers=tuple(Paper(kind, f"藏-{kind}-1") for kind in step.certificates),
            process=begun.get(step.process),
            to="shop" if step.hands_over else "",
        )
        if step.process:
            begun.setdefault(step.process, telling.process_id)
        tellings.append(telling)
    return tellings


@pytest.mark.parametrize("key", [row["key"] for row in read("flows.toml")["flow"]])
def test_a_flow_is_told_end_to_end(key):
    coop, _shop = world.organisation("chamchen"), world.organisation("shop", kind="company")
    flow = published(key)

    tellings = told_through(flow, coop, member(coop, "+8619900074001"))

    events = TraceEvent.objects.in_bulk([telling.event_id for telling in tellings])
    assert len(events) == len(flow.steps)
    for event in events.values():
        prefixes = {name: address for name, address in event.context.items() if name == "th"}
        whole = msgspec.json.decode(document([event.body], created_at=world.NOW, prefixes=prefixes))
        assert list(SCHEMA.iter_errors(whole)) == []
    assert all(left >= 0 for left in queries.left_of(Lot.objects.select_related("item")).values())
