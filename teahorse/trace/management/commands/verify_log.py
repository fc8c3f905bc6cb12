"""``teahorse verify-log``: read somebody's log as an outsider does, with nothing but HTTP and its key."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError, CommandParser
from msgspec import structs

from teahorse.trace.tlog.keys import KeyMalformed, Verifier
from teahorse.trace.tlog.over_http import LogAddress, StandingFile, Unreachable
from teahorse.trace.tlog.rows import Rows
from teahorse.trace.tlog.tiles import TileMalformed
from teahorse.trace.tlog.verifying import OtherLog, Outsider, Report

TIMEOUT = httpx.Timeout(20, connect=5)


class Command(BaseCommand):
    help = "Read a log from where it was read the last time, and say what is wrong in it; ends with 1 where something is."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="of the log, as https://example.org/tlog")
        parser.add_argument("--key", required=True, help="the log's public key, as name+id+base64; ask its keeper, not the log")
        parser.add_argument("--witness", action="append", default=[], help="a witness's key; give it again for another one")
        parser.add_argument("--quorum", "--needed", dest="quorum", type=int, default=0, help="how many of them must have cosigned")
        parser.add_argument("--since", type=Path, help="a file that keeps what was read, until the next time")
        parser.add_argument("--only-new", action="store_true", help="do not look again at what was read before")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        try:
            key, witnesses = Verifier.read(options["key"]), [Verifier.read(written) for written in options["witness"]]
        except KeyMalformed as error:
            msg = f"this is no key: {error.reason}"
            raise CommandError(msg) from error
        if options["quorum"] > len(set(witnesses)):
            msg = f"{options['quorum']} are to have cosigned, and only {len(set(witnesses))} witnesses are named"
            raise CommandError(msg)
        kept = StandingFile(options["since"]) if options["since"] else None
        outsider = Outsider(keys=[key], witnesses=witnesses, needed=options["quorum"], progress=self._progress)
        if kept:
            outsider = replace(outsider, keep=kept.keep)
        standing = kept.read() if kept else None
        if standing and not options["only_new"]:
            standing = structs.replace(standing, checked=0)  # a row may be changed long after it was logged
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            log = LogAddress(options["address"], client)
            rows = Rows(log)
            try:
                report = replace(outsider, check=rows.check).verify(log.fetch, standing=standing)
            except (Unreachable, OtherLog, TileMalformed) as error:
                raise CommandError(str(error)) from error
        self._tell(report, is_with_rows=rows.is_shown)

    def _progress(self, checked: int, size: int) -> None:
        self.stderr.write(f"{checked} of {size}", ending="\r")

    def _tell(self, report: Report, *, is_with_rows: bool) -> None:
        for one in report.findings:
            where = f" entry {one.index}" if one.index is not None else ""
            self.stdout.write(f"{one.what}: {one.path}{where} {one.detail}".rstrip())
        if report.said:
            tree = report.said.checkpoint
            self.stdout.write(f"{tree.origin}: {tree.size} entries, read from {report.since} on, root {tree.root.hex()}")
            for seen in report.said.witnessed:
                self.stdout.write(f"cosigned by {seen.key.name} at {seen.at:%Y-%m-%dT%H:%M:%SZ}")
        if not is_with_rows:
            self.stdout.write("this address shows the log alone: what the database behind it says was not compared")
        self.stdout.write(f"{len(report.findings)} findings")
        if not report.is_sound:
            msg = "the log is not sound"
            raise CommandError(msg, returncode=1)
