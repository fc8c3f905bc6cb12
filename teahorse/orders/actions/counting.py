"""Counting the promises that were kept."""

from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection, transaction

from teahorse.common.times import HOME
from teahorse.orders.models import PromiseDay

DAYS_COUNTED = 7
LONGEST_PROMISE = timedelta(days=400)
"""A pre-sale is promised for its harvest; nothing that was placed longer ago is looked at."""
COUNT = (Path(__file__).parent.parent / "count_promises.sql").read_text()


@transaction.atomic
def count_promises(*, now: datetime, days: int = DAYS_COUNTED) -> int:
    """Count the promises that ended on the last days before today, as far as it is known now; return the rows. Harmless twice."""
    until = now.astimezone(HOME).date()
    since = until - timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('orders: promises'))")
        PromiseDay.objects.filter(day__gte=since, day__lt=until).delete()
        cursor.execute(COUNT, {"since": since, "until": until, "placed_since": now - LONGEST_PROMISE})
        return int(cursor.rowcount)
