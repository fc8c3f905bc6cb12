"""The kinds of input and output that several addresses share."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from teahorse.common.refusals import Malformed
from teahorse.orders.explaining import TakenOff
from teahorse.people.models import Organisation
from teahorse.places.models import Area

NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no NUL character in a text."""

Text = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[-_0-9A-Za-z]+$")]
AreaCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$")]
Quantity = Annotated[int, Field(ge=1, le=999, strict=True)]
Fen = Annotated[int, Field(ge=0, le=10**12)]
PageNumber = Annotated[int, Field(ge=1, le=1000)]
PageSize = Annotated[int, Field(ge=1, le=100)]


def choice(*values: str) -> WithJsonSchema:
    """Describe a text that is told as one of some values."""
    return WithJsonSchema({"type": "string", "enum": list(values)})


Level = Annotated[str, choice(*Area.Level.values)]


class Asked(BaseModel):
    """
    The base of what is sent to us: a name that nobody knows is refused, it may be a slip of the pen.

    No ``Schema``: that reads also what is no JSON, and all of it twice.
    """

    model_config = ConfigDict(extra="forbid")


class Named(Schema):
    """An organisation."""

    key: str
    name: str


class Contact(Schema):
    """Who gets the goods; masked where the reader has no need to know."""

    name: str
    phone: str


class ParcelName(BaseModel):
    """A parcel, and where it is."""

    number: str
    stage: str
    stage_at: datetime
    carrier: str
    carrier_number: str


class DiscountShown(Schema):
    """What a promotion takes off, and who bears it: ``seller``, ``platform`` or ``budget``; an organisation, or the house itself."""

    promotion_id: UUID
    title: str
    bearer: str
    bearer_id: UUID | None
    amount_fen: int

    @classmethod
    def of(cls, one: TakenOff) -> "DiscountShown":
        """Return it as it is told."""
        return cls(promotion_id=one.promotion_id, title=one.title, bearer=one.bearer, bearer_id=one.bearer_id, amount_fen=one.amount_fen)


class RefundShown(Schema):
    """Money on its way back."""

    id: UUID
    amount_fen: int
    state: str
    requested_at: datetime
    settled_at: datetime | None


def file_described(media_type: str) -> dict[str, Any]:
    """Return what OpenAPI is told of an address that answers a file."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"responses": {200: {"description": "The file", "content": content}}}


def private(response: HttpResponse) -> HttpResponse:
    """Keep an answer out of every cache on its way; returns it."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def pdf(document: bytes, *, name: str) -> HttpResponse:
    """Return a paper as an answer."""
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "X-Content-Type-Options": "nosniff"}
    return private(HttpResponse(document, content_type="application/pdf", headers=headers))


def once_key(from_body: UUID | None, *, header: str) -> UUID:
    """
    Return the key under which something is done once: of the body, or of the header ``Idempotency-Key``.

    In the header it is a quoted string (draft-ietf-httpapi-idempotency-key-header).

    :raises Malformed: if there is none, or two.
    """
    try:
        from_header = UUID(header.strip().strip('"')) if header else None
    except ValueError as error:
        raise Malformed(field="Idempotency-Key", reason=_("The key is a UUID.")) from error
    key = from_body or from_header
    if key is None:
        raise Malformed(field="key", reason=_("A key is needed: a UUID that is new every time."))
    if from_header not in {None, key}:
        raise Malformed(field="key", reason=_("The header and the body name different keys."))
    return key


def told(row: Any, field: str) -> str:
    """Return a translated text of a row in the current language, in Chinese where it has none."""
    language = (translation.get_language() or "").replace("-", "_")
    return str((row.i18n or {}).get(f"{field}_{language}") or getattr(row, field))


def named(organisation: Organisation) -> Named:
    """Return an organisation's key and its name in the current language."""
    return Named(key=organisation.key, name=told(organisation, "name"))
