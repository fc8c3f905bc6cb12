"""
Payouts: claimed by one, approved by another, sent, paid - or returned, even after they were paid.

A payout claims all matured earnings of a seller that no payout has, negative ones too; while their sum is not positive
nothing is paid and all of it waits for the next one.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id
from teahorse.common.refusals import Refusal
from teahorse.common.statements import array, looked_up
from teahorse.common.times import HOME
from teahorse.ledger import actions as ledger
from teahorse.ledger.rules import Account, Entry, lines
from teahorse.people.models import Organisation, Person
from teahorse.settlement import accounts
from teahorse.settlement.facts import earned_elsewhere
from teahorse.settlement.models import Earning, Payout, PayoutAccount, PayoutEvent

State = Payout.State
Method = Payout.Method
CLAIM = """
    update settlement_earning earning set payout_id = due.payout
      from unnest(%s::uuid[], %s::uuid[]) as due (id, payout) where earning.id = due.id
"""
CASH = "cash"


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


class NoAccount(Refusal):
    """The seller has told no bank account."""

    code = "no_payout_account"
    sentence = _("This seller has told no bank account yet. Pay in cash, or enter the account first.")


@transaction.atomic
def tell_account(*, seller: Organisation, holder: str, bank: str, number: str, by: Person, now: datetime) -> PayoutAccount:
    """Write down where a seller's money goes from now on; payouts that are prepared keep the account they have."""
    Organisation.objects.select_for_update(no_key=True).get(pk=seller.pk)
    living = PayoutAccount.objects.filter(seller=seller, until_at=None)
    known = living.first()
    if known is not None and (known.holder, known.bank, known.number) == (holder, bank, number):
        return known
    living.update(until_at=now)
    return PayoutAccount.objects.create(seller=seller, holder=holder, bank=bank, number=number, since_at=now, told_by_id=by.pk)


@transaction.atomic
def prepare_payouts(*, seller_ids: Collection[UUID], by: Person, now: datetime, method: str = "") -> list[Payout]:
    """
    Claim the matured earnings of sellers, one draft payout for each whose sum is positive; return the drafts.

    Without a method it is the bank for those who have told an account, cash for the others. A seller who has a draft gets
    no second one; two callers at once share the earnings out without a remainder, as each waits for the other's rows.
    What a seller collected herself is left alone: the house does not have that money.

    :raises NoAccount: if the bank is asked for and a seller has told no account; nothing is changed.
    """
    # one preparing at a time for a seller: her row is the lock, taken in key order; earnings are only read after it
    sellers = list(Organisation.objects.select_for_update(no_key=True).filter(pk__in=seller_ids).order_by("pk"))
    busy = set(Payout.objects.filter(seller__in=sellers, state=State.DRAFT).values_list("seller_id", flat=True))
    free = [seller for seller in sellers if seller.pk not in busy]
    waiting = Earning.objects.select_for_update().filter(
        seller_id__in=[seller.pk for seller in free], state=Earning.State.PAYABLE, payout=None
    )
    rows = list(waiting.order_by("pk").values_list("pk", "seller_id", "order_id", "amount_fen"))
    hers = earned_elsewhere((seller_id, order_id) for _, seller_id, order_id, _ in rows)
    of_seller: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    for key, seller_id, order_id, fen in rows:
        if order_id not in hers:
            of_seller[seller_id].append((key, fen))
    told = {account.seller_id: account for account in PayoutAccount.objects.filter(seller__in=free, until_at=None)}
    drafts = []
    for seller in free:
        amount = sum(fen for _, fen in of_seller[seller.pk])
        if amount > 0:
            drafts.append(_draft(seller, amount, told.get(seller.pk), method, by, now))
    Payout.objects.bulk_create(drafts)
    PayoutEvent.objects.bulk_create([PayoutEvent(payout=draft, kind=State.DRAFT, at=now, by_id=by.pk) for draft in drafts])
    claimed = [(key, draft.pk) for draft in drafts for key, _ in of_seller[draft.seller_id]]
    looked_up(CLAIM, [array(key for key, _ in claimed), array(payout for _, payout in claimed)])
    return drafts


def _draft(seller: Organisation, amount_fen: int, account: PayoutAccount | None, method: str, by: Person, now: datetime) -> Payout:
    method = method or (Method.BANK if account else Method.CASH)
    if method == Method.BANK and account is None:
        raise NoAccount(seller=seller.name)
    key = new_id()
    return Payout(
        id=key,
        county_id=seller.county_id,
        seller=seller,
        number=f"P{now.astimezone(HOME):%y%m%d}-{key.hex[-12:].upper()}",
        method=method,
        account=account if method == Method.BANK else None,
        amount_fen=amount_fen,
        prepared_at=now,
        prepared_by_id=by.pk,
    )


@transaction.atomic
def approve_payout(*, payout: Payout, by: Person, now: datetime) -> Payout:
    """
    Let a draft go: what it pays is on its way from now on.

    :raises NotADraft: if it is not a draft any more; of two at once one approves.
    :raises FourEyes: if it is by whom it was prepared. Nothing is changed in either.
    """
    payout = _locked(payout)
    if payout.state != State.DRAFT:
        raise NotADraft(state=payout.state)
    if payout.prepared_by_id == by.pk:
        raise FourEyes
    payout.state, payout.approved_at, payout.approved_by_id = State.APPROVED, now, by.pk
    payout.save(update_fields=["state", "approved_at", "approved_by_id"])
    _happened(payout, State.APPROVED, at=now, by_id=by.pk)
    _book(payout, accounts.PAYOUT_APPROVED, "payable", "in_payout", now=now)
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
    Earning.objects.filter(payout=payout).update(payout=None)
    _happened(payout, State.DROPPED, at=now, by_id=by.pk, note=note)
    return payout


@transaction.atomic
def pay_out_in_cash(*, payout: Payout, given_by: Person, received_by: str, now: datetime) -> Payout:
    """
    Give an approved payout over a counter; who received it signs the receipt, whose number is on the event.

    :raises NotToSend: if it is not approved, or not to be paid in cash; nothing is changed.
    """
    payout = _locked(payout)
    if payout.state != State.APPROVED or payout.method != Method.CASH:
        raise NotToSend(state=payout.state)
    receipt = f"A{now.astimezone(HOME):%y%m%d}-{payout.pk.hex[-12:].upper()}"
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
    Write down that a sent payout arrived, by the bank's or provider's number; the same again is harmless.

    :raises NotOnItsWay: if it was not sent, or came back; nothing is changed.
    """
    payout = _locked(payout)
    if payout.state == State.PAID and PayoutEvent.objects.filter(payout=payout, kind=State.PAID, reference=reference).exists():
        return payout
    if payout.state != State.SENT:
        raise NotOnItsWay(state=payout.state)
    return _paid(payout, at=at, now=now, by_id=by_id, reference=reference)


@transaction.atomic
def return_payout(*, payout: Payout, reference: str, note: str, at: datetime, by_id: UUID | None, now: datetime) -> Payout:
    """
    Write down that a payout came back, or never left; its sum is payable again. Legal after it was paid; again harmless.

    :raises NotOnItsWay: if it is a draft or was dropped; nothing is changed.
    """
    payout = _locked(payout)
    if payout.state == State.RETURNED:
        return payout
    if payout.state not in {*Payout.ON_ITS_WAY, State.PAID}:
        raise NotOnItsWay(state=payout.state)
    came_from = _where(payout) if payout.state == State.PAID else _of(payout, "in_payout")
    payout.state, payout.ended_at = State.RETURNED, at
    payout.save(update_fields=["state", "ended_at"])
    _happened(payout, State.RETURNED, at=at, by_id=by_id, reference=reference, note=note)
    Earning.objects.create(
        county_id=payout.county_id,
        seller_id=payout.seller_id,
        kind=Earning.Kind.RETURNED,
        source_id=payout.pk,
        amount_fen=payout.amount_fen,
        state=Earning.State.PAYABLE,
        earned_at=at,
        matures_at=at,
    )
    moved = lines((came_from, payout.amount_fen), (_of(payout, "payable"), -payout.amount_fen))
    ledger.post(entries=[Entry(accounts.PAYOUT_RETURNED, payout.pk, at, moved, payout.number)], now=now)
    return payout


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
