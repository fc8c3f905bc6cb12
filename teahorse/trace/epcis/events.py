"""
The five event types of EPCIS 2.0 (section 7.4) as typed values.

Fields carry the standard's names in Python's writing (``biz_step`` is ``bizStep``). A text that is absent is ``""``, a list
that is absent is ``()``; for numbers, times and parts that can be absent stands ``UNSET``, never None, because JSON's null is
refused. What users add under their own prefixes is kept as it came: at the event's level in ``extensions``, deeper in the raw
event that is stored beside the typed one.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import fields

from teahorse.trace.epcis.limits import LONGEST_IDENTIFIER, MOST_EPCS

Text = Annotated[str, Meta(min_length=1, max_length=LONGEST_IDENTIFIER)]
Identifiers = Annotated[tuple[Text, ...], Meta(max_length=MOST_EPCS)]
Time = Annotated[datetime, Meta(tz=True)]
Offset = Annotated[str, Meta(pattern=r"^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)\Z")]
UnitCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,3}\Z")]
HexBinary = Annotated[str, Meta(pattern=r"^[A-Fa-f0-9]+\Z", max_length=LONGEST_IDENTIFIER)]
Action = Literal["ADD", "OBSERVE", "DELETE"]

_WRITTEN = {"id": "ID", "epc": "EPC", "epcs": "EPCs", "ids": "IDs"}


def _camel(name: str) -> str:
    """Return the standard's writing: ``child_epcs`` is ``childEPCs``, ``epc_list`` is ``epcList``."""
    first, *others = name.split("_")
    return first + "".join(_WRITTEN.get(word, word.capitalize()) for word in others)


class Part(Struct, frozen=True, kw_only=True, rename=_camel, omit_defaults=True):
    """A part that users may extend under their own prefixes."""


class ClosedPart(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part that has no room for extensions."""


class Quantity(ClosedPart, frozen=True, kw_only=True):
    """How much of a class: a count without ``uom``, else a measure in that unit (section 7.3.3.3)."""

    epc_class: Text
    quantity: float | UnsetType = UNSET
    uom: UnitCode = ""


Quantities = Annotated[tuple[Quantity, ...], Meta(max_length=MOST_EPCS)]


class BusinessTransaction(ClosedPart, frozen=True, kw_only=True):
    biz_transaction: Text
    type: Text = ""


class Source(ClosedPart, frozen=True, kw_only=True):
    type: Text
    source: Text


class Destination(ClosedPart, frozen=True, kw_only=True):
    type: Text
    destination: Text


class PersistentDisposition(ClosedPart, frozen=True, kw_only=True):
    """What holds beyond this event until it is unset, such as ``recalled`` (section 7.4.1.3)."""

    set: Annotated[tuple[Text, ...], Meta(min_length=1)] = ()
    unset: Annotated[tuple[Text, ...], Meta(min_length=1)] = ()


class Place(Part, frozen=True, kw_only=True):
    """A read point or a business location."""

    id: Text


class ErrorDeclaration(Part, frozen=True, kw_only=True):
    """Said by an event that repeats an earlier one and declares it wrong (section 7.4.1.4)."""

    declaration_time: Time
    reason: Text = ""
    corrective_event_ids: tuple[Text, ...] = ()


class SensorMetadata(Part, frozen=True, kw_only=True):
    time: Time | UnsetType = UNSET
    start_time: Time | UnsetType = UNSET
    end_time: Time | UnsetType = UNSET
    device_id: Text = ""
    device_metadata: Text = ""
    raw_data: Text = ""
    data_processing_method: Text = ""
    biz_rules: Text = ""


class SensorReport(Part, frozen=True, kw_only=True):
    """One measured property with its values (section 7.3.7.3)."""

    type: Text
    exception: Text = ""
    device_id: Text = ""
    device_metadata: Text = ""
    raw_data: Text = ""
    data_processing_method: Text = ""
    biz_rules: Text = ""
    time: Time | UnsetType = UNSET
    microorganism: Text = ""
    chemical_substance: Text = ""
    coordinate_reference_system: Text = ""
    component: Text = ""
    value: float | UnsetType = UNSET
    min_value: float | UnsetType = UNSET
    max_value: float | UnsetType = UNSET
    mean_value: float | UnsetType = UNSET
    s_dev: float | UnsetType = UNSET
    perc_rank: float | UnsetType = UNSET
    perc_value: float | UnsetType = UNSET
    string_value: str | UnsetType = UNSET
    boolean_value: bool | UnsetType = UNSET
    hex_binary_value: HexBinary | UnsetType = UNSET
    uri_value: Text = ""
    uom: UnitCode = ""


class SensorElement(Part, frozen=True, kw_only=True):
    sensor_report: Annotated[tuple[SensorReport, ...], Meta(min_length=1, max_length=MOST_EPCS)]
    sensor_metadata: SensorMetadata | UnsetType = UNSET


class Event(Part, frozen=True, kw_only=True, tag_field="type"):
    """What the five types share: WHEN, WHERE, WHY, HOW; WHAT is each type's own."""

    event_time: Time
    event_time_zone_offset: Offset
    record_time: Time | UnsetType = UNSET
    event_id: Text = ""
    certification_info: Text | Identifiers = ()
    error_declaration: ErrorDeclaration | UnsetType = UNSET
    biz_step: Text = ""
    disposition: Text = ""
    persistent_disposition: PersistentDisposition | UnsetType = UNSET
    read_point: Place | UnsetType = UNSET
    biz_location: Place | UnsetType = UNSET
    biz_transaction_list: Annotated[tuple[BusinessTransaction, ...], Meta(max_length=MOST_EPCS)] = ()
    source_list: Annotated[tuple[Source, ...], Meta(max_length=MOST_EPCS)] = ()
    destination_list: Annotated[tuple[Destination, ...], Meta(max_length=MOST_EPCS)] = ()
    sensor_element_list: Annotated[tuple[SensorElement, ...], Meta(max_length=MOST_EPCS)] = ()
    extensions: dict[str, Any] = {}

    @property
    def type(self) -> str:
        """The event type's name, as JSON writes it."""
        return type(self).__name__


class ObjectEvent(Event, frozen=True, kw_only=True, tag=True):
    """Something happened to objects or classes (section 7.4.2)."""

    action: Action
    epc_list: Identifiers = ()
    quantity_list: Quantities = ()
    ilmd: dict[str, Any] = {}


class AggregationEvent(Event, frozen=True, kw_only=True, tag=True):
    """Children were put into, seen in or taken out of a parent (section 7.4.3)."""

    action: Action
    parent_id: Text = ""
    child_epcs: Identifiers = ()
    child_quantity_list: Quantities = ()


class AssociationEvent(Event, frozen=True, kw_only=True, tag=True):
    """Children were joined lastingly to a parent, which may be a place (section 7.4.6)."""

    action: Action
    parent_id: Text
    child_epcs: Identifiers = ()
    child_quantity_list: Quantities = ()


class TransactionEvent(Event, frozen=True, kw_only=True, tag=True):
    """Objects were tied to business transactions or freed of them (section 7.4.4)."""

    action: Action
    biz_transaction_list: Annotated[tuple[BusinessTransaction, ...], Meta(min_length=1, max_length=MOST_EPCS)]
    parent_id: Text = ""
    epc_list: Identifiers = ()
    quantity_list: Quantities = ()


class TransformationEvent(Event, frozen=True, kw_only=True, tag=True):
    """Inputs were used up and outputs made; ``transformation_id`` joins several events of one long process (section 7.4.5)."""

    input_epc_list: Identifiers = ()
    input_quantity_list: Quantities = ()
    output_epc_list: Identifiers = ()
    output_quantity_list: Quantities = ()
    transformation_id: Text = ""
    ilmd: dict[str, Any] = {}


AnyEvent = ObjectEvent | AggregationEvent | AssociationEvent | TransactionEvent | TransformationEvent
TYPES: dict[str, type[AnyEvent]] = {
    kind.__name__: kind for kind in (ObjectEvent, AggregationEvent, AssociationEvent, TransactionEvent, TransformationEvent)
}


def known_fields(part: type[Part]) -> frozenset[str]:
    """Return the names that the standard gives to a part's fields, as JSON writes them."""
    return frozenset(field.encode_name for field in fields(part)) - {"extensions"}


EVENT_FIELDS = {name: known_fields(kind) | {"type", "@context"} for name, kind in TYPES.items()}
SENSOR_FIELDS = {part: known_fields(part) for part in (SensorElement, SensorMetadata, SensorReport)}
ERROR_FIELDS = known_fields(ErrorDeclaration)
