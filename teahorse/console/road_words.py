"""What closures, roads and lines are called."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from teahorse.common.times import HOME
from teahorse.logistics.rules import Delay
from teahorse.network.models import Closure, Road
from teahorse.network.rules.closing import Closed

REASONS = {
    Closure.Reason.SNOW: pgettext_lazy("closed", "snow"),
    Closure.Reason.LANDSLIDE: pgettext_lazy("closed", "landslide"),
    Closure.Reason.PERMIT: pgettext_lazy("closed", "no permit to pass"),
    Closure.Reason.REPAIR: pgettext_lazy("closed", "repair"),
    Closure.Reason.CONVOY: pgettext_lazy("closed", "convoy"),
}
ALL_REASONS: dict[str, Any] = {**{str(key): name for key, name in REASONS.items()}, "season": pgettext_lazy("closed", "winter")}
CLASSES = {
    Road.Class.NATIONAL: pgettext_lazy("road", "national"),
    Road.Class.COUNTY: pgettext_lazy("road", "county"),
    Road.Class.TOWNSHIP: pgettext_lazy("road", "township"),
    Road.Class.VILLAGE: pgettext_lazy("road", "village"),
}
A_ROAD = gettext_lazy("A road on the way")


def closed_words(closed: Closed | Delay) -> str:
    """Say what is closed, why and until when: "Qiangji La is closed until 2026-02-21: snow"; until further notice where nobody knows."""
    until = closed.until if isinstance(closed, Delay) else closed.ends_at and closed.ends_at.astimezone(HOME).date()
    facts = {"name": closed.name or A_ROAD, "reason": ALL_REASONS.get(closed.reason, closed.reason), "until": until}
    if until is None:
        return _("%(name)s is closed until further notice: %(reason)s.") % facts
    return _("%(name)s is closed until %(until)s: %(reason)s.") % facts
