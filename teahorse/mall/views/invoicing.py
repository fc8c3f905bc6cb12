"""A buyer's invoices: asking on the page of an order, her title book, the documents."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from teahorse.common.refusals import NotThere, Refusal
from teahorse.invoices import actions, queries
from teahorse.invoices.models import InvoiceRequest, InvoiceTitle, State
from teahorse.invoices.receipt import NotPaid, receipt_pdf
from teahorse.mall.show import page, personal, refusals_told
from teahorse.mall.visitor import group_of, person_of
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.people.models import Person

FIELDS = ("kind", "title_name", "tax_number", "email")


@personal
@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def invoice(request: HttpRequest, group_id: UUID, order_id: UUID) -> HttpResponse:
    """Show the invoice of one seller's part of an order, or the form that asks for one, or why there is none."""
    group, order = _part(request, group_id, order_id)
    if request.method == "POST":
        return _ask(request, group, order)
    return _invoice_page(request, group, order)


def _ask(request: HttpRequest, group: OrderGroup, order: SellerOrder) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    try:
        title = _title_of(request, person)
        actions.request_invoice(order=order, title=title, person=person, now=now)
    except Refusal as refusal:
        return _invoice_page(request, group, order, refusal=refusal)
    messages.success(request, _("The invoice is asked for. It stands here when it is issued."))
    if person is not None and (request.POST.get("keep") or request.POST.get("title", "new") != "new"):
        try:
            actions.keep_title(person=person, title=title, now=now)
        except actions.BookFull as refusal:  # the invoice is asked for all the same
            messages.info(request, str(refusal))
    return redirect("mall:invoice", group.pk, order.pk)


def _title_of(request: HttpRequest, person: Person | None) -> actions.TitleWanted:
    """Return the title that a form names: one of her book, or the one that is typed."""
    chosen = request.POST.get("title", "new")
    if person is not None and chosen != "new":
        kept = next((title for title in queries.titles_of(person) if str(title.pk) == chosen), None)
        if kept is not None:
            return actions.TitleWanted(kind=kept.kind, name=kept.name, tax_number=kept.tax_number, email=kept.email)
    typed = {name: request.POST.get(name, "")[:300] for name in FIELDS}
    return actions.title_typed(kind=typed["kind"], name=typed["title_name"], tax_number=typed["tax_number"], email=typed["email"])


def _invoice_page(request: HttpRequest, group: OrderGroup, order: SellerOrder, *, refusal: Refusal | None = None) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    asked, issuer, parts = queries.invoice_of(order.pk), queries.issuer_of(order.seller_id), queries.paid_parts(order)
    more = list(queries.additions_to(asked)) if asked else []
    papers = [one for one in (asked, *more) if one]
    reds = [red for one in papers for red in queries.reds_of(one)]
    titles: list[InvoiceTitle] = list(queries.titles_of(person)) if person else []
    may_ask = asked is None or asked.state == State.REFUSED
    kept_fen = queries.kept_fen(parts)
    context = {
        "group": group,
        "order": order,
        "asked": asked,
        "is_overdue": asked is not None and asked.is_overdue(now),
        "more": more,
        "reds": reds,
        "papers": queries.papers_there([one.pk for one in (*papers, *reds)]),
        "missing_fen": queries.missing_fen(asked) if asked else 0,
        "can_issue": issuer is not None,
        "is_paid": bool(parts),
        "kept_fen": kept_fen,
        "shows_form": may_ask and issuer is not None and kept_fen > 0 and order.state in queries.PAID,
        "titles": titles,
        "is_guest": person is None,
        "typed": _typed(request, titles, group),
        "refusal": refusal,
        "errors": {refusal.field: refusal} if refusal and refusal.field else {},
    }
    return page(request, "invoice", context, status=refusal.status if refusal else 200)


def _typed(request: HttpRequest, titles: list[InvoiceTitle], group: OrderGroup) -> dict[str, str]:
    if request.method == "POST":
        return {name: request.POST.get(name, "") for name in (*FIELDS, "title", "keep")}
    return {
        "kind": "person",
        "title_name": group.contact_name,
        "tax_number": "",
        "email": "",
        "keep": "yes",
        "title": str(titles[0].pk) if titles else "new",
    }


@personal
@refusals_told
@require_safe
def invoice_paper(request: HttpRequest, group_id: UUID, order_id: UUID) -> HttpResponse:
    """Answer the document of an order's issued invoice, or, with ``?other=``, of an addition to it or of a red letter."""
    _group, order = _part(request, group_id, order_id)
    asked = InvoiceRequest.objects.filter(order=order, adds_to=None, state=State.ISSUED).first()
    found = queries.document_of(asked, other=request.GET.get("other", "")) if asked else None
    if found is None:
        raise Http404
    number, document = found
    return _pdf(document, name=f"fapiao-{number}")


@personal
@refusals_told
@require_safe
def receipt(request: HttpRequest, group_id: UUID, order_id: UUID) -> HttpResponse:
    """Answer the receipt of a paid order, which needs nobody's registration."""
    _group, order = _part(request, group_id, order_id)
    try:
        document = receipt_pdf(order, now=timezone.now())
    except NotPaid as nothing:
        raise Http404(str(nothing)) from nothing
    return _pdf(document, name=f"receipt-{order.number}")


@personal
@refusals_told
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def titles(request: HttpRequest) -> HttpResponse:
    """Show a person's title book; its forms add a title and take one out."""
    person = person_of(request)
    assert person is not None  # noqa: S101 - login_required
    now, refusal = timezone.now(), None
    if request.method == "POST":
        try:
            if out := request.POST.get("take_out", ""):
                _take_out(person, out)
                messages.success(request, _("Taken out. Invoices that were asked for keep it."))
            else:
                actions.keep_title(person=person, title=_title_of(request, None), now=now)
                messages.success(request, _("Kept in your book."))
        except Refusal as fault:
            refusal = fault
        else:
            return redirect("mall:titles")
    context = {
        "titles": list(queries.titles_of(person)),
        "typed": {name: request.POST.get(name, "") for name in FIELDS} if refusal else {"kind": "company"},
        "refusal": refusal,
        "errors": {refusal.field: refusal} if refusal and refusal.field else {},
    }
    return page(request, "titles", context, status=refusal.status if refusal else 200)


def _take_out(person: Person, text: str) -> None:
    try:
        actions.take_out_title(person=person, title_id=UUID(text))
    except ValueError as fault:
        raise NotThere(field="title") from fault


def _part(request: HttpRequest, group_id: UUID, order_id: UUID) -> tuple[OrderGroup, SellerOrder]:
    """
    Return an order group that this visitor may see, and one seller's part of it.

    :raises NotThere: for everybody else, and for another group's part.
    """
    group = group_of(request, group_id)
    order = SellerOrder.objects.filter(pk=order_id, group=group).select_related("seller", "group").first()
    if order is None:
        raise NotThere(field="order")
    return group, order


def _pdf(document: bytes, *, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(document, content_type="application/pdf", headers=headers)
