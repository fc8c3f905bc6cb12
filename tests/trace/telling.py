"""Documents of events about a barley wine, as a cooperative's program would send them."""

import json

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
HOUSE = "https://mall.example/id"


def lot(name):
    return f"{HOUSE}/lot/chamchen.{name}"


def harvest(name, *, kilograms=120.5, at="2026-08-15T09:00:00+08:00"):
    return {
        "type": "ObjectEvent",
        "eventTime": at,
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "readPoint": {"id": f"{HOUSE}/loc/gyangze.field"},
        "quantityList": [{"epcClass": lot(name), "quantity": kilograms, "uom": "KGM"}],
    }


def brewing(into, *out_of, bottles=300, at="2026-09-20T15:00:00+08:00"):
    return {
        "type": "TransformationEvent",
        "eventTime": at,
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "commissioning",
        "inputQuantityList": [{"epcClass": lot(name), "quantity": 40, "uom": "KGM"} for name in out_of],
        "outputQuantityList": [{"epcClass": lot(into), "quantity": bottles}],
    }


def told(*events):
    """Return a document of events, as bytes."""
    document = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-10-01T10:00:00+08:00",
        "epcisBody": {"eventList": list(events)},
    }
    return json.dumps(document).encode()
