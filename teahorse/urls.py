"""The addresses of the house."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, register_converter
from django.views.static import serve

from teahorse.api import tracing
from teahorse.common import health
from teahorse.common.ids import ShortKey
from teahorse.common.ui.pages import catalogue

register_converter(ShortKey, "key")

urlpatterns = [
    path("", include("teahorse.mall.urls")),
    path("me/", include("teahorse.people.urls")),
    path("console/", include("teahorse.console.urls")),
    path("api/v1/", include("teahorse.api.urls")),
    path("epcis/capture", tracing.capture, name="epcis_capture"),
    path("epcis/capture/<uuid:job_id>", tracing.job, name="epcis_job"),
    path("epcis/events", tracing.events, name="epcis_events"),
    path("epcis/events/<path:name>/proof", tracing.proof, name="epcis_proof"),
    path("epcis/events/<path:name>", tracing.event, name="epcis_event"),
    path("tlog/key", tracing.key, name="tlog_key"),
    path("tlog/<path:path>", tracing.file, name="tlog"),
    path("payments/", include("teahorse.payments.urls")),
    path("admin/", admin.site.urls),
    path("ui/", catalogue, name="ui"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
]
