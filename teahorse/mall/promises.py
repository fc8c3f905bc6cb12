"""When goods are promised, why so, and why they come later, in a buyer's words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from teahorse.logistics.rules import Delay

REASONS = {
    "season": pgettext_lazy("closed", "winter"),
    "snow": pgettext_lazy("closed", "snow"),
    "landslide": pgettext_lazy("closed", "landslide"),
    "permit": pgettext_lazy("closed", "no permit to pass"),
    "repair": pgettext_lazy("closed", "repair"),
    "convoy": pgettext_lazy("closed", "convoy"),
}
A_ROAD = gettext_lazy("A road on the way")


def day(on: date) -> str:
    """Return a day as people say it: month and day in the page's language."""
    return date_format(on, "MONTH_DAY_FORMAT")


def promise_words(from_date: date, to_date: date) -> str:
    """Return a promise: "24 November – 26 November"."""
    if from_date == to_date:
        return day(from_date)
    return f"{day(from_date)} – {day(to_date)}"


def history_words(percent: int | None, parcels: int) -> str:
    """Say how sure a promise is: "90 of 100 parcels that went this way came as fast (134 parcels)"; nothing where too few went."""
    if percent is None:
        return ""
    count = _("%(percent)s of 100 parcels that went this way came as fast; %(parcels)s were counted.")
    return count % {"percent": percent, "parcels": parcels}


def closed_words(*, name: str, reason: str, until: date | None, days: int) -> str:
    """Say what is closed on the way, until when, and how much later goods come for it."""
    facts = {"name": name or A_ROAD, "reason": REASONS.get(reason, reason), "until": day(until) if until else "", "days": days}
    if until is None:
        closed = _("%(name)s is closed until further notice: %(reason)s.") % facts
        later = ngettext("We count on %(days)s day more.", "We count on %(days)s days more.", days)
    else:
        closed = _("%(name)s is closed until %(until)s: %(reason)s.") % facts
        later = ngettext("It comes %(days)s day later for it.", "It comes %(days)s days later for it.", days)
    return f"{closed} {later % facts}"


def basis_words(basis: Mapping[str, Any]) -> list[str]:
    """Say why a promise is as it is, of what an order has kept of it."""
    said = [history_words(basis.get("percent"), basis.get("parcels", 0))]
    if basis.get("later_days"):
        until = basis.get("closed_until")
        said.append(
            closed_words(
                name=basis.get("closed", ""),
                reason=basis.get("reason", ""),
                until=date.fromisoformat(until) if until else None,
                days=basis["later_days"],
            )
        )
    return [one for one in said if one]


def delay_words(delay: Delay | None) -> str:
    """Say what holds goods up that are on their way."""
    return closed_words(name=delay.name, reason=delay.reason, until=delay.until, days=delay.days) if delay else ""
