"""
Every change of the story: what is told is kept (:mod:`.capturing`) and stands in the log (:mod:`.publishing`); units of lots come
onto the shelf (:mod:`.shelving`) and into parcels (:mod:`.packing`); papers vouch for them (:mod:`.certifying`); whoever
scans a label is counted, coarsely (:mod:`.scanning`).
"""

from teahorse.trace.actions.capturing import capture
from teahorse.trace.actions.certifying import AlreadyCommitted, KnownNumber, add_certificate, commit_lot, withdraw_certificate
from teahorse.trace.actions.packing import Chosen, LotGone, WrongCode, take_lots, take_lots_of_packed
from teahorse.trace.actions.placing import SiteSaid, add_site, change_site, leave_site
from teahorse.trace.actions.publishing import publish
from teahorse.trace.actions.scanning import (
    NothingHidden,
    Seen,
    UnknownCode,
    check_hidden,
    is_robot,
    report,
    say_where,
    scan,
    visitor_mark,
)
from teahorse.trace.actions.shelving import NotSold, NoUnits, offer_of, shelve, write_off

__all__ = [
    "AlreadyCommitted",
    "Chosen",
    "KnownNumber",
    "LotGone",
    "NoUnits",
    "NotSold",
    "NothingHidden",
    "Seen",
    "SiteSaid",
    "UnknownCode",
    "WrongCode",
    "add_certificate",
    "add_site",
    "capture",
    "change_site",
    "check_hidden",
    "commit_lot",
    "is_robot",
    "leave_site",
    "offer_of",
    "publish",
    "report",
    "say_where",
    "scan",
    "shelve",
    "take_lots",
    "take_lots_of_packed",
    "visitor_mark",
    "withdraw_certificate",
    "write_off",
]
