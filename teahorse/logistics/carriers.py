"""Who takes parcels on: our own network and the partners, by the code under which a parcel keeps them."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed

NETWORK, OTHER = "network", "other"
NAMES = {
    NETWORK: _("Our own network"),
    "sf": _("SF Express"),
    "jd": _("JD Logistics"),
    "china_post": _("China Post"),
    "yto": _("YTO Express"),
    "kuaidi100": _("Kuaidi100"),
    OTHER: _("Another carrier"),
}
ON_LABELS = {NETWORK: "茶马 Teahorse", "sf": "顺丰速运", "jd": "京东快递", "china_post": "中国邮政", "yto": "圆通速递"}
"""As they call themselves; another code stands as it is."""
FOR_SELLERS = (NETWORK, "sf", "jd", "china_post")
FOR_BUYERS = ("sf", "jd", "china_post", OTHER)
NUMBER = re.compile(r"[A-Z0-9]{8,30}")


def name_of(code: str) -> str:
    """Return what a carrier is called; another code stands as it is."""
    return str(NAMES.get(code, code))


def choices(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Return carriers with their names, to be chosen from."""
    return [(code, name_of(code)) for code in codes]


def chosen(code: str, among: Iterable[str]) -> str:
    """Return a carrier that was chosen. :raises Malformed: at ``carrier``, if it is none of them."""
    if code not in among:
        raise Malformed(field="carrier", reason=_("Choose who takes it on."))
    return code


def number_typed(carrier: str, text: str, *, field: str) -> str:
    """
    Return a carrier's number however it was typed; our own network's parcels have none but ours.

    :raises Malformed: at ``field``, if it is none.
    """
    if carrier == NETWORK:
        return ""
    number = re.sub(r"[\s-]", "", text).upper()
    if not NUMBER.fullmatch(number):
        raise Malformed(field=field, reason=_("Copy the number from the carrier's label: 8 to 30 letters and digits."))
    return number
