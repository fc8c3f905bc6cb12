"""
Every change of the story.

What is told is kept (:mod:`.capturing`) and stands in the log (:mod:`.publishing`), persons' details apart (:mod:`.redacting`). Neighbours
cosign the log (:mod:`.cosigning`), and we cosign theirs (:mod:`.witnessing`). People tell it step by step (:mod:`.telling`,
:mod:`.attaching`), set it right (:mod:`.correcting`), by flows that a centre writes (:mod:`.writing_flows`). Units of lots come onto the
shelf (:mod:`.shelving`), into parcels (:mod:`.packing`) and back (:mod:`.taking_back`); papers vouch for them (:mod:`.certifying`). Whoever
scans a label is counted, coarsely (:mod:`.scanning`), and signs of copies are shown (:mod:`.suspecting`). Lots are taken back
(:mod:`.recalling`). Who asks again and again gives the question a name and subscribes to it (:mod:`.subscribing`); he is sent what is new
(:mod:`.delivering`).
"""

from teahorse.trace.actions.attaching import (
    PDF,
    keep_attachment,
    show_attachment,
    sweep_attachments,
)
from teahorse.trace.actions.capturing import (
    capture,
)
from teahorse.trace.actions.certifying import (
    AlreadyCommitted,
    KnownNumber,
    PaperThere,
    add_certificate,
    attach_paper,
    commit_lot,
    withdraw_certificate,
)
from teahorse.trace.actions.correcting import (
    correct_telling,
)
from teahorse.trace.actions.delivering import (
    send_delivery,
    sweep_deliveries,
    tell,
    tell_due,
    tell_streams,
)
from teahorse.trace.actions.hearing import decide_hearsay
from teahorse.trace.actions.packing import (
    Chosen,
    LotGone,
    WrongCode,
    take_lots,
    take_lots_of_packed,
)
from teahorse.trace.actions.placing import (
    SiteSaid,
    add_site,
    change_site,
    leave_site,
)
from teahorse.trace.actions.publishing import (
    publish,
)
from teahorse.trace.actions.recalling import (
    MovedOn,
    NothingLeft,
    RecalledAlready,
    account_for,
    draft_recall,
    drop_recall,
    end_recall,
    leave_out,
    open_recall_cases,
    start_recall,
    take_back_what_came,
)
from teahorse.trace.actions.redacting import (
    conceal,
    erase,
)
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
from teahorse.trace.actions.shelving import (
    MoreThanMade,
    NotSold,
    NoUnits,
    SoldAsAnother,
    offer_of,
    sell_as,
    shelve,
    write_off,
)
from teahorse.trace.actions.subscribing import (
    forget_query,
    name_query,
    subscribe,
    unsubscribe,
)
from teahorse.trace.actions.suspecting import answer_report, close_suspicion, suspect
from teahorse.trace.actions.taking_back import (
    take_lots_back,
    take_unpaid_lots_back,
)
from teahorse.trace.actions.telling import (
    tell_step,
)
from teahorse.trace.actions.witnessing import (
    ask_witness,
    cosign,
    leave_log,
    leave_witness,
    look_at_log,
)
from teahorse.trace.actions.writing_flows import (
    begin_flow,
    next_version,
    publish_flow,
    retire_flow,
    write_flow,
)

__all__ = [
    "PDF",
    "AlreadyCommitted",
    "Chosen",
    "KnownNumber",
    "LotGone",
    "MoreThanMade",
    "MovedOn",
    "NoUnits",
    "NotSold",
    "NothingHidden",
    "NothingLeft",
    "PaperThere",
    "RecalledAlready",
    "Seen",
    "SiteSaid",
    "SoldAsAnother",
    "UnknownCode",
    "WrongCode",
    "account_for",
    "add_certificate",
    "add_site",
    "answer_report",
    "ask_witness",
    "attach_paper",
    "begin_flow",
    "capture",
    "change_site",
    "check_hidden",
    "close_suspicion",
    "commit_lot",
    "conceal",
    "correct_telling",
    "cosign",
    "decide_hearsay",
    "draft_recall",
    "drop_recall",
    "end_recall",
    "erase",
    "forget_query",
    "is_robot",
    "keep_attachment",
    "leave_log",
    "leave_out",
    "leave_site",
    "leave_witness",
    "look_at_log",
    "name_query",
    "next_version",
    "offer_of",
    "open_recall_cases",
    "publish",
    "publish_flow",
    "report",
    "retire_flow",
    "say_where",
    "scan",
    "sell_as",
    "send_delivery",
    "shelve",
    "show_attachment",
    "start_recall",
    "subscribe",
    "suspect",
    "sweep_attachments",
    "sweep_deliveries",
    "take_back_what_came",
    "take_lots",
    "take_lots_back",
    "take_lots_of_packed",
    "take_unpaid_lots_back",
    "tell",
    "tell_due",
    "tell_step",
    "tell_streams",
    "unsubscribe",
    "visitor_mark",
    "withdraw_certificate",
    "write_flow",
    "write_off",
]
