"""``teahorse verify-story``: hold every row of the story against its own hash and against the log."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from teahorse.trace.actions.signing import signer_of_house
from teahorse.trace.queries import contradictions, log_folder
from teahorse.trace.tlog.verifying import Outsider

WORDS = {
    "row": "the event is not what its hash says",
    "edges": "the event does not tell of what its edges say",
    "entry": "the log says something else",
    "missing": "the event is gone",
}


class Command(BaseCommand):
    help = "Hold the log against its signature, every event against its own hash and its edges; ends with 1 where something differs."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        report = Outsider(keys=[signer_of_house().verifier]).verify(log_folder().fetch)
        for finding in report.findings:
            self.stdout.write(f"{finding.what}: {finding.path} {finding.detail}".rstrip())
        found = len(report.findings)
        for one in contradictions():
            found += 1
            self.stdout.write(f"{one.place}: {WORDS[one.what]} ({one.event_id})")
        self.stdout.write(f"{found} contradictions")
        if found:
            msg = "the story was changed"
            raise CommandError(msg, returncode=1)
