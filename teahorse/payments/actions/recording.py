"""Writing down what became known, once, and the states that follow; the one place where a payment's state is computed."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from django.db import transaction

from teahorse.common.events import announce
from teahorse.common.ids import new_ids
from teahorse.common.statements import AS_USUAL, asked, by_index, together
from teahorse.payments.actions.unmatched import Unplaced, keep_unmatched
from teahorse.payments.events import PaymentsFailed, PaymentsSucceeded, PaymentsSucceededLate, RefundsSettled
from teahorse.payments.models import Payment, PaymentEvent, PaymentSplit, Refund
from teahorse.payments.providers import Outcome, Part
from teahorse.payments.rules import Fact, payment_state

log = logging.getLogger(__name__)

SETTLE = """
    update payments_payment payment
       set state = new ->> 1, settled_at = %(now)s::timestamptz, provider_number = new ->> 2, is_open_at_provider = (new ->> 3)::boolean
      from jsonb_array_elements(%(states)s::jsonb) as new
     where payment.id = (new ->> 0)::uuid
"""
"""Django's ``bulk_update`` takes longer to word such a statement than all the rest of applying a notification takes."""

LOCK = (Path(__file__).parent / "lock_payments.sql").read_text()
RECORD_EXPECTED = (Path(__file__).parent / "record_expected.sql").read_text()

KEPT = "recorded"
KNOWN = "known already"


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What was done with one outcome; an unmatched one changed no state and waits for a person."""

    text: str
    is_unmatched: bool = False


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where an outcome comes from, and who counted the money at a counter."""

    name: str
    by_id: UUID | None = None
    provider: str = ""
    """Whose words they are, where the payment that they name may be unknown."""


NOTIFICATION, POLL, HOUSE = Source(name="notification"), Source(name="poll"), Source(name="house")


@transaction.atomic
def record(outcomes: Sequence[Outcome], *, source: Source, now: datetime) -> list[Recorded]:
    """
    Write each outcome down once, compute the states of its payments and refunds, and announce what is new.

    Locks the payments, then the refunds, each in key order. What speaks of an unknown payment, of another amount, of
    another collector or of other parts changes no state.
    """
    said = {outcome.our_number for outcome in outcomes}
    whole = dict(PaymentSplit.objects.filter(our_number__in=said).exclude(our_number="").values_list("our_number", "payment__our_number"))
    payments = locked_payments(our_numbers=(said - whole.keys()) | set(whole.values()))
    by_number = {payment.our_number: payment for payment in payments}
    splits: dict[UUID, list[PaymentSplit]] = {payment.pk: [] for payment in payments}
    for split in PaymentSplit.objects.filter(payment__in=payments).select_related("account").order_by("pk"):
        splits[split.payment_id].append(split)
    numbers = {outcome.refund_number for outcome in outcomes if outcome.refund_number}
    refunds = {refund.our_number: refund for refund in Refund.objects.select_for_update().filter(our_number__in=numbers).order_by("pk")}
    seen = set(PaymentEvent.objects.filter(payment__in=payments).values_list("payment_id", "kind", "provider_number"))
    recorded, new_events = [], []
    unplaced: list[Unplaced] = []
    settled: dict[UUID, Refund] = {}
    for outcome in outcomes:
        # a part's number is known for refunds alone: money for a combined payment comes whole
        payment = by_number.get(whole.get(outcome.our_number, "") if outcome.refund_number else outcome.our_number)
        payment = payment or by_number.get(outcome.our_number)
        refund = refunds.get(outcome.refund_number) if outcome.refund_number else None
        if payment is None or (problem := _problem(outcome, payment, splits[payment.pk], refund)):
            problem = "unknown payment" if payment is None else problem
            recorded.append(Recorded(text=problem, is_unmatched=True))
            code = payment.provider if payment else source.provider
            unplaced.append(Unplaced(outcome=outcome, payment=payment, provider=code, source=source.name, problem=problem))
            if payment is not None and source == POLL and not outcome.refund_number:
                _flag(payment, outcome, problem)
            continue
        if refund is not None and _settle_refund(refund, outcome, now=now):
            settled[refund.pk] = refund
        key = (payment.pk, outcome.kind, outcome.provider_number)
        recorded.append(Recorded(text=KNOWN if key in seen else KEPT))
        if key not in seen:
            seen.add(key)
            _number_parts(splits[payment.pk], outcome.parts)
            new_events.append(_event(payment, outcome, source=source, now=now))
    PaymentEvent.objects.bulk_create(new_events)
    settle_payments(payments, is_announced=source != HOUSE, now=now)
    if settled:
        announce(RefundsSettled(refund_ids=tuple(sorted(settled))))
    if unplaced:
        keep_unmatched(unplaced, now=now)
    return recorded


@transaction.atomic
def record_many(outcomes: Sequence[Outcome], *, source: Source, now: datetime) -> list[Recorded]:
    """
    Do as :func:`record` does, quicker where most of it is money that was expected: in one statement for all of that.

    What is said twice, of a refund, of parts, or not as it was expected is left to :func:`record`.
    """
    times = Counter(outcome.our_number for outcome in outcomes)
    likely = [place for place, outcome in enumerate(outcomes) if times[outcome.our_number] == 1 and _may_be_expected(outcome)]
    told = [_told(place, outcomes[place], event_id) for place, event_id in zip(likely, new_ids(len(likely)), strict=True)]
    values = {"told": msgspec.json.encode(told).decode(), "provider": source.provider, "source": source.name, "now": now}
    with together():
        by_index()
        asked(LOCK, {"numbers": list(times)})  # all of them in key order, whatever becomes of each
        rows = asked(RECORD_EXPECTED, values)
        asked(AS_USUAL, [])
    expected: dict[int, UUID] = dict(rows())
    if expected:
        announce(PaymentsSucceeded(payment_ids=tuple(sorted(expected.values()))))
    others = [place for place in range(len(outcomes)) if place not in expected]
    done = dict.fromkeys(expected, Recorded(text=KEPT))
    if others:
        done |= dict(zip(others, record([outcomes[place] for place in others], source=source, now=now), strict=True))
    return [done[place] for place in range(len(outcomes))]


def locked_payments(*, our_numbers: Iterable[str]) -> list[Payment]:
    """Return payments by their numbers, locked in key order."""
    return list(Payment.objects.select_for_update().filter(our_number__in=our_numbers).order_by("pk"))


def settle_payments(payments: Sequence[Payment], *, is_announced: bool, now: datetime) -> None:
    """
    Give locked payments the states that their events make, and announce what the apps above do not know.

    An ending that the house itself decided is not announced: who decided it knows. Money is announced once, when it
    is first known; that a payment already taken turns out to have been late changes nothing for those above.
    """
    facts: dict[UUID, list[PaymentEvent]] = {payment.pk: [] for payment in payments}
    for event in PaymentEvent.objects.filter(payment__in=payments).order_by("recorded_at", "pk"):
        facts[event.payment_id].append(event)
    succeeded: list[UUID] = []
    late: list[UUID] = []
    failed: list[UUID] = []
    changed: list[Payment] = []
    for payment in payments:
        events = facts[payment.pk]
        old, new = (
            payment.state,
            payment_state((Fact(event.kind, event.amount_fen) for event in events), due_fen=payment.amount_fen, otherwise=payment.state),
        )
        if new == old:
            continue
        payment.state, payment.settled_at = new, now
        changed.append(payment)
        if new in Payment.TAKEN:
            money = next(event for event in events if event.kind == PaymentEvent.Kind.SUCCEEDED)
            payment.provider_number, payment.is_open_at_provider = money.provider_number, False
            if old not in Payment.TAKEN:
                (succeeded if new == Payment.State.SUCCEEDED else late).append(payment.pk)
        elif old in Payment.OPEN:
            failed.append(payment.pk)
    states = [(str(one.pk), one.state, one.provider_number, one.is_open_at_provider) for one in changed]
    asked(SETTLE, {"now": now, "states": msgspec.json.encode(states).decode()})
    if succeeded:
        announce(PaymentsSucceeded(payment_ids=tuple(succeeded)))
    if late:
        announce(PaymentsSucceededLate(payment_ids=tuple(late)))
    if failed and is_announced:
        announce(PaymentsFailed(payment_ids=tuple(failed)))


def closed(payment: Payment, *, now: datetime) -> Outcome:
    """Return the fact that a payment takes no more money; it is one fact whoever says it."""
    return Outcome(
        our_number=payment.our_number,
        kind=PaymentEvent.Kind.CLOSED,
        provider_number=payment.our_number,
        amount_fen=payment.amount_fen,
        occurred_at=now,
    )


def _may_be_expected(outcome: Outcome) -> bool:
    return outcome.kind == PaymentEvent.Kind.SUCCEEDED and not outcome.refund_number and not outcome.parts


def _told(place: int, outcome: Outcome, event_id: str) -> dict[str, object]:
    return {
        "place": place,
        "event_id": event_id,
        "our_number": outcome.our_number,
        "provider_number": outcome.provider_number,
        "amount_fen": outcome.amount_fen,
        "occurred_at": outcome.occurred_at,
        "account_number": outcome.account_number,
    }


def _event(payment: Payment, outcome: Outcome, *, source: Source, now: datetime) -> PaymentEvent:
    return PaymentEvent(
        payment=payment,
        kind=outcome.kind,
        provider_number=outcome.provider_number,
        amount_fen=outcome.amount_fen,
        occurred_at=outcome.occurred_at,
        recorded_at=now,
        source=source.name,
        by_id=source.by_id,
    )


def _problem(outcome: Outcome, payment: Payment, splits: Sequence[PaymentSplit], refund: Refund | None) -> str:
    """Return why an outcome cannot be about what we know, or nothing."""
    if outcome.refund_number:
        split = next((split for split in splits if refund is not None and split.pk == refund.split_id), None)
        if refund is None or split is None or outcome.our_number not in {payment.our_number, split.our_number}:
            return "unknown refund"
        if outcome.account_number and outcome.account_number != _collector(split):
            return f"another collector: {outcome.account_number}"
        due = refund.amount_fen
    else:
        due = payment.amount_fen
        if outcome.kind == PaymentEvent.Kind.SUCCEEDED and (problem := _parts_problem(outcome, payment, splits)):
            return problem
    return "" if outcome.amount_fen == due else f"another amount: {outcome.amount_fen} fen instead of {due}"


def _parts_problem(outcome: Outcome, payment: Payment, splits: Sequence[PaymentSplit]) -> str:
    """Return whether money came for other parts, or to somebody else, than was asked for."""
    if not payment.is_combined:
        # one that was opened before its parts said who collects them says it itself
        collectors = {_collector(split) or payment.asked.get("account", "") for split in splits} or {""}
        return "" if outcome.account_number in collectors else f"another collector: {outcome.account_number or 'the house'}"
    due = {(split.our_number, split.amount_fen, _collector(split)) for split in splits if split.our_number}
    paid = {(part.our_number, part.amount_fen, part.account_number) for part in outcome.parts}
    if due == paid and len(outcome.parts) == len(paid):
        return ""
    return f"other parts: {len(due - paid)} of {len(due)} not paid as asked"


def _collector(split: PaymentSplit) -> str:
    return split.account.number if split.account else ""


def _number_parts(splits: Sequence[PaymentSplit], parts: Sequence[Part]) -> None:
    """Keep the provider's number of each part of a combined payment, by which it is shared out and refunded."""
    numbers = {part.our_number: part.provider_number for part in parts}
    told = [split for split in splits if split.our_number in numbers]
    for split in told:
        split.provider_number = numbers[split.our_number]
    if told:
        PaymentSplit.objects.bulk_update(told, ["provider_number"])


def _flag(payment: Payment, outcome: Outcome, problem: str) -> None:
    """Money came, but not what was due: no state follows, a person must look."""
    payment.trouble = f"{problem} ({outcome.kind} {outcome.provider_number})"[:200]
    payment.is_open_at_provider = False
    payment.save(update_fields=["trouble", "is_open_at_provider"])
    log.error("payment %s: %s", payment.our_number, payment.trouble)


def _settle_refund(refund: Refund, outcome: Outcome, *, now: datetime) -> bool:
    """Give a refund the state that an outcome makes; money that arrived outweighs an earlier failure, never the reverse."""
    State = Refund.State  # noqa: N806 - a class
    new = State.SUCCEEDED if outcome.kind == PaymentEvent.Kind.REFUNDED else State.FAILED
    if refund.state in {State.SUCCEEDED, new}:
        return False
    refund.state, refund.trouble, refund.settled_at = new, outcome.trouble, now
    refund.provider_number, refund.is_number_spent = outcome.provider_number, outcome.is_number_spent
    refund.save(update_fields=["state", "trouble", "settled_at", "provider_number", "is_number_spent"])
    return True
