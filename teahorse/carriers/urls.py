"""Addresses below ``/carriers/``."""

from django.urls import path

from teahorse.carriers import views
from teahorse.carriers.providers import TRACKERS

app_name = "carriers"
urlpatterns = [path(f"{source}/push", views.push, {"source": source}, name=f"{source}_push") for source in sorted(TRACKERS)]
