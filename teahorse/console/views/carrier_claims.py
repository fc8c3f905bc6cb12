"""
Claims on carriers for what they lost or damaged: by a centre for its counties' parcels, by a seller for her own.

Both see the same pages by doors of their own, whose addresses a :class:`Door` names.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.carriers import actions
from teahorse.carriers.models import CarrierClaim, CarrierClaimPaper, Consignment
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.typed import fen_at
from teahorse.console.access import Acting, Context, acts
from teahorse.console.carrier_words import CLAIMED, STAGES
from teahorse.console.counties import counties_of
from teahorse.console.nav import page
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation, Person, Right

CENTRES, SELLERS = Organisation.CENTRES, Organisation.SELLERS
PER_PAGE, LATEST_EVENTS = 50, 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """By which addresses one comes in, and what she sees."""

    claims: str
    claim: str
    new: str
    paper: str
    back: str
    seen: QuerySet[Consignment]


def _centres(acting: Acting) -> Door:
    return _door("carrier", back="console:carriers", seen=Consignment.objects.filter(county_id__in=counties_of(acting)))


def _sellers(acting: Acting) -> Door:
    return _door("handover", back="console:handovers", seen=Consignment.objects.filter(parcel__sender=acting.organisation))


def _door(name: str, *, back: str, seen: QuerySet[Consignment]) -> Door:
    claims, claim, new, paper = (f"console:{name}_{page}" for page in ("claims", "claim", "claim_new", "claim_paper"))
    return Door(claims=claims, claim=claim, new=new, paper=paper, back=back, seen=seen)


@acts(Right.DESK_ORDERS, kinds=CENTRES)
def claims(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the claims for parcels of a centre's counties."""
    return _claims(request, acting, _centres(acting))


@acts(Right.SHIP_ORDERS, kinds=SELLERS)
def own_claims(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the claims for a seller's parcels."""
    return _claims(request, acting, _sellers(acting))


@acts(Right.DESK_ORDERS, "GET", "POST", kinds=CENTRES)
def new(request: HttpRequest, acting: Acting, consignment_id: UUID) -> HttpResponse:
    """Claim a parcel of one of a centre's counties from its carrier."""
    return _new(request, acting, _centres(acting), consignment_id)


@acts(Right.SHIP_ORDERS, "GET", "POST", kinds=SELLERS)
def own_new(request: HttpRequest, acting: Acting, consignment_id: UUID) -> HttpResponse:
    """Claim a seller's parcel from its carrier."""
    return _new(request, acting, _sellers(acting), consignment_id)


@acts(Right.DESK_ORDERS, kinds=CENTRES)
def claim(request: HttpRequest, acting: Acting, carrier_claim_id: UUID) -> HttpResponse:
    """Show a claim to a centre."""
    return _claim(request, acting, _centres(acting), carrier_claim_id)


@acts(Right.SHIP_ORDERS, kinds=SELLERS)
def own_claim(request: HttpRequest, acting: Acting, carrier_claim_id: UUID) -> HttpResponse:
    """Show a claim to the parcel's seller."""
    return _claim(request, acting, _sellers(acting), carrier_claim_id)


@acts(Right.DESK_ORDERS, kinds=CENTRES)
def paper(request: HttpRequest, acting: Acting, claim_paper_id: UUID) -> HttpResponse:  # noqa: ARG001 - nothing is read from it
    """Answer a centre with a paper of a claim."""
    return _paper(_centres(acting), claim_paper_id)


@acts(Right.SHIP_ORDERS, kinds=SELLERS)
def own_paper(request: HttpRequest, acting: Acting, claim_paper_id: UUID) -> HttpResponse:  # noqa: ARG001 - as above
    """Answer the seller with a paper of a claim."""
    return _paper(_sellers(acting), claim_paper_id)


def _claims(request: HttpRequest, acting: Acting, door: Door) -> HttpResponse:
    seen = _seen(door)
    stage = request.GET.get("stage", "")
    counts = dict(seen.order_by().values_list("stage").annotate(Count("pk")))
    shown = Paginator(seen.filter(stage=stage) if stage in counts else seen, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "door": door,
        "rows": [_row(row) for row in shown],
        "shown": shown,
        "stage": stage if stage in counts else "",
        "stages": [(key, name, counts[key]) for key, (name, _tone) in STAGES.items() if key in counts],
    }
    return page(request, acting, "carrier_claims.html", context)


def _row(row: CarrierClaim) -> Context:
    return {"it": row, "stage": STAGES[CarrierClaim.Stage(row.stage)], "why": CLAIMED[CarrierClaim.Reason(row.reason)]}


def _seen(door: Door) -> QuerySet[CarrierClaim]:
    found = CarrierClaim.objects.filter(consignment__in=door.seen).select_related("consignment__parcel__sender")
    return found.order_by("-made_at", "-pk")


def _new(request: HttpRequest, acting: Acting, door: Door, key: UUID) -> HttpResponse:
    consignment = door.seen.filter(pk=key).select_related("parcel__sender").first()
    if consignment is None:
        raise Http404
    typed = {name: request.POST.get(name, "") for name in ("reason", "amount", "words")}
    fault: Refusal | None = None
    if request.method == "POST":
        try:
            made = actions.claim(
                consignment=consignment,
                reason=typed["reason"],
                amount_fen=fen_at(typed["amount"], field="amount"),
                words=typed["words"],
                papers=_papers(request),
                by=acting.person,
                now=acting.now,
            )
        except Refusal as refusal:
            fault = refusal
        else:
            messages.success(request, _("The claim %(number)s is written down and goes to the carrier now.") % {"number": made.our_number})
            return redirect(door.claim, org=acting.organisation.key, carrier_claim_id=made.pk)
    before = CarrierClaim.objects.filter(consignment=consignment).order_by("-made_at", "-pk")
    context = {
        "door": door,
        "consignment": consignment,
        "events": list(consignment.events.order_by("-happened_at", "-pk")[:LATEST_EVENTS]),
        "order": SellerOrder.objects.filter(pk=consignment.parcel.reference).first(),
        "before": [(row, STAGES[CarrierClaim.Stage(row.stage)]) for row in before],
        "reasons": CLAIMED,
        "typed": typed,
        "errors": {fault.field: fault} if fault and fault.field else {},
        "fault": fault,
    }
    return page(request, acting, "carrier_claim_new.html", context, status=fault.status if fault else 200)


def _papers(request: HttpRequest) -> list[tuple[str, bytes]]:
    files = request.FILES.getlist("papers")
    if any((file.size or 0) > actions.LARGEST_PAPER for file in files):  # before it is read into memory
        raise Malformed(field="papers", reason=_("A paper is a PDF, a JPEG or a PNG of at most 4 MB."))
    return [(file.name or "", file.read()) for file in files]


def _claim(request: HttpRequest, acting: Acting, door: Door, key: UUID) -> HttpResponse:
    found = _seen(door).filter(pk=key).first()
    if found is None:
        raise Http404
    context: Context = {
        "door": door,
        **_row(found),
        "by": Person.objects.filter(pk=found.made_by_id).first(),
        "papers": list(found.papers.defer("content").order_by("place")),
        "may_again": _may_again(found),
    }
    return page(request, acting, "carrier_claim.html", context)


def _may_again(found: CarrierClaim) -> bool:
    """Return whether the parcel may be claimed anew: this claim came to nothing and no other one is open."""
    nothing = (CarrierClaim.Stage.REJECTED, CarrierClaim.Stage.REFUSED)
    others = CarrierClaim.objects.filter(consignment=found.consignment_id)
    return found.stage in nothing and not others.exclude(stage__in=nothing).exists()


def _paper(door: Door, key: UUID) -> HttpResponse:
    found = CarrierClaimPaper.objects.filter(pk=key, claim__consignment__in=door.seen).first()
    if found is None:
        raise Http404
    ending = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}[found.media_type]
    headers: dict[str, Any] = {
        "Content-Disposition": f'inline; filename="{found.sha256[:12]}.{ending}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(bytes(found.content), content_type=found.media_type, headers=headers)
