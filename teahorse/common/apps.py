"""The app ``common``; when Django is ready it gathers what the other apps react to."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules

from teahorse.common.triggers import ask_quickly


class CommonConfig(AppConfig):
    name = "teahorse.common"

    def ready(self) -> None:
        autodiscover_modules("reactions")
        post_migrate.connect(ask_quickly, sender=self)
