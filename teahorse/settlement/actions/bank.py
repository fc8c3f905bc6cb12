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
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id
from teahorse.common.money import NotAnAmount, fen_of
from teahorse.common.refusals import Refusal
from teahorse.common.times import HOME
from teahorse.people.models import Person
from teahorse.settlement.actions.paying_out import confirm_payout, return_payout
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
    number = f"B{now.astimezone(HOME):%y%m%d}-{key.hex[-12:].upper()}"
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
    writer.writerow(["H", "teahorse-payouts", "1", number, at, len(payouts), _decimal(total_fen)])
    for payout in payouts:
        account = payout.account
        if account is not None:
            writer.writerow(
                ["P", payout.number, account.holder, account.bank, account.number, _decimal(payout.amount_fen), payout.seller.name]
            )
    return out.getvalue()


def _decimal(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


@dataclass(frozen=True)
class Answered:
    """One line of the bank's answer, read."""

    payout: Payout
    result: str
    reference: str
    at: datetime
    reason: str


@transaction.atomic
def import_bank_answer(*, content: str, county_ids: Sequence[UUID] | None = None, by: Person, now: datetime) -> list[Answered]:
    """
    Take what the bank says of payouts; harmless twice. Only payouts of some counties, where these are given.

    :raises AnswerUnreadable: if a line cannot be read, names no payout that was sent, or another amount; nothing is taken.
    """
    answers = [_read(line, row, county_ids) for line, row in _rows(content)]
    for line, answer in enumerate(answers, start=2):
        try:
            if answer.result == Payout.State.PAID:
                if not _came_back(answer.payout):
                    confirm_payout(payout=answer.payout, reference=answer.reference, at=answer.at, by_id=by.pk, now=now)
            else:
                note = answer.reason[:200]
                return_payout(payout=answer.payout, reference=answer.reference, note=note, at=answer.at, by_id=by.pk, now=now)
        except Refusal as refusal:
            raise AnswerUnreadable(line=line, text=f"{answer.payout.number}: {refusal}") from refusal
    return answers


def _came_back(payout: Payout) -> bool:
    """Return whether a payout that the bank calls paid is known to have come back since: an old file read again."""
    return Payout.objects.filter(pk=payout.pk, state=Payout.State.RETURNED, events__kind=Payout.State.PAID).exists()


def _rows(content: str) -> list[tuple[int, list[str]]]:
    rows = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))
    if not rows or tuple(cell.strip() for cell in rows[0]) != COLUMNS:
        raise AnswerUnreadable(line=1, text=",".join(COLUMNS))
    return [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]


def _read(line: int, row: list[str], county_ids: Sequence[UUID] | None) -> Answered:
    cells = [cell.strip() for cell in row]
    if len(cells) != len(COLUMNS):
        raise AnswerUnreadable(line=line, text=",".join(COLUMNS))
    number, amount, result, reference, day, reason = cells
    payout = Payout.objects.filter(number=number, method=Payout.Method.BANK).first()
    if payout is None or (county_ids is not None and payout.county_id not in county_ids):
        raise AnswerUnreadable(line=line, text=number)
    try:
        fits = fen_of(amount) == payout.amount_fen
        at = datetime.combine(date.fromisoformat(day), time(), HOME)
    except (NotAnAmount, ValueError) as error:
        raise AnswerUnreadable(line=line, text=f"{amount} {day}") from error
    if not fits or result not in RESULTS or not reference:
        raise AnswerUnreadable(line=line, text=f"{amount} {result} {reference}")
    return Answered(payout, result, reference[:64], at, reason)
