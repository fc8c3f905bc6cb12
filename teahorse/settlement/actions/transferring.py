"""The house's money on its way to its bank account: what a provider paid out, what was brought in cash, what a budget owed."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.ledger import actions as ledger
from teahorse.ledger import queries as books
from teahorse.ledger.models import JournalEntry
from teahorse.ledger.rules import Account, Entry, lines
from teahorse.payments import actions as payments
from teahorse.people.models import Organisation, Person
from teahorse.settlement import accounts
from teahorse.settlement.actions.claiming import ClaimWithdrawn, reason_of
from teahorse.settlement.models import FeeRule, SubsidyClaim, Transfer

CASH, BUDGET = "cash", "budget"
PROVIDERS = ("wechat_pay", "alipay")
LONGEST_NUMBER = 64
LONGEST_AGO = timedelta(days=366)


class BankNumberKnown(Refusal):
    """A transfer with this number of the bank stands already, with other sums or from elsewhere."""

    code = "bank_number_known"
    sentence = _("The bank's number %(reference)s is written down already.")


class MoreThanIsThere(Refusal):
    """The provider, or the box, has less than that by the books (``there_fen``)."""

    code = "more_than_is_there"
    sentence = _("By the books there is not so much there. Look at the amount again.")
    status = 422


class MoreThanIsOpen(Refusal):
    """Of the claim less is open than that (``open_fen``)."""

    code = "more_than_is_open"
    sentence = _("Of this claim there is not so much open. Look at the amount again.")
    status = 422


class AlreadyUndone(Refusal):
    """The transfer was undone before."""

    code = "transfer_undone"
    sentence = _("This was undone already.")


@transaction.atomic
def transfer_to_bank(*, provider: str, amount_fen: int, fee_fen: int, reference: str, day: date, by: Person, now: datetime) -> Transfer:
    """
    Write down that a provider paid the house ``amount_fen`` less its fee; the same again, as after a double click, is harmless.

    :raises Malformed: for a provider, sum, number or day that cannot be.
    :raises MoreThanIsThere: if the provider holds less for the house by the books.
    :raises BankNumberKnown: if the number stands already for something else. Nothing is changed in any of these.
    """
    if provider not in PROVIDERS:
        raise Malformed(field="provider", reason=_("Choose one of the list."))
    reference = _checked(amount_fen=amount_fen, fee_fen=fee_fen, reference=reference, day=day, now=now)
    wanted = Transfer(
        provider=provider, amount_fen=amount_fen, fee_fen=fee_fen, reference=reference, day=day, written_at=now, written_by_id=by.pk
    )
    _stand_in_line(provider)
    known = _known(wanted)
    if known is not None:
        return known
    there_fen = books.balance(purpose=accounts.at_provider(provider).purpose)
    if amount_fen > there_fen:
        raise MoreThanIsThere(field="amount", there_fen=there_fen)
    return _written(wanted, now=now)


@transaction.atomic
def bring_cash_to_bank(*, house: Organisation, amount_fen: int, reference: str, day: date, by: Person, now: datetime) -> Transfer:
    """
    Write down that cash was brought to the bank, out of the box of the person's open shift at a house; the same again is harmless.

    :raises Malformed: for a sum, number or day that cannot be.
    :raises teahorse.payments.actions.NoOpenShift: if she has counted no box there.
    :raises MoreThanIsThere: if the box has less.
    :raises BankNumberKnown: if the number stands already for something else. Nothing is changed in any of these.
    """
    reference = _checked(amount_fen=amount_fen, fee_fen=0, reference=reference, day=day, now=now)
    wanted = Transfer(
        provider=CASH, organisation=house, amount_fen=amount_fen, reference=reference, day=day, written_at=now, written_by_id=by.pk
    )
    shift = payments.locked_open_shift(organisation=house, person_id=by.pk)
    known = _known(wanted)
    if known is not None:
        return known
    if amount_fen > payments.expected_fen(shift):
        raise MoreThanIsThere(field="amount")  # what must lie in a box is not told to who counts it
    written = _written(wanted, now=now)
    if written.pk == wanted.pk:
        payments.move_cash(shift=shift, subject_id=written.pk, amount_fen=-amount_fen, now=now)
    return written


@transaction.atomic
def receive_claim(*, claim_id: UUID, amount_fen: int, reference: str, day: date, by: Person, now: datetime) -> Transfer:
    """
    Write down that a claim was paid, whole or in part: what of it stays open is still owed. The same again is harmless.

    :raises Malformed: for a sum, number or day that cannot be.
    :raises MoreThanIsOpen: if less of the claim is open.
    :raises teahorse.settlement.actions.ClaimWithdrawn: if it was withdrawn.
    :raises BankNumberKnown: if the number stands already for another payment of it. Nothing is changed in any of these.
    """
    reference = _checked(amount_fen=amount_fen, fee_fen=0, reference=reference, day=day, now=now)
    claim = SubsidyClaim.objects.select_for_update().get(pk=claim_id)
    if day < claim.made_at.astimezone(HOME).date():
        raise Malformed(field="day", reason=_("It was claimed later than that. Look at the day again."))
    wanted = Transfer(
        provider=BUDGET, claim=claim, amount_fen=amount_fen, reference=reference, day=day, written_at=now, written_by_id=by.pk
    )
    known = _known(wanted)
    if known is not None:
        return known
    if claim.withdrawn_at is not None:
        raise ClaimWithdrawn
    if amount_fen > claim.open_fen:
        raise MoreThanIsOpen(field="amount", open_fen=claim.open_fen)
    claim.received_fen += amount_fen
    claim.save(update_fields=["received_fen"])
    return _written(wanted, now=now)


@transaction.atomic
def undo_transfer(*, transfer_id: UUID, reason: str, by: Person, now: datetime) -> Transfer:
    """
    Take a transfer back that was written down wrongly, by a reversing entry; cash lies in the box of the person's open shift again,
    and of a claim so much more is open.

    :raises Malformed: without a reason of four characters or more.
    :raises AlreadyUndone: if somebody was quicker.
    :raises teahorse.payments.actions.NoOpenShift: if it was cash, and she has counted no box there. Nothing is changed in any of these.
    """
    reason = reason_of(reason)
    transfer = Transfer.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=transfer_id)
    if transfer.undone_at is not None:
        raise AlreadyUndone
    transfer.undone_at, transfer.undone_by_id, transfer.reason = now, by.pk, reason
    transfer.save(update_fields=["undone_at", "undone_by_id", "reason"])
    if transfer.claim_id is not None:
        SubsidyClaim.objects.filter(pk=transfer.claim_id).update(received_fen=F("received_fen") - transfer.amount_fen)
    shift = payments.locked_open_shift(organisation=transfer.organisation, person_id=by.pk) if transfer.organisation else None
    entry = JournalEntry.objects.get(kind=accounts.TRANSFERRED, source_id=transfer.pk)
    reversal = ledger.reverse(entry=entry, occurred_at=now, memo=transfer.reference, now=now)
    if shift is not None:
        payments.move_cash(shift=shift, subject_id=reversal.pk, amount_fen=transfer.amount_fen, now=now)
    return transfer


def _stand_in_line(provider: str) -> None:
    """Wait until nobody else writes what this provider paid out: the number and the sum are weighed by one at a time."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('paid out by ' || %s, 0))", [provider])


def _checked(*, amount_fen: int, fee_fen: int, reference: str, day: date, now: datetime) -> str:
    """Return the bank's number as it is kept, if it and all else can be."""
    reference, today = "".join(reference.split()), now.astimezone(HOME).date()
    problems = (
        (amount_fen <= 0, "amount", _("Write an amount in yuan, such as 38.00.")),
        (not 0 <= fee_fen < max(amount_fen, 1), "fee", _("The fee is less than the amount.")),
        (not 1 <= len(reference) <= LONGEST_NUMBER, "reference", _("Write down the bank's number.")),
        (not today - LONGEST_AGO <= day <= today, "day", _("Write the day of the bank: today, or within the last year.")),
    )
    for is_so, name, why in problems:
        if is_so:
            raise Malformed(field=name, reason=why)
    return reference


def _known(wanted: Transfer) -> Transfer | None:
    """Return the transfer that stands under the number, if it is the same. :raises BankNumberKnown: if it is another one."""
    known = Transfer.objects.filter(reference=wanted.reference, claim=wanted.claim, undone_at=None).first()
    if known is None:
        return None
    names = ("provider", "organisation_id", "amount_fen", "fee_fen", "day", "written_by_id")
    if any(getattr(known, name) != getattr(wanted, name) for name in names):
        raise BankNumberKnown(field="reference", reference=wanted.reference)
    return known


def _written(wanted: Transfer, *, now: datetime) -> Transfer:
    wanted.pk = new_id()
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        known = _known(wanted)
        if known is None:
            raise
        return known
    came_from = accounts.claimed(wanted.claim.payer_id) if wanted.claim else accounts.at_provider(wanted.provider)
    moved = lines((accounts.BANK, wanted.net_fen), (_paid_fee(), wanted.fee_fen), (came_from, -wanted.amount_fen))
    at = min(now, datetime.combine(wanted.day, time(12), HOME))
    ledger.post(entries=[Entry(accounts.TRANSFERRED, wanted.pk, at, moved, wanted.reference)], now=now)
    return wanted


def _paid_fee() -> Account:
    """What is taken of sales for providers stands there, nobody's; what a provider keeps is taken off it."""
    return accounts.fees(FeeRule.Kind.PAYMENT, None)
