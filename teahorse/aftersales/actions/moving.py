"""What every act in a case does: lock order and case, move the case to whoever is next, write down who did it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from teahorse.aftersales.events import CasesClosed
from teahorse.aftersales.models import AfterSaleCase, CaseEvent, CaseLine
from teahorse.aftersales.rules import WAITS
from teahorse.common.events import announce
from teahorse.common.push import tell
from teahorse.common.refusals import Refusal
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Person

State = AfterSaleCase.State
Party = CaseEvent.Party
LONGEST_NOTE = 500


class NotNow(Refusal):
    """The case is in another state by now: somebody else, or time, was quicker."""

    code = "case_not_now"
    sentence = _("This case has moved on meanwhile. Look where it stands now.")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: for which party, and the person where one is known."""

    party: str
    person_id: UUID | None = None

    @classmethod
    def seller(cls, person: Person | None) -> "Actor":
        """Return the seller, by one of her people or, where there is none, by her own system."""
        return cls(Party.SELLER, person.pk if person else None)


BY_TIME = Actor(Party.TIME)
BY_HOUSE = Actor(Party.HOUSE)


def locked(case: AfterSaleCase, *states: str) -> AfterSaleCase:
    """
    Return the case as it is now, its order and itself locked, in this order as everywhere.

    :raises NotNow: unless it is in one of some states; nothing is changed.
    """
    order = SellerOrder.objects.select_for_update(of=("self",)).select_related("group", "seller").get(pk=case.order_id)
    fresh = AfterSaleCase.objects.select_for_update().get(pk=case.pk)
    fresh.order = order
    if states and fresh.state not in states:
        raise NotNow(state=fresh.state)
    return fresh


def move(case: AfterSaleCase, state: str, *, now: datetime, owner: str = "", within: timedelta | None = None) -> None:
    """
    Hand the case to whoever has to act in a state, with her deadline, and save it; an ended one needs an outcome.

    What troubled it in the state that it leaves is over.
    """
    if state != case.state:
        case.refund_trouble = ""
    if state in AfterSaleCase.ENDED:
        case.owner, case.due_at, case.ended_at = "", None, now
        CaseLine.objects.filter(case=case).update(is_open=False)
    else:
        wait = WAITS[state]
        case.owner, case.due_at = owner or wait.owner, now + (within or wait.within)
    case.state = state
    case.save()
    tell([f"group:{case.order.group_id}", f"seller:{case.order.seller_id}"])


def end(case: AfterSaleCase, state: str, outcome: str, *, now: datetime) -> None:
    """End a case and announce it."""
    case.outcome = outcome
    move(case, state, now=now)
    announce(CasesClosed(case_ids=(case.pk,)))


def note(case: AfterSaleCase, act: str, *, by: Actor, now: datetime, words: str = "", amount_fen: int | None = None) -> CaseEvent:
    """Write down what was done."""
    return CaseEvent.objects.create(
        county_id=case.county_id,
        case=case,
        act=act,
        party=by.party,
        by_id=by.person_id,
        note=words[:LONGEST_NOTE],
        amount_fen=amount_fen,
        at=now,
    )
