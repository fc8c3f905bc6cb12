"""Why a carrier does not take a parcel on, in the reader's language: by the carrier's code where we know it, else in its own words."""

from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teahorse.carriers.models import Consignment


class Why(StrEnum):
    """What a sender can do something about."""

    ADDRESS = "address"
    WEIGHT = "weight"
    KEYS = "keys"


SENTENCES = {
    Why.ADDRESS: gettext_lazy("The carrier does not take it on: a name, a telephone number or an address is missing or cannot be read."),
    Why.WEIGHT: gettext_lazy("The carrier does not take it on: it is too heavy for this service."),
    Why.KEYS: gettext_lazy("The carrier does not know the account. Ask the centre to enter its keys anew."),
}
REASONS = {
    "sf": {"S0002": Why.ADDRESS, "S0005": Why.WEIGHT, "A1004": Why.KEYS, "A1006": Why.KEYS},
    "jd": {"0_1002": Why.ADDRESS, "0_1004": Why.WEIGHT, "0_1001": Why.KEYS, "12": Why.KEYS, "19": Why.KEYS},
    "china_post": {"address": Why.ADDRESS, "B00005": Why.ADDRESS, "B00006": Why.WEIGHT, "A00001": Why.KEYS, "A00002": Why.KEYS},
}
"""By carrier and code; where the codes are from stands in ``docs/carriers.md``."""


def refusal_of(consignment: Consignment) -> str:
    """Return why a carrier refused, for a person; the carrier's own words stand behind ours, or alone where we have none."""
    why = REASONS.get(consignment.carrier, {}).get(consignment.refusal_code)
    own = f"{consignment.refusal_words} ({consignment.refusal_code})"
    return f"{SENTENCES[why]} {own}" if why else _("The carrier does not take it on: %(words)s") % {"words": own}
