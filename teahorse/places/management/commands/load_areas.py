"""``load_areas``: bring the table of areas in line with its sources."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from teahorse.common.refusals import Refusal
from teahorse.places import actions


class Command(BaseCommand):
    help = "Load the areas of the region and of the country; harmless when run again."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        started = time.monotonic()
        try:
            loaded = actions.load_areas(today=timezone.localdate())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        seconds = time.monotonic() - started
        self.stdout.write(f"{loaded.read} areas read, {loaded.written} written, {loaded.ended} ended, in {seconds:.1f} s")
