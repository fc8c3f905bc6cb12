"""The answers: the seller's, the buyer's to her, the centre's over both."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.aftersales import rules
from teahorse.aftersales.actions.moving import LONGEST_NOTE, Actor, Party, end, locked, move, note
from teahorse.aftersales.actions.paying import pay_back
from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.money import yuan
from teahorse.common.refusals import Malformed, Refusal
from teahorse.people.models import Person

State = AfterSaleCase.State
Outcome = AfterSaleCase.Outcome
CODE_DIGITS = 8
SHORTEST_WORD = 4
WITHDRAWN_FROM = (State.SELLER_REVIEW, State.OFFERED, State.REFUSED, State.ESCALATED, State.AWAIT_RETURN)


class OfferTooLarge(Refusal):
    """Less than everything is offered; for everything one agrees."""

    code = "offer_too_large"
    status = 422
    sentence = _("Offer less than %(worth)s yuan, or agree to the whole.")


@transaction.atomic
def agree(*, case: AfterSaleCase, by: Actor, now: datetime, words: str = "") -> AfterSaleCase:
    """
    Grant what the buyer asks: the goods come back first, or new ones are sent, or the money goes back at once.

    :raises NotNow: unless it waits for the seller; the second click finds it agreed.
    """
    case = locked(case, State.SELLER_REVIEW)
    case.agreed_fen = case.asked_fen
    note(case, "agreed", by=by, now=now, words=words, amount_fen=case.asked_fen)
    go_on(case, now=now)
    return case


@transaction.atomic
def offer(*, case: AfterSaleCase, amount_fen: int, words: str, by: Person | None, now: datetime) -> AfterSaleCase:
    """
    Offer the buyer an amount for which she keeps the goods (or does without those that did not come).

    :raises OfferTooLarge: unless it is less than everything; :raises Malformed: for less than a fen; :raises NotNow: as :func:`agree`.
    """
    case = locked(case, State.SELLER_REVIEW)
    if amount_fen < 1:
        raise Malformed(field="offer", reason=_("Write how many yuan you offer."))
    if amount_fen >= case.worth_fen:
        raise OfferTooLarge(field="offer", worth=yuan(case.worth_fen))
    case.offered_fen = amount_fen
    note(case, "offered", by=Actor.seller(by), now=now, words=words, amount_fen=amount_fen)
    move(case, State.OFFERED, now=now)
    return case


@transaction.atomic
def accept_offer(*, case: AfterSaleCase, by: Actor, now: datetime) -> AfterSaleCase:
    """
    Take what the seller offers: it is paid back at once and the goods stay.

    :raises NotNow: unless an offer waits; nothing is changed.
    """
    case = locked(case, State.OFFERED)
    case.agreed_fen = case.offered_fen
    note(case, "accepted", by=by, now=now, amount_fen=case.offered_fen)
    pay_back(case, now=now)
    return case


@transaction.atomic
def refuse(*, case: AfterSaleCase, words: str, by: Person | None, now: datetime) -> AfterSaleCase:
    """
    Refuse, and say why; the buyer may bring it before the centre.

    :raises Malformed: without a reason; :raises NotNow: as :func:`agree`.
    """
    case = locked(case, State.SELLER_REVIEW)
    note(case, "refused", by=Actor.seller(by), now=now, words=checked_words(words))
    move(case, State.REFUSED, now=now)
    return case


@transaction.atomic
def escalate(*, case: AfterSaleCase, words: str, by: Actor, now: datetime) -> AfterSaleCase:
    """
    Bring a case that was refused, or an offer that is too small, before the centre.

    :raises Malformed: without a word to the centre; :raises NotNow: unless the seller has answered so.
    """
    case = locked(case, State.REFUSED, State.OFFERED)
    note(case, "escalated", by=by, now=now, words=checked_words(words))
    move(case, State.ESCALATED, now=now)
    return case


@transaction.atomic
def withdraw(*, case: AfterSaleCase, by: Actor, now: datetime) -> AfterSaleCase:
    """
    Let a case be, as long as neither goods nor money are on their way.

    :raises NotNow: if they are, or it has ended.
    """
    case = locked(case, *WITHDRAWN_FROM)
    case.agreed_fen = None
    note(case, "withdrawn", by=by, now=now)
    end(case, State.CLOSED, Outcome.WITHDRAWN, now=now)
    return case


@transaction.atomic
def decide_for_buyer(
    *, case: AfterSaleCase, words: str, by: Actor, now: datetime, amount_fen: int | None = None, needs_return: bool = True
) -> AfterSaleCase:
    """
    Decide a case that was brought before the centre for the buyer, over all that she asks or over an amount.

    With ``needs_return`` the goods go back first, if that was asked and they are not on their way; else she keeps them.

    :raises Malformed: for a wrong amount or without a reason; :raises NotNow: if it is not before the centre.
    """
    case = locked(case, State.ESCALATED)
    if amount_fen is not None and not 1 <= amount_fen <= case.worth_fen:
        raise Malformed(field="amount", reason=_("Write an amount up to what was paid for these goods."))
    was_sent_again = case.events.filter(act="sent").exists()  # and did not come: no third parcel
    is_partial = amount_fen is not None and amount_fen < case.asked_fen
    case.agreed_fen = case.asked_fen if amount_fen is None else amount_fen
    words = words if by.party == Party.TIME else checked_words(words)
    note(case, "decided_for_buyer", by=by, now=now, words=words, amount_fen=case.agreed_fen)
    if is_partial or not needs_return or was_sent_again:
        pay_back(case, now=now)
    else:
        go_on(case, now=now)
    return case


@transaction.atomic
def decide_for_seller(*, case: AfterSaleCase, words: str, by: Person, now: datetime) -> AfterSaleCase:
    """
    Decide a case that was brought before the centre for the seller; it ends.

    :raises Malformed: without a reason; :raises NotNow: if it is not before the centre.
    """
    case = locked(case, State.ESCALATED)
    case.agreed_fen = None
    note(case, "decided_for_seller", by=Actor(Party.CENTRE, by.pk), now=now, words=checked_words(words))
    end(case, State.CLOSED, Outcome.REFUSED, now=now)
    return case


def go_on(case: AfterSaleCase, *, now: datetime) -> None:
    """Take the next step towards what was granted; the case's and its order's rows are held."""
    if case.kind in rules.SENT_BACK and case.handed_in_at is None:
        case.hand_in_code = _free_code()
        move(case, State.AWAIT_RETURN, now=now)
    elif case.kind in rules.IN_GOODS:
        move(case, State.SENDING, now=now)
    else:
        pay_back(case, now=now)


def checked_words(words: str) -> str:
    """
    Return what somebody says, its blanks put in order.

    :raises Malformed: if it is nearly nothing, or too long to keep.
    """
    plain = " ".join(words.split())
    if not SHORTEST_WORD <= len(plain) <= LONGEST_NOTE:
        raise Malformed(field="words", reason=_("Say why, in 4 to 500 characters: the other side reads it."))
    return plain


def _free_code() -> str:
    """Return eight digits that no case waits under; a constraint stands behind it."""
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        if not AfterSaleCase.objects.filter(hand_in_code=code, state=State.AWAIT_RETURN).exists():
            return code
