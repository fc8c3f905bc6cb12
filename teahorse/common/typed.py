"""What people type into forms, read into what it means."""

import re
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id
from teahorse.common.money import NotAnAmount, fen_of
from teahorse.common.refusals import Malformed

KILOGRAMS = re.compile(r"[0-9]{1,3}([.,][0-9]{1,3})?")


def form_key(text: str) -> UUID:
    """Return the key that was made with a form, so that sending it twice does one thing; a broken one is another form's."""
    try:
        return UUID(text)
    except ValueError:
        return new_id()


def fen_at(text: str, *, field: str) -> int:
    """Return an amount of yuan in fen. :raises Malformed: at its field, if it is none."""
    try:
        return fen_of(text)
    except NotAnAmount:
        raise Malformed(field=field, reason=_("Write an amount in yuan, such as 38.00.")) from None


def grams_of(text: str) -> int | None:
    """Return a weight that was typed in kilograms (``1.25``, ``1,25``) in grams; nothing where it is none."""
    plain = text.strip()
    return int(Decimal(plain.replace(",", ".")) * 1000) if KILOGRAMS.fullmatch(plain) else None
