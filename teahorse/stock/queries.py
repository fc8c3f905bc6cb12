"""What is left, and why."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from teahorse.people.models import Organisation
from teahorse.stock.models import Reservation, StockLevel, StockMovement


def available(offer_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return how many units of each offer the mall can promise; an offer that is not kept is missing."""
    rows = StockLevel.objects.filter(is_online=True, offer_id__in=list(offer_ids)).values_list("offer_id", F("on_hand") - F("reserved"))
    return dict(rows)


def levels_of(seller: Organisation) -> QuerySet[StockLevel]:
    """Return a seller's levels with offer and place."""
    return (
        StockLevel.objects.filter(offer__seller=seller)
        .select_related("offer__variant__product", "place")
        .order_by("offer__variant__product", "pk")
    )


def movements_of(level: StockLevel) -> QuerySet[StockMovement]:
    """Return why a level is what it is, newest first."""
    return StockMovement.objects.filter(county_id=level.county_id, level_id=level.pk).order_by("-moved_at", "-id")


def levels_that_do_not_add_up() -> list[UUID]:
    """Return the levels whose promised units are not those of their open reservations; there must never be one."""
    open_units = Reservation.objects.filter(state__in=("held", "committed")).values("level").annotate(units=Sum("quantity"))
    expected = dict(open_units.values_list("level", "units"))
    actual = dict(StockLevel.objects.filter(reserved__gt=0).values_list("pk", "reserved"))
    return sorted(level for level in expected.keys() | actual.keys() if expected.get(level) != actual.get(level))
