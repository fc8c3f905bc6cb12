"""Prices that hold for a time: planning one, and ending it."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.actions.searching import follow_prices
from teahorse.catalog.content import HIGHEST_PRICE_FEN
from teahorse.catalog.models import Offer, OfferPrice
from teahorse.common.refusals import Malformed, Refusal
from teahorse.people.models import Person

LONGEST = timedelta(days=366)
LATE = timedelta(minutes=10)


class WindowTaken(Refusal):
    """The offer has another price planned within this time."""

    code = "window_taken"
    sentence = _("Another price is planned for a part of this time. End that one first, or choose other days.")


class WindowOver(Refusal):
    """The window is over already."""

    code = "window_over"
    sentence = _("This price is over already.")


@transaction.atomic
def plan_price(
    *, offer: Offer, price_fen: int, starts_at: datetime, ends_at: datetime, by: Person | None, now: datetime, reason: str = ""
) -> OfferPrice:
    """
    Have an offer cost something else in ``[starts_at, ends_at)``; quotes that were made before are refused at placing and shown anew.

    A start that has just passed (ten minutes at most) is now.

    :raises Malformed: for a price outside 0.01 to 1,000,000 yuan, or a window that is past, empty or longer than a year.
    :raises WindowTaken: if the offer has another price within it. Nothing is changed in either.
    """
    if not 1 <= price_fen <= HIGHEST_PRICE_FEN:
        raise Malformed(field="price", reason=_("A price lies between 0.01 and 1,000,000 yuan."))
    if now - LATE <= starts_at < now:
        starts_at = now
    if starts_at < now:
        raise Malformed(field="starts", reason=_("The price begins now or later."))
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise Malformed(field="ends", reason=_("The price ends after it begins, within a year."))
    planned = OfferPrice(
        county_id=offer.county_id,
        offer=offer,
        price_fen=price_fen,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason[:80],
        planned_by_id=by.pk if by else None,
        planned_at=now,
    )
    try:
        with transaction.atomic():
            planned.save(force_insert=True)
    except IntegrityError as error:
        raise WindowTaken(field="starts") from error
    follow_prices(now=now)
    return planned


@transaction.atomic
def end_price(*, planned: OfferPrice, now: datetime) -> None:
    """
    End a price: one that has not begun is forgotten, one that runs ends now.

    :raises WindowOver: if it is over.
    """
    planned = OfferPrice.objects.select_for_update().get(pk=planned.pk)
    if planned.ends_at <= now:
        raise WindowOver
    if planned.starts_at >= now:
        planned.delete()
        return
    planned.ends_at = now
    planned.save(update_fields=["ends_at"])
    follow_prices(now=now)
