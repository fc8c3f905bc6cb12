"""Opening a case: what may be asked is looked at under the order's lock, and what it is worth is frozen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from teahorse.aftersales import queries
from teahorse.aftersales.actions.moving import BY_HOUSE, Actor, Party, move, note
from teahorse.aftersales.events import CasesOpened
from teahorse.aftersales.models import AfterSaleCase, CaseLine, CasePhoto, CaseShare
from teahorse.aftersales.queries import LineStanding, Standing
from teahorse.aftersales.rules import FAULTS, KINDS_OF_REASON, SHOWN_BY_PICTURE, Parts, worth
from teahorse.common.events import announce
from teahorse.common.ids import new_id
from teahorse.common.money import yuan
from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Person

Kind = AfterSaleCase.Kind
Reason = AfterSaleCase.Reason
LONGEST_STORY = 500
SHORTEST_STORY = 4


class NotSentYet(Refusal):
    """What is not packed is cancelled; what was cancelled is paid back already."""

    code = "not_sent_yet"
    sentence = _("Nothing of this order has been sent. As long as it is not packed you can cancel it on the order's page.")


class NotPaidYet(NotSentYet):
    """It is paid when it is handed over; until then there is nothing to give back."""

    code = "not_paid_yet"
    sentence = _("This order is paid when it is handed over. Look at the goods there; what you do not take goes back, and costs nothing.")


class NotReceivedYet(Refusal):
    """Nobody can judge what has not come."""

    code = "not_received_yet"
    sentence = _("The goods have not been handed over to you yet. If they should be there by now, choose “It never came”.")


class NotLateYet(Refusal):
    """It may still come in time."""

    code = "not_late_yet"
    sentence = _("The goods are promised until %(day)s. If they are not there then, tell us and you get your money back.")


class TooLateToAsk(Refusal):
    """The time for it is over."""

    code = "too_late_to_ask"
    sentence = _("For this it was possible until %(until)s. Call the seller or the centre: they may still help.")


class NoRightWithoutReason(Refusal):
    """The law leaves these goods out, and the page said so before buying."""

    code = "no_right_without_reason"
    sentence = _("“%(title)s” cannot be given back without a reason; its page said so before you bought it. A fault can always be told.")


class AlreadyInACase(Refusal):
    """Something of it is being asked for already, or nothing is left of it."""

    code = "already_in_a_case"
    sentence = _("Of “%(title)s” %(left)d can still be asked back. Look at your other cases of this order.")


class CaseKeyUsed(Refusal):
    """The same key came with another wish."""

    code = "case_key_used"
    sentence = _("With this key a case with other contents was opened before. Look at your cases of this order.")


class PictureNeeded(Refusal):
    """The seller has to see it."""

    code = "picture_needed"
    status = 422
    sentence = _("Add a photograph that shows it, so that the seller can answer at once.")


class AsksTooMuch(Refusal):
    """More than was paid for these units."""

    code = "asks_too_much"
    status = 422
    sentence = _("For these goods at most %(worth)s yuan were paid.")


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseDraft:
    """What a buyer asks for: units by the key of their order line; an amount only where she keeps the goods."""

    order: SellerOrder
    kind: str
    reason: str
    units: Mapping[UUID, int]
    story: str = ""
    asked_fen: int | None = None
    key: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a draft comes to: each line with its parts by payer, the freight in it, and what is asked for."""

    lines: list[tuple[LineStanding, int, Parts]]
    freight_fen: int
    is_freight_back: bool
    asked_fen: int

    @property
    def worth_fen(self) -> int:
        """What the buyer paid for it."""
        return sum(parts.buyer_fen for _line, _units, parts in self.lines) + self.freight_fen


def weigh(*, draft: CaseDraft, now: datetime) -> Weighed:
    """
    Return what a draft would bring, or why it cannot be asked; nothing is changed.

    :raises Malformed: for a field that is missing or wrong; :raises NotSentYet: :raises NotReceivedYet: :raises NotLateYet:
    :raises TooLateToAsk: :raises NoRightWithoutReason: :raises AlreadyInACase: :raises AsksTooMuch: as they say.
    """
    if draft.reason not in KINDS_OF_REASON:
        raise Malformed(field="reason", reason=_("Choose what is wrong."))
    if draft.kind not in KINDS_OF_REASON[draft.reason]:
        raise Malformed(field="kind", reason=_("Choose what you would like."))
    units = {key: number for key, number in draft.units.items() if number}
    if not units:
        raise Malformed(field="units", reason=_("Choose what it is about, and how many."))
    standing = queries.standing(draft.order, now=now)
    _check_sent(standing)
    known = {line.line.pk: line for line in standing.lines}
    if not units.keys() <= known.keys():
        raise Malformed(field="units", reason=_("Choose one of the list."))
    chosen = [(line, units[key]) for key, line in known.items() if key in units]
    _check_units(chosen)
    _check_time(standing, draft.reason, [line for line, _number in chosen])
    return _whole(standing, draft, chosen)


def _whole(standing: Standing, draft: CaseDraft, chosen: list[tuple[LineStanding, int]]) -> Weighed:
    """Return what some units of lines come to."""
    lines = [(line, number, worth(line.sold, line.gone, units=number)) for line, number in chosen]
    units = {line.line.pk: number for line, number in chosen}
    is_freight_back = standing.is_freight_left and _takes_freight(standing, draft, units)
    freight_fen = standing.freight_left_fen if is_freight_back else 0
    whole = sum(parts.buyer_fen for _line, _number, parts in lines) + freight_fen
    return Weighed(lines, freight_fen, is_freight_back, _asked(draft, whole))


def _check_sent(standing: Standing) -> None:
    if standing.order.is_to_pay_on_delivery:
        raise NotPaidYet
    if not standing.is_sent:
        raise NotSentYet


def why_not(*, standing: Standing, reason: str, line: LineStanding) -> Refusal | None:
    """Return why nothing can be asked about a line for a reason now; nothing where it can."""
    try:
        _check_sent(standing)
        _check_units([(line, 1)])
        _check_time(standing, reason, [line])
    except Refusal as refusal:
        return refusal
    return None


def _check_units(chosen: Iterable[tuple[LineStanding, int]]) -> None:
    for line, number in chosen:
        if not 1 <= number <= line.units_left:
            raise AlreadyInACase(field="units", title=line.line.title_in(get_language()), left=line.units_left)


def _check_time(standing: Standing, reason: str, lines: list[LineStanding]) -> None:
    if reason == Reason.NO_REASON:
        for line in lines:
            if not line.has_no_reason_right:
                raise NoRightWithoutReason(field="reason", title=line.line.title_in(get_language()))
    if standing.received_at is None:
        if reason != Reason.NEVER_CAME:
            raise NotReceivedYet(field="reason")
        if not standing.is_late:
            raise NotLateYet(field="reason", day=f"{standing.order.promised_to_date:%m-%d}")
        return
    ends_at = standing.asked_until(reason, lines)
    if ends_at is None or standing.now >= ends_at:
        raise TooLateToAsk(field="reason", until=f"{ends_at:%m-%d %H:%M}" if ends_at else "")


def _takes_freight(standing: Standing, draft: CaseDraft, units: Mapping[UUID, int]) -> bool:
    """Return whether the freight goes back too: the fault is not the buyer's, and with this everything goes back."""
    is_all = all(units.get(line.line.pk, 0) == line.sold.units - line.gone.units for line in standing.lines)
    return draft.reason in FAULTS and draft.kind != Kind.COMPENSATION and is_all


def _asked(draft: CaseDraft, whole_fen: int) -> int:
    if draft.kind != Kind.COMPENSATION:
        return whole_fen
    if draft.asked_fen is None or draft.asked_fen < 1:
        raise Malformed(field="asked", reason=_("Write how many yuan you would like back."))
    if draft.asked_fen > whole_fen:
        raise AsksTooMuch(field="asked", worth=yuan(whole_fen))
    return draft.asked_fen


@transaction.atomic
def open_case(*, draft: CaseDraft, by: Person | None, now: datetime) -> AfterSaleCase:
    """
    Open a case and give it to the seller; the same key twice is the same case. A difference of weight that is asked for and not
    paid is waived: what the goods cost has to stand still.

    :raises PictureNeeded: if the reason is one that a photograph has to show; :raises NotThere: if the key is another order's case;
    :raises CaseKeyUsed: if it is a case of this order with other contents; else as :func:`weigh`. Nothing is changed.
    """
    order = SellerOrder.objects.select_for_update(of=("self",)).select_related("group", "seller").get(pk=draft.order.pk)
    known = AfterSaleCase.objects.filter(pk=draft.key).first()
    if known is not None and known.order_id != order.pk:
        raise NotThere
    if known is not None:
        return _same(known, draft)
    story = _story(draft)
    if len(story) > LONGEST_STORY or (draft.reason == Reason.OTHER and len(story) < SHORTEST_STORY):
        raise Malformed(field="story", reason=_("Write what happened, in 4 to 500 characters."))
    orders.waive(orders=[order], now=now)
    weighed = weigh(
        draft=CaseDraft(order=order, kind=draft.kind, reason=draft.reason, units=draft.units, asked_fen=draft.asked_fen), now=now
    )
    if draft.reason in SHOWN_BY_PICTURE and not CasePhoto.objects.filter(case_id=draft.key, order=order).exists():
        raise PictureNeeded(field="photos")
    return _opened(draft, order, weighed, by=Actor(Party.BUYER, by.pk if by else None), now=now)


@transaction.atomic
def open_for_buyer(*, draft: CaseDraft, now: datetime) -> AfterSaleCase:
    """
    Open a case for a buyer who did not ask, because the house knows that something is wrong with what was sent to her.

    No picture has to show it and no time for it is over; the same key twice is the same case.

    :raises NotSentYet: if nothing was sent; :raises AlreadyInACase: if its units are in cases already; :raises CaseKeyUsed: if the
        key is another case's. Nothing is changed.
    """
    order = SellerOrder.objects.select_for_update(of=("self",)).select_related("group", "seller").get(pk=draft.order.pk)
    known = AfterSaleCase.objects.filter(pk=draft.key).first()
    if known is not None:
        return _same(known, draft)
    orders.waive(orders=[order], now=now)
    standing = queries.standing(order, now=now)
    _check_sent(standing)
    chosen = [(line, draft.units[line.line.pk]) for line in standing.lines if draft.units.get(line.line.pk)]
    _check_units(chosen)
    if CaseLine.objects.filter(line__in=[line.line.pk for line, _number in chosen], is_open=True).exists():
        raise AlreadyInACase(field="units", title=chosen[0][0].line.title_in(get_language()), left=0)
    return _opened(draft, order, _whole(standing, draft, chosen), by=BY_HOUSE, now=now)


def _opened(draft: CaseDraft, order: SellerOrder, weighed: Weighed, *, by: Actor, now: datetime) -> AfterSaleCase:
    """Write a case that was weighed and give it to the seller."""
    case = AfterSaleCase(
        pk=draft.key,
        county_id=order.county_id,
        order=order,
        number=f"{order.number}-{AfterSaleCase.objects.filter(order=order).count() + 1}",
        kind=draft.kind,
        reason=draft.reason,
        story=_story(draft),
        worth_fen=weighed.worth_fen,
        freight_fen=weighed.freight_fen,
        is_freight_back=weighed.is_freight_back,
        asked_fen=weighed.asked_fen,
        opened_by_id=by.person_id,
        opened_at=now,
    )
    move(case, AfterSaleCase.State.SELLER_REVIEW, now=now)
    for line, units, parts in weighed.lines:
        _write_line(case, line, units, parts)
    note(case, "opened", by=by, now=now, words=case.story, amount_fen=case.asked_fen)
    announce(CasesOpened(case_ids=(case.pk,)))
    return case


def _same(case: AfterSaleCase, draft: CaseDraft) -> AfterSaleCase:
    """Return the case of a draft's key, if it asks for the same."""
    units = {line.line_id: line.quantity for line in case.lines.all()}
    wanted = {key: number for key, number in draft.units.items() if number}
    is_other_amount = draft.asked_fen not in {None, case.asked_fen} and case.kind == Kind.COMPENSATION
    if (case.kind, case.reason, case.story, units) != (draft.kind, draft.reason, _story(draft), wanted) or is_other_amount:
        raise CaseKeyUsed(field="key")
    return case


def _story(draft: CaseDraft) -> str:
    return " ".join(draft.story.split())


def _write_line(case: AfterSaleCase, line: LineStanding, units: int, parts: Parts) -> None:
    written = CaseLine.objects.create(county_id=case.county_id, case=case, line=line.line, quantity=units, worth_fen=parts.buyer_fen)
    CaseShare.objects.bulk_create(
        CaseShare(county_id=case.county_id, case_line=written, bearer=payer.bearer, bearer_id=payer.bearer_id, worth_fen=fen)
        for payer, fen in zip(line.bearers, parts.others_fen, strict=True)
    )
