"""Addresses below ``/api/v1/``."""

from django.urls import URLPattern, path, re_path

from teahorse.api.interface import api
from teahorse.api.placing import place_order
from teahorse.api.problems import answered, no_such_address


def _answered(pattern: URLPattern) -> URLPattern:
    pattern.callback = answered(pattern.callback)
    return pattern


app_name = "api"
urlpatterns = [
    path("orders", place_order, name="place_order"),  # before all others: it is asked for most in the busiest minute
    *(_answered(pattern) for pattern in api.urls[0] if isinstance(pattern, URLPattern)),
    re_path(r"^(?P<rest>.*)$", no_such_address),
]
