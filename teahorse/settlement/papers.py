"""
What papers about money share, printed and as workbooks: words in two languages, sums, sheets.

Tibetan stands above Chinese in the same size, as on waybills; how words and tables stand says ``papers.typ``. Fonts are the machine's.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import typst
from openpyxl import Workbook  # type: ignore[import-untyped]  # it has no types of its own
from openpyxl.styles import Font  # type: ignore[import-untyped]  # as above

from teahorse.catalog.tables import safe_cell
from teahorse.common.money import FEN_PER_YUAN, yuan
from teahorse.people.models import Organisation

YUAN_FORMAT = "#,##0.00"
DAY_FORMAT = "yyyy-mm-dd"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of a workbook."""


@dataclass(frozen=True, slots=True)
class Words:
    """The same in Tibetan and in Chinese."""

    bo: str
    zh: str

    @property
    def both(self) -> dict[str, str]:
        """As a template reads it."""
        return {"bo": self.bo, "zh": self.zh}

    @property
    def in_one(self) -> str:
        """As a cell has it."""
        return f"{self.bo} {self.zh}"


def name_of(organisation: Organisation) -> dict[str, str]:
    """Return an organisation's name as a template reads it."""
    return {"bo": (organisation.i18n or {}).get("name_bo", ""), "zh": organisation.name}


def printed(template: str, data: dict[str, Any]) -> bytes:
    """Return a PDF of data, as a template that stands beside this file says."""
    here = Path(__file__).parent
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(here / template, root=here, format="pdf", sys_inputs=inputs)
    return b"".join(made) if isinstance(made, list) else made


def sum_text(fen: int) -> str:
    """Return a sum as it is printed, with a true minus."""
    return yuan(fen).replace("-", "−")


def in_yuan(fen: int) -> Decimal:
    """Return a sum as a workbook has it."""
    return Decimal(fen) / FEN_PER_YUAN


def as_day(day: date) -> datetime:
    """Return a day as a workbook has it."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day, no moment


def new_book() -> Workbook:
    """Return a workbook without a sheet."""
    book = Workbook()
    book.remove(book.active)
    return book


def add_sheet(book: Workbook, title: Words, rows: Sequence[Sequence[object]]) -> None:
    """
    Add a sheet; its first row is its heading.

    Amounts are numbers of yuan and days are days; a text that a program could take for a formula begins with an apostrophe.
    """
    sheet = book.create_sheet(title.zh)
    for row in rows:
        sheet.append([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
        for cell in sheet[sheet.max_row]:
            if isinstance(cell.value, Decimal):
                cell.number_format = YUAN_FORMAT
            elif isinstance(cell.value, datetime):
                cell.number_format = DAY_FORMAT
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = 30
    sheet.freeze_panes = "A2"


def saved(book: Workbook) -> bytes:
    """Return a workbook's file."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
