"""The addresses that these tests need; the house includes ``teahorse.payments.urls`` in the same way."""

from django.urls import include, path

urlpatterns = [path("payments/", include("teahorse.payments.urls"))]
