"""The app ``common``; when Django is ready it gathers what the other apps react to."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CommonConfig(AppConfig):
    name = "teahorse.common"

    def ready(self) -> None:
        autodiscover_modules("reactions")
