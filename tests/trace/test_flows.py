"""A flow that nobody could tell by is refused, each fault with its place; those of the demo are told end to end."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from teahorse.demo.flows import parts_and_steps
from teahorse.demo.reading import read
from teahorse.trace import flows
from teahorse.trace.models import Certificate, TradeItem

from .recipes import ZH

SEED = {"key": "seed", "name": ZH, "stage": "raw", "unit": "KGM"}
OIL = {"key": "oil", "name": ZH, "unit": "LTR"}
BUY = {"key": "buy", "name": ZH, "event": "object", "biz_step": "receiving", "gives": ["seed"]}
PRESS = {"key": "press", "name": ZH, "event": "transformation", "biz_step": "commissioning", "takes": ["seed"], "gives": ["oil"]}
FIELD = {"key": "heat", "label": ZH, "kind": "number", "goes": "sensor", "measures": "Temperature", "uom": "CEL"}


def faults(parts=(SEED, OIL), steps=(BUY, PRESS)):
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        flows.check(parts if isinstance(parts, str) else list(parts), list(steps))
    return refused.value.messages


def step(of=PRESS, **changed):
    return [BUY, {**of, **changed}]


def test_a_flow_that_is_right_is_read_as_it_is_written():
    flows.check([SEED, OIL], [BUY, {**PRESS, "fields": [FIELD]}])

    recipe = flows.read([SEED, OIL], [BUY, {**PRESS, "fields": [FIELD]}])

    assert list(recipe.parts) == ["seed", "oil"]
    assert recipe.steps["press"].fields[0].measures == "Temperature"
    assert [one.key for one in recipe.after(recipe.steps["buy"])] == ["press"]
    assert (recipe.steps["press"].uses_up, recipe.steps["buy"].uses_up) == (True, False)


def test_the_words_of_parts_and_certificates_are_those_of_the_tables():
    assert tuple(Certificate.Kind.values) == flows.CERTIFICATES
    assert set(flows.Part.__annotations__["stage"].__args__) == set(TradeItem.Stage.values)


@pytest.mark.parametrize("row", read("flows.toml")["flow"], ids=lambda row: row["key"])
def test_every_flow_of_the_demo_can_be_told_by(row):
    parts, steps = parts_and_steps(row)

    assert {language for one in (*parts, *steps) for language in one["name"]} == {"zh-hans", "bo", "en"}


@pytest.mark.parametrize(
    ("parts", "steps", "told"),
    [
        ("seed", [], "Write a list of parts and a list of steps."),
        ([SEED, OIL], [], "A flow has at least one step."),
        ([SEED, SEED, OIL], [BUY, PRESS], "seed stands there twice."),
        ([SEED, {"key": "Oil", "name": ZH}], [BUY], "Part 2: the key is written in at most 19 small letters, digits and hyphens."),
        ([{**SEED, "unit": "CEL"}, OIL], [BUY, PRESS], "seed: CEL is no unit of weight, volume, length or area."),
        ([{**SEED, "is_serialised": True}, OIL], [BUY, PRESS], "seed: what has numbers of its own is counted in pieces, without a unit."),
        ([{**SEED, "name": {"en": "seed"}}, OIL], [BUY, PRESS], "seed: the name is a text by language, Chinese at least."),
        ([{**SEED, "tolerance_bp": -1}, OIL], [BUY, PRESS], "seed: the tolerance lies between 0 and 100 percent."),
        ([{**SEED, "content": 0.5}, OIL], [BUY, PRESS], "seed: what is in one piece is more than nothing and has a unit."),
        (
            [{**SEED, "content": 0.0, "content_unit": "KGM"}, OIL],
            [BUY, PRESS],
            "seed: what is in one piece is more than nothing and has a unit.",
        ),
        ([{**SEED, "content": 1, "content_unit": "CEL"}, OIL], [BUY, PRESS], "seed: CEL is no unit of weight, volume, length or area."),
        ([SEED, OIL], step(least_yield_bp=3000), "press: a yield says how much comes out at least and at most."),
        ([SEED, OIL], step(least_yield_bp=3, most_yield_bp=2), "press: a yield says how much comes out at least and at most."),
        ([SEED, OIL], step(yield_unit="KGM"), "press: a yield says how much comes out at least and at most."),
        (
            [SEED, OIL],
            step(BUY, least_yield_bp=1, most_yield_bp=2),
            "buy: only where something is made of something else there is a yield.",
        ),
        ([{**SEED, "certificates": ["seal"]}, OIL], [BUY, PRESS], "seed: seal is no kind of certificate."),
        ([SEED, OIL, {"key": "cake", "name": ZH}], [BUY, PRESS], "cake: no step takes or gives it."),
        ([SEED, OIL], [PRESS], "seed: it is taken, and no step gives it."),
        ([SEED, OIL], step(takes=["sand"]), "press: sand is none of the parts."),
        ([SEED, OIL], step(biz_step="transforming"), "press: transforming is no step of the CBV; write one of ours as voc:word."),
        ([SEED, OIL], step(disposition="nice"), "press: nice is no disposition of the CBV."),
        ([SEED, OIL], step(takes=[]), "press: a transformation takes and gives; one that goes on for long does at least one of it."),
        ([SEED, OIL], step(BUY, takes=["seed"]), "buy: an object event that adds gives something and takes nothing."),
        ([SEED, OIL], step(event="aggregation"), "press: packing takes something, gives nothing and adds."),
        ([SEED, OIL], step(hands_over=True), "press: goods are handed over by an object event that observes."),
        ([SEED, OIL], step(from_households=True), "press: what households bring is one part with a unit, and nothing is taken."),
        ([SEED, OIL], step(fields=[FIELD, FIELD]), "press: heat stands there twice."),
        (
            [SEED, OIL],
            step(fields=[{**FIELD, "uom": "KGM"}]),
            "press: heat: a sensor's value is a number, with a type of the CBV and a unit that fits.",
        ),
        ([SEED, OIL], step(fields=[{**FIELD, "least": 3, "most": 2}]), "press: heat: the least is above the most."),
        (
            [SEED, OIL],
            step(fields=[{"key": "a", "label": ZH, "kind": "choice"}]),
            "press: a: each choice has a key and a label; there is at least one.",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(parts, steps, told):
    assert told in faults(parts, steps)


def test_a_bad_row_hides_no_other():
    told = faults([{"key": "seed"}, {**OIL, "colour": "green"}, 5], [BUY, PRESS])

    assert told[:3] == [
        "seed: this cannot be read: Object missing required field `name`.",
        "oil: this cannot be read: Object contains unknown field `colour`.",
        "Part 3: this cannot be read: Expected `object`, got `int`.",
    ]
