"""How an order ended that was to be paid on delivery, as its seller and the order desk read it: what happened, and what she can do."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teahorse.common.money import yuan
from teahorse.console.words import named
from teahorse.logistics.exceptions import HOURS, Kind
from teahorse.logistics.models import Parcel
from teahorse.orders.models import SellerOrder
from teahorse.orders.on_delivery import LEFT, NOT_FOUND, NOT_SENT, REFUSED

CAME_BACK = gettext_lazy("Not paid for: it is with you again")
TITLES = {
    LEFT: gettext_lazy("Not fetched: it is with you again"),
    REFUSED: gettext_lazy("Not taken: it is with you again"),
    NOT_FOUND: gettext_lazy("Lost on its way, unpaid"),
}
REASONS = {
    LEFT: gettext_lazy("Nobody fetched it in time"),
    REFUSED: gettext_lazy("Its buyer did not take it"),
    NOT_SENT: gettext_lazy("It was not sent in time"),
    NOT_FOUND: gettext_lazy("It was lost on its way"),
}
ANSWERED_WITHIN = timedelta(hours=sum(HOURS[Kind.MISSED]))
"""How long whoever missed it has to find it or to settle it, as the list of exceptions says."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a parcel that nobody paid for: a title, a few sentences, and whether something is lost by it."""

    title: str
    told: str
    is_loss: bool = False


def ended_title(order: SellerOrder) -> str:
    """Return in a few words how a cancelled order ended, and what it asks of its seller."""
    if order.packed_at is None:
        return _("Cancelled: do not pack")
    if order.end_reason == NOT_SENT:
        return str(CAME_BACK)
    return str(TITLES.get(order.end_reason) or _("Cancelled: do not send it"))


def reason_words(reason: str) -> str:
    """Return why an order ended: in the reader's words where the house said so, else as whoever ended it wrote it."""
    return str(REASONS.get(reason, reason))


def ended_unpaid(order: SellerOrder, parcel: Parcel | None) -> Ended | None:
    """Return what became of the parcel of an order that nobody paid for, to its seller; nothing where it goes its way, or was paid."""
    if parcel is None or not parcel.cod_due_fen:
        return None
    if parcel.stage == Parcel.Stage.LOST:
        return Ended(str(TITLES[NOT_FOUND]), _lost(order, parcel), is_loss=True)
    if order.state != SellerOrder.State.CANCELLED:
        return None
    return Ended(ended_title(order), _came_back(parcel), is_loss=parcel.is_damaged)


def _came_back(parcel: Parcel) -> str:
    if parcel.stage != Parcel.Stage.RETURNED:
        return _("It is on its way back to you. When it is given back, its goods lie on the shelf again.")
    if parcel.is_damaged:
        return _("It came back damaged, so its goods are written off. Show the centre what is broken; its scans say who had it.")
    return _("Take its label off, nothing is to be sent with it any more. Its goods lie on the shelf again: see whether they are in order.")


def _lost(order: SellerOrder, parcel: Parcel) -> str:
    place, since = parcel.held_by, timezone.localtime(parcel.stage_at)
    told = {
        "sum": yuan(order.total_fen),
        "day": formats.date_format(since, "m-d"),
        "place": named(place) if place else _("somewhere on its way"),
        "who": named(place.organisation) if place else _("Your county's centre"),
        "due": formats.date_format(since + ANSWERED_WITHIN, "m-d H:i"),
    }
    where = _("It is missed since %(day)s (%(place)s). Its buyer was to pay %(sum)s yuan; nobody paid, and nothing is booked.") % told
    who = _("%(who)s has it on its list and answers until %(due)s; after that ask the centre. Found again, it comes back to you.") % told
    return f"{where} {who}"
