"""Sharing out what a seller collected, and taking shares back before a refund; sent and asked about until it is done."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Prefetch, Sum
from django.utils.translation import gettext_lazy as _

from teahorse.common.events import announce
from teahorse.common.ids import new_id
from teahorse.common.money import allot
from teahorse.common.refusals import Refusal
from teahorse.payments.actions.jobs import leave_sharing
from teahorse.payments.actions.polling import ask_all
from teahorse.payments.events import ShareReturnsSettled, SharingsSettled
from teahorse.payments.models import MerchantAccount, Payment, PaymentSplit, Refund, ShareLine, ShareReturn, Sharing
from teahorse.payments.providers import MOST_PARTS, SharingTold, Told, sharer_by_code
from teahorse.payments.rules import Share, renewed, wait_after

MOST_RECEIVERS = 50
DESCRIPTION_LENGTH = 80
WITH_LINES = Prefetch("lines", ShareLine.objects.select_related("account__organisation").order_by("pk"))


class NothingToShare(Refusal):
    """No money came in for this part, or the house collected it, or its provider gave it to the seller at once."""

    code = "nothing_to_share"
    sentence = _("No seller has collected this, so there is nothing to share out.")


class ShareTooLarge(Refusal):
    """More would be shared out than was collected and did not go back; ``left_fen`` is how much may be."""

    code = "share_too_large"
    sentence = _("At most %(left_fen)s fen can be shared out.")


class NoAccountToShareWith(Refusal):
    """A receiver has no active account at the provider (``payee_id``)."""

    code = "no_account_to_share_with"
    sentence = _("Who should get a share has no account at the payment service.")


class SharingDiffers(Refusal):
    """The part was, or is being, shared out in another way."""

    code = "sharing_differs"
    sentence = _("This has been shared out already, in another way.")


class SharingNotFailed(Refusal):
    """The sharing is on its way, or finished."""

    code = "sharing_not_failed"
    sentence = _("This sharing has not failed.")


@transaction.atomic
def share_out(*, split: PaymentSplit, shares: Sequence[Share], now: datetime) -> Sharing:
    """
    Have what a seller collected for one part of a payment shared out; the rest becomes hers. Once per part: again is the same.

    A job sends it. A share without a payee is the house's. Without any share all is released to the seller.

    :raises NothingToShare: if no money came in, or the house collected it, or its provider shares nothing out.
    :raises ShareTooLarge: if the shares and the refunds of that part were more than it.
    :raises NoAccountToShareWith: if a receiver has no account at the provider.
    :raises SharingDiffers: if it is shared out in another way. Nothing is changed in any of these.
    :raises ValueError: for a share of nothing, two of one receiver, one of the seller herself, or more than fifty.
    """
    _check(split, shares)
    payment = Payment.objects.select_for_update().get(pk=split.payment_id)
    accounts = _accounts(payment, shares)
    wanted = {(accounts[share.payee_id], share.amount_fen) for share in shares}
    known = Sharing.objects.filter(split=split).first()
    if known is not None:
        if set(known.lines.values_list("account_id", "amount_fen")) != wanted:
            raise SharingDiffers
        return known
    if payment.state not in Payment.TAKEN or split.account_id is None or payment.provider not in MOST_PARTS:
        raise NothingToShare(state=payment.state)
    left_fen = split.amount_fen - _refunded_fen(split)
    if sum(share.amount_fen for share in shares) > left_fen:
        raise ShareTooLarge(left_fen=left_fen)
    key = new_id()
    sharing = Sharing.objects.create(pk=key, split=split, our_number=key.hex, requested_at=now, due_at=now)
    _write_lines(sharing, shares, accounts)
    leave_sharing([sharing.pk])
    return sharing


@transaction.atomic
def retry_sharing(*, sharing_id: UUID, now: datetime, shares: Sequence[Share] | None = None) -> Sharing:
    """
    Send a sharing that was refused once more, under a new number: a provider remembers the first one.

    With ``shares`` it is divided anew, as after refunds it has to be.

    :raises SharingNotFailed: if it is on its way or finished.
    :raises ShareTooLarge: if so much was refunded meanwhile that it is too much now.
    :raises NoAccountToShareWith: as for the first time. Nothing is changed in any of these.
    """
    payment = Payment.objects.select_for_update().get(splits__sharing=sharing_id)
    sharing = Sharing.objects.select_for_update().select_related("split").get(pk=sharing_id)
    if sharing.state != Sharing.State.FAILED:
        raise SharingNotFailed(state=sharing.state)
    left_fen = sharing.split.amount_fen - _refunded_fen(sharing.split)
    parts = [share.amount_fen for share in shares] if shares is not None else sharing.lines.values_list("amount_fen", flat=True)
    if sum(parts) > left_fen:
        raise ShareTooLarge(left_fen=left_fen)
    if shares is not None:
        _divide_anew(sharing, payment, shares)
    sharing.our_number, sharing.state, sharing.trouble = renewed(sharing.our_number), Sharing.State.REQUESTED, ""
    sharing.due_at, sharing.tries, sharing.settled_at = now, 0, None
    sharing.save(update_fields=["our_number", "state", "trouble", "due_at", "tries", "settled_at"])
    sharing.lines.update(state=ShareLine.State.REQUESTED, trouble="")
    leave_sharing([sharing.pk])
    return sharing


def _divide_anew(sharing: Sharing, payment: Payment, shares: Sequence[Share]) -> None:
    """Replace the lines of a sharing of which nothing was handed out; what was to come back of them was dropped with it."""
    _check(sharing.split, shares)
    accounts = _accounts(payment, shares)
    ShareReturn.objects.filter(line__sharing=sharing).delete()
    sharing.lines.all().delete()
    _write_lines(sharing, shares, accounts)


def _write_lines(sharing: Sharing, shares: Sequence[Share], accounts: Mapping[UUID | None, UUID | None]) -> None:
    for share in shares:
        ShareLine.objects.create(
            sharing=sharing,
            account_id=accounts[share.payee_id],
            amount_fen=share.amount_fen,
            description=share.description[:DESCRIPTION_LENGTH],
        )


def send_sharings(*, now: datetime, limit: int = 200, sharing_ids: Collection[UUID] | None = None) -> int:
    """
    Send the sharings that are due (of those named, if some are), ask about those sent, and return how many.

    Sending twice is harmless: a provider takes each number once. What does not answer is tried again after 5, 10,
    20 ... seconds, at most half an hour. Must not run in a transaction.
    """
    sharings = _claim_sharings(now=now, limit=limit, sharing_ids=sharing_ids)
    told = ask_all(sharings, _send_sharing, provider_of=lambda sharing: sharing.split.payment.provider)
    _write_sharings([(sharing, said) for sharing, said in told if said is not None], now=now)
    return len(sharings)


def send_returns(*, now: datetime, limit: int = 200, refund_ids: Collection[UUID] | None = None) -> int:
    """
    Send the returns that are due (of these refunds, if some are named), ask about those sent, and return how many.

    A return waits until its share was handed out. Must not run in a transaction.
    """
    returns = _claim_returns(now=now, limit=limit, refund_ids=refund_ids)
    told = ask_all(returns, _send_return, provider_of=lambda back: back.refund.payment.provider)
    _write_returns([(back, said) for back, said in told if said is not None], now=now)
    return len(returns)


def take_shares_back(refund: Refund, *, now: datetime) -> None:
    """
    Have the receivers of a shared part give back their parts of a refund, which waits for them; in the refund's transaction.

    The refund is divided by what each still has of it, the seller's rest included, so that the last refund clears all.
    """
    lines = ShareLine.objects.select_for_update().filter(sharing__split=refund.split_id).exclude(state=ShareLine.State.FAILED)
    shared = list(lines.order_by("pk"))
    if not shared:
        return
    given = dict(
        ShareReturn.objects.filter(line__in=shared)
        .exclude(state=ShareReturn.State.DROPPED)
        .order_by()
        .values_list("line")
        .annotate(fen=Sum("amount_fen"))
    )
    lefts = [line.amount_fen - int(given.get(line.pk, 0)) for line in shared]
    out_of_rest = _refunded_fen(refund.split) - refund.amount_fen - sum(map(int, given.values()))
    rest = refund.split.amount_fen - sum(line.amount_fen for line in shared) - out_of_rest
    for line, fen in zip(shared, allot(refund.amount_fen, [*lefts, rest])[:-1], strict=True):
        if fen:
            key = new_id()
            ShareReturn.objects.create(pk=key, line=line, refund=refund, our_number=key.hex, amount_fen=fen, requested_at=now, due_at=now)


def renew_failed_returns(refund: Refund, *, now: datetime) -> bool:
    """Have failed returns of a locked refund sent once more, each under a new number; whether there were any."""
    failed = list(ShareReturn.objects.select_for_update().filter(refund=refund, state=ShareReturn.State.FAILED).order_by("pk"))
    for back in failed:
        back.our_number, back.state, back.trouble = renewed(back.our_number), ShareReturn.State.REQUESTED, ""
        back.due_at, back.tries, back.settled_at = now, 0, None
        back.save(update_fields=["our_number", "state", "trouble", "due_at", "tries", "settled_at"])
    return bool(failed)


def _check(split: PaymentSplit, shares: Sequence[Share]) -> None:
    problems = (
        (any(share.amount_fen <= 0 for share in shares), "a share of nothing"),
        (len({share.payee_id for share in shares}) < len(shares), "two shares of one receiver"),
        (any(share.payee_id == split.payee_id for share in shares), "a share of the seller, who gets the rest"),
        (len(shares) > MOST_RECEIVERS, f"more than {MOST_RECEIVERS} receivers"),
    )
    for is_so, problem in problems:
        if is_so:
            raise ValueError(problem)


def _accounts(payment: Payment, shares: Sequence[Share]) -> dict[UUID | None, UUID | None]:
    """Return the accounts of the receivers; the house needs none."""
    named = [share.payee_id for share in shares if share.payee_id is not None]
    active = MerchantAccount.objects.filter(provider=payment.provider, is_active=True, organisation__in=named)
    found: dict[UUID | None, UUID | None] = {None: None}
    found.update(active.values_list("organisation_id", "pk"))
    for payee_id in named:
        if payee_id not in found:
            raise NoAccountToShareWith(payee_id=str(payee_id))
    return found


def _refunded_fen(split: PaymentSplit) -> int:
    return int(Refund.objects.filter(split=split).aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def _send_sharing(sharing: Sharing) -> SharingTold:
    """Ask one provider about one sharing; touches no table."""
    sharer = sharer_by_code(sharing.split.payment.provider)
    return sharer.share(sharing) if sharing.state == Sharing.State.REQUESTED else sharer.query_sharing(sharing)


def _send_return(back: ShareReturn) -> Told:
    """Ask one provider about one return; touches no table."""
    sharer = sharer_by_code(back.refund.payment.provider)
    return sharer.take_back(back) if back.state == ShareReturn.State.REQUESTED else sharer.query_return(back)


@transaction.atomic(durable=True)
def _claim_sharings(*, now: datetime, limit: int, sharing_ids: Collection[UUID] | None) -> list[Sharing]:
    """Take sharings to send; the moved due time keeps other workers away and is the next try at once."""
    due = Sharing.objects.filter(state__in=Sharing.OPEN, due_at__lte=now)
    if sharing_ids is not None:
        due = due.filter(pk__in=sharing_ids)
    due = due.select_related("split__account", "split__payment").prefetch_related(WITH_LINES)
    claimed = list(due.select_for_update(of=("self",), skip_locked=True).order_by("due_at", "pk")[:limit])
    for sharing in claimed:
        sharing.due_at, sharing.tries = now + wait_after(sharing.tries), min(sharing.tries + 1, 1000)
    Sharing.objects.bulk_update(claimed, ["due_at", "tries"])
    return claimed


@transaction.atomic(durable=True)
def _claim_returns(*, now: datetime, limit: int, refund_ids: Collection[UUID] | None) -> list[ShareReturn]:
    """Take returns of shares that were handed out."""
    due = ShareReturn.objects.filter(state__in=ShareReturn.OPEN, due_at__lte=now, line__state=ShareLine.State.SUCCEEDED)
    if refund_ids is not None:
        due = due.filter(refund__in=refund_ids)
    due = due.select_related("line__account", "line__sharing__split__account", "refund__payment")
    claimed = list(due.select_for_update(of=("self",), skip_locked=True).order_by("due_at", "pk")[:limit])
    for back in claimed:
        back.due_at, back.tries = now + wait_after(back.tries), min(back.tries + 1, 1000)
    ShareReturn.objects.bulk_update(claimed, ["due_at", "tries"])
    return claimed


@transaction.atomic(durable=True)
def _write_sharings(answers: Sequence[tuple[Sharing, SharingTold]], *, now: datetime) -> None:
    said = {sharing.pk: told for sharing, told in answers}
    _lock_payments(sharing.split.payment_id for sharing, _told in answers)
    waiting = Sharing.objects.select_for_update().filter(pk__in=said, state__in=Sharing.OPEN).order_by("pk")
    settled = [sharing.pk for sharing in waiting if _settle_sharing(sharing, said[sharing.pk], now=now)]
    if settled:
        announce(SharingsSettled(sharing_ids=tuple(settled)))


def _settle_sharing(sharing: Sharing, told: SharingTold, *, now: datetime) -> bool:
    """Give a locked sharing and its lines the states that an answer makes; whether it is settled now."""
    lines = list(ShareLine.objects.select_for_update().filter(sharing=sharing).order_by("pk"))
    if told.refusal:
        results = [Told(our_number="", failed=True, trouble=told.refusal) for _line in lines]
        sharing.state, sharing.trouble, sharing.settled_at = Sharing.State.FAILED, told.refusal, now
    elif told.is_finished:
        results = list(told.lines)
        sharing.state, sharing.settled_at = Sharing.State.FINISHED, now
    else:
        results = []
        sharing.state = Sharing.State.SENT
    for line, result in zip(lines, results, strict=bool(results)):
        line.state = ShareLine.State.SUCCEEDED if result.done else ShareLine.State.FAILED
        line.trouble = result.trouble
    ShareLine.objects.bulk_update(lines, ["state", "trouble"])
    sharing.save(update_fields=["state", "trouble", "settled_at"])
    # what was never handed out need not come back
    nothing_given = [line.pk for line in lines if line.state == ShareLine.State.FAILED]
    ShareReturn.objects.filter(line__in=nothing_given, state=ShareReturn.State.REQUESTED).update(
        state=ShareReturn.State.DROPPED, settled_at=now
    )
    return sharing.settled_at is not None


@transaction.atomic(durable=True)
def _write_returns(answers: Sequence[tuple[ShareReturn, Told]], *, now: datetime) -> None:
    said = {back.pk: told for back, told in answers}
    _lock_payments(back.refund.payment_id for back, _told in answers)
    refunds = {back.refund_id for back, _told in answers}
    list(Refund.objects.select_for_update().filter(pk__in=refunds).order_by("pk"))
    State = ShareReturn.State  # noqa: N806 - a class
    settled = []
    for back in ShareReturn.objects.select_for_update().filter(pk__in=said, state__in=ShareReturn.OPEN).order_by("pk"):
        told = said[back.pk]
        if told.done or told.failed:
            back.state, back.settled_at = (State.SUCCEEDED if told.done else State.FAILED), now
            settled.append(back.pk)
        elif told.is_taken:
            back.state = State.SENT
        back.trouble = told.trouble
        back.save(update_fields=["state", "trouble", "settled_at"])
        Refund.objects.filter(pk=back.refund_id, state=Refund.State.REQUESTED).update(trouble=told.trouble)
    _say_what_still_fails(refunds)
    if settled:
        announce(ShareReturnsSettled(return_ids=tuple(settled)))


def _say_what_still_fails(refunds: Collection[UUID]) -> None:
    """Say on a waiting refund what one of its returns failed for, though another succeeded after it."""
    failed = ShareReturn.objects.filter(refund__in=refunds, state=ShareReturn.State.FAILED).annotate(refund_state=F("refund__state"))
    for back in failed.filter(refund_state=Refund.State.REQUESTED).order_by("pk"):
        Refund.objects.filter(pk=back.refund_id).update(trouble=back.trouble or "the share could not be taken back")


def _lock_payments(keys: Iterable[UUID]) -> None:
    """Lock payments in key order, before what belongs to them, as everywhere."""
    list(Payment.objects.select_for_update().filter(pk__in=set(keys)).order_by("pk"))
