"""The house's addresses with logging in, wherever the house itself mounts it by now."""

from django.urls import include, path

from teahorse.urls import urlpatterns as house

urlpatterns = [path("me/", include("teahorse.people.urls")), *house]
