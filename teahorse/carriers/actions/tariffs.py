"""
A carrier's tariff, taken in as a table and in the place of the one before; what was booked keeps the fee that it was booked at.

The file is CSV with a line of headings (:data:`HEADINGS`): the service, the code of the area it goes to and of all below it (empty:
anywhere), what the first kilograms and each further step cost, how many cubic centimetres count as a kilogram (empty: only weight), and
within how many days it is promised to be there.
"""

import csv
import io
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.carriers.models import CarrierTariff
from teahorse.carriers.rules import fen_written, grams_written
from teahorse.common.decoding import text_of
from teahorse.common.refusals import Refusal

HEADINGS = ("service", "to", "first_kg", "first_yuan", "step_kg", "step_yuan", "cm3_per_kg", "days")
MOST_ROWS, MOST_DAYS, LONGEST_SERVICE, LONGEST_CODE = 5000, 90, 40, 12


class TariffUnreadable(Refusal):
    """The file is no tariff; the one before stays."""

    code = "tariff_unreadable"
    status = 422
    sentence = _("Line %(line)s of the tariff cannot be read: %(trouble)s")


class _Wrong(ValueError):
    """A cell that cannot be."""

    def __init__(self, **cell: str) -> None:
        super().__init__(" ".join(f"{name} {text[:40]}" for name, text in cell.items()))


@transaction.atomic
def take_tariff(*, carrier: str, content: bytes) -> int:
    """
    Put a tariff in the place of a carrier's, and return how many rows it has.

    :raises TariffUnreadable: with the line, if one cannot be read or stands twice; nothing is changed.
    """
    try:
        rows = list(csv.reader(io.StringIO(text_of(content))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise TariffUnreadable(field="file", line=1, trouble=str(error)[:100]) from error
    if not rows or [cell.strip() for cell in rows[0]] != list(HEADINGS) or len(rows) > MOST_ROWS:
        raise TariffUnreadable(field="file", line=1, trouble=", ".join(HEADINGS))
    found: dict[tuple[str, str], CarrierTariff] = {}
    for line, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        try:
            row = _row(carrier, {name: cell.strip() for name, cell in zip(HEADINGS, cells, strict=True)})
        except ValueError as error:
            raise TariffUnreadable(field="file", line=line, trouble=str(error)[:100]) from error
        if (row.service, row.destination_code) in found:
            raise TariffUnreadable(field="file", line=line, trouble=f"{row.service} {row.destination_code}")
        found[row.service, row.destination_code] = row
    CarrierTariff.objects.filter(carrier=carrier).delete()
    return len(CarrierTariff.objects.bulk_create(found.values()))


def _row(carrier: str, typed: Mapping[str, str]) -> CarrierTariff:
    service, code, days = typed["service"], typed["to"], typed["days"]
    if not 1 <= len(service) <= LONGEST_SERVICE:
        raise _Wrong(service=service)
    if code and not (code.isascii() and code.isdecimal() and len(code) <= LONGEST_CODE):
        raise _Wrong(to=code)
    if not days.isdecimal() or not 1 <= int(days) <= MOST_DAYS:
        raise _Wrong(days=days)
    first, step = grams_written(typed["first_kg"]), grams_written(typed["step_kg"])
    if not first or not step:
        raise _Wrong(kg="0")
    volume = typed["cm3_per_kg"]
    if volume and not (volume.isdecimal() and int(volume)):
        raise _Wrong(cm3_per_kg=volume)
    return CarrierTariff(
        carrier=carrier,
        service=service,
        destination_code=code,
        first_grams=first,
        first_fen=fen_written(typed["first_yuan"]),
        step_grams=step,
        step_fen=fen_written(typed["step_yuan"]),
        cm3_per_kg=int(volume) if volume else None,
        days=int(days),
    )
