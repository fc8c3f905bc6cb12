"""Credit dossiers: a seller's own with their papers, and the check of one by its code, for a bank's program without any token."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from teahorse.api.capabilities import OrganisationToken
from teahorse.api.fields import NO_NUL, choice, file_described, pdf, private
from teahorse.common.refusals import NotThere
from teahorse.common.visitors import client_address
from teahorse.dossiers import actions, queries
from teahorse.people.models import Organisation

router = Router(tags=["dossiers"])
Standing = Annotated[str, choice("asked", "failed", "valid", "expired", "withdrawn")]
MOST_SHOWN = 50


class DossierShown(Schema):
    """A dossier of the seller's; its code opens its figures to whoever has it, while it is valid."""

    id: UUID
    standing: Standing
    code: str
    months: int
    first_date: date
    until_date: date
    bank_name: str
    purpose: str
    signed_name: str
    signed_at: datetime
    expires_at: datetime
    digest: str = Field(description="SHA-256 of the figures; empty until it is made")


class DossierChecked(Schema):
    """What stands under a code: the figures of a valid dossier; of an expired or withdrawn one only that."""

    standing: Standing
    made_at: datetime | None
    expires_at: datetime
    bank_name: str | None
    purpose: str | None
    digest: str | None = Field(description="SHA-256 of the figures as JSON in UTF-8, keys in order, no spaces (RFC 8785)")
    figures: dict[str, Any] | None


@router.get("/seller/dossiers", response=list[DossierShown], auth=OrganisationToken())
def list_dossiers(request: HttpRequest, response: HttpResponse) -> list[DossierShown]:
    """Return the seller's dossiers, the newest first."""
    private(response)
    now = timezone.now()
    return [
        DossierShown(
            id=one.pk,
            standing=one.standing(now),
            code=one.code,
            months=one.months,
            first_date=one.first_date,
            until_date=one.until_date,
            bank_name=one.bank_name,
            purpose=one.purpose,
            signed_name=one.signed_name,
            signed_at=one.signed_at,
            expires_at=one.expires_at,
            digest=one.digest,
        )
        for one in queries.dossiers_of(_seller(request))[:MOST_SHOWN]
    ]


@router.get(
    "/seller/dossiers/{dossier_id}/paper", response={200: None}, auth=OrganisationToken(), openapi_extra=file_described("application/pdf")
)
def show_dossier_paper(request: HttpRequest, dossier_id: UUID) -> HttpResponse:
    """Return the printed form of a made dossier."""
    found = queries.dossiers_of(_seller(request)).filter(pk=dossier_id).first()
    document = queries.paper_of(found) if found else None
    if found is None or document is None:
        raise NotThere(field="dossier_id")
    return pdf(document, name=f"dossier-{found.until_date}")


@router.get("/dossiers/{verify_code}", response=DossierChecked)
def check_dossier(
    request: HttpRequest,
    response: HttpResponse,
    verify_code: Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)],
) -> DossierChecked:
    """Check a dossier by the code on its paper; that somebody looked is kept, coarsely, and its seller sees it."""
    now, address = timezone.now(), client_address(request)
    found = actions.look_up(code=verify_code, address=address)
    actions.note_view(dossier=found, address=address, agent=request.headers.get("User-Agent", ""), now=now)
    private(response)
    is_valid = found.standing(now) == "valid"
    return DossierChecked(
        standing=found.standing(now),
        made_at=found.made_at,
        expires_at=found.expires_at,
        bank_name=found.bank_name if is_valid else None,
        purpose=found.purpose if is_valid else None,
        digest=found.digest if is_valid else None,
        figures=found.figures if is_valid else None,
    )


def _seller(request: HttpRequest) -> Organisation:
    seller: Organisation = request.auth  # type: ignore[attr-defined]  # ninja puts there what the token's check returned
    return seller
