"""What waits for the centre: a queue, and side by side what is listed and what is proposed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from teahorse.catalog import actions, queries
from teahorse.catalog.content import ProductContent, content_of
from teahorse.catalog.definitions import Definition, label_of, value_in_words
from teahorse.catalog.models import Brand, Category, ProductDraft
from teahorse.common.money import yuan
from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.preview import preview_of, return_rules
from teahorse.console.waiting import drafts_for
from teahorse.console.words import named
from teahorse.people.models import Organisation, Right
from teahorse.places import queries as places

CENTRES = Organisation.CENTRES
PER_PAGE = 50
LANGUAGES = {"zh-hans": "中文", "bo": "བོད་ཡིག", "en": "English"}


@acts(Right.APPROVE_LISTINGS, kinds=CENTRES)
def queue(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the drafts that wait, the oldest first."""
    drafts = Paginator(drafts_for(acting), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(draft, ProductContent.from_document(draft.content)) for draft in drafts]
    return page(request, acting, "approvals.html", {"rows": rows, "drafts": drafts})


@acts(Right.APPROVE_LISTINGS, "GET", "POST", kinds=CENTRES)
def review(request: HttpRequest, acting: Acting, draft_id: UUID) -> HttpResponse:
    """Show what a draft would change; approve it, or send it back with a reason; then the next one."""
    draft = drafts_for(acting).filter(pk=draft_id).first()
    if draft is None:
        return _gone(request, acting, draft_id)
    fault, reason = "", ""
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip()
        try:
            _decide(request, acting, draft, reason)
        except Refusal as refusal:
            fault = str(refusal)
        else:
            return _next(acting)
    context = {"fault": fault, "reason": reason, "is_own": draft.written_by_id == acting.person.pk, **_side_by_side(draft)}
    return page(
        request, acting, "review.html", {"draft": draft, "waiting": drafts_for(acting).count(), **context}, status=422 if fault else 200
    )


def _gone(request: HttpRequest, acting: Acting, draft_id: UUID) -> HttpResponse:
    """Say that somebody was faster; what was never for this centre is not there."""
    known = ProductDraft.objects.filter(pk=draft_id, reviewed_by=acting.person).exists()
    if not known:
        raise Http404
    messages.info(request, _("You have decided about this already."))
    return _next(acting)


def _decide(request: HttpRequest, acting: Acting, draft: ProductDraft, reason: str) -> None:
    title = ProductContent.from_document(draft.content).title.get("zh-hans", "")
    if request.POST.get("act") == "approve":
        actions.approve_draft(draft=draft, by=acting.person, now=acting.now, seen=request.POST.get("seen", ""))
        messages.success(request, _("On show: %(title)s") % {"title": title})
    else:
        actions.send_back_draft(draft=draft, reason=reason, by=acting.person, now=acting.now)
        messages.success(request, _("Sent back: %(title)s") % {"title": title})


def _next(acting: Acting) -> HttpResponse:
    following = drafts_for(acting).exclude(written_by=acting.person).first()
    if following is None:
        return redirect("console:approvals", org=acting.organisation.key)
    return redirect("console:review", org=acting.organisation.key, draft_id=following.pk)


@dataclass(frozen=True)
class ChangedPlace:
    """One place that a draft changes, in words."""

    label: str
    before: str
    after: str
    lang: str = ""

    @property
    def is_new(self) -> bool:
        """Whether nothing stood there."""
        return not self.before

    @property
    def is_gone(self) -> bool:
        """Whether nothing stands there any more."""
        return not self.after


def _side_by_side(draft: ProductDraft) -> Context:
    proposed = ProductContent.from_document(draft.content)
    listed = content_of(draft.product) if draft.product else None
    kinds = {category.slug: category for category in queries.categories()}
    asked = [kinds[one.category] for one in (proposed, listed) if one and one.category in kinds]
    definitions = {one["key"]: one for kind in reversed(asked) for one in (*kind.attributes, *kind.variant_attributes)}
    names = _names([one for one in (proposed, listed) if one], kinds)
    changes = [_changed(change, definitions, names) for change in sorted(queries.changes_of(draft), key=_place)]
    return {
        "changes": changes,
        "proposed": preview_of(proposed, draft.seller)["shown"],
        "listed": preview_of(listed, draft.seller)["shown"] if listed else None,
    }


def _place(change: queries.Change) -> tuple[int, int]:
    """Return where a change stands on the page: as in the editor, a text in Chinese first; forms stand as the document has them."""
    first, _dot, last = change.field.partition(".")
    return PLACES.get(first, len(PLACES)), list(LANGUAGES).index(last) if last in LANGUAGES else 0


def _names(documents: Sequence[ProductContent], kinds: Mapping[str, Category]) -> dict[tuple[str, str], str]:
    """Return in words what documents name by a key: by the place of the document and the key."""
    reader = get_language() or "zh-hans"
    brands = Brand.objects.filter(key__in={document.brand for document in documents})
    return {
        **{("category", slug): named(kind) for slug, kind in kinds.items()},
        **{("brand", brand.key): named(brand) for brand in brands},
        **{
            ("origin_area", document.origin_area): places.full_name(document.origin_area, reader)
            for document in documents
            if document.origin_area
        },
        **{("return_rule", rule): words for rule, words in return_rules()},
    }


def _changed(change: queries.Change, definitions: Mapping[str, Definition], names: Mapping[tuple[str, str], str]) -> ChangedPlace:
    before, after, parts = change.before, change.after, change.field.split(".")
    lang = parts[-1] if parts[-1] in LANGUAGES else ""
    name = parts[-2] if lang and len(parts) > 1 else parts[-1]
    definition = definitions.get(name) if "attributes" in parts else None
    reader = get_language() or "zh-hans"
    label = label_of(definition, reader) if definition else _labels().get(name, name)
    if parts[0] == "variants":
        label = " · ".join((_("Form"), label))
    if lang:
        label = f"{label} · {LANGUAGES[lang]}"
    if definition and not lang:
        return ChangedPlace(label, value_in_words(definition, before, reader), value_in_words(definition, after, reader))
    before, after = (names.get((name, value), value) if isinstance(value, str) else value for value in (before, after))
    return ChangedPlace(label, _said(name, before), _said(name, after), lang)


ORDER = ("item_number", "title", "category", "brand", "story", "keep", "attributes", "variants", "origin_area", "origin_height_m")
PLACES = {name: place for place, name in enumerate(ORDER)}


def _labels() -> dict[str, str]:
    return {
        "item_number": _("Item number"),
        "title": _("Title"),
        "story": _("Story"),
        "keep": _("Keeping and using"),
        "category": _("Category"),
        "brand": _("Brand"),
        "drawing": _("Drawing"),
        "origin_area": _("Place of origin"),
        "origin_height_m": _("Height (m)"),
        "is_traceable": _("Traceable"),
        "season_from": _("Season from"),
        "season_to": _("Season to"),
        "return_rule": _("Returns"),
        "pictures": _("Pictures"),
        "name": _("Name"),
        "price_fen": _("Price"),
        "list_price_fen": _("Before the reduction"),
        "weight_grams": _("Weight (g)"),
        "volume_cm3": _("Volume (cm³)"),
        "nominal_grams": _("Sold by weight: a piece weighs about (g)"),
        "barcode": _("Bar code"),
        "id": _("Key"),
    }


def _said(name: str, value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if name.endswith("_fen"):
        return f"¥{yuan(int(value))}"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return _("%(count)d pictures") % {"count": len(value)}
    return str(value)
