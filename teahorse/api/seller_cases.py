"""A seller's system in after-sale cases: what waits for her, and her answers."""

from typing import Annotated
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from teahorse.aftersales import actions, queries
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase
from teahorse.api.capabilities import OrganisationToken
from teahorse.api.cases import Words, WordsAsked, photo_of
from teahorse.api.cases_told import CaseBrief, CaseShown, case_brief, case_shown
from teahorse.api.fields import NO_NUL, Asked, Fen, PageSize, file_described, private
from teahorse.common.refusals import Malformed, NotThere
from teahorse.logistics import carriers
from teahorse.people.models import Organisation

router = Router(tags=["seller after-sales"], auth=OrganisationToken())
SELLER = Actor.seller(None)
ONE = "/seller/cases/{case_id}"


class SellerCases(Schema):
    """Some of a seller's cases, those opened first first; ``next`` is the ``after`` of the following page."""

    cases: list[CaseBrief]
    next: UUID | None


class AgreeAsked(Asked):
    """What is said with it, if anything; the buyer reads it."""

    words: Words = ""


class OfferAsked(AgreeAsked):
    """For how much the buyer would keep the goods."""

    amount_fen: Fen


class InspectAsked(AgreeAsked):
    """Whether what came back is in order; if it is not, ``words`` say why. What cannot be sold again is written off."""

    is_in_order: bool
    is_sellable: bool = True


class SendAsked(Asked):
    """What the parcel of new goods weighs, and who takes it: our network, or an express partner with its number."""

    weight_grams: int = Field(ge=1, le=1_000_000, strict=True)
    carrier: Annotated[str, StringConstraints(max_length=20, pattern=NO_NUL)] = carriers.NETWORK
    carrier_number: Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)] = ""


@router.get("/seller/cases", response=SellerCases)
def list_seller_cases(
    request: HttpRequest,
    response: HttpResponse,
    *,
    state: AfterSaleCase.State | None = None,
    is_overdue: Annotated[bool, Field(description="only those whose deadline is over")] = False,
    after: Annotated[UUID | None, Field(description="the last case of the page before")] = None,
    limit: PageSize = 50,
) -> SellerCases:
    """Return the seller's cases, those opened first first."""
    own = queries.cases_of_seller(_seller(request))
    if after is not None:
        last = own.filter(pk=after).first()
        if last is None:
            raise Malformed(field="after", reason=_("None of your cases has this key."))
        own = own.filter(Q(opened_at__gt=last.opened_at) | Q(opened_at=last.opened_at, pk__gt=last.pk))
    if state is not None:
        own = own.filter(state=state)
    if is_overdue:
        own = own.filter(due_at__lte=timezone.now())
    found = list(own.order_by("opened_at", "pk")[: limit + 1])
    shown = [case_brief(case) for case in found[:limit]]
    private(response)
    return SellerCases(cases=shown, next=shown[-1].id if len(found) > limit else None)


@router.get(ONE, response=CaseShown)
def show_seller_case(request: HttpRequest, response: HttpResponse, case_id: UUID) -> CaseShown:
    """Return one of the seller's cases with its course."""
    return _told(request, response, case_id)


@router.get(ONE + "/photos/{photo_id}", response={200: None}, openapi_extra=file_described("image/webp"))
def show_seller_photo(request: HttpRequest, case_id: UUID, photo_id: UUID) -> HttpResponse:
    """Return a photograph of a case."""
    return photo_of(_case(request, case_id), photo_id)


@router.post(ONE + "/agree", response=CaseShown)
def agree_to_case(request: HttpRequest, response: HttpResponse, case_id: UUID, asked: AgreeAsked) -> CaseShown:
    """Grant what the buyer asks: the goods come back first, or new ones are sent, or the money goes back at once."""
    actions.agree(case=_case(request, case_id), by=SELLER, words=asked.words, now=timezone.now())
    return _told(request, response, case_id)


@router.post(ONE + "/offer", response=CaseShown)
def offer_for_case(request: HttpRequest, response: HttpResponse, case_id: UUID, asked: OfferAsked) -> CaseShown:
    """Offer the buyer an amount for which she keeps the goods."""
    actions.offer(case=_case(request, case_id), amount_fen=asked.amount_fen, words=asked.words, by=None, now=timezone.now())
    return _told(request, response, case_id)


@router.post(ONE + "/refuse", response=CaseShown)
def refuse_case(request: HttpRequest, response: HttpResponse, case_id: UUID, asked: WordsAsked) -> CaseShown:
    """Refuse, and say why; the buyer may bring it before the centre."""
    actions.refuse(case=_case(request, case_id), words=asked.words, by=None, now=timezone.now())
    return _told(request, response, case_id)


@router.post(ONE + "/receive", response=CaseShown)
def receive_return(request: HttpRequest, response: HttpResponse, case_id: UUID) -> CaseShown:
    """Say that the goods are back; they are looked at next."""
    actions.receive_return(case=_case(request, case_id), by=None, now=timezone.now())
    return _told(request, response, case_id)


@router.post(ONE + "/inspect", response=CaseShown)
def inspect_return(request: HttpRequest, response: HttpResponse, case_id: UUID, asked: InspectAsked) -> CaseShown:
    """Say how the goods were found: in order, and the buyer gets what was granted; or not, and she may go to the centre."""
    case, now = _case(request, case_id), timezone.now()
    if asked.is_in_order:
        actions.pass_inspection(case=case, is_sellable=asked.is_sellable, by=SELLER, now=now)
    else:
        actions.fail_inspection(case=case, words=asked.words, by=None, now=now)
    return _told(request, response, case_id)


@router.post(ONE + "/send", response=CaseShown)
def send_again(request: HttpRequest, response: HttpResponse, case_id: UUID, asked: SendAsked) -> CaseShown:
    """Send new goods: units leave the shelf and a parcel goes where the order went."""
    case = _case(request, case_id)
    carrier = carriers.chosen(asked.carrier, carriers.FOR_SELLERS)
    number = carriers.number_typed(carrier, asked.carrier_number, field="carrier_number")
    actions.send_goods(case=case, weight_grams=asked.weight_grams, by=None, carrier=carrier, carrier_number=number, now=timezone.now())
    return _told(request, response, case_id)


@router.post(ONE + "/pay-instead", response=CaseShown)
def pay_instead(request: HttpRequest, response: HttpResponse, case_id: UUID) -> CaseShown:
    """Pay back what the goods are worth where no new ones can be sent."""
    actions.pay_instead(case=_case(request, case_id), by=SELLER, now=timezone.now())
    return _told(request, response, case_id)


def _seller(request: HttpRequest) -> Organisation:
    seller: Organisation = request.auth  # type: ignore[attr-defined]  # ninja puts there what the token's check returned
    return seller


def _case(request: HttpRequest, case_id: UUID) -> AfterSaleCase:
    case = queries.cases_of_seller(_seller(request)).filter(pk=case_id).first()
    if case is None:
        raise NotThere(field="case_id")
    return case


def _told(request: HttpRequest, response: HttpResponse, case_id: UUID) -> CaseShown:
    private(response)
    return case_shown(_case(request, case_id), is_buyer=False)
