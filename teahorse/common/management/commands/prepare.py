"""Bring the house up to date before it opens."""

import sys
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from teahorse.common import static_files


class Command(BaseCommand):
    help = "Migrate, compile the languages, gather static files and, in the demo, fill an empty house."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        call_command("messages", "compile", verbosity=0)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        static_files.gather()
        if settings.DEMO and "demo" in {config.label for config in apps.get_app_configs()}:
            call_command("demo", stdout=sys.stdout)
