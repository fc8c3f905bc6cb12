"""What stands about carriers' bills and choices, in words."""

from django.utils.translation import gettext_lazy as _

from teahorse.carriers.models import BillLine

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
