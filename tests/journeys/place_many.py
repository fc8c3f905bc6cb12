"""Places orders one by one over a house, each announced by a job of its own: run as a process of its own."""

import sys
from uuid import uuid4

import django

django.setup()

from django.utils import timezone  # noqa: E402 - after setup

from bench import goods  # noqa: E402
from teahorse.orders.actions import Wish, place_orders  # noqa: E402

offers = goods.fill()
for quote in goods.quotes(offers, count=int(sys.argv[1])):
    wish = Wish(key=uuid4(), quote=quote, person_id=None, contact_name="演示买家", contact_phone="+8619900001001", destination_line="1")
    place_orders(wishes=[wish], now=timezone.now())
