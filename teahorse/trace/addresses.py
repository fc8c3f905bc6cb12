"""Where the pages of a story stand: the mall serves them, labels and links lead there; without a slash that a QR code would carry."""

from typing import Final
from uuid import UUID

from teahorse.common.ids import short

CODE: Final = "/t/{code}"
LOT: Final = "/t/lot/{lot}"


def of_code(code: str) -> str:
    """Return the page of a code."""
    return CODE.format(code=code)


def of_lot(lot_id: UUID) -> str:
    """Return the page of a lot, for those who have no code of it."""
    return LOT.format(lot=short(lot_id))
