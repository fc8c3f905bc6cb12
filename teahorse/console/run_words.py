"""What plans and runs say in people's words: why something waits, what would help, why another vehicle does not take it."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from teahorse.runs.models import DayPlan, Handling, Run, Stop, Vehicle
from teahorse.runs.queries.waiting import NO_ROAD, STAYS_ABOARD, STAYS_HOME

REASONS = {
    "no vehicle": _("No vehicle drives on this day."),
    "vehicle too small": _("It is too heavy or too large for every vehicle."),
    "cut off": _("No open road leads there."),
    "only narrow roads": _("Only narrow roads lead there, and no vehicle that fits them drives."),
    "shift too short": _("The way there and back is longer than any shift."),
    "window cannot be met": _("Nobody comes there while it is open."),
    "no room": _("The vehicles are full."),
    "no time": _("The shifts are full."),
    "no room and no time": _("The vehicles and the shifts are full."),
    "dearer than waiting": _("Bringing it today costs more than waiting."),
    NO_ROAD: _("No road to that place is entered."),
    STAYS_HOME: _("It is tied to a vehicle that nobody drives today."),
    STAYS_ABOARD: _("It is aboard a vehicle that cannot come home: its way is closed."),
}
HELPS = {
    "one hour longer": _("one hour more on the road"),
    "one vehicle more": _("one vehicle more of this kind"),
    "window opened": _("coming at another time"),
    "lock taken off": _("untying it from its vehicle"),
    "pass opened": _("the pass being open"),
    "worth more": _("saying that it must go"),
}
WHY_NOT = {
    "locked": _("it is tied to another one"),
    "aboard another": _("it is aboard another one"),
    "too small": _("too small for it"),
    "cold box too small": _("its cold box is too small"),
    "large piece": _("takes no large pieces"),
    "cannot get there": _("cannot get there"),
    "no room or time": _("no room or no time left"),
}
KINDS = {
    Vehicle.Kind.TRUCK: _("Truck"),
    Vehicle.Kind.VAN: pgettext_lazy("vehicle", "Van"),
    Vehicle.Kind.PICKUP: pgettext_lazy("vehicle", "Pickup"),
}
STAGES = {
    Run.Stage.RELEASED: (pgettext_lazy("a run", "Given out"), "info"),
    Run.Stage.UNDER_WAY: (pgettext_lazy("a run", "On the road"), "season"),
    Run.Stage.FINISHED: (pgettext_lazy("a run", "At home"), "good"),
    Run.Stage.CALLED_OFF: (pgettext_lazy("a run", "Called off"), "warn"),
}
STOPS = {
    Stop.Kind.SET_OUT: pgettext_lazy("a stop", "Load and set out"),
    Stop.Kind.RELOAD: pgettext_lazy("a stop", "Unload and load again"),
    Stop.Kind.COME_HOME: pgettext_lazy("a stop", "Come home and unload"),
}
DOINGS = {
    Handling.Doing.LOAD: _("Load"),
    Handling.Doing.DELIVER: _("Hand over"),
    Handling.Doing.COLLECT: _("Take along"),
    Handling.Doing.UNLOAD: _("Unload"),
}
OUTCOMES = {
    Handling.Outcome.DONE: pgettext_lazy("a parcel", "Done"),
    Handling.Outcome.NOT_MET: pgettext_lazy("a parcel", "Nobody met"),
    Handling.Outcome.REFUSED: pgettext_lazy("a parcel", "Refused"),
    Handling.Outcome.MISSING: pgettext_lazy("a parcel", "Not there"),
}
CHOICES = {
    Handling.Doing.LOAD: (Handling.Outcome.DONE, Handling.Outcome.MISSING),
    Handling.Doing.DELIVER: (Handling.Outcome.DONE, Handling.Outcome.NOT_MET, Handling.Outcome.REFUSED, Handling.Outcome.MISSING),
    Handling.Doing.COLLECT: (Handling.Outcome.DONE, Handling.Outcome.NOT_MET, Handling.Outcome.MISSING),
    Handling.Doing.UNLOAD: (Handling.Outcome.DONE, Handling.Outcome.MISSING),
}
"""What may come of each kind of handling; the first is what usually does."""
TROUBLES = {
    DayPlan.Trouble.NOT_FOUND: _("No plan was found that can be driven. Nothing was changed."),
    DayPlan.Trouble.INTERRUPTED: _("The search was interrupted. Ask again."),
}

WHY_THIS_ONE = {
    "first": _("the first that leaves"),
    "cheaper": _("waits, for that is cheaper"),
    "first is full": _("those before are full"),
    "first is not cold": _("those before do not keep cold"),
    "too late for the first": _("came too late for those before"),
    "late": _("comes late even so"),
    "too heavy": _("too heavy for every departure"),
    "not cold": _("no departure keeps cold"),
    "too late": _("came too late for every departure that is known"),
    "full": _("every departure is full"),
}
