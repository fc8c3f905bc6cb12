"""Imports the bank's answer that a file holds, as the page does: run as a process of its own."""

import json
import sys
from pathlib import Path

import django

django.setup()

from django.utils import timezone  # noqa: E402 - after setup

from teahorse.people.models import Person  # noqa: E402
from teahorse.settlement.actions import import_bank_answer  # noqa: E402

answer = json.loads(Path(sys.argv[1]).read_text())["answer"]
import_bank_answer(content=answer, by=Person.objects.get(phone="+8619900001011"), now=timezone.now())
