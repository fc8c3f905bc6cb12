"""A maker's certificates: written down from paper, issued for a lot, withdrawn."""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.ids import short
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.console.access import Acting, Context, acts
from teahorse.console.keys import keys_of
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.trace import actions, words
from teahorse.trace.commitment import commitment_pdf
from teahorse.trace.models import Certificate, Lot, Site, TradeItem
from teahorse.trace.queries.certificates import certificate_of

PER_PAGE, MOST_LOTS = 50, 60
TEXTS = ("kind", "number", "issuer", "issued_date", "valid_until")


@acts(Right.TRACE, "GET", "POST", kinds=Organisation.SELLERS)
def certificates(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the certificates, the newest first; the form adds one, with its paper where one is sent along."""
    house, refusal = acting.organisation, None
    typed: Context = {"issued_date": f"{acting.now:%F}", "of": []}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "")[:200].strip() for name in TEXTS}
        typed["of"] = request.POST.getlist("of")[:200]
        try:
            made = _added(acting, typed, request)
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("Certificate %(number)s is written down.") % {"number": made.number})
            return redirect("console:certificates", org=house.key)
    found = Certificate.objects.filter(holder=house).prefetch_related("lots", "items", "sites").order_by("-issued_date", "-pk")
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "certificates": shown,
        "kinds": words.CERTIFICATES,
        "typed": typed,
        "errors": {"paper" if refusal.field == "file" else refusal.field: refusal} if refusal else {},
        "today": acting.now.astimezone(HOME).date(),
        "items": TradeItem.objects.filter(seller=house).order_by("name", "pk"),
        "sites": Site.objects.filter(owner=house, left_at=None).order_by("name", "pk"),
        "lots": Lot.objects.filter(seller=house).select_related("item").order_by("-created_at", "-pk")[:MOST_LOTS],
    }
    return page(request, acting, "certificates.html", context, status=refusal.status if refusal else 200)


@acts(Right.TRACE, "GET", "POST", kinds=Organisation.SELLERS)
def certificate(request: HttpRequest, acting: Acting, certificate_id: UUID) -> HttpResponse:
    """Show one certificate; the form withdraws it, with why."""
    found, refusal = _own(acting, certificate_id), None
    if request.method == "POST":
        try:
            actions.withdraw_certificate(certificate=found, why=request.POST.get("why", ""), now=acting.now)
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("Withdrawn. Buyers read that it was, and why."))
            return redirect("console:certificate", org=acting.organisation.key, certificate_id=found.pk)
    return _shown(request, acting, found, refusal=refusal, status=refusal.status if refusal else 200)


def _shown(request: HttpRequest, acting: Acting, found: Certificate, *, status: int, **refusals: Refusal | None) -> HttpResponse:
    context = {
        "certificate": found,
        "kind": words.CERTIFICATES[found.kind],
        "today": acting.now.astimezone(HOME).date(),
        **refusals,
    }
    return page(request, acting, "certificate.html", context, status=status)


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS)
def attach(request: HttpRequest, acting: Acting, certificate_id: UUID) -> HttpResponse:
    """Keep the paper of a certificate that has none yet."""
    found, file = _own(acting, certificate_id), request.FILES.get("paper")
    try:
        if file is None:
            raise Malformed(field="paper", reason=_("Choose a file first."))
        actions.attach_paper(certificate=found, file=file, by=acting.person, now=acting.now)
    except Refusal as refusal:
        return _shown(request, acting, found, paper_refusal=refusal, status=refusal.status)
    messages.success(request, _("The paper is kept. Buyers who scan a label can open it."))
    return redirect("console:certificate", org=acting.organisation.key, certificate_id=found.pk)


@acts(Right.TRACE, kinds=Organisation.SELLERS)
def paper(request: HttpRequest, acting: Acting, certificate_id: UUID) -> HttpResponse:  # noqa: ARG001 - every page has it
    """Answer with a commitment certificate as a PDF, or with the paper that was kept of another one."""
    found = _own(acting, certificate_id)
    if found.kind == Certificate.Kind.COMMITMENT:
        content, media_type = commitment_pdf(found, address=_address(found)), "application/pdf"
    elif found.paper is not None:
        content, media_type = bytes(found.paper.content), found.paper.media_type
    else:
        raise Http404
    headers = {"Content-Disposition": f'inline; filename="{found.number.encode("ascii", "ignore").decode() or "certificate"}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS, back="console:certificates")
def commit(request: HttpRequest, acting: Acting, lot_id: UUID) -> HttpResponse:
    """Issue the commitment certificate of a lot with one click."""
    lot = Lot.objects.filter(pk=lot_id, seller=acting.organisation).first()
    if lot is None:
        raise Http404
    made = actions.commit_lot(lot=lot, by=acting.person, now=acting.now)
    messages.success(request, _("Certificate %(number)s is issued. Print it, or let the label show it.") % {"number": made.number})
    return redirect("console:certificate", org=acting.organisation.key, certificate_id=made.pk)


def _address(found: Certificate) -> str:
    lot = found.lots.first()
    return f"{settings.SITE_URL}/t/lot/{short(lot.pk)}" if lot else settings.SITE_URL


def _own(acting: Acting, certificate_id: UUID) -> Certificate:
    found = certificate_of(certificate_id, holder=acting.organisation)
    if found is None:
        raise Http404
    return found


def _added(acting: Acting, typed: Context, request: HttpRequest) -> Certificate:
    """Write down what was typed, with its paper or not at all; what it is of is named by keys of lots, goods and places alike."""
    house, keys = acting.organisation, keys_of(typed["of"])
    lots, items = list(Lot.objects.filter(seller=house, pk__in=keys)), list(TradeItem.objects.filter(seller=house, pk__in=keys))
    sites = list(Site.objects.filter(owner=house, pk__in=keys))
    if len(lots) + len(items) + len(sites) != len(set(keys)):
        raise Malformed(field="of", reason=_("A certificate is of your own lots, goods and places."))
    return actions.add_certificate(
        holder=house,
        kind=typed["kind"],
        number=typed["number"],
        issuer=typed["issuer"],
        issued_date=_day(typed, "issued_date"),
        valid_until=_day(typed, "valid_until") if typed["valid_until"] else None,
        lots=lots,
        items=items,
        sites=sites,
        by=acting.person,
        now=acting.now,
        file=request.FILES.get("paper"),
    )


def _day(typed: Context, name: str) -> date:
    try:
        return date.fromisoformat(typed[name])
    except ValueError:
        raise Malformed(field=name, reason=_("Write the day as it stands on the paper.")) from None
