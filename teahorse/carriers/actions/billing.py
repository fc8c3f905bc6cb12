"""
A carrier's bill beside what was weighed here: every line is kept, with a reason where it differs and who has to clear it.

The file is CSV with a line of headings: ``number`` (or 运单号), ``kg`` (计费重量), ``yuan`` (金额).
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.carriers import queries
from teahorse.carriers.models import BillLine, CarrierBill, Consignment
from teahorse.carriers.rules import fee_fen, fen_written, grams_written
from teahorse.common.decoding import text_of
from teahorse.common.refusals import Malformed, Refusal
from teahorse.people.models import Organisation, Person

HEADINGS = {"number": "number", "运单号": "number", "kg": "kg", "计费重量": "kg", "yuan": "yuan", "金额": "yuan"}
MOST_LINES, LONGEST_NOTE = 100_000, 200
ROUNDED_UP_TO = 1000
"""Carriers round the charged weight up to a step; a difference within one step of the tariff (else a kilogram) is rounding."""
Reason = BillLine.Reason


class BillUnreadable(Refusal):
    """The file is no bill; nothing was kept."""

    code = "bill_unreadable"
    status = 422
    sentence = _("Line %(line)s of the bill cannot be read: %(trouble)s")


@dataclass(frozen=True, slots=True)
class Billed:
    """One line as the file has it."""

    place: int
    number: str
    grams: int
    fen: int


@transaction.atomic
def take_bill(*, carrier: str, month: str, content: bytes, by: Person, now: datetime) -> CarrierBill:
    """
    Keep a bill and compare each line; the same file again is the bill that is kept.

    :raises BillUnreadable: with the line, if one cannot be read; nothing is kept.
    """
    digest = hashlib.sha256(carrier.encode() + b"\0" + content).hexdigest()
    if known := CarrierBill.objects.filter(digest=digest).first():
        return known
    billed = _read(content)
    bill = CarrierBill.objects.create(
        carrier=carrier, month=month, digest=digest, total_fen=sum(one.fen for one in billed), taken_by_id=by.pk, taken_at=now
    )
    numbers = [one.number for one in billed]
    rows = {row.number: row for row in Consignment.objects.filter(carrier=carrier, number__in=numbers).select_related("parcel__sender")}
    seen = set(BillLine.objects.filter(bill__carrier=carrier, number__in=numbers).values_list("number", flat=True))
    centres = {
        centre.county_id: centre
        for centre in Organisation.objects.filter(
            kind=Organisation.Kind.COUNTY_CENTRE, county_id__in={row.county_id for row in rows.values()}
        ).order_by("-pk")
    }
    lines = []
    for one in billed:
        row = rows.get(one.number)
        line = _compared(one, row, is_known=one.number in seen)
        line.bill = bill
        line.owner = _owner(line.reason, row, centres)
        lines.append(line)
        seen.add(one.number)
    BillLine.objects.bulk_create(lines)
    return bill


class IsCleared(Refusal):
    """Somebody did it before."""

    code = "is_cleared"
    sentence = _("This line was cleared on %(at)s already.")


@transaction.atomic
def clear_line(*, line: BillLine, note: str, by: Person, now: datetime) -> None:
    """
    Write down how a difference was cleared, once; the bill itself stays as it is.

    :raises IsCleared: if it was before; :raises Malformed: without a word on it.
    """
    row = BillLine.objects.select_for_update().get(pk=line.pk)
    if row.cleared_at is not None:
        raise IsCleared(at=f"{row.cleared_at:%F}")
    if not note.strip():
        raise Malformed(field="note", reason=_("Say how it was cleared."))
    row.cleared_at, row.cleared_by_id, row.note = now, by.pk, note.strip()[:LONGEST_NOTE]
    row.save(update_fields=["cleared_at", "cleared_by_id", "note"])


def _compared(one: Billed, row: Consignment | None, *, is_known: bool) -> BillLine:
    line = BillLine(place=one.place, number=one.number, billed_grams=one.grams, billed_fen=one.fen, consignment=row)
    if row is None:
        line.reason = Reason.UNKNOWN
        return line
    line.our_grams, line.our_fen = row.charged_grams or row.weight_grams, row.fee_fen
    tariff = queries.tariff_for(carrier=row.carrier, service="", destination=row.parcel.destination_code)
    step = tariff.step_grams if tariff else ROUNDED_UP_TO
    if is_known:
        line.reason = Reason.TWICE
    elif row.stage == Consignment.Stage.CANCELLED:
        line.reason = Reason.CANCELLED
    elif one.grams - line.our_grams >= step:
        line.reason = Reason.HEAVIER
    elif tariff is None:
        line.reason = Reason.NO_TARIFF
    elif one.fen != line.our_fen:
        ours = fee_fen(queries.price_of(tariff), charged=line.our_grams)
        line.our_fen = row.fee_fen if row.fee_fen is not None else ours
        line.reason = "" if one.fen == line.our_fen else Reason.DEARER if one.fen > line.our_fen else Reason.CHEAPER
    return line


def _owner(reason: str, row: Consignment | None, centres: dict[UUID, Organisation]) -> Organisation | None:
    """Return who clears a difference: whoever weighed it for a weight, the county's centre for the rest; None: the region centre."""
    if not reason or row is None:
        return None
    return row.parcel.sender if reason == Reason.HEAVIER else centres.get(row.county_id)


def _read(content: bytes) -> list[Billed]:
    try:
        rows = list(csv.reader(io.StringIO(text_of(content), newline="")))
        headings = [HEADINGS.get(cell.strip(), "") for cell in rows[0]] if rows else []
    except (UnicodeDecodeError, csv.Error) as error:
        raise BillUnreadable(line=1, trouble=str(error)[:100]) from error
    if not {"number", "kg", "yuan"} <= set(headings):
        raise BillUnreadable(line=1, trouble="number, kg, yuan")
    found: list[Billed] = []
    for place, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        values = dict(zip(headings, cells, strict=False))
        try:
            number = values["number"].strip()
            if not 1 <= len(number) <= 40 or len(found) >= MOST_LINES:
                raise BillUnreadable(line=place, trouble=number[:40])
            found.append(Billed(place, number, grams_written(values["kg"]), fen_written(values["yuan"])))
        except (KeyError, ValueError) as error:
            raise BillUnreadable(line=place, trouble=str(error)[:100]) from error
    return found
