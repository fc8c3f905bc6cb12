"""A person's time at a cash box: opened with what was counted, closed with what is counted, checked by a second person."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from teahorse.common.events import announce
from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.payments.events import CashShiftsClosed
from teahorse.payments.models import CashDifference, CashMovement, CashShift
from teahorse.people.models import Organisation

MOST_IN_A_BOX_FEN = 100_000_000
LONGEST_COUNTER, SHORTEST_REASON, LONGEST_REASON = 20, 4, 200


class ShiftOpen(Refusal):
    """The person has a shift at this house, or somebody has one at this counter (``counter``)."""

    code = "shift_open"
    sentence = _("There is an open shift at counter %(counter)s already, or you have one here. Close it first.")


class NoOpenShift(Refusal):
    """The person has counted no box here."""

    code = "no_open_shift"
    sentence = _("Open a cash shift first: count what lies in the box.")


class ShiftClosed(Refusal):
    """The shift was closed before, perhaps on another device just now."""

    code = "shift_closed"
    sentence = _("This shift is closed already.")


class BoxDiffers(Refusal):
    """What was counted is not what should be there (``difference_fen``, positive: too much); that needs a reason."""

    code = "box_differs"
    sentence = _("The box holds not what it should. Count again, or write why.")
    status = 422


class CannotCheck(Refusal):
    """The shift is open, or was checked before, or is the person's own."""

    code = "cannot_check"
    sentence = _("A closed shift is checked once, by somebody else than who had it.")


@transaction.atomic
def open_shift(*, organisation: Organisation, person_id: UUID, float_fen: int, counter: str = "1", now: datetime) -> CashShift:
    """
    Begin a shift with what was counted in the box.

    :raises ShiftOpen: if the person has one here, or the counter is somebody's. Nothing is changed.
    :raises Malformed: for a sum or a counter that cannot be.
    """
    counter = " ".join(counter.split())
    if not 1 <= len(counter) <= LONGEST_COUNTER:
        raise Malformed(field="counter", reason=_("Name the counter in at most 20 characters."))
    _check_sum(float_fen, field="float")
    key = new_id()
    try:
        with transaction.atomic():
            return CashShift.objects.create(
                pk=key,
                number=f"S{now.astimezone(HOME):%y%m%d}-{key.hex[-8:].upper()}",
                organisation=organisation,
                counter=counter,
                person_id=person_id,
                opened_at=now,
                float_fen=float_fen,
            )
    except IntegrityError as error:
        raise ShiftOpen(counter=counter) from error


def locked_open_shift(*, organisation: Organisation, person_id: UUID) -> CashShift:
    """
    Return a person's open shift at a house, locked: nobody closes it before this transaction ends.

    :raises NoOpenShift: if she has none.
    """
    mine = CashShift.objects.select_for_update().filter(organisation=organisation, person_id=person_id, closed_at=None)
    shift = mine.first()
    if shift is None:
        raise NoOpenShift
    return shift


def move_cash(*, shift: CashShift, subject_id: UUID, amount_fen: int, now: datetime) -> CashMovement:
    """Write down cash that was taken (positive) or given for a payment or refund in a locked open shift, in the same transaction."""
    return CashMovement.objects.create(shift=shift, subject_id=subject_id, amount_fen=amount_fen, at=now)


@transaction.atomic
def close_shift(*, shift_id: UUID, counted_fen: int, reason: str = "", by_id: UUID, now: datetime) -> CashShift:
    """
    End a shift with what was counted; what is too much or too little becomes a row with its reason. Of two who close one wins.

    :raises ShiftClosed: if it was closed before.
    :raises BoxDiffers: if something is too much or too little and nobody says why.
    :raises Malformed: for a sum that cannot be. Nothing is changed in any of these.
    """
    _check_sum(counted_fen, field="counted")
    shift = CashShift.objects.select_for_update().get(pk=shift_id)
    if shift.closed_at is not None:
        raise ShiftClosed
    shift.expected_fen = expected_fen(shift)
    difference_fen, reason = counted_fen - shift.expected_fen, " ".join(reason.split())
    if difference_fen and not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise BoxDiffers(field="reason", difference_fen=difference_fen)
    shift.counted_fen, shift.closed_at, shift.closed_by_id = counted_fen, now, by_id
    shift.save(update_fields=["expected_fen", "counted_fen", "closed_at", "closed_by_id"])
    if difference_fen:
        CashDifference.objects.create(shift=shift, amount_fen=difference_fen, reason=reason, by_id=by_id, at=now)
    announce(CashShiftsClosed(shift_ids=(shift.pk,)))
    return shift


@transaction.atomic
def check_shift(*, shift_id: UUID, by_id: UUID, now: datetime) -> CashShift:
    """Write down that a second person counted a closed box and agrees. :raises CannotCheck: unless she may; nothing is changed."""
    shift = CashShift.objects.select_for_update().get(pk=shift_id)
    if shift.closed_at is None or shift.checked_at is not None or shift.person_id == by_id:
        raise CannotCheck
    shift.checked_by_id, shift.checked_at = by_id, now
    shift.save(update_fields=["checked_by_id", "checked_at"])
    return shift


def expected_fen(shift: CashShift) -> int:
    """Return what must lie in a shift's box now: the float and what was taken, less what was given."""
    moved = CashMovement.objects.filter(shift=shift).aggregate(fen=Sum("amount_fen"))["fen"]
    return shift.float_fen + int(moved or 0)


def _check_sum(fen: int, *, field: str) -> None:
    if not 0 <= fen <= MOST_IN_A_BOX_FEN:
        raise Malformed(field=field, reason=_("Write what you counted, in yuan, such as 200.00."))
