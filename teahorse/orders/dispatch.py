"""Placing together what waits at the same moment in one process (:mod:`teahorse.common.gathering`)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from teahorse.common.gathering import Gatherer, NoAnswer
from teahorse.common.refusals import Refusal
from teahorse.orders.actions.drafting import Wish
from teahorse.orders.actions.placing import Placed, place_orders


class PlacingUnknown(Refusal):
    """The database did not answer in time; the wish may or may not have been placed."""

    code = "placing_unknown"
    status = 503
    sentence = _("We could not confirm your order yet. Press the button again: it will not be ordered twice.")


def _place_all(wishes: Sequence[Wish]) -> Sequence[Placed | Refusal]:
    return place_orders(wishes=wishes, now=timezone.now())


dispatcher: Gatherer[Wish, Placed | Refusal] = Gatherer(_place_all, name="placing")


def place(wish: Wish, *, now: datetime) -> Placed:
    """
    Place one wish: inside a transaction at once and within it, elsewhere together with those that wait.

    :raises Refusal: see :func:`teahorse.orders.actions.placing.place_orders`; :raises PlacingUnknown: if no answer came.
    """
    answer = place_orders(wishes=[wish], now=now)[0] if connection.in_atomic_block else _placed_together(wish)
    if isinstance(answer, Refusal):
        raise answer
    return answer


def _placed_together(wish: Wish) -> Placed | Refusal:
    try:
        return dispatcher.ask(wish)
    except (NoAnswer, DatabaseError) as error:
        raise PlacingUnknown from error
