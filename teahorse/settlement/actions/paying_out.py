"""
Payouts: claimed by one, approved by another, sent, paid - or returned, even after they were paid.

A payout claims all matured earnings of a seller at one place (with the house, or at a provider where she collects) that no payout
has, negative ones too; while their sum is not positive nothing is paid and all of it waits for the next one. How a provider lets go
what it holds for her stands in ``sharing_out.py``.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id, readable
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.side_by_side import side_by_side
from teahorse.common.statements import array, looked_up
from teahorse.ledger import actions as ledger
from teahorse.ledger.rules import Account, Entry, lines
from teahorse.payments import actions as payments
from teahorse.people.models import Organisation, Person
from teahorse.settlement import accounts
from teahorse.settlement.actions.four_eyes import check_hands
from teahorse.settlement.actions.jobs import leave_sharing_payouts
from teahorse.settlement.actions.writing import NewEarning, write_earnings
from teahorse.settlement.models import Earning, Maturity, Payout, PayoutAccount, PayoutEvent
from teahorse.settlement.rules import is_account_number, is_card_number, is_right_card_number

State = Payout.State
Method = Payout.Method
WAITING = """
    select seller_id, provider, sum(amount_fen)::bigint, array_agg(id)
      from (select id, seller_id, provider, amount_fen from settlement_maturity matured
             where seller_id = any(%s::uuid[]) and state = 'payable' and payout_id is null
               and not exists (select from settlement_payout draft
                                where draft.seller_id = matured.seller_id and draft.provider = matured.provider and draft.state = 'draft')
             order by id for update of matured) waiting
     group by seller_id, provider
    having sum(amount_fen) > 0
     order by seller_id, provider
"""
CLAIM = """
    update settlement_maturity matured set payout_id = claimed.payout
      from unnest(%s::uuid[], %s::uuid[]) as claimed (payout, id)
     where matured.id = claimed.id
"""
SELLERS = 40
"""So many sellers' payouts are prepared in one transaction; of more, several are prepared side by side."""
CASH = "cash"
MOST_LETTERS = 80


class NotADraft(Refusal):
    """The payout is approved already, or was dropped; ``state`` says which."""

    code = "payout_not_a_draft"
    sentence = _("This payout is no longer a draft. Somebody was quicker.")


class FourEyes(Refusal):
    """Whoever prepared a payout does not approve it."""

    code = "four_eyes"
    sentence = _("You have prepared this payout. Somebody else has to approve it.")


class NotToSend(Refusal):
    """The payout is not approved, or was sent before, or goes another way."""

    code = "payout_not_to_send"
    sentence = _("This payout is not waiting to be sent in this way.")


class NotOnItsWay(Refusal):
    """The payout is not on its way, so it can neither arrive nor come back."""

    code = "payout_not_on_its_way"
    sentence = _("This payout is not on its way.")


class OwnPayout(Refusal):
    """The payout (``number``) is for the very house that would give it or say that it arrived."""

    code = "own_payout"
    sentence = _(
        "Payout %(number)s is for your own house. Whoever gets the money does not confirm it: the centre that pays you does. "
        "Nothing was changed."
    )


class NoAccount(Refusal):
    """The seller has told no bank account."""

    code = "no_payout_account"
    sentence = _("This seller has told no bank account yet. Pay in cash, or enter the account first.")


@transaction.atomic
def tell_account(*, seller: Organisation, holder: str, bank: str, number: str, by: Person, now: datetime) -> PayoutAccount:
    """
    Write down where a seller's money goes from now on; payouts that are prepared keep the account they have.

    :raises Malformed: if a part is missing, or the number cannot be one; the field is named and nothing is changed.
    """
    holder, bank, number = holder.strip(), bank.strip(), "".join(number.split())
    _check_account(holder, bank, number)
    Organisation.objects.select_for_update(no_key=True).get(pk=seller.pk)
    living = PayoutAccount.objects.filter(seller=seller, until_at=None)
    known = living.first()
    if known is not None and (known.holder, known.bank, known.number) == (holder, bank, number):
        return known
    living.update(until_at=now)
    return PayoutAccount.objects.create(seller=seller, holder=holder, bank=bank, number=number, since_at=now, told_by_id=by.pk)


def _check_account(holder: str, bank: str, number: str) -> None:
    problems = (
        (not holder, "holder", _("Write down whose account it is, as the bank knows the name.")),
        (len(holder) > MOST_LETTERS, "holder", _("The name is too long.")),
        (not bank, "bank", _("Write down the bank and its branch.")),
        (len(bank) > MOST_LETTERS, "bank", _("The bank's name is too long.")),
        (not is_account_number(number), "number", _("An account's number has 8 to 30 digits.")),
        (
            is_card_number(number) and not is_right_card_number(number),
            "number",
            _("A digit of this card's number is wrong. Look at the card again."),
        ),
    )
    for is_so, name, reason in problems:
        if is_so:
            raise Malformed(field=name, reason=reason)


def prepare_payouts(*, seller_ids: Collection[UUID], by: Person, now: datetime, method: str = "") -> list[Payout]:
    """
    Claim the matured earnings of sellers, one draft payout for each place of each whose sum is positive; return the drafts.

    What the house has goes by ``method``: without one it is the bank for those who have told an account, cash for the others. What
    a seller collected herself goes by its provider. A seller who has a draft of a place gets no second one; two callers at once
    share them out without a remainder, as each waits for the other's rows.

    :raises NoAccount: if the bank is asked for and a seller has told no account; nothing is changed.
    """
    keys = sorted(set(seller_ids), key=lambda key: key.int)
    together = SELLERS if method != Method.BANK else max(1, len(keys))  # one without an account stops all
    parts = [keys[start : start + together] for start in range(0, len(keys), together)]
    return [draft for drafts in side_by_side(lambda part: _prepared(part, method, by, now), parts) for draft in drafts]


@transaction.atomic
def _prepared(seller_ids: Sequence[UUID], method: str, by: Person, now: datetime) -> list[Payout]:
    # one preparing at a time for a seller: her row is the lock, taken in key order; what has matured is only read after it
    sellers = {one.pk: one for one in Organisation.objects.select_for_update(no_key=True).filter(pk__in=seller_ids).order_by("pk")}
    told = {account.seller_id: account for account in PayoutAccount.objects.filter(seller__in=sellers, until_at=None)}
    waiting = looked_up(WAITING, [array(sellers)])
    drafts = [
        _draft(sellers[seller_id], amount, told.get(seller_id), provider, method, by, now) for seller_id, provider, amount, _ in waiting
    ]
    Payout.objects.bulk_create(drafts)
    PayoutEvent.objects.bulk_create([PayoutEvent(payout=draft, kind=State.DRAFT, at=now, by_id=by.pk) for draft in drafts])
    claimed = [(draft.pk, key) for draft, (*_, keys) in zip(drafts, waiting, strict=True) for key in keys]
    looked_up(CLAIM, [array(payout for payout, _ in claimed), array(key for _, key in claimed)])
    return drafts


def _draft(
    seller: Organisation, amount_fen: int, account: PayoutAccount | None, provider: str, method: str, by: Person, now: datetime
) -> Payout:
    method = Method.PROVIDER if provider else method or (Method.BANK if account else Method.CASH)
    if method == Method.BANK and account is None:
        raise NoAccount(seller=seller.name)
    key = new_id()
    return Payout(
        id=key,
        county_id=seller.county_id,
        seller=seller,
        number=readable("P", key, at=now),
        method=method,
        provider=provider,
        account=account if method == Method.BANK else None,
        amount_fen=amount_fen,
        prepared_at=now,
        prepared_by_id=by.pk,
    )


@transaction.atomic
def approve_payout(*, payout: Payout, by: Person, now: datetime) -> Payout:
    """
    Let a draft go: what it pays is on its way from now on. By a provider it goes without anybody's doing: a job has it shared out.

    :raises NotADraft: if it is not a draft any more; of two at once one approves.
    :raises FourEyes: if it is by whom it was prepared.
    :raises PaysHerself: if she belongs to whom it is for. Nothing is changed in any of these.
    """
    payout = _locked(payout)
    check_hands([payout], by_id=by.pk)
    if payout.state != State.DRAFT:
        raise NotADraft(state=payout.state)
    if payout.prepared_by_id == by.pk:
        raise FourEyes
    payout.state, payout.approved_at, payout.approved_by_id = State.APPROVED, now, by.pk
    payout.save(update_fields=["state", "approved_at", "approved_by_id"])
    _happened(payout, State.APPROVED, at=now, by_id=by.pk)
    _book(payout, accounts.PAYOUT_APPROVED, "payable", "in_payout", now=now)
    if payout.method == Method.PROVIDER:
        leave_sharing_payouts([payout.pk])
    return payout


@transaction.atomic
def drop_payout(*, payout: Payout, by: Person, note: str, now: datetime) -> Payout:
    """
    Give a draft up; its earnings wait for the next one.

    :raises NotADraft: if it was approved, or dropped before; nothing is changed.
    """
    payout = _locked(payout)
    if payout.state != State.DRAFT:
        raise NotADraft(state=payout.state)
    payout.state, payout.ended_at = State.DROPPED, now
    payout.save(update_fields=["state", "ended_at"])
    Maturity.objects.filter(payout=payout).update(payout=None)
    _happened(payout, State.DROPPED, at=now, by_id=by.pk, note=note)
    return payout


@transaction.atomic
def pay_out_in_cash(*, payout: Payout, given_by: Person, received_by: str, now: datetime, house: Organisation | None = None) -> Payout:
    """
    Give an approved payout over a counter; who received it signs the receipt, whose number is on the event.

    At a ``house`` it comes out of the box of the person's open shift there; the workbench always names one.

    :raises NoOpenShift: if she has counted no box there.
    :raises OwnPayout: if it is for that house.
    :raises PaysHerself: if she belongs to whom it is for.
    :raises NotToSend: if it is not approved, or not to be paid in cash. Nothing is changed in any of these.
    """
    payout = _locked(payout)
    if house is not None and payout.seller_id == house.pk:
        raise OwnPayout(number=payout.number)
    check_hands([payout], by_id=given_by.pk)
    if payout.state != State.APPROVED or payout.method != Method.CASH:
        raise NotToSend(state=payout.state)
    if house is not None:
        shift = payments.locked_open_shift(organisation=house, person_id=given_by.pk)
        payments.move_cash(shift=shift, subject_id=payout.pk, amount_fen=-payout.amount_fen, now=now)
    receipt = readable("A", payout.pk, at=now)
    return _paid(payout, at=now, now=now, by_id=given_by.pk, reference=receipt, received_by=received_by)


@transaction.atomic
def send_payouts(*, payouts: Sequence[Payout], by_id: UUID | None, now: datetime, provider: str = "") -> list[Payout]:
    """
    Mark approved payouts as sent by a provider (sharing is asked for); those that are not are refused together.

    :raises NotToSend: if one of them is not approved or goes another way; nothing is changed.
    """
    locked = list(Payout.objects.select_for_update().filter(pk__in=[payout.pk for payout in payouts]).order_by("pk"))
    for payout in locked:
        if payout.state != State.APPROVED or payout.method != Method.PROVIDER or payout.provider != provider:
            raise NotToSend(state=payout.state)
    for payout in locked:
        payout.state = State.SENT
        _happened(payout, State.SENT, at=now, by_id=by_id)
    Payout.objects.bulk_update(locked, ["state"])
    return locked


@transaction.atomic
def confirm_payout(*, payout: Payout, reference: str, at: datetime, by_id: UUID | None, now: datetime) -> Payout:
    """
    Write down that a sent payout arrived, by the bank's number; the same again is harmless.

    :raises PaysHerself: if it is by who belongs to whom it is for.
    :raises NotOnItsWay: if it was not sent, or came back, or goes by a provider, who says itself when it is done. Nothing is changed
        in either.
    """
    payout = _locked(payout)
    check_hands([payout], by_id=by_id)
    if payout.state == State.PAID and PayoutEvent.objects.filter(payout=payout, kind=State.PAID, reference=reference).exists():
        return payout
    if payout.state != State.SENT or payout.method == Method.PROVIDER:
        raise NotOnItsWay(state=payout.state)
    return _paid(payout, at=at, now=now, by_id=by_id, reference=reference)


@transaction.atomic
def finish_payout(*, payout: Payout, reference: str, now: datetime) -> Payout:
    """Write down that a provider let go all of a payout that was sent; one that is paid, or came back, stays as it is."""
    payout = _locked(payout)
    if payout.state != State.SENT or payout.method != Method.PROVIDER:
        return payout
    return _paid(payout, at=now, now=now, by_id=None, reference=reference)


@transaction.atomic
def return_payout(
    *, payout: Payout, reference: str, note: str, at: datetime, by_id: UUID | None, now: datetime, house: Organisation | None = None
) -> Payout:
    """
    Write down that a payout came back, or never left; its sum is payable again. Legal after it was paid; again harmless.

    Cash that was given comes back into the box of the person's open shift at a ``house``; the workbench always names one. By a
    provider one is given up while it is sent: what of it was let go meanwhile is found so by the next one.

    :raises PaysHerself: if it is by who belongs to whom it is for: she would get its sum a second time.
    :raises NoOpenShift: if she has counted no box there.
    :raises NotOnItsWay: if it is a draft or was dropped, or a provider has let it go. Nothing is changed in any of these.
    """
    payout = _locked(payout)
    check_hands([payout], by_id=by_id)
    if payout.state == State.RETURNED:
        return payout
    if payout.state not in {*Payout.ON_ITS_WAY, State.PAID} or (payout.state, payout.method) == (State.PAID, Method.PROVIDER):
        raise NotOnItsWay(state=payout.state)
    if house is not None and by_id is not None and payout.state == State.PAID and payout.method == Method.CASH:
        shift = payments.locked_open_shift(organisation=house, person_id=by_id)
        given = PayoutEvent.objects.get(payout=payout, kind=State.PAID)
        payments.move_cash(shift=shift, subject_id=given.pk, amount_fen=payout.amount_fen, now=now)
    came_from = _where(payout) if payout.state == State.PAID else _of(payout, "in_payout")
    payout.state, payout.ended_at = State.RETURNED, at
    payout.save(update_fields=["state", "ended_at"])
    _happened(payout, State.RETURNED, at=at, by_id=by_id, reference=reference, note=note)
    write_earnings([returned_earning(payout, at=at)])
    moved = lines((came_from, payout.amount_fen), (_of(payout, "payable"), -payout.amount_fen))
    ledger.post(entries=[Entry(accounts.PAYOUT_RETURNED, payout.pk, at, moved, payout.number)], now=now)
    return payout


def returned_earning(payout: Payout, *, at: datetime) -> NewEarning:
    """Return what a seller has to get once more because a payout came back, not written yet."""
    return NewEarning(
        id=new_id(),
        county_id=payout.county_id,
        seller_id=payout.seller_id,
        kind=Earning.Kind.RETURNED.value,
        source_id=payout.pk,
        order_id=None,
        provider=payout.provider,
        amount_fen=payout.amount_fen,
        earned_at=at,
    )


def _paid(payout: Payout, *, at: datetime, now: datetime, by_id: UUID | None, reference: str, received_by: str = "") -> Payout:
    payout.state, payout.ended_at = State.PAID, at
    payout.save(update_fields=["state", "ended_at"])
    _happened(payout, State.PAID, at=at, by_id=by_id, reference=reference, received_by=received_by)
    moved = lines((_of(payout, "in_payout"), payout.amount_fen), (_where(payout), -payout.amount_fen))
    ledger.post(entries=[Entry(accounts.PAYOUT_PAID, payout.pk, at, moved, payout.number)], now=now)
    return payout


def _locked(payout: Payout) -> Payout:
    return Payout.objects.select_for_update(of=("self",)).select_related("seller").get(pk=payout.pk)


def _of(payout: Payout, purpose: str) -> Account:
    return accounts.of_seller(purpose, payout.seller_id, payout.county_id)


def _where(payout: Payout) -> Account:
    """Return the account that a payout is paid out of."""
    if payout.method == Method.BANK:
        return accounts.BANK
    if payout.method == Method.CASH:
        return accounts.at_provider(CASH)
    return accounts.at_provider(payout.provider, payout.seller_id)


def _happened(payout: Payout, kind: str, *, at: datetime, by_id: UUID | None, **told: str) -> None:
    PayoutEvent.objects.create(payout=payout, kind=kind, at=at, by_id=by_id, **told)


def _book(payout: Payout, kind: str, debit: str, credit: str, *, now: datetime) -> None:
    moved = lines((_of(payout, debit), payout.amount_fen), (_of(payout, credit), -payout.amount_fen))
    ledger.post(entries=[Entry(kind, payout.pk, now, moved, payout.number)], now=now)
