"""``teahorse demo``: the demo region, and synthetic goods and orders on top of it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from teahorse.demo.loading import load_demo
from teahorse.demo.provider import write_past
from teahorse.demo.scaling import scale_demo
from teahorse.trace import actions as trace
from teahorse.trace.actions.publishing import LogContradicts


class Command(BaseCommand):
    """Fill an empty house."""

    help = "Load the demo region; with numbers also synthetic goods and orders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--products", type=int, default=0, help="so many synthetic products")
        parser.add_argument("--orders", type=int, default=0, help="so many synthetic orders of the past year")
        parser.add_argument("--seed", type=int, default=1, help="another number, other goods and orders")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        now = timezone.now()
        load_demo(now=now)
        write_past(settings.SANDBOX_KEYS)
        self._publish(now)
        if options["products"] or options["orders"]:
            scale_demo(products=options["products"], orders=options["orders"], seed=options["seed"], now=now)

    def _publish(self, now: datetime) -> None:
        """Let what is told be proved from the first minute on; beside a log of another database it stays with the words."""
        try:
            trace.publish(now=now)
        except LogContradicts:
            self.stderr.write("The log in the data folder is another database's: `teahorse reset-demo` begins a new one.")
