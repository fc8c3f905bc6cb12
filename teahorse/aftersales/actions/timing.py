"""What time decides when nobody does, and what it finds that nobody was told of."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from teahorse.aftersales.actions.answering import accept_offer, agree, decide_for_buyer
from teahorse.aftersales.actions.moving import BY_TIME, end, locked, move, note
from teahorse.aftersales.actions.paying import settle_case
from teahorse.aftersales.actions.returning import pass_inspection, pay_instead
from teahorse.aftersales.models import AfterSaleCase, CasePhoto
from teahorse.aftersales.rules import CENTRE_GRACE, WAITS
from teahorse.common.refusals import Refusal
from teahorse.orders.models import SellerOrder
from teahorse.payments.models import Refund

State = AfterSaleCase.State
BATCH = 200
UNUSED_PHOTOS_KEPT = timedelta(days=1)
LOOK_AGAIN = timedelta(days=1)
FORGOTTEN_AFTER = timedelta(minutes=2)
LOOKS_BACK = timedelta(days=30)
log = logging.getLogger(__name__)


def let_time_decide(*, now: datetime) -> int:
    """
    Give every case whose deadline is over its default outcome; return how many moved.

    The seller silent: granted. The buyer silent: her offer is paid, a return not sent back is closed. Nobody looked at what
    came back: paid. The centre silent: overdue for four days, then for the buyer. Each in a transaction of its own; what
    somebody else holds at this moment is left for the next time, and twice at once is harmless. One that the house refuses
    (less was left of the payment) goes on standing on the overdue list and is tried again the next day.
    """
    late = Q(due_at__lte=now) & ~Q(state__in=(State.REFUNDING, State.ESCALATED)) | Q(due_at__lte=now - CENTRE_GRACE, state=State.ESCALATED)
    due = AfterSaleCase.objects.filter(late).order_by("due_at", "pk").values_list("pk", "order_id")[:BATCH]
    moved = 0
    for case_id, order_id in due:
        try:
            moved += _decide(case_id, order_id, now)
        except Exception:  # whatever it is, it must not stop the others
            log.exception("time could not decide case %s", case_id)
    return moved


def _decide(case_id: UUID, order_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        if not SellerOrder.objects.select_for_update(skip_locked=True).filter(pk=order_id).exists():
            return False
        case = locked(AfterSaleCase.objects.get(pk=case_id))
        grace = CENTRE_GRACE if case.state == State.ESCALATED else timedelta()
        if not case.is_open or case.due_at is None or case.due_at > now - grace or case.state == State.REFUNDING:
            return False
        try:
            with transaction.atomic():
                DEFAULTS[WAITS[case.state].default](case, now)
        except Refusal as refusal:
            log.warning("time could not decide case %s: %s", case.number, refusal.code)
            AfterSaleCase.objects.filter(pk=case.pk).update(refund_trouble=refusal.code, due_at=now + LOOK_AGAIN - grace)
            return False
    return True


def _close(case: AfterSaleCase, now: datetime) -> None:
    outcome = AfterSaleCase.Outcome.REFUSED if case.state == State.REFUSED else AfterSaleCase.Outcome.LAPSED
    case.agreed_fen = None
    note(case, "closed", by=BY_TIME, now=now)
    end(case, State.CLOSED, outcome, now=now)


def _escalate(case: AfterSaleCase, now: datetime) -> None:
    note(case, "escalated", by=BY_TIME, now=now)
    move(case, State.ESCALATED, now=now)


DEFAULTS: dict[str, Callable[[AfterSaleCase, datetime], object]] = {
    "agree": lambda case, now: agree(case=case, by=BY_TIME, now=now),
    "take_offer": lambda case, now: accept_offer(case=case, by=BY_TIME, now=now),
    "agree_inspected": lambda case, now: pass_inspection(case=case, is_sellable=False, by=BY_TIME, now=now),
    "refund": lambda case, now: pay_instead(case=case, by=BY_TIME, now=now),
    "for_buyer": lambda case, now: decide_for_buyer(case=case, words="", by=BY_TIME, now=now),
    "close": _close,
    "escalate": _escalate,
}


def settle_forgotten_refunds(*, now: datetime, since: datetime | None = None) -> int:
    """
    Take refunds into their cases whose reaction did not come through: arrived or refused, two minutes ago or more, and the case waits.

    Looks thirty days back, or since a time: the clock does the last hour every minute and all of it every hour.

    :returns: how many cases moved on.
    """
    window = (since or now - LOOKS_BACK, now - FORGOTTEN_AFTER)
    settled = Refund.objects.filter(settled_at__range=window, state__in=(Refund.State.SUCCEEDED, Refund.State.FAILED))
    waiting = AfterSaleCase.objects.filter(state=State.REFUNDING, refund_trouble="", pk__in=settled.values("reference"))
    moved = 0
    for case in waiting.order_by("order_id", "pk"):
        try:
            moved += settle_case(case, now=now)
        except Exception:  # whatever it is, it must not stop the others
            log.exception("the money of case %s cannot be taken into it", case.number)
    return moved


def sweep_photos(*, now: datetime) -> int:
    """Throw away the photographs whose case never came, a day after they were sent; return how many."""
    cases = AfterSaleCase.objects.values("pk")
    return CasePhoto.objects.filter(added_at__lt=now - UNUSED_PHOTOS_KEPT).exclude(case_id__in=cases).delete()[0]
