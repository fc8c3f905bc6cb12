"""
Does, one after another, what people and the clock do with what a file says is owed: run as a process of its own.

What was done before is refused, and that is all.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import django

django.setup()

from django.utils import timezone  # noqa: E402 - after setup

from teahorse.aftersales import actions as aftersales  # noqa: E402
from teahorse.aftersales.models import AfterSaleCase  # noqa: E402
from teahorse.common.refusals import Refusal  # noqa: E402
from teahorse.people.models import Person  # noqa: E402
from teahorse.settlement import actions  # noqa: E402
from teahorse.settlement.models import Payout  # noqa: E402

owed = json.loads(Path(sys.argv[1]).read_text())
now = timezone.now()
clerk, head = (Person.objects.get(phone=phone) for phone in ("+8619900001011", "+8619900001012"))


def import_answer():
    """Import the bank's answer, as the page does."""
    actions.import_bank_answer(content=owed["answer"], by=clerk, now=now)


def agree():
    """Have the seller grant what is asked."""
    aftersales.agree(case=AfterSaleCase.objects.get(pk=owed["agree"]), by=aftersales.Actor("seller", clerk.pk), now=now)


def decide():
    """Have the centre decide for the buyer."""
    case = AfterSaleCase.objects.get(pk=owed["decide"])
    aftersales.decide_for_buyer(case=case, words="照片很清楚", by=aftersales.Actor("centre", head.pk), now=now)


def let_time_decide():
    """Have time decide what is due."""
    aftersales.let_time_decide(now=now)


def prepare():
    """Claim what the sellers have earned."""
    actions.prepare_payouts(seller_ids=[UUID(key) for key in owed["sellers"]], by=clerk, now=now)


def approve():
    """Let every draft of the sellers go."""
    for payout in Payout.objects.filter(seller__in=owed["sellers"]).order_by("pk"):
        with suppress(Refusal):
            actions.approve_payout(payout=payout, by=head, now=now)


for name in sys.argv[2:]:
    with suppress(Refusal):
        globals()[name]()
