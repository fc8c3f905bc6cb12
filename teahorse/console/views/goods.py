"""The seller's goods: the list, the editor of a draft, its preview, and taking goods off the shelf."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Min, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from teahorse.catalog import actions, content, queries
from teahorse.catalog.content import MOST_PICTURES, ProductContent, VariantContent
from teahorse.catalog.models import Product, ProductDraft
from teahorse.common.refusals import Refusal
from teahorse.common.ui.drawings import KINDS
from teahorse.console.access import Acting, Context, acts, number_of
from teahorse.console.nav import page
from teahorse.console.preview import pictures_of, preview_of, return_rules
from teahorse.console.product_form import ProductForm, Reader, Typed, typed_from, typed_of
from teahorse.console.words import named, said
from teahorse.people.models import Organisation, Right
from teahorse.places import queries as places
from teahorse.stock import queries as stock
from teahorse.stock.models import StockLevel

State = ProductDraft.State
SELLERS = Organisation.SELLERS
PER_PAGE = 50
TABS = ("all", "listed", "submitted", "sent_back", "drafting", "withdrawn")


# --- The list


@dataclass(frozen=True)
class GoodsRow:
    """A product, or a draft of one that does not exist yet."""

    title: str
    drawing: str
    product: Product | None
    draft: ProductDraft | None
    price_fen: int | None
    levels: list[StockLevel]

    @property
    def available(self) -> int:
        """How many units of all its forms can still be sold."""
        return sum(level.available for level in self.levels)


@acts(Right.LIST_GOODS, kinds=SELLERS)
def goods(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List products and drafts, those that ask for something first."""
    tab = request.GET.get("state", "all")
    seller, text = acting.organisation, request.GET.get("q", "").strip()
    drafts = queries.drafts_of([seller])
    new = drafts.filter(product=None)
    open_draft = Prefetch("drafts", ProductDraft.objects.filter(state__in=ProductDraft.OPEN), to_attr="open_drafts")
    products = Product.objects.filter(seller=seller).select_related("category").prefetch_related(open_draft)
    if text:
        products = products.filter(Q(title__icontains=text) | Q(i18n__title_bo__icontains=text) | Q(i18n__title_en__icontains=text))
    match tab:
        case "listed":
            products, new = products.filter(published_at__isnull=False, withdrawn_at=None), new.none()
        case "withdrawn":
            products, new = products.filter(withdrawn_at__isnull=False), new.none()
        case "submitted" | "sent_back" | "drafting":
            products, new = products.filter(drafts__state=tab), new.filter(state=tab)
    priced = products.annotate(price_fen=Min("variants__offers__price_fen", filter=Q(variants__offers__is_active=True)))
    shown = Paginator(priced.order_by("withdrawn_at", "title", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [*([_draft_row(draft) for draft in new] if shown.number == 1 and not text else []), *_product_rows(list(shown), seller)]
    return page(request, acting, "goods.html", {"rows": rows, "goods": shown, "tab": tab, "tabs": _tabs(acting), "q": text})


def _tabs(acting: Acting) -> list[tuple[str, str, int]]:
    names = (_("All"), _("On show"), _("At the centre"), _("Sent back"), _("Being written"), _("Withdrawn"))
    states = list(queries.drafts_of([acting.organisation]).order_by().values_list("state", flat=True))
    return [
        (tab, name, states.count(tab) if tab in {"submitted", "sent_back", "drafting"} else 0)
        for tab, name in zip(TABS, names, strict=True)
    ]


def _product_rows(products: Sequence[Any], seller: Organisation) -> list[GoodsRow]:
    levels: dict[UUID, list[StockLevel]] = {}
    for level in stock.levels_of(seller).filter(is_online=True, offer__variant__product__in=products, offer__is_active=True):
        levels.setdefault(level.offer.variant.product_id, []).append(level)
    return [
        GoodsRow(
            named(product, "title"),
            product.drawing,
            product,
            next(iter(product.open_drafts), None),
            product.price_fen,
            levels.get(product.pk, []),
        )
        for product in products
    ]


def _draft_row(draft: ProductDraft) -> GoodsRow:
    document = ProductContent.from_document(draft.content)
    prices = [variant.price_fen for variant in document.variants if variant.price_fen]
    return GoodsRow(said(document.title) or _("(without a title)"), document.drawing, None, draft, min(prices, default=None), [])


# --- Opening, dropping, taking off the shelf


@acts(Right.LIST_GOODS, "POST", back="console:goods", kinds=SELLERS)
def new(request: HttpRequest, acting: Acting) -> HttpResponse:  # noqa: ARG001 - a view
    """Open an empty draft; where her last one is still empty, that one."""
    empty = ProductContent().to_document()
    mine = ProductDraft.objects.filter(seller=acting.organisation, product=None, state=State.DRAFTING, written_by=acting.person)
    draft = next((one for one in mine.order_by("-changed_at")[:5] if one.content == empty), None)
    draft = draft or actions.start_draft(seller=acting.organisation, by=acting.person, now=acting.now)
    return redirect("console:edit", org=acting.organisation.key, draft_id=draft.pk)


@acts(Right.LIST_GOODS, "POST", back="console:goods", kinds=SELLERS)
def change(request: HttpRequest, acting: Acting, product_id: UUID) -> HttpResponse:  # noqa: ARG001 - a view
    """Open the draft of a product."""
    product = _product(acting, product_id)
    draft = actions.start_draft(seller=acting.organisation, product=product, by=acting.person, now=acting.now)
    return redirect("console:edit", org=acting.organisation.key, draft_id=draft.pk)


@acts(Right.LIST_GOODS, "POST", back="console:goods", kinds=SELLERS)
def shelve(request: HttpRequest, acting: Acting, product_id: UUID) -> HttpResponse:
    """Take a product off the shelf, or put it back."""
    product = _product(acting, product_id)
    if request.POST.get("act") == "relist":
        actions.relist_product(product=product, by=acting.person, now=acting.now)
        messages.success(request, _("On show again."))
    else:
        actions.withdraw_product(product=product, by=acting.person, now=acting.now)
        messages.success(request, _("Taken off the shelf. Orders that were placed stay."))
    return redirect("console:goods", org=acting.organisation.key)


@acts(Right.LIST_GOODS, "POST", back="console:goods", kinds=SELLERS)
def take_back(request: HttpRequest, acting: Acting, draft_id: UUID) -> HttpResponse:
    """Take a submitted draft back to write on."""
    draft = _draft(acting, draft_id)
    actions.take_back_draft(draft=draft, by=acting.person, now=acting.now)
    messages.success(request, _("Taken back. You can write on it again."))
    return redirect("console:edit", org=acting.organisation.key, draft_id=draft.pk)


@acts(Right.LIST_GOODS, "POST", back="console:goods", kinds=SELLERS)
def drop(request: HttpRequest, acting: Acting, draft_id: UUID) -> HttpResponse:
    """Throw a draft away."""
    actions.drop_draft(draft=_draft(acting, draft_id), by=acting.person, now=acting.now)
    messages.success(request, _("The draft is gone; what is listed stays as it is."))
    return redirect("console:goods", org=acting.organisation.key)


def _product(acting: Acting, product_id: UUID) -> Product:
    product = Product.objects.filter(pk=product_id, seller=acting.organisation).select_related("seller", "category").first()
    if product is None:
        raise Http404
    return product


def _draft(acting: Acting, draft_id: UUID) -> ProductDraft:
    draft = (
        ProductDraft.objects.filter(pk=draft_id, seller=acting.organisation).select_related("product", "written_by", "reviewed_by").first()
    )
    if draft is None:
        raise Http404
    return draft


# --- The editor


@acts(Right.LIST_GOODS, "GET", "POST", kinds=SELLERS)
def edit(request: HttpRequest, acting: Acting, draft_id: UUID) -> HttpResponse:
    """Show a draft to write on; each button keeps what was typed before it does its own work."""
    draft = _draft(acting, draft_id)
    document = ProductContent.from_document(draft.content)
    if draft.state not in {State.DRAFTING, State.SENT_BACK}:
        if request.method == "POST":
            messages.error(request, str(actions.DraftIsNotOpen()))
            return redirect("console:edit", org=acting.organisation.key, draft_id=draft.pk)
        return page(request, acting, "draft_closed.html", {"draft": draft, **preview_of(document, acting.organisation)})
    if request.method == "POST":
        return _write(request, acting, draft, document)
    return _editor(request, acting, draft, document, typed_of(document), {})


def _write(request: HttpRequest, acting: Acting, draft: ProductDraft, before: ProductContent) -> HttpResponse:
    act, _dot, which = request.POST.get("act", "save").partition(".")
    typed = typed_from(request.POST)
    reader = Reader(typed, before, queries.categories())
    document = reader.content()
    if not reader.faults:
        try:
            changed = _carry_out(request, acting, draft, document, act, which)
        except actions.DraftChangedMeanwhile as refusal:
            return _editor(request, acting, refusal.draft, document, typed, {}, meanwhile=refusal, status=409)
        except actions.DraftHasFaults as refusal:
            draft.refresh_from_db()
            faults = {fault.field: fault.message for fault in refusal.faults}
            return _editor(request, acting, draft, document, typed_of(document), faults, status=422)
        except Refusal as refusal:
            return _editor(request, acting, draft, document, typed, {refusal.field or "content": str(refusal)}, status=refusal.status)
        return redirect(reverse("console:edit", kwargs={"org": acting.organisation.key, "draft_id": draft.pk}) + changed)
    return _editor(request, acting, draft, document, typed, reader.faults, status=422)


def _carry_out(request: HttpRequest, acting: Acting, draft: ProductDraft, document: ProductContent, act: str, which: str) -> str:
    """Do what a button says and keep the draft; return where on the page to go on."""
    anchor = ""
    match act:
        case "add_variant":
            document.variants.append(VariantContent(weight_grams=document.variants[-1].weight_grams if document.variants else None))
            anchor = f"#variant-{len(document.variants) - 1}"
        case "remove_variant" if number_of(which, default=-1) in range(len(document.variants)):
            del document.variants[number_of(which)]
            anchor = "#variants"
        case "remove_picture" | "first_picture":
            _order_pictures(document, act, which)
            anchor = "#pictures"
        case "upload":
            _take_pictures(request, acting, document)
            anchor = "#pictures"
        case "find_area":
            anchor = f"?area={quote(request.POST.get('area_text', '').strip()[:40])}#origin"
        case "category":
            anchor = "#kind"
    expected = None if act == "overwrite" else parse_datetime(request.POST.get("changed_at", ""))
    draft = actions.write_draft(draft=draft, content=document, by=acting.person, now=acting.now, expected_changed_at=expected)
    if act == "submit":
        actions.submit_draft(draft=draft, by=acting.person, now=acting.now)
        messages.success(request, _("Handed to the centre. You will see here what it says."))
    elif act in {"save", "overwrite"}:
        messages.success(request, _("Saved."))
    return anchor


def _order_pictures(document: ProductContent, act: str, which: str) -> None:
    rest = [key for key in document.pictures if str(key) != which]
    chosen = [key for key in document.pictures if str(key) == which]
    document.pictures = [*chosen, *rest] if act == "first_picture" else rest


def _take_pictures(request: HttpRequest, acting: Acting, document: ProductContent) -> None:
    files: list[UploadedFile[Any]] = request.FILES.getlist("pictures")
    taken = 0
    for file in files[:MOST_PICTURES]:
        try:
            picture = actions.add_picture(seller=acting.organisation, file=file, by=acting.person, now=acting.now)
        except Refusal as refusal:
            messages.error(request, f"{file.name}: {refusal}")
            continue
        if picture.pk not in document.pictures:
            document.pictures.append(picture.pk)
            taken += 1
    if taken:
        messages.success(request, ngettext("%(count)d picture is added.", "%(count)d pictures are added.", taken) % {"count": taken})
    elif not files:
        messages.info(request, _("Choose a picture first."))


def _editor(
    request: HttpRequest,
    acting: Acting,
    draft: ProductDraft,
    document: ProductContent,
    typed: Typed,
    faults: dict[str, str],
    *,
    meanwhile: actions.DraftChangedMeanwhile | None = None,
    status: int = 200,
) -> HttpResponse:
    categories = queries.categories()
    form = ProductForm(typed, faults, categories, document)
    missing = content.check(document, known=content.look_up([document], seller_id=draft.seller_id, product_id=draft.product_id))
    language = get_language() or "zh-hans"
    asked = request.GET.get("area", "") or request.POST.get("area_text", "")
    area = next(iter(reversed(places.path(typed.get("origin_area", "")))), None)
    context: Context = {
        "draft": draft,
        "form": form,
        "faults": faults,
        "fault_list": [form.told(path, message) for path, message in faults.items()],
        "missing": [form.told(fault.field, fault.message) for fault in missing] if not faults else [],
        "meanwhile": meanwhile,
        "changed_at": draft.changed_at.isoformat(),
        "brands": queries.brands_of(acting.organisation),
        "return_rules": return_rules(),
        "drawings": sorted(KINDS),
        "pictures": pictures_of(document, acting.organisation),
        "area_text": asked,
        "areas": [(one, places.full_name(one.code, language)) for one in places.find_areas(asked, limit=8)] if asked else [],
        "origin": places.full_name(area.code, language) if area and area.code == typed.get("origin_area") else "",
        "title": said(document.title),
    }
    return page(request, acting, "edit.html", context, status=status)


# --- As the buyer sees it


@acts(Right.LIST_GOODS, kinds=SELLERS)
def preview(request: HttpRequest, acting: Acting, draft_id: UUID) -> HttpResponse:
    """Show a draft as buyers will see it."""
    draft = _draft(acting, draft_id)
    return page(
        request, acting, "preview.html", {"draft": draft, **preview_of(ProductContent.from_document(draft.content), acting.organisation)}
    )
