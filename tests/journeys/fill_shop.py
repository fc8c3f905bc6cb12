"""Fills an empty house with goods and writes sealed quotes to the file that is named: run as a process of its own."""

import json
import sys
from pathlib import Path

import django

django.setup()

from django.utils import timezone  # noqa: E402 - after setup

from bench import goods  # noqa: E402
from teahorse.orders.quoting import seal  # noqa: E402
from teahorse.stock.actions import move  # noqa: E402
from teahorse.stock.models import StockLevel  # noqa: E402

offers = goods.fill(on_hand=0)
for level in StockLevel.objects.order_by("pk")[:50]:
    move(level=level, delta=100_000, reason="received", by=None, now=timezone.now())
stocked = list(StockLevel.objects.filter(on_hand__gt=0).values_list("offer_id", flat=True))
Path(sys.argv[1]).write_text(json.dumps([seal(quote) for quote in goods.quotes(stocked, count=60)]))
