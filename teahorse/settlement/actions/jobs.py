"""The job that an approved payout by a provider leaves for the worker; ``tasks.py`` carries it out."""

from collections.abc import Iterable
from uuid import UUID

from procrastinate.contrib.django import app

QUEUE = "settlement"
SHARE = "settlement.share_payouts"


def leave_sharing_payouts(payout_ids: Iterable[UUID]) -> None:
    """Have what these payouts are of shared out."""
    app.configure_task(SHARE, queue=QUEUE).defer(payout_ids=[str(key) for key in payout_ids])
