"""
Keeps the log of a house from the inside: run as a process of its own, as its people, its clock, or its operator.

``look KEY WITNESS_KEY ADDRESS`` makes a neighbour's log one that is cosigned, and its witness one that is asked; ``tell COUNT`` tells so
many events and publishes; ``forge`` makes the log anew from rows in another order, as only who has the database's password can do.
It says the size that is published, and what the witnesses said.
"""

import shutil
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402 - after setup
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from teahorse.people.models import Organisation, Person  # noqa: E402
from teahorse.trace import actions  # noqa: E402
from teahorse.trace.models import Leaf, Witness  # noqa: E402
from tests import world  # noqa: E402
from tests.trace.telling import harvest  # noqa: E402
from tests.trace.test_capturing import capture  # noqa: E402

FORGE = """
    set session_replication_role = replica;
    update trace_leaf set place = -1 - place;
    update trace_leaf set place = (select max(-place) from trace_leaf) + place;
    set session_replication_role = origin
"""
what, *words = sys.argv[1:]
now = timezone.now()

if what == "look":
    key, witness_key, address = words
    by = Person.objects.first() or world.person("+8619900071055")
    actions.look_at_log(key=key, by=by, now=now)
    actions.ask_witness(key=witness_key, address=address, by=by, now=now)
elif what == "tell":
    coop = Organisation.objects.filter(key="chamchen").first() or world.organisation("chamchen")
    known = Leaf.objects.count()
    capture(*(harvest(f"barley-{number}") for number in range(known, known + int(words[0]))), by=coop, now=now)
    actions.publish(now=now)
elif what == "forge":
    with connection.cursor() as cursor:
        cursor.execute(FORGE)
    shutil.rmtree(settings.TRACE_LOG)
    actions.publish(now=now)

sys.stdout.write(f"{Leaf.objects.count()} {' '.join(Witness.objects.values_list('trouble', flat=True))}")
