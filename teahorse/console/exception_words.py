"""What exceptions are called: what is wrong, and the one next thing to do about it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from teahorse.logistics.exceptions import Found, Kind
from teahorse.logistics.models import Oddity

NAMES = {
    Kind.MISSED: pgettext_lazy("an exception", "Missed"),
    Kind.UNIT_MISSED: _("Bag missed"),
    Kind.STOPPED: pgettext_lazy("an exception", "Stopped"),
    Kind.REFUSED: pgettext_lazy("an exception", "Refused"),
    Kind.DAMAGED: pgettext_lazy("an exception", "Damaged"),
    Kind.ODD: _("Does not fit"),
    Kind.UNFETCHED: _("Not fetched"),
    Kind.NOT_LEFT: _("Has not left"),
    Kind.STILL: _("Nothing heard of it"),
    Kind.STILL_WITH_CARRIER: _("The carrier says nothing"),
    Kind.UNIT_STILL: _("Nothing heard of the bag"),
}
TO_DO = {
    Kind.MISSED: _("Look for it where it was last; found, take it in again. Not found, settle with its buyer."),
    Kind.UNIT_MISSED: _("Look for it where it was last; all that lies in it is missed too."),
    Kind.STOPPED: _("Set it aside and send it back."),
    Kind.REFUSED: _("Send it back to its sender."),
    Kind.DAMAGED: _("Photograph it and ask its buyer whether she takes it."),
    Kind.UNFETCHED: _("Call whom it is for; after that send it back."),
    Kind.NOT_LEFT: _("Ask its sender whether it was packed, and when it is brought."),
    Kind.STILL: _("Ask where it was last; scan it when it is found, or write it down as missed."),
    Kind.STILL_WITH_CARRIER: _("Ask the carrier; lost ones are claimed."),
    Kind.UNIT_STILL: _("Ask where it was last; scan it when it is found."),
}
MISSED_UNPAID = _("Look for it where it was last; found, take it in again. Not found: nobody paid for it; settle with its seller.")
ODD = {
    Oddity.Kind.UNKNOWN_CODE: _("Nobody knows this number."),
    Oddity.Kind.WRONG_CLOCK: _("The clock of the phone that scanned it was wrong; the time was set right."),
    Oddity.Kind.ELSEWHERE: _("It was scanned here, and should have been elsewhere."),
    Oddity.Kind.NOT_INSIDE: _("It was taken out of something in which it did not lie."),
    Oddity.Kind.AFTER_THE_END: _("It was scanned after it had been handed over or returned."),
    Oddity.Kind.DOES_NOT_FIT: _("It was put into something that cannot hold it."),
    Oddity.Kind.NOT_PAID: _("It was handed over before its money was taken. Take the money, or fetch it back."),
    Oddity.Kind.OVERLOADED: _("The vehicle is loaded beyond what it carries."),
}


def to_do(found: Found) -> str:
    """Return what is to be done about an exception; of a scan that does not fit, what does not."""
    facts: Mapping[str, Any] = found.facts
    if found.kind == Kind.ODD:
        return str(ODD[Oddity.Kind(facts["kind"])])
    if found.kind == Kind.MISSED and facts.get("is_unpaid"):
        return str(MISSED_UNPAID)
    why = facts.get("why") if found.kind == Kind.STOPPED else ""
    return f"{why} · {TO_DO[found.kind]}" if why else str(TO_DO[found.kind])
