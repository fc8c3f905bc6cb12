"""Prints what the reconciler finds five minutes from now, when no reaction is on its way any more: run as a process of its own."""

from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402 - after setup

from teahorse.settlement.comparing import differences, missing_bills  # noqa: E402

now = timezone.now() + timedelta(minutes=5)
for found in differences(now=now) + missing_bills(now=now):
    print(f"{found.kind}: {found.subject}: expected {found.expected_fen}, found {found.found_fen}")
