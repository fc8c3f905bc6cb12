"""Cases in people's words: kinds, reasons, states, what was done and what comes next. Both sides read the same."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from teahorse.aftersales.models import AfterSaleCase, CaseEvent
from teahorse.common.money import yuan

Kind = AfterSaleCase.Kind
Reason = AfterSaleCase.Reason
State = AfterSaleCase.State

KINDS = {
    Kind.REFUND_ONLY: _("Money back, nothing to send"),
    Kind.RETURN_REFUND: _("Send it back and get the money"),
    Kind.EXCHANGE: _("Send it back and get a new one"),
    Kind.SEND_AGAIN: _("Send it to me again"),
    Kind.COMPENSATION: _("Keep it and get part of the money back"),
}
REASONS = {
    Reason.NO_REASON: _("I do not want it (seven days, no reason)"),
    Reason.DAMAGED: _("It is broken or damaged"),
    Reason.SPOILED_ON_THE_WAY: _("It spoiled on the way"),
    Reason.WEIGHT_SHORT: _("There is less than was sold"),
    Reason.WRONG_GOODS: _("It is something else"),
    Reason.NOT_AS_DESCRIBED: _("It is not as it was described"),
    Reason.NEVER_CAME: _("It never came"),
    Reason.OTHER: _("Something else"),
}
STATES = {
    State.SELLER_REVIEW: pgettext_lazy("case", "The seller looks at it"),
    State.OFFERED: pgettext_lazy("case", "The seller makes an offer"),
    State.REFUSED: pgettext_lazy("case", "Refused by the seller"),
    State.ESCALATED: pgettext_lazy("case", "Before the centre"),
    State.AWAIT_RETURN: pgettext_lazy("case", "To be sent back"),
    State.RETURN_IN_TRANSIT: pgettext_lazy("case", "On its way back"),
    State.INSPECT: pgettext_lazy("case", "Being looked at"),
    State.SENDING: pgettext_lazy("case", "New goods are packed"),
    State.SENT_AGAIN: pgettext_lazy("case", "New goods are on their way"),
    State.REFUNDING: pgettext_lazy("case", "The money is on its way"),
    State.DONE: pgettext_lazy("case", "Done"),
    State.CLOSED: pgettext_lazy("case", "Closed"),
}
TONES = {
    State.OFFERED: "warn",
    State.REFUSED: "alarm",
    State.ESCALATED: "warn",
    State.AWAIT_RETURN: "warn",
    State.DONE: "good",
    State.CLOSED: "",
}
NEXT_FOR_BUYER = {
    State.SELLER_REVIEW: _("The seller answers by %(by)s. If she does not, it is granted."),
    State.OFFERED: _("Take the offer or bring it before the centre by %(by)s. If you do nothing, the offer is paid to you."),
    State.REFUSED: _("If you do not agree, bring it before the centre by %(by)s. Then it is closed."),
    State.ESCALATED: _("The centre decides by %(by)s. If it does not, it is decided for you soon after."),
    State.AWAIT_RETURN: _("Hand it in or send it back by %(by)s. Then it is closed."),
    State.RETURN_IN_TRANSIT: _("It should reach the seller by %(by)s. If it does not, the centre looks for it."),
    State.INSPECT: _("The seller looks at it by %(by)s. If she does not, you get your money."),
    State.SENDING: _("The seller sends it by %(by)s. If she does not, you get your money."),
    State.SENT_AGAIN: _("It should reach you by %(by)s. If it does not, the centre looks for it."),
    State.REFUNDING: _("The money should arrive by %(by)s, the way it came. If it does not, the centre looks after it."),
}
NEXT_FOR_STAFF = {
    State.SELLER_REVIEW: _("The seller answers by %(by)s. After that it counts as granted."),
    State.OFFERED: _("The buyer answers the offer by %(by)s. After that it is paid."),
    State.REFUSED: _("The buyer may bring it before the centre until %(by)s. After that it is closed."),
    State.ESCALATED: _("The centre decides by %(by)s. Four days later time decides for the buyer."),
    State.AWAIT_RETURN: _("The buyer sends the goods back by %(by)s. After that it is closed."),
    State.RETURN_IN_TRANSIT: _("The goods should reach the seller by %(by)s. After that the centre looks for them."),
    State.INSPECT: _("The seller looks at the goods by %(by)s. After that the money goes back."),
    State.SENDING: _("The seller sends new goods by %(by)s. After that the money goes back instead."),
    State.SENT_AGAIN: _("The new goods should arrive by %(by)s. After that the centre looks for them."),
    State.REFUNDING: _("The money should arrive by %(by)s."),
}
CASH_FOR_BUYER = _("Fetch the money at the counter where you paid, until %(by)s. Show the order's number there.")
OUTCOMES = {
    "refunded": pgettext_lazy("case", "The money is back."),
    "sent": pgettext_lazy("case", "The new goods have come."),
    "refused": pgettext_lazy("case", "Nothing is paid back."),
    "withdrawn": pgettext_lazy("case", "The buyer let it be."),
    "lapsed": pgettext_lazy("case", "Nothing was sent back in time."),
}
ACTS = {
    "opened": pgettext_lazy("case", "Asked by the buyer"),
    "agreed": pgettext_lazy("case", "Granted"),
    "offered": pgettext_lazy("case", "Offer by the seller"),
    "accepted": pgettext_lazy("case", "The offer is taken"),
    "refused": pgettext_lazy("case", "Refused by the seller"),
    "escalated": pgettext_lazy("case", "Brought before the centre"),
    "withdrawn": pgettext_lazy("case", "Withdrawn by the buyer"),
    "decided_for_buyer": pgettext_lazy("case", "Decided for the buyer"),
    "decided_for_seller": pgettext_lazy("case", "Decided for the seller"),
    "handed_in": pgettext_lazy("case", "Handed in at a service point"),
    "sent_back": pgettext_lazy("case", "Sent back by the buyer"),
    "received": pgettext_lazy("case", "Back at the seller"),
    "passed": pgettext_lazy("case", "Found in order"),
    "failed": pgettext_lazy("case", "Not in order"),
    "sent": pgettext_lazy("case", "New goods sent"),
    "arrived": pgettext_lazy("case", "New goods arrived"),
    "paid_instead": pgettext_lazy("case", "Money instead of goods"),
    "refunded": pgettext_lazy("case", "The money is back"),
    "refund_failed": pgettext_lazy("case", "The money could not be sent"),
    "retried": pgettext_lazy("case", "The money is sent once more"),
    "closed": pgettext_lazy("case", "Closed, nothing more was done"),
}
BY_TIME = pgettext_lazy("case", "nobody answered in time")


def moment(at: Any) -> str:
    """Return a time as both sides read it."""
    return date_format(timezone.localtime(at), "m-d H:i") if at else ""


def next_step(case: AfterSaleCase, *, for_buyer: bool) -> str:
    """Return what happens next and by when; of an ended case what came of it."""
    if not case.is_open:
        return str(OUTCOMES[case.outcome])
    state = State(case.state)
    if for_buyer and state == State.REFUNDING and case.owner == AfterSaleCase.Owner.BUYER:
        return str(CASH_FOR_BUYER) % {"by": moment(case.due_at)}
    words = (NEXT_FOR_BUYER if for_buyer else NEXT_FOR_STAFF)[state]
    return str(words) % {"by": moment(case.due_at)}


def tone(case: AfterSaleCase) -> str:
    """Return the tone of the badge that tells where a case stands."""
    return TONES.get(State(case.state), "info")


def entries(events: Iterable[CaseEvent]) -> list[dict[str, Any]]:
    """Return what was done, newest first, as the timeline shows it."""
    told = [
        {
            "what": str(ACTS.get(event.act, event.act)),
            "at": moment(event.at),
            "note": " · ".join(part for part in (f"¥{yuan(event.amount_fen)}" if event.amount_fen else "", _said(event)) if part),
            "state": "alarm" if event.act in {"refused", "failed", "refund_failed"} else "",
        }
        for event in events
    ]
    return told[::-1]


def _said(event: CaseEvent) -> str:
    return str(BY_TIME) if event.party == CaseEvent.Party.TIME else event.note
