"""Addresses below ``/carriers/``."""

from django.urls import path

from teahorse.carriers import views

app_name = "carriers"
urlpatterns = [path("<slug:source>/push", views.push, name="push")]
