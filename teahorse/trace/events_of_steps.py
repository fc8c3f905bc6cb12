"""A step that was told, written as the event that it is (EPCIS 2.0, section 7.4): what is told by whom decides nothing of it any more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from teahorse.common.times import HOME
from teahorse.people.models import Organisation
from teahorse.trace.answers import Answers
from teahorse.trace.flows import Field, Step
from teahorse.trace.models import Attachment, Lot, Site
from teahorse.trace.naming import case_uri, party_uri, piece_uri, site_uri, transaction_uri, vocabulary_uri

PREFIX = "th"
TRANSACTIONS = {"test_report": "testres"}
"""Kinds of certificate that the CBV names; all others are ``cert``."""
KINDS = {"object": "ObjectEvent", "transformation": "TransformationEvent", "aggregation": "AggregationEvent"}


@dataclass(frozen=True, kw_only=True)
class ToldStep:
    """All that an event of a step is written from."""

    key: UUID
    seller: Organisation
    flow: str
    step: Step
    answers: Answers
    salt: str
    happened_at: datetime
    site: Site | None
    taken: Sequence[tuple[Lot, Decimal]]
    given: Sequence[tuple[Lot, Decimal]]
    attachments: Sequence[Attachment]
    process: UUID | None
    handed_to: Organisation | None


def prefixes() -> dict[str, str]:
    """Return what the prefix of our own fields stands for."""
    return {PREFIX: vocabulary_uri()}


def event_name(key: UUID) -> str:
    """Return the ``eventID`` of a telling's event."""
    return f"urn:uuid:{key}"


def event_of(told: ToldStep) -> dict[str, Any]:
    """Return the event as its JSON is."""
    step = told.step
    written = {
        "type": KINDS[step.event],
        "eventID": event_name(told.key),
        "eventTime": written_time(told.happened_at),
        "eventTimeZoneOffset": told.happened_at.astimezone(HOME).isoformat()[-6:],
        **({"action": step.action} if step.event != "transformation" else {}),
        "bizStep": _word(step.biz_step, "BizStep"),
        "disposition": _word(step.disposition, "Disp"),
        **_what(told),
        **_where(told),
        "bizTransactionList": list(_transactions(told)),
        "ilmd": _master_data(told),
        "sensorElementList": _sensors(told),
        **_own(told),
    }
    return {name: value for name, value in written.items() if value not in ("", [], {}, None)}


def written_time(moment: datetime) -> str:
    """Return a time as events write it: in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(text: str, kind: str) -> str:
    return vocabulary_uri(f"{kind}-{text.removeprefix('voc:')}") if text.startswith("voc:") else text


def _quantities(lots: Sequence[tuple[Lot, Decimal]]) -> list[dict[str, Any]]:
    return [{"epcClass": lot.uri, "quantity": number(amount), **({"uom": lot.item.unit} if lot.item.unit else {})} for lot, amount in lots]


def number(amount: Decimal) -> int | float:
    """Return an amount as JSON writes numbers: whole ones without a point."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _what(told: ToldStep) -> dict[str, Any]:
    taken, given = _quantities(told.taken), _quantities(told.given)
    match told.step.event:
        case "transformation":
            process = transaction_uri("process", str(told.process)) if told.process else ""
            return {"inputQuantityList": taken, "outputQuantityList": given, "transformationID": process}
        case "aggregation":
            box = f"{told.happened_at.astimezone(HOME):%Y%m%d}-{told.key.hex[-6:]}"
            return {"parentID": case_uri(told.seller, box), "childQuantityList": taken}
        case _:
            return {"quantityList": taken + given}


def _where(told: ToldStep) -> dict[str, Any]:
    """Say where it was, and from whom to whom goods went."""
    place = {"id": site_uri(told.site)} if told.site else None
    if told.handed_to is None:
        return {"readPoint": place, "bizLocation": place if told.step.event != "aggregation" else None}
    return {
        "readPoint": place,
        "sourceList": [{"type": "owning_party", "source": party_uri(told.seller)}],
        "destinationList": [{"type": "owning_party", "destination": party_uri(told.handed_to)}],
    }


def _transactions(told: ToldStep) -> Iterator[dict[str, str]]:
    for paper in told.answers.papers:
        yield {"type": TRANSACTIONS.get(paper.kind, "cert"), "bizTransaction": transaction_uri(paper.kind, paper.number)}
    if told.answers.households:
        yield {"type": "recadv", "bizTransaction": transaction_uri("weigh-note", str(told.key))}


def _master_data(told: ToldStep) -> dict[str, Any]:
    """Return what is said of new lots. Where there is one lot alone, its number and its last day are said in the CBV's own words."""
    if not told.given:
        return {}
    said: dict[str, Any] = {f"{PREFIX}:{field.key}": value for field, value in _values(told, "ilmd")}
    if len(told.given) == 1:
        lot = told.given[0][0]
        said["cbvmda:lotNumber"] = lot.number
        if lot.best_before:
            said["cbvmda:bestBeforeDate"] = lot.best_before.isoformat()
    return said


def _values(told: ToldStep, goes: str) -> Iterator[tuple[Field, str | float]]:
    for field in told.step.fields:
        value = told.answers.values.get(field.key, "")
        if field.goes == goes and value != "":
            yield field, value


def _sensors(told: ToldStep) -> list[dict[str, Any]]:
    """Return what was measured, the readings of one type and unit in one report."""
    reports: dict[tuple[str, str], dict[str, Any]] = {}
    for field, value in _values(told, "sensor"):
        report = reports.setdefault((field.measures, field.uom), {"type": field.measures})
        report[field.reads] = value
    if not reports:
        return []
    written = [{**report, "uom": unit} for (_measures, unit), report in reports.items()]
    return [{"sensorMetadata": {"time": written_time(told.happened_at)}, "sensorReport": written}]


def _own(told: ToldStep) -> Mapping[str, Any]:
    """Return what stands under our own prefix. Persons are salted hashes, files their digests."""
    shown: dict[str, Any] = {
        "telling": str(told.key),
        "flow": told.flow,
        "step": told.step.key,
        "attachments": [{f"{PREFIX}:kind": one.kind, f"{PREFIX}:sha256": one.sha256} for one in told.attachments],
        "households": [salted(told.salt, one.name, number(one.amount)) for one in told.answers.households],
        "pieces": [
            piece_uri(lot, serial)
            for lot, _amount in told.given
            for given in told.answers.gives
            if given.part == lot.item.part
            for serial in given.serials
        ],
        **{field.key: value for field, value in _values(told, "event")},
    }
    return {f"{PREFIX}:{name}": value for name, value in shown.items() if value not in ([], "")}


def salted(salt: str, *said: object) -> str:
    """Return the hash that stands in an event for what names a person; whoever is told the salt can check it."""
    return sha256("\n".join([salt, *map(str, said)]).encode()).hexdigest()


def number_of_lot(lot_number: int, happened_at: datetime) -> str:
    """Return a lot's number as people read it: its day, and which one of the day."""
    return f"{happened_at.astimezone(HOME):%Y%m%d}-{lot_number:02}"
