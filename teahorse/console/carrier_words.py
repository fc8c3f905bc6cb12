"""What stands about carriers' bills and claims, in words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from teahorse.carriers.models import BillLine, CarrierClaim

Reason = BillLine.Reason
DIFFERENCES = {
    Reason.UNKNOWN: _("Nobody here booked it"),
    Reason.TWICE: _("Billed before"),
    Reason.CANCELLED: _("It was cancelled"),
    Reason.HEAVIER: _("Heavier than it was weighed"),
    Reason.DEARER: _("Dearer than the tariff"),
    Reason.CHEAPER: _("Cheaper than the tariff"),
    Reason.NO_TARIFF: _("No tariff to compare with"),
}
CLAIMED = {
    CarrierClaim.Reason.LOST: pgettext_lazy("a claim", "It is lost"),
    CarrierClaim.Reason.DAMAGED: pgettext_lazy("a claim", "It is damaged"),
}
STAGES = {
    CarrierClaim.Stage.WAITING: (pgettext_lazy("a claim", "Being lodged"), "info"),
    CarrierClaim.Stage.LODGED: (pgettext_lazy("a claim", "With the carrier"), "season"),
    CarrierClaim.Stage.GRANTED: (pgettext_lazy("a claim", "Granted"), "good"),
    CarrierClaim.Stage.PAID: (pgettext_lazy("a claim", "Paid"), "good"),
    CarrierClaim.Stage.REJECTED: (pgettext_lazy("a claim", "Rejected"), "warn"),
    CarrierClaim.Stage.REFUSED: (pgettext_lazy("a claim", "Not taken"), "warn"),
}
"""What became of a claim, and in which tone it is said."""
