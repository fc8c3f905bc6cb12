"""The addresses of the house."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, register_converter
from django.views.static import serve

from teahorse.api.tracing import urls as tracing
from teahorse.common import health
from teahorse.common.ids import ShortKey
from teahorse.common.ui.pages import catalogue

register_converter(ShortKey, "key")

urlpatterns = [
    path("", include("teahorse.mall.urls")),
    path("me/", include("teahorse.people.urls")),
    path("console/", include("teahorse.console.urls")),
    path("api/v1/", include("teahorse.api.urls")),
    path("epcis/", include(tracing.epcis)),
    path("tlog/", include(tracing.tlog)),
    path("witness/", include(tracing.witness)),
    path("payments/", include("teahorse.payments.urls")),
    path("carriers/", include("teahorse.carriers.urls")),
    path("admin/", admin.site.urls),
    path("ui/", catalogue, name="ui"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
]
