"""The addresses of logging in and out, below ``/me/``."""

from django.urls import path

from teahorse.people import views

app_name = "people"
urlpatterns = [
    path("log-in/", views.log_in, name="log_in"),
    path("log-in/code/", views.code, name="code"),
    path("log-in/password/", views.password, name="password"),
    path("log-out/", views.log_out, name="log_out"),
]
