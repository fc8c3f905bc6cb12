"""Money that nobody can place: found, owned until a deadline, then the region centre's; seen until somebody says what it was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from teahorse.payments.models import Payment, PaymentEvent, PaymentSplit, UnmatchedMoney, UnmatchedStep
from teahorse.payments.providers import Outcome
from teahorse.payments.rules import UNMATCHED_DUE
from teahorse.people.models import Organisation
from teahorse.people.rules import AREA_OF_CENTRE

MOVES_MONEY = frozenset({PaymentEvent.Kind.SUCCEEDED, PaymentEvent.Kind.REFUNDED, PaymentEvent.Kind.REFUND_FAILED})
What = UnmatchedStep.What


@dataclass(frozen=True, kw_only=True)
class Unplaced:
    """An outcome that fits nothing, the payment that it names if we know it, who said it, and why it does not fit."""

    outcome: Outcome
    payment: Payment | None
    provider: str
    source: str
    problem: str


@transaction.atomic
def keep_unmatched(found: Sequence[Unplaced], *, now: datetime) -> None:
    """Put what cannot be placed into the queue, each sum once however often it is told; its owner sees it in her menu."""
    for one in found:
        outcome = one.outcome
        if outcome.kind not in MOVES_MONEY:
            continue
        row, is_new = UnmatchedMoney.objects.get_or_create(
            provider=one.provider,
            kind=outcome.kind,
            provider_number=outcome.provider_number[:64],
            our_number=outcome.our_number[:64],
            defaults={
                "refund_number": outcome.refund_number[:64],
                "amount_fen": outcome.amount_fen,
                "occurred_at": outcome.occurred_at,
                "problem": one.problem[:200],
                "source": one.source,
                "payment": one.payment,
                "owner": _owner_of(one.payment),
                "found_at": now,
                "due_at": now + UNMATCHED_DUE,
            },
        )
        if is_new:
            UnmatchedStep.objects.create(unmatched=row, what=What.FOUND, note=row.problem, at=now)


@transaction.atomic
def escalate_unmatched(*, now: datetime) -> int:
    """Give to the region centre what its owner has not resolved in time, and return how much; each once."""
    late = UnmatchedMoney.objects.select_for_update(skip_locked=True, of=("self",))
    late = late.filter(state=UnmatchedMoney.State.OPEN, due_at__lte=now, escalated_at=None).order_by("pk")
    rows = list(late.select_related("owner__area"))
    for row in rows:
        row.owner, row.escalated_at = _region_centre(row.owner), now
    UnmatchedMoney.objects.bulk_update(rows, ["owner", "escalated_at"])
    UnmatchedStep.objects.bulk_create(UnmatchedStep(unmatched=row, what=What.ESCALATED, at=now) for row in rows)
    return len(rows)


def _owner_of(payment: Payment | None) -> Organisation | None:
    """Return the county centre of the payment's sellers, where they have one in common; else the region centre."""
    payees: Iterable[UUID] = PaymentSplit.objects.filter(payment=payment).values_list("payee_id", flat=True) if payment else ()
    counties = set(Organisation.objects.filter(pk__in=list(payees)).values_list("county_id", flat=True))
    if len(counties) == 1:
        centres = Organisation.objects.filter(kind=Organisation.Kind.COUNTY_CENTRE, county_id=counties.pop())
        if centre := centres.order_by("pk").first():
            return centre
    return _region_centre(None)


def _region_centre(near: Organisation | None) -> Organisation | None:
    """Return the centre of an organisation's region, else any, else the organisation itself."""
    centres = Organisation.objects.filter(kind=Organisation.Kind.REGION_CENTRE).order_by("pk")
    if near is not None:
        code = near.area.code[: AREA_OF_CENTRE[Organisation.Kind.REGION_CENTRE]]
        return centres.filter(area__code__startswith=code).first() or centres.first() or near
    return centres.first()
