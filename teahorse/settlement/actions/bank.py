"""
The bank's files: approved payouts go out in one, the bank's answer comes back in another.

Ours is CSV (RFC 4180, UTF-8, lines end with CR LF), amounts in yuan with two decimals::

    H,teahorse-payouts,1,B260815-0123456789AB,2026-08-15T12:00:00+08:00,2,1280.50
    P,P260815-0123456789AB,holder,bank,account,640.25,琼结合作社
    P,...
    T,<SHA-256, in hexadecimal digits, of everything before this line>

The bank's answer is CSV with a head line ``payout,amount,result,reference,date,reason``, where ``result`` is ``paid`` or
``returned``, ``reference`` is the bank's number and ``date`` is ``2026-08-15``. It may be imported again, and in parts.
"""

import csv
import hashlib
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id, readable
from teahorse.common.money import NotAnAmount, decimal, fen_of
from teahorse.common.refusals import Refusal
from teahorse.common.times import HOME
from teahorse.ledger import actions as ledger
from teahorse.ledger.rules import Account, Entry, lines
from teahorse.people.models import Organisation, Person
from teahorse.settlement import accounts
from teahorse.settlement.actions.four_eyes import check_hands
from teahorse.settlement.actions.paying_out import NotOnItsWay, OwnPayout, returned_earning
from teahorse.settlement.actions.writing import NewEarning, write_earnings
from teahorse.settlement.models import BankFile, Payout, PayoutEvent

COLUMNS = ("payout", "amount", "result", "reference", "date", "reason")
RESULTS = (Payout.State.PAID, Payout.State.RETURNED)


class NothingToSend(Refusal):
    """No payout is approved and waits for the bank."""

    code = "nothing_to_send"
    sentence = _("No approved payout is waiting for the bank.")


class AnswerUnreadable(Refusal):
    """A line of the bank's answer cannot be read, or does not fit a payout; nothing of the file was taken."""

    code = "bank_answer_unreadable"
    status = 422
    sentence = _("Line %(line)s of the bank's file cannot be taken: %(text)s. Nothing of the file was taken.")


@transaction.atomic
def make_bank_file(*, payouts: Sequence[Payout], by: Person, now: datetime) -> BankFile:
    """
    Put approved payouts into a file for the bank, each into one file only; they are sent from then on.

    :raises NothingToSend: if none of them is approved and goes through the bank; nothing is changed.
    """
    locked = Payout.objects.select_for_update(of=("self",)).select_related("account", "seller")
    wanted = locked.filter(pk__in=[one.pk for one in payouts], state=Payout.State.APPROVED, method=Payout.Method.BANK, bank_file=None)
    found = list(wanted.order_by("pk"))
    if not found:
        raise NothingToSend
    key = new_id()
    number = readable("B", key, at=now)
    total = sum(payout.amount_fen for payout in found)
    content = _content(number, found, total, now)
    digest = hashlib.sha256(content.encode()).hexdigest()
    made = BankFile.objects.create(
        pk=key,
        number=number,
        content=f"{content}T,{digest}\r\n",
        digest=digest,
        count=len(found),
        amount_fen=total,
        made_at=now,
        made_by_id=by.pk,
    )
    for payout in found:
        payout.state, payout.bank_file = Payout.State.SENT, made
    Payout.objects.bulk_update(found, ["state", "bank_file"])
    sent = [PayoutEvent(payout=payout, kind=Payout.State.SENT, at=now, by_id=by.pk, reference=number) for payout in found]
    PayoutEvent.objects.bulk_create(sent)
    return made


def _content(number: str, payouts: Sequence[Payout], total_fen: int, now: datetime) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    at = now.astimezone(HOME).isoformat(timespec="seconds")
    writer.writerow(["H", "teahorse-payouts", "1", number, at, len(payouts), decimal(total_fen)])
    for payout in payouts:
        account = payout.account
        if account is not None:
            writer.writerow(
                ["P", payout.number, account.holder, account.bank, account.number, decimal(payout.amount_fen), payout.seller.name]
            )
    return out.getvalue()


@dataclass(frozen=True)
class Answered:
    """One line of the bank's answer, read."""

    line: int
    payout: Payout
    result: str
    reference: str
    at: datetime
    reason: str


@transaction.atomic
def import_bank_answer(
    *, content: str, house: Organisation | None = None, payee_ids: Collection[UUID] | None = None, by: Person, now: datetime
) -> list[Answered]:
    """
    Take what the bank says of payouts; harmless twice. Where a house takes it, only of payouts to ``payee_ids``, and never to itself.

    All of them are locked in key order and booked at once, however many they are.

    :raises AnswerUnreadable: if a line cannot be read, names no payout that was sent, or another amount.
    :raises OwnPayout: if a line is about money for the house that takes it.
    :raises PaysHerself: if one is about money for whom the person belongs to. Nothing is taken in any of these.
    """
    rows = _rows(content)
    named = Payout.objects.filter(number__in={row[0].strip() for _, row in rows}, method=Payout.Method.BANK)
    locked = {payout.number: payout for payout in named.select_for_update(of=("self",)).select_related("seller").order_by("pk")}
    for line, row in rows:
        _check_payee(line, locked.get(row[0].strip()), house, payee_ids)
    check_hands(locked.values(), by_id=by.pk)
    answers = [_read(line, row, locked) for line, row in rows]
    taking = _Taking(by_id=by.pk, now=now)
    taking.read(locked.values())
    for answer in answers:
        taking.take(answer)
    taking.write()
    return answers


@dataclass
class _Taking:
    """What one answer of the bank changes about locked payouts."""

    by_id: UUID
    now: datetime
    references: dict[UUID, str] = field(default_factory=dict)
    """Under which number of the bank a payout is known to have been paid."""
    moved: dict[UUID, Payout] = field(default_factory=dict)
    events: list[PayoutEvent] = field(default_factory=list)
    earnings: list[NewEarning] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def read(self, payouts: Iterable[Payout]) -> None:
        paid = PayoutEvent.objects.filter(payout__in=list(payouts), kind=Payout.State.PAID)
        self.references = dict(paid.order_by("pk").values_list("payout_id", "reference"))

    def take(self, answer: Answered) -> None:
        payout = answer.payout
        if answer.result == Payout.State.PAID:
            # one that has come back since, or is paid under this number, is in a file that was read before
            known = self.references.get(payout.pk)
            if known is not None and (payout.state == Payout.State.RETURNED or known == answer.reference):
                return
            if payout.state != Payout.State.SENT:
                raise _unfit(answer)
            self.references[payout.pk] = answer.reference
            self._move(answer, accounts.PAYOUT_PAID, _of(payout, "in_payout"), accounts.BANK)
        elif payout.state != Payout.State.RETURNED:
            if payout.state not in {*Payout.ON_ITS_WAY, Payout.State.PAID}:
                raise _unfit(answer)
            came_from = accounts.BANK if payout.state == Payout.State.PAID else _of(payout, "in_payout")
            self.earnings.append(returned_earning(payout, at=answer.at))
            self._move(answer, accounts.PAYOUT_RETURNED, came_from, _of(payout, "payable"))

    def _move(self, answer: Answered, kind: str, debit: Account, credit: Account) -> None:
        payout = answer.payout
        payout.state, payout.ended_at = answer.result, answer.at
        self.moved[payout.pk] = payout
        note = answer.reason[:200] if answer.result == Payout.State.RETURNED else ""
        told = {"reference": answer.reference, "note": note}
        self.events.append(PayoutEvent(payout=payout, kind=answer.result, at=answer.at, by_id=self.by_id, **told))
        moved = lines((debit, payout.amount_fen), (credit, -payout.amount_fen))
        self.entries.append(Entry(kind, payout.pk, answer.at, moved, payout.number))

    def write(self) -> None:
        Payout.objects.bulk_update(self.moved.values(), ["state", "ended_at"])
        PayoutEvent.objects.bulk_create(self.events)
        write_earnings(self.earnings)
        ledger.post(entries=self.entries, now=self.now)


def _unfit(answer: Answered) -> AnswerUnreadable:
    refusal = NotOnItsWay(state=answer.payout.state)
    return AnswerUnreadable(line=answer.line, text=f"{answer.payout.number}: {refusal}")


def _of(payout: Payout, purpose: str) -> Account:
    return accounts.of_seller(purpose, payout.seller_id, payout.county_id)


def _rows(content: str) -> list[tuple[int, list[str]]]:
    rows = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))
    if not rows or tuple(cell.strip() for cell in rows[0]) != COLUMNS:
        raise AnswerUnreadable(line=1, text=",".join(COLUMNS))
    return [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]


def _check_payee(line: int, payout: Payout | None, house: Organisation | None, payee_ids: Collection[UUID] | None) -> None:
    if payout is None:
        return
    if house is not None and payout.seller_id == house.pk:
        raise OwnPayout(number=payout.number, line=line)
    if payee_ids is not None and payout.seller_id not in payee_ids:
        raise AnswerUnreadable(line=line, text=payout.number)


def _read(line: int, row: list[str], locked: Mapping[str, Payout]) -> Answered:
    cells = [cell.strip() for cell in row]
    if len(cells) != len(COLUMNS):
        raise AnswerUnreadable(line=line, text=",".join(COLUMNS))
    number, amount, result, reference, day, reason = cells
    payout = locked.get(number)
    if payout is None:
        raise AnswerUnreadable(line=line, text=number)
    try:
        fits = fen_of(amount) == payout.amount_fen
        at = datetime.combine(date.fromisoformat(day), time(), HOME)
    except (NotAnAmount, ValueError) as error:
        raise AnswerUnreadable(line=line, text=f"{amount} {day}") from error
    if not fits or result not in RESULTS or not reference:
        raise AnswerUnreadable(line=line, text=f"{amount} {result} {reference}")
    return Answered(line, payout, result, reference[:64], at, reason)
