"""A buyer's after-sale cases, opened by her order's access token: what she may ask, asking it, and answering the seller."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Router, Schema, UploadedFile
from ninja.responses import Status
from pydantic import Field, StringConstraints

from teahorse.aftersales import actions, queries
from teahorse.aftersales.actions import Actor, CaseDraft
from teahorse.aftersales.models import AfterSaleCase
from teahorse.api.capabilities import OrderLink, OrderToken
from teahorse.api.cases_told import (
    CaseBrief,
    CaseShown,
    PartOpen,
    PhotoShown,
    case_brief,
    case_shown,
    part_open,
    photo_shown,
)
from teahorse.api.fields import NO_NUL, Asked, Fen, Quantity, file_described, once_key, private
from teahorse.api.showing import buyers_group, buyers_part
from teahorse.common.refusals import NotThere
from teahorse.orders.models import OrderGroup, SellerOrder

router = Router(tags=["after-sales"])
BUYER = Actor("buyer")
READ, WRITE = [OrderToken(), OrderLink()], OrderToken()
Words = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]


class CaseAsked(Asked):
    """
    What is asked for: units by the key of their order line; an amount only for a compensation.

    ``key`` makes it one case however often it is sent; it may come as the header ``Idempotency-Key`` instead. The photographs
    were sent under the same key before.
    """

    key: UUID | None = None
    seller_order_id: UUID
    kind: AfterSaleCase.Kind
    reason: AfterSaleCase.Reason
    units: dict[UUID, Quantity] = Field(min_length=1)
    story: Words = ""
    asked_fen: Fen | None = None


class WordsAsked(Asked):
    """What is said; the other side reads it."""

    words: Words


class SentBackAsked(Asked):
    """With which carrier the goods go back, and under which number."""

    carrier: Annotated[str, StringConstraints(max_length=20, pattern=NO_NUL)]
    number: Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)]


class CasesOfOrder(Schema):
    """What can be asked of an order now, by seller, and what was asked, the newest first."""

    parts: list[PartOpen]
    cases: list[CaseBrief]


@router.get("/orders/{order_id}/cases", response=CasesOfOrder, auth=READ)
def list_cases(request: HttpRequest, response: HttpResponse, order_id: UUID) -> CasesOfOrder:
    """Return what may be asked of an order, for which reasons and until when, and its cases."""
    group, now = buyers_group(request, order_id), timezone.now()
    private(response)
    parts = SellerOrder.objects.filter(group=group).select_related("seller").order_by("pk")
    cases = queries.cases_of_groups(OrderGroup.objects.filter(pk=group.pk))
    return CasesOfOrder(
        parts=[part_open(queries.standing(order, now=now)) for order in parts],
        cases=[case_brief(case) for case in cases],
    )


@router.post("/orders/{order_id}/cases", response={201: CaseShown, 200: CaseShown}, auth=WRITE)
def open_case(request: HttpRequest, response: HttpResponse, order_id: UUID, asked: CaseAsked) -> Status[CaseShown]:
    """Open a case (201), or return the one that the same key opened before (200)."""
    key = once_key(asked.key, header=request.headers.get("Idempotency-Key", ""))
    order, now = buyers_part(request, order_id, asked.seller_order_id), timezone.now()
    draft = CaseDraft(
        key=key, order=order, kind=asked.kind, reason=asked.reason, units=asked.units, story=asked.story, asked_fen=asked.asked_fen
    )
    opened = actions.open_case(draft=draft, by=None, now=now)
    private(response)
    return Status(201 if opened.opened_at == now else 200, _told(request, order_id, opened.pk))


@router.post("/orders/{order_id}/cases/{case_id}/photos", response={201: PhotoShown}, auth=WRITE)
def add_photo(
    request: HttpRequest,
    order_id: UUID,
    case_id: UUID,
    seller_order_id: Annotated[UUID, Form(description="the part of the order that it is about")],
    photo: Annotated[UploadedFile, File(description="a picture; six at most")],
) -> Status[PhotoShown]:
    """Keep a photograph for a case that is open, or about to be opened under this key; the same one twice is kept once."""
    order = buyers_part(request, order_id, seller_order_id)
    return Status(201, photo_shown(actions.add_photo(order=order, case_id=case_id, file=photo, by_seller=False, now=timezone.now())))


@router.get("/orders/{order_id}/cases/{case_id}", response=CaseShown, auth=READ)
def show_case(request: HttpRequest, response: HttpResponse, order_id: UUID, case_id: UUID) -> CaseShown:
    """Return a case with its course."""
    private(response)
    return _told(request, order_id, case_id)


@router.get(
    "/orders/{order_id}/cases/{case_id}/photos/{photo_id}", response={200: None}, auth=READ, openapi_extra=file_described("image/webp")
)
def show_photo(request: HttpRequest, order_id: UUID, case_id: UUID, photo_id: UUID) -> HttpResponse:
    """Return a photograph of a case."""
    return photo_of(_case(request, order_id, case_id), photo_id)


@router.post("/orders/{order_id}/cases/{case_id}/accept", response=CaseShown, auth=WRITE)
def accept_offer(request: HttpRequest, response: HttpResponse, order_id: UUID, case_id: UUID) -> CaseShown:
    """Take the seller's offer: it is paid back at once and the goods stay."""
    actions.accept_offer(case=_case(request, order_id, case_id), by=BUYER, now=timezone.now())
    private(response)
    return _told(request, order_id, case_id)


@router.post("/orders/{order_id}/cases/{case_id}/escalate", response=CaseShown, auth=WRITE)
def escalate_case(request: HttpRequest, response: HttpResponse, order_id: UUID, case_id: UUID, asked: WordsAsked) -> CaseShown:
    """Bring a refused case, or an offer that is too small, before the centre."""
    actions.escalate(case=_case(request, order_id, case_id), words=asked.words, by=BUYER, now=timezone.now())
    private(response)
    return _told(request, order_id, case_id)


@router.post("/orders/{order_id}/cases/{case_id}/withdraw", response=CaseShown, auth=WRITE)
def withdraw_case(request: HttpRequest, response: HttpResponse, order_id: UUID, case_id: UUID) -> CaseShown:
    """Let a case be, as long as neither goods nor money are on their way."""
    actions.withdraw(case=_case(request, order_id, case_id), by=BUYER, now=timezone.now())
    private(response)
    return _told(request, order_id, case_id)


@router.post("/orders/{order_id}/cases/{case_id}/send-back", response=CaseShown, auth=WRITE)
def send_back(request: HttpRequest, response: HttpResponse, order_id: UUID, case_id: UUID, asked: SentBackAsked) -> CaseShown:
    """Say with which carrier the goods went back; who hands them in at a station needs only the case's code."""
    case = _case(request, order_id, case_id)
    actions.send_back(case=case, carrier=asked.carrier, number=asked.number, by=BUYER, now=timezone.now())
    private(response)
    return _told(request, order_id, case_id)


@router.post("/orders/{order_id}/cases/{case_id}/arrived", response=CaseShown, auth=WRITE)
def confirm_arrival(request: HttpRequest, response: HttpResponse, order_id: UUID, case_id: UUID) -> CaseShown:
    """Confirm that the new goods of a case came; it ends."""
    actions.confirm_arrival(case=_case(request, order_id, case_id), by=BUYER, now=timezone.now())
    private(response)
    return _told(request, order_id, case_id)


def photo_of(case: AfterSaleCase, photo_id: UUID) -> HttpResponse:
    """
    Return the pixels of a photograph as an answer.

    :raises NotThere: if the case has none of this key.
    """
    kept = queries.photo_of(case, photo_id)
    if kept is None:
        raise NotThere(field="photo_id")
    return private(HttpResponse(bytes(kept.content), content_type="image/webp"))


def _case(request: HttpRequest, order_id: UUID, case_id: UUID) -> AfterSaleCase:
    group = buyers_group(request, order_id)
    case = queries.cases_of_groups(OrderGroup.objects.filter(pk=group.pk)).filter(pk=case_id).first()
    if case is None:
        raise NotThere(field="case_id")
    return case


def _told(request: HttpRequest, order_id: UUID, case_id: UUID) -> CaseShown:
    return case_shown(_case(request, order_id, case_id), is_buyer=True)
