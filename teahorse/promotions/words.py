"""What a promotion gives, in the words of the moment's language."""

from django.utils.translation import gettext as _

from teahorse.common.money import yuan

BP_PER_PERCENT = 100


def gives(*, percent_bp: int, off_fen: int, threshold_fen: int) -> str:
    """Return what is taken off, and from which worth on: "20.00 yuan off, from 100.00 yuan on"."""
    if percent_bp:
        words = _("%(percent)s %% off") % {"percent": f"{percent_bp / BP_PER_PERCENT:g}"}
    else:
        words = _("%(sum)s yuan off") % {"sum": yuan(off_fen)}
    if not threshold_fen:
        return words
    return _("%(gives)s, from %(threshold)s yuan on") % {"gives": words, "threshold": yuan(threshold_fen)}
