"""Addresses below ``/epcis/``, ``/tlog/`` and ``/witness/``. A name may have slashes in it, so what ends with ``/events`` comes first."""

from functools import partial

from django.urls import path

from teahorse.api.tracing import asking, capturing, log, paging, standing
from teahorse.api.tracing import witness as witnessing
from teahorse.api.tracing.doors import TEXT, door, nobodys

RESOURCES = {
    "eventTypes": "event_type",
    "bizSteps": "biz_step",
    "bizLocations": "biz_location",
    "readPoints": "read_point",
    "dispositions": "disposition",
    "epcs": "epc",
}

epcis = [
    path("", door(GET=asking.show_top), name="epcis_top"),
    path("capture", door(POST=capturing.take_document, GET=capturing.list_jobs), name="epcis_capture"),
    path("capture/<uuid:job_id>", door(GET=capturing.show_job), name="epcis_job"),
    path("events", door(POST=capturing.take_event, GET=asking.find_events), name="epcis_events"),
    path("events/<path:name>/proof", door(GET=log.show_proof, gives=(TEXT,)), name="epcis_proof"),
    path("events/<path:name>", door(GET=asking.show_event), name="epcis_event"),
    path("queries", door(POST=standing.make_query, GET=standing.list_queries), name="epcis_queries"),
    path("queries/<str:query_name>", door(GET=standing.show_query, DELETE=standing.forget_query), name="epcis_query"),
    path("queries/<str:query_name>/events", door(GET=standing.find_events), name="epcis_query_events"),
    path(
        "queries/<str:query_name>/subscriptions",
        door(POST=standing.make_subscription, GET=standing.list_subscriptions),
        name="epcis_subscriptions",
    ),
    path(
        "queries/<str:query_name>/subscriptions/<uuid:subscription_id>",
        door(GET=standing.show_subscription, DELETE=standing.end_subscription),
        name="epcis_subscription",
    ),
    path("nextPageToken/<str:token>", door(DELETE=paging.release), name="epcis_next_page"),
]
for kind, one in RESOURCES.items():
    epcis += [
        path(kind, door(GET=partial(asking.list_resources, kind=kind)), name=f"epcis_{one}s"),
        path(f"{kind}/<path:name>/events", door(GET=partial(asking.find_events_of, kind=kind)), name=f"epcis_{one}_events"),
        path(f"{kind}/<path:name>", door(GET=partial(asking.show_resource, kind=kind)), name=f"epcis_{one}"),
    ]
epcis.append(path("<path:rest>", nobodys))
tlog = [
    path("key", door(GET=log.show_key, gives=()), name="tlog_key"),
    path("rows/<int:index>", door(GET=log.show_rows, gives=()), name="tlog_rows"),
    path("<path:path>", door(GET=log.show_file, gives=()), name="tlog"),
]
witness = [
    path("key", door(GET=witnessing.show_key, gives=()), name="witness_key"),
    path("add-checkpoint", door(POST=witnessing.add_checkpoint, gives=()), name="witness_add_checkpoint"),
    path("<path:rest>", nobodys),
]
