"""Weighing what is sold by weight, when it is packed: what was too much goes back, what is too little is asked for or waived."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.orders import weights
from teahorse.orders.actions.owing import ask_balance, give_back, in_buyers_words
from teahorse.orders.models import BalanceDue, OrderLine, SellerOrder, Weighing
from teahorse.people.models import Person

WEIGHS_LESS = _("It weighs less than ordered")


class NotWeighed(Refusal):
    """Goods that are sold by weight have not been weighed."""

    code = "not_weighed"
    status = 422
    sentence = _("Weigh “%(title)s” without packing before you pack it: about %(kg)s kg are expected.")


class WeightOff(Refusal):
    """The weight is too far from what was ordered: a slip of the finger, or other goods."""

    code = "weight_off"
    status = 422
    sentence = _(
        "“%(title)s” was ordered at about %(kg)s kg; %(actual)s kg is too far from it. Weigh it again without packing. Between"
        " %(least)s and %(most)s kg can be sent: if it really is another weight, pack other pieces or ask the buyer."
    )


def weigh(*, order: SellerOrder, weighed: Mapping[UUID, int], asks_difference: bool, by: Person | None, now: datetime) -> list[Weighing]:
    """
    Write down what the lines of a locked order weigh that are sold by weight, and settle the difference of all of them.

    Lighter: the difference goes back the way it came. Heavier: the buyer is asked for it where ``asks_difference``, else it is
    the seller's gift. Together the weighings, the refund and the balance of a run add up to the fen.

    :raises NotWeighed: :raises WeightOff: as they say; :raises Malformed: if a weight is named for what is not weighed here.
    """
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    by_weight = [line for line in lines if line.nominal_grams is not None]
    for key in weighed.keys() - {line.pk for line in by_weight}:
        raise Malformed(field=f"weighed.{key}", reason=_("This is not sold by weight."))
    if not by_weight:
        return []
    run_id = new_id()
    made = Weighing.objects.bulk_create([_weighing(line, weighed, run_id, by, now) for line in by_weight])
    difference_fen = sum(weighing.difference_fen for weighing in made)
    if difference_fen < 0:
        give_back(order=order, amount_fen=-difference_fen, reference=run_id, reason=in_buyers_words(order, WEIGHS_LESS), now=now)
    elif difference_fen > 0:
        ask_balance(order=order, kind=BalanceDue.Kind.WEIGHT, amount_fen=difference_fen, now=now, is_waived=not asks_difference)
    return made


def difference_of(lines: Iterable[OrderLine], weighed: Mapping[UUID, int]) -> int:
    """
    Return what an order would cost more (above 0) or less (below 0) by these weights; nothing is written.

    :raises NotWeighed: :raises WeightOff: as :func:`weigh` does.
    """
    difference = 0
    for line in lines:
        if line.nominal_grams is not None:
            expected, actual = _grams(line, weighed)
            difference += weights.by_weight(line.quoted_fen, nominal_grams=expected, actual_grams=actual) - line.quoted_fen
    return difference


def _weighing(line: OrderLine, weighed: Mapping[UUID, int], run_id: UUID, by: Person | None, now: datetime) -> Weighing:
    expected, actual = _grams(line, weighed)
    return Weighing(
        county_id=line.county_id,
        line=line,
        run_id=run_id,
        nominal_grams=expected,
        actual_grams=actual,
        quoted_fen=line.quoted_fen,
        weighed_fen=weights.by_weight(line.quoted_fen, nominal_grams=expected, actual_grams=actual),
        weighed_by_id=by.pk if by else None,
        weighed_at=now,
    )


def _grams(line: OrderLine, weighed: Mapping[UUID, int]) -> tuple[int, int]:
    """Return what the units of a line were expected to weigh, and do."""
    expected, actual = line.expected_grams or 0, weighed.get(line.pk)
    told = {"field": f"weighed.{line.pk}", "title": line.title_in(get_language()), "kg": weights.kilograms(expected)}
    if actual is None:
        raise NotWeighed(**told)
    least, most = weights.bounds(expected)
    if not least <= actual <= most:
        raise WeightOff(**told, actual=weights.kilograms(actual), least=weights.kilograms(least), most=weights.kilograms(most))
    return expected, actual
