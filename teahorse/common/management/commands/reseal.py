"""Change the key that seals what is secret in the database, without a gap."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from teahorse import environment
from teahorse.common.seal import CannotUnseal, reseal_all


class Command(BaseCommand):
    help = (
        "Seal every secret in the database anew with the first sealing key. --rotate puts a fresh one in front first, "
        "--forget drops the old ones afterwards. Where the keys come from TEAHORSE_SEAL_KEYS, put the new one in front there, "
        "start all processes anew, then reseal."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rotate", action="store_true", help="make a fresh key and put it in front")
        parser.add_argument("--forget", action="store_true", help="drop all keys but the first when everything is resealed")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        try:
            if options["rotate"]:
                environment.rotate_seal_keys()
            number = reseal_all()
            if options["forget"]:
                environment.rotate_seal_keys(keep=1)
        except ValueError as error:
            raise CommandError(str(error)) from error
        except CannotUnseal as error:
            msg = "one secret cannot be opened with any key that is here; nothing was changed"
            raise CommandError(msg) from error
        self.stdout.write(f"{number} resealed")
