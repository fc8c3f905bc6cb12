"""After-sale cases as they are told: what may be asked of an order, and a case with its course, to either side."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils import translation
from ninja import Schema
from pydantic import Field

from teahorse.aftersales import actions, queries, rules
from teahorse.aftersales.models import AfterSaleCase, CaseEvent, CaseLine, CasePhoto
from teahorse.aftersales.queries import LineStanding, Standing
from teahorse.api.fields import Named, ParcelName, RefundShown, choice, named
from teahorse.api.showing import parcel_name
from teahorse.logistics import queries as logistics
from teahorse.payments.models import Refund

Kind = Annotated[str, choice(*AfterSaleCase.Kind.values)]
Reason = Annotated[str, choice(*AfterSaleCase.Reason.values)]
State = Annotated[str, choice(*AfterSaleCase.State.values)]
Owner = Annotated[str, choice(*AfterSaleCase.Owner.values)]
Outcome = Annotated[str, choice(*AfterSaleCase.Outcome.values)]
Party = Annotated[str, choice(*CaseEvent.Party.values)]


class ReasonOpen(Schema):
    """Something that may be wrong with a line, and whether it can be told now: ``problem`` is the code of what stands against it."""

    reason: Reason
    kinds: list[Kind] = Field(description="what may be asked for it; the first is proposed")
    needs_photo: bool
    until: datetime | None = Field(description="null: the goods have not come")
    problem: str = Field(description="empty: it can be asked now")
    detail: str


class LineOpen(Schema):
    """What of an order line can still be asked back."""

    line_id: UUID
    title: str
    quantity: int
    units_left: int
    reasons: list[ReasonOpen]


class PartOpen(Schema):
    """What can be asked of one seller's part of an order now."""

    seller_order_id: UUID
    number: str
    seller: Named
    received_at: datetime | None
    most_photos: int
    lines: list[LineOpen]


class CaseLineShown(Schema):
    """Units of an order line in a case: what the buyer paid for them, and what she gets of it."""

    line_id: UUID
    title: str
    quantity: int
    worth_fen: int
    back_fen: int


class CourseShown(Schema):
    """Who did what in a case, and what she said."""

    act: str
    party: Party
    words: str
    amount_fen: int | None
    at: datetime


class PhotoShown(Schema):
    """A photograph; its pixels stand at the case's address, followed by ``/photos/`` and its key."""

    id: UUID
    by_seller: bool
    added_at: datetime


class CaseBrief(Schema):
    """A case in a list: what is asked, where it stands, and who has to act until when."""

    id: UUID
    number: str
    order_id: UUID
    seller_order_id: UUID
    seller: Named
    kind: Kind
    reason: Reason
    story: str
    state: State
    owner: Owner
    due_at: datetime | None
    outcome: Outcome
    worth_fen: int = Field(description="what the buyer paid for these units, with the freight where that goes back too")
    freight_fen: int
    asked_fen: int
    offered_fen: int | None
    agreed_fen: int | None = Field(description="what the buyer gets; once it is decided")
    opened_at: datetime
    ended_at: datetime | None
    lines: list[CaseLineShown]


class CaseShown(CaseBrief):
    """A case with its course. The code under which a station takes its goods in is told to the buyer alone."""

    hand_in_code: str
    return_carrier: str
    return_number: str
    handed_in_at: datetime | None
    received_at: datetime | None
    course: list[CourseShown] = Field(description="the first first")
    photos: list[PhotoShown]
    parcels: list[ParcelName] = Field(description="of what is sent back, and of what is sent again")
    refunds: list[RefundShown]


def part_open(standing: Standing) -> PartOpen:
    """Return what can be asked of a seller order."""
    order = standing.order
    return PartOpen(
        seller_order_id=order.pk,
        number=order.number,
        seller=named(order.seller),
        received_at=standing.received_at,
        most_photos=actions.MOST_PHOTOS,
        lines=[_line_open(standing, one) for one in standing.lines],
    )


def _line_open(standing: Standing, one: LineStanding) -> LineOpen:
    return LineOpen(
        line_id=one.line.pk,
        title=one.line.title_in(translation.get_language()),
        quantity=one.line.quantity,
        units_left=one.units_left,
        reasons=[_reason_open(standing, one, reason) for reason in rules.KINDS_OF_REASON],
    )


def _reason_open(standing: Standing, one: LineStanding, reason: str) -> ReasonOpen:
    refusal = actions.why_not(standing=standing, reason=reason, line=one)
    return ReasonOpen(
        reason=reason,
        kinds=list(rules.KINDS_OF_REASON[reason]),
        needs_photo=reason in rules.SHOWN_BY_PICTURE,
        until=standing.asked_until(reason, [one]),
        problem=refusal.code if refusal else "",
        detail=str(refusal) if refusal else "",
    )


def case_brief(case: AfterSaleCase) -> CaseBrief:
    """Return a case as it stands in a list; its order with group and seller, and its lines with theirs, were read with it."""
    return CaseBrief(
        id=case.pk,
        number=case.number,
        order_id=case.order.group_id,
        seller_order_id=case.order_id,
        seller=named(case.order.seller),
        kind=case.kind,
        reason=case.reason,
        story=case.story,
        state=case.state,
        owner=case.owner,
        due_at=case.due_at,
        outcome=case.outcome,
        worth_fen=case.worth_fen,
        freight_fen=case.freight_fen,
        asked_fen=case.asked_fen,
        offered_fen=case.offered_fen,
        agreed_fen=case.agreed_fen,
        opened_at=case.opened_at,
        ended_at=case.ended_at,
        lines=_lines(case.lines.all()),
    )


def case_shown(case: AfterSaleCase, *, is_buyer: bool) -> CaseShown:
    """Return a case with its course."""
    return CaseShown(
        **dict(case_brief(case)),
        hand_in_code=case.hand_in_code if is_buyer else "",
        return_carrier=case.return_carrier,
        return_number=case.return_number,
        handed_in_at=case.handed_in_at,
        received_at=case.received_at,
        course=[_course(event) for event in case.events.order_by("at", "id")],
        photos=[photo_shown(photo) for photo in queries.photos_of(case.order, case.pk)],
        parcels=[parcel_name(parcel) for parcel in logistics.parcels_of([case.pk])],
        refunds=[RefundShown.from_orm(refund) for refund in Refund.objects.filter(reference=case.pk).order_by("requested_at", "pk")],
    )


def photo_shown(photo: CasePhoto) -> PhotoShown:
    """Return a photograph without its pixels."""
    return PhotoShown(id=photo.pk, by_seller=photo.by_seller, added_at=photo.added_at)


def _lines(lines: Iterable[CaseLine]) -> list[CaseLineShown]:
    return [
        CaseLineShown(
            line_id=one.line_id,
            title=one.line.title_in(translation.get_language()),
            quantity=one.quantity,
            worth_fen=one.worth_fen,
            back_fen=one.buyer_fen,
        )
        for one in sorted(lines, key=lambda one: one.line.position)
    ]


def _course(event: CaseEvent) -> CourseShown:
    return CourseShown(act=event.act, party=event.party, words=event.note, amount_fen=event.amount_fen, at=event.at)
