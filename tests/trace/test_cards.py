"""What the log vouches for of an event, field by field: shown without the rest, made again from rows, found where rows were changed."""

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from teahorse.trace.cards import Logged, card_of, thing_field
from teahorse.trace.rules import Edge, Role

SCRIPT = Path(__file__).parents[2] / "teahorse/trace/static/trace/card.js"
SALT = bytes(range(16))
BARLEY = Edge("https://mall.example/id/lot/chamchen.barley", "lot", Role.INPUT, Decimal("120.500000"), "KGM")
WINE = Edge("https://mall.example/id/lot/chamchen.wine", "lot", Role.OUTPUT, Decimal("300.000000"))
LOGGED = Logged(
    digest=bytes(32),
    organisation_id=UUID(int=1),
    recorded_at=datetime(2026, 8, 15, 4, 0, tzinfo=UTC),
    columns={
        "happened_at": datetime(2026, 8, 14, 4, 0, tzinfo=UTC), "kind": "TransformationEvent", "action": "", "step": "commissioning",
        "disposition": "", "read_point": "https://mall.example/id/loc/chamchen.kettle", "location": "", "transformation": "", "told_as": "",
    },
    body={"sensorElementList": [{"sensorReport": [{"type": "Temperature", "minValue": 275.15, "maxValue": 281.65, "uom": "KEL"}]}]},
    edges=(BARLEY, WINE),
    names={"zh": "酿造", "bo": "བསྐོལ།"},
)  # fmt: skip
AMOUNTS = {f"amount of {thing_field(edge)}" for edge in (BARLEY, WINE)}
ALL = {"time", "step", "place", "names", "temperature", *AMOUNTS}
SAID = {
    "time": "2026-08-14T04:00:00.000000Z", "step": "commissioning", "place": "https://mall.example/id/loc/chamchen.kettle",
    "names": {"bo": "བསྐོལ།", "zh": "酿造"}, "temperature": [2.0, 8.5], "amounts": [["out", "300", ""], ["in", "120.5", "KGM"]],
}  # fmt: skip


def test_a_card_is_made_again_to_the_byte_and_by_another_salt_it_is_another():
    card = card_of(LOGGED, SALT)

    assert card_of(LOGGED, SALT).digest == card.digest
    assert card_of(LOGGED, bytes(16)).digest != card.digest


@pytest.mark.parametrize(
    "other",
    [
        {"digest": bytes(31) + b"1"},
        {"organisation_id": UUID(int=2)},
        {"recorded_at": datetime(2026, 8, 15, 4, 0, 0, 1, tzinfo=UTC)},
        {"columns": LOGGED.columns | {"happened_at": datetime(2026, 8, 14, 4, 0, 0, 1, tzinfo=UTC)}},
        *({"columns": LOGGED.columns | {name: "x"}} for name in LOGGED.columns if name != "happened_at"),
        {"body": {}},
        {"names": {"zh": "酿"}},
        {"edges": (BARLEY,)},
        {"edges": (BARLEY, replace(WINE, quantity=Decimal(301)))},
        {"edges": (BARLEY, replace(WINE, unit="LTR"))},
        {"edges": (BARLEY, replace(WINE, role=Role.OBJECT))},
        {"edges": (BARLEY, replace(WINE, uri="urn:x"))},
    ],
)
def test_whatever_is_another_makes_another_card(other):
    assert card_of(replace(LOGGED, **other), SALT).digest != card_of(LOGGED, SALT).digest


def test_what_is_not_shown_is_on_the_card_by_its_salted_hash_alone():
    card = card_of(LOGGED, SALT)
    shown = json.loads(card.shown({"time", *AMOUNTS}))

    assert "chamchen" not in str(shown)
    assert len(shown["shown"]) == 3
    assert json.loads(shown["shown"][0])[1:] == ["time", "2026-08-14T04:00:00.000000Z"]
    hashes = sorted([*shown["hidden"], *(sha256(field.encode()).hexdigest() for field in shown["shown"])])
    assert sha256(json.dumps(hashes, separators=(",", ":")).encode()).hexdigest() == card.digest
    salts = [json.loads(field)[0] for field in json.loads(card.shown(card.fields))["shown"]]
    assert len(set(salts)) == len(card.fields)


def said_by_script(*cases):
    """Return of each (card, digest, said) what the page's script says: "other card", or what differs."""
    run = subprocess.run(
        ["node", str(Path(__file__).with_name("read_card.mjs")), str(SCRIPT)],
        input="".join(json.dumps({"card": card, "digest": digest, "said": said}) + "\n" for card, digest, said in cases),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.skipif(not shutil.which("node"), reason="node is missing: the README says which")
def test_the_pages_script_reads_it_and_says_what_the_page_says_otherwise():
    card = card_of(LOGGED, SALT)
    written, changed = card.shown(ALL).decode(), card_of(replace(LOGGED, edges=(BARLEY,)), SALT)
    lies = {"time": "2026-08-15T04:00:00.000000Z", "step": "packing", "place": "", "names": {"zh": "酿造"}, "temperature": [2.0, 8.6]}
    amounts = ([["in", "120.5", "KGM"]], [["out", "120.5", "KGM"], ["out", "300", ""]], [*SAID["amounts"], ["in", "1", ""]])
    cases = [
        (written, card.digest, SAID),
        (written, card.digest, {"step": "commissioning"}),
        *((written, card.digest, SAID | {name: lie}) for name, lie in lies.items()),
        *((written, card.digest, SAID | {"amounts": lie}) for lie in amounts),
        (card.shown({"time"}).decode(), card.digest, SAID),
        (changed.shown(ALL).decode(), card.digest, SAID),
        (written.replace("300", "301"), card.digest, SAID),
        (written.replace('"hidden":[', '"hidden":["' + "0" * 64 + '",'), card.digest, SAID),
        (written.replace('"hidden":[', '"hidden":["x\\",\\"y",'), card.digest, SAID),
    ]

    assert said_by_script(*cases) == [
        [], [], *([name] for name in lies), *[["amounts"]] * 3,
        ["step", "place", "names", "temperature", "amounts"], *["other card"] * 4,
    ]  # fmt: skip
