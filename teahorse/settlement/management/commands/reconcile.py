"""``teahorse reconcile``: compare the books with everybody else's and print what differs."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from teahorse.common.money import yuan
from teahorse.settlement import actions
from teahorse.settlement.comparing import EVER


class Command(BaseCommand):
    help = "Compare the books with payments, providers' bills and payouts; ends with 1 where something differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--day", type=date.fromisoformat, help="only the facts of this day (2026-08-15); else everything, and the balances"
        )
        parser.add_argument("--book", action="store_true", help="book forgotten facts of all times first")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        now = timezone.now()
        if options["book"]:
            booked = actions.book_forgotten(now=now, since=EVER)
            matured = actions.mature_earnings(now=now)
            self.stdout.write(f"{booked} forgotten entries booked, {matured} sums of earnings matured")
        standing = actions.reconcile(now=now, day=options["day"])
        for row in standing:
            self.stdout.write(f"{row.kind}: {row.subject}: expected {yuan(row.expected_fen)}, found {yuan(row.found_fen)}")
        self.stdout.write(f"{len(standing)} differences")
        if standing:
            msg = "the books differ"
            raise CommandError(msg, returncode=1)
