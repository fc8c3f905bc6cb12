"""What people read of certificates, of the stages of goods, and of amounts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from teahorse.trace.models import Certificate, TradeItem

CERTIFICATES: Final[Mapping[str, str | Promise]] = {
    Certificate.Kind.COMMITMENT: _("Commitment certificate"),
    Certificate.Kind.ANIMAL_QUARANTINE: _("Animal quarantine certificate"),
    Certificate.Kind.MEAT_INSPECTION: _("Meat inspection certificate"),
    Certificate.Kind.TEST_REPORT: _("Test report"),
    Certificate.Kind.ORGANIC: _("Organic certificate"),
    Certificate.Kind.GEOGRAPHICAL_INDICATION: _("Geographical indication"),
    Certificate.Kind.PRODUCTION_LICENCE: _("Production licence"),
    Certificate.Kind.OTHER: _("Other certificate"),
}
STAGES: Final[Mapping[str, str | Promise]] = {
    TradeItem.Stage.RAW: _("Raw material"),
    TradeItem.Stage.MADE: _("Made on the way"),
    TradeItem.Stage.BY_PRODUCT: _("By-product"),
    TradeItem.Stage.SOLD: _("Goods for sale"),
}
UNITS: Final[Mapping[str, str | Promise]] = {
    "": _("pieces"),
    "pieces": _("pieces"),
    "kg": _("kg"),
    "l": _("litres"),
    "KGM": _("kg"),
    "GRM": _("g"),
    "LTR": _("litres"),
    "MTR": _("m"),
    "MTK": _("m²"),
}
"""What people call the units in which lots are measured, and the measures of balances; any other one is shown by its code."""


def unit_name(code: str) -> str:
    """Return what people call a unit."""
    return str(UNITS.get(code, code))


def amount_words(amount: Decimal, unit: str) -> str:
    """Return an amount with its unit, without digits that say nothing: ``1 piece``, ``1,250.5 kg``."""
    number = number_format(amount.normalize(), use_l10n=True, force_grouping=True)
    if unit in {"", "pieces"}:
        count = 1 if amount == 1 else 2
        return ngettext("%(number)s piece", "%(number)s pieces", count) % {"number": number}
    return gettext("%(number)s %(unit)s") % {"number": number, "unit": unit_name(unit)}


def time_taken(seconds: float) -> str:
    """Return how long something took: ``0.4 s``, ``3 min 07 s``."""
    if seconds < 60:
        return gettext("%(seconds)s s") % {"seconds": number_format(seconds, 1)}
    minutes, rest = divmod(int(seconds), 60)
    return gettext("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": f"{rest:02}"}


def step_words(step: str) -> str:
    """Return what a step of the CBV is called, in the reader's language; its own word where we have none."""
    words = {
        "commissioning": pgettext("step", "Made"),
        "collecting": pgettext("step", "Collected"),
        "receiving": pgettext("step", "Received"),
        "accepting": pgettext("step", "Accepted"),
        "inspecting": pgettext("step", "Inspected"),
        "holding": pgettext("step", "Kept apart to be looked at"),
        "sampling": pgettext("step", "A sample was taken"),
        "storing": pgettext("step", "Stored"),
        "packing": pgettext("step", "Packed"),
        "unpacking": pgettext("step", "Unpacked"),
        "loading": pgettext("step", "Loaded"),
        "shipping": pgettext("step", "Sent"),
        "departing": pgettext("step", "Departed"),
        "arriving": pgettext("step", "Arrived"),
        "installing": pgettext("step", "Put on"),
        "assembling": pgettext("step", "Put together"),
        "repackaging": pgettext("step", "Packed anew"),
        "creating_class_instance": pgettext("step", "Made"),
        "retail_selling": pgettext("step", "Offered for sale"),
        "sensor_reporting": pgettext("step", "Measured"),
        "transporting": pgettext("step", "Carried"),
        "destroying": pgettext("step", "Destroyed"),
    }
    plain = step.rsplit("BizStep-", 1)[-1]
    return words.get(plain, plain.replace("_", " ") or pgettext("step", "Seen"))
