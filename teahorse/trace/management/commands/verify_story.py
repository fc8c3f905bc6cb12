"""``teahorse verify-story``: hold every row of the story against its own hash and against the log."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from teahorse.trace.queries import contradictions

WORDS = {
    "row": "the event is not what its hash says",
    "edges": "the event does not tell of what its edges say",
    "entry": "the log says something else",
    "missing": "the event is gone",
}


class Command(BaseCommand):
    help = "Hold every event that has a place in the log against its own hash, its edges and the log; ends with 1 where something differs."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        found = 0
        for one in contradictions():
            found += 1
            self.stdout.write(f"{one.place}: {WORDS[one.what]} ({one.event_id})")
        self.stdout.write(f"{found} contradictions")
        if found:
            msg = "the story was changed"
            raise CommandError(msg, returncode=1)
