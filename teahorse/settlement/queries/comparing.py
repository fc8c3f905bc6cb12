"""What differs in the books."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from teahorse.settlement.models import (
    Comparison,
    Difference,
)


def open_differences(*, owner_ids: Collection[UUID], is_house: bool) -> QuerySet[Difference]:
    """Return the differences that organisations have to look at, the most urgent first; the house's too where asked."""
    whose = Q(owner_id__in=owner_ids)
    if is_house:
        whose |= Q(owner_id=None)
    return Difference.objects.filter(whose, state=Difference.State.OPEN).order_by("due_at", "pk")


def last_comparison() -> Comparison | None:
    """Return the comparing of the books that is under way, else the last one."""
    return Comparison.objects.order_by("-asked_at", "-pk").first()
