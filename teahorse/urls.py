"""The addresses of the house."""

from django.urls import include, path, register_converter

from teahorse.common import health
from teahorse.common.ids import ShortKey

register_converter(ShortKey, "key")

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
