"""Tax numbers as people type them."""

from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed
from teahorse.invoices.rules import NotATaxNumber, normal_tax_number

FAULTS = {
    "length": _("A tax number has 18 letters and digits."),
    "signs": _("A tax number has no letters I, O, S, V or Z. Look again whether it is a digit."),
    "check": _("This tax number cannot be right: its last sign does not fit the others. Compare it letter by letter."),
}


def tax_number_typed(text: str) -> str:
    """
    Return a tax number as it is stored.

    :raises Malformed: with what is wrong with it.
    """
    try:
        return normal_tax_number(text)
    except NotATaxNumber as fault:
        raise Malformed(field="tax_number", reason=FAULTS[str(fault)]) from fault
