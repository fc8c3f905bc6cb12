"""
The carriers' words for what happened, mapped to our standard words and to acts of ``logistics``; one table for each source.

The same number means opposite things at different sources (2xx is trouble at Kuaidi100 and travel at others), so nothing is ever
mapped by number alone. What is in no table stays unmapped: it is kept with the carrier's own words and flagged.

Sources: SF's operation codes as public traces show them (50 and 54 collected, 30 sorted for the next stop, 36 left, 31 arrived, 44 out
for delivery, 70 not delivered, 80 and 8000 signed, 99, 631 and 648 on its way back); Kuaidi100's states as its
public tables list them; JD's nodes as a public copy of its platform's table lists them; China Post's operations as public traces show them.
"""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class State(StrEnum):
    """Our standard words for a parcel that somebody else carries."""

    ANNOUNCED = "announced"
    COLLECTED = "collected"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_TO_FETCH = "ready_to_fetch"
    DELIVERED = "delivered"
    TROUBLE = "trouble"
    REFUSED = "refused"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    UNMAPPED = ""


NAMES = {
    State.ANNOUNCED: _("Announced to the carrier"),
    State.COLLECTED: _("Collected by the carrier"),
    State.DEPARTED: _("Left for the next place"),
    State.ARRIVED: _("Arrived at a place on its way"),
    State.OUT_FOR_DELIVERY: _("With the courier"),
    State.READY_TO_FETCH: _("Waits in a locker or shop of the carrier"),
    State.DELIVERED: _("Delivered by the carrier"),
    State.TROUBLE: _("The carrier has trouble"),
    State.REFUSED: _("Refused by the recipient"),
    State.RETURNING: _("On its way back"),
    State.RETURNED: _("Back with its sender"),
    State.CANCELLED: _("Cancelled at the carrier"),
    State.UNMAPPED: _("In the carrier's own words"),
}

SF = {
    "50": State.COLLECTED,
    "54": State.COLLECTED,
    "30": State.DEPARTED,
    "36": State.DEPARTED,
    "3036": State.DEPARTED,
    "31": State.ARRIVED,
    "3137": State.ARRIVED,
    "44": State.OUT_FOR_DELIVERY,
    "204": State.OUT_FOR_DELIVERY,
    "70": State.TROUBLE,
    "33": State.TROUBLE,
    "80": State.DELIVERED,
    "8000": State.DELIVERED,
    "99": State.RETURNING,
    "648": State.RETURNING,
    "631": State.RETURNING,
}
"""By ``opCode``."""

KUAIDI100 = {
    "1": State.COLLECTED,
    "101": State.ANNOUNCED,
    "102": State.ANNOUNCED,
    "103": State.COLLECTED,
    "0": State.DEPARTED,
    "1001": State.ARRIVED,
    "1002": State.DEPARTED,
    "1003": State.DEPARTED,
    "5": State.OUT_FOR_DELIVERY,
    "501": State.READY_TO_FETCH,
    "3": State.DELIVERED,
    "301": State.DELIVERED,
    "302": State.DELIVERED,
    "303": State.DELIVERED,
    "304": State.READY_TO_FETCH,
    "6": State.RETURNING,
    "4": State.RETURNED,
    "401": State.CANCELLED,
    "14": State.REFUSED,
    "7": State.DEPARTED,
    "2": State.TROUBLE,
    "201": State.TROUBLE,
    "202": State.TROUBLE,
    "203": State.REFUSED,
    "204": State.TROUBLE,
    "205": State.TROUBLE,
    "206": State.TROUBLE,
    "207": State.TROUBLE,
    "208": State.TROUBLE,
    "209": State.TROUBLE,
    "210": State.CANCELLED,
}
"""
By the advanced ``statusCode``. 304 is signed for by a locker or a shop, not by a person: nobody has it in hand yet.
"""

JD = {
    "10010": State.ANNOUNCED,
    "200018": State.ANNOUNCED,
    "200034": State.ANNOUNCED,
    "200035": State.ANNOUNCED,
    "200036": State.ANNOUNCED,
    "200053": State.ANNOUNCED,
    "200001": State.COLLECTED,
    "200058": State.COLLECTED,
    "10054": State.DEPARTED,
    "200006": State.DEPARTED,
    "200012": State.DEPARTED,
    "200013": State.DEPARTED,
    "200019": State.DEPARTED,
    "200055": State.DEPARTED,
    "200076": State.DEPARTED,
    "10032": State.ARRIVED,
    "10033": State.ARRIVED,
    "200004": State.ARRIVED,
    "200007": State.ARRIVED,
    "200008": State.ARRIVED,
    "200009": State.ARRIVED,
    "200017": State.ARRIVED,
    "200050": State.ARRIVED,
    "200056": State.ARRIVED,
    "200075": State.ARRIVED,
    "11000": State.OUT_FOR_DELIVERY,
    "200051": State.READY_TO_FETCH,
    "200057": State.READY_TO_FETCH,
    "10034": State.DELIVERED,
    "10035": State.REFUSED,
    "200068": State.REFUSED,
    "10042": State.TROUBLE,
    "200003": State.TROUBLE,
    "200023": State.TROUBLE,
    "200031": State.TROUBLE,
    "200032": State.TROUBLE,
    "200059": State.TROUBLE,
    "200067": State.TROUBLE,
    "200069": State.TROUBLE,
    "200070": State.TROUBLE,
    "200033": State.RETURNING,
    "200060": State.RETURNING,
    "200010": State.CANCELLED,
    "200052": State.CANCELLED,
}
"""
By ``state``, the platform's code of a node. 10042 is delivered in part, 200031 waits to be brought once more, 200032 and 200070 are
given up: a person has to look. What only says that a label was printed or money was paid stands in no table and stays unmapped.
"""

CHINA_POST = {
    "203": State.COLLECTED,
    "303": State.ARRIVED,
    "345": State.ARRIVED,
    "305": State.DEPARTED,
    "389": State.DEPARTED,
    "989": State.DEPARTED,
    "306": State.ARRIVED,
    "912": State.ARRIVED,
    "954": State.ARRIVED,
    "702": State.OUT_FOR_DELIVERY,
    "704": State.DELIVERED,
    "705": State.TROUBLE,
}
"""
By ``opCode``, as public traces show them. 303 and 345 are sorted where it was taken in, 305 and 389 sealed in a vehicle, 912 landed. The
words of the Universal Postal Union (EMA to EMI) stand in no public trace that we know and stay unmapped.
"""

OF_SOURCE = {"sf": SF, "jd": JD, "china_post": CHINA_POST, "kuaidi100": KUAIDI100}

ACTS = {
    State.COLLECTED: "received",
    State.DEPARTED: "departed",
    State.ARRIVED: "arrived",
    State.OUT_FOR_DELIVERY: "departed",
    State.READY_TO_FETCH: "arrived",
    State.DELIVERED: "handed_over",
    State.REFUSED: "refused",
    State.RETURNING: "departed",
    State.RETURNED: "returned",
}
"""What becomes a scan of ``logistics``; the others say nothing of where a parcel is."""

ENDED = (State.DELIVERED, State.RETURNED, State.CANCELLED)
IN_A_LOCKER = ("自助柜", "丰巢", "驿站", "快递柜", "代收点")
BY_WORDS = ("sf", "china_post")
BY_HAND = ("本人", "已取件", "签收人")


def mapped(source: str, code: str, words: str = "") -> State:
    """Return our word for a source's code; SF and the post tell a locker's receipt by its words only, under a person's code."""
    state = OF_SOURCE[source].get(code, State.UNMAPPED)
    is_locker = any(word in words for word in IN_A_LOCKER) and not any(word in words for word in BY_HAND)
    return State.READY_TO_FETCH if source in BY_WORDS and state == State.DELIVERED and is_locker else state
