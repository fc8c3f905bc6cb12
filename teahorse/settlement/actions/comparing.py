"""Comparing the books with everybody else's, by the clock or on demand, and remembering when it was done."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app

from teahorse.people.models import Person
from teahorse.settlement.actions.reconciling import reconcile
from teahorse.settlement.models import Comparison, Difference

GIVEN_UP_AFTER = timedelta(minutes=30)
"""Whoever compares for longer than this is dead; then another may begin."""
COMPARE = "settlement.compare"


def ask_to_compare(*, by: Person | None, now: datetime) -> Comparison:
    """Have the worker compare everything now; while one comparing is under way, that one is the answer."""
    begun = _begin(by=by, now=now)
    return begun or Comparison.objects.get(ended_at=None)


def compare(*, now: datetime) -> list[Difference]:
    """Compare everything for the clock; nothing is done while another comparing is under way."""
    begun = _begin(by=None, now=now, is_left_to_worker=False)
    return run_comparison(comparison_id=begun.pk, now=now) if begun else []


def run_comparison(*, comparison_id: UUID, now: datetime) -> list[Difference]:
    """Carry a comparing out that was asked for; one that has ended, or was given up, is not carried out again."""
    if not Comparison.objects.filter(pk=comparison_id, ended_at=None).exists():
        return []
    standing: list[Difference] | None = None
    try:
        standing = reconcile(now=now)
    finally:
        count = None if standing is None else len(standing)
        Comparison.objects.filter(pk=comparison_id, ended_at=None).update(ended_at=now, open_count=count)
    return standing


def _begin(*, by: Person | None, now: datetime, is_left_to_worker: bool = True) -> Comparison | None:
    Comparison.objects.filter(ended_at=None, asked_at__lt=now - GIVEN_UP_AFTER).update(ended_at=now)
    try:
        with transaction.atomic():
            begun = Comparison.objects.create(asked_at=now, asked_by_id=by.pk if by else None)
            if is_left_to_worker:
                app.configure_task(COMPARE, queue="settlement").defer(comparison_id=str(begun.pk))
    except IntegrityError:
        return None  # another one is under way
    return begun
