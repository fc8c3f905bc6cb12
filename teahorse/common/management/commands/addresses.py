"""Where the house is open, and who may come in for a try."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Print the addresses and, in the demo, the log-ins by role."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        rows = [
            ("mall", settings.SITE_URL + "/"),
            ("staff", settings.SITE_URL + "/console/"),
            ("interface", settings.SITE_URL + "/api/v1/openapi.json"),
        ]
        if settings.SANDBOX_URL:
            rows += [("sandbox", settings.SANDBOX_URL + "/"), ("codes sent to phones", settings.SANDBOX_URL + "/sms/")]
        self.stdout.write("\nTeahorse is open. Ctrl-C stops it; the data stays.\n")
        for name, address in rows:
            self.stdout.write(f"  {name:<22}{address}")
        if settings.DEMO:
            self._people()
            self._codes()
        self.stdout.write("")

    def _people(self) -> None:
        people = [person for person in import_module("teahorse.demo.queries").demo_people() if person.is_shown]
        rows = [("phone", "with", "opens", "who"), *((p.phone, p.password, settings.SITE_URL + p.address, p.label["en"]) for p in people)]
        widths = [max(len(row[column]) for row in rows) + 2 for column in range(3)]
        self.stdout.write(f"\nLog in at {settings.SITE_URL}{settings.LOGIN_URL} as:\n")
        for row in rows:
            self.stdout.write("  " + "".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)))

    def _codes(self) -> None:
        codes = import_module("teahorse.demo.queries").demo_codes()
        if not codes:
            return
        self.stdout.write("\nLabels to scan (open one and read where it comes from):\n")
        for code in codes:
            self.stdout.write(f"  {settings.SITE_URL}{code.address}  {code.label['en']}")
