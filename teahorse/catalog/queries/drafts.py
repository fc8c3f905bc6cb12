"""Drafts: a seller's open ones, those that wait for a centre, and what a draft would change."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from teahorse.catalog.content import ProductContent, content_of
from teahorse.catalog.models import ProductDraft
from teahorse.people.models import Organisation


@dataclass(frozen=True)
class Change:
    """One place of the document where a draft differs from what is listed; ``None`` is "not there"."""

    field: str
    before: Any
    after: Any


def drafts_of(sellers: Collection[Organisation]) -> QuerySet[ProductDraft]:
    """Return the open drafts of these sellers, those last written first."""
    drafts = ProductDraft.objects.filter(seller__in=sellers, state__in=ProductDraft.OPEN)
    return drafts.select_related("seller", "product", "written_by").order_by("-changed_at", "pk")


def drafts_to_review(county_ids: Collection[UUID] | QuerySet[Any]) -> QuerySet[ProductDraft]:
    """Return the drafts that wait for the centres of these counties, the oldest first."""
    drafts = ProductDraft.objects.filter(county_id__in=county_ids, state=ProductDraft.State.SUBMITTED)
    return drafts.select_related("seller", "product", "written_by").order_by("submitted_at", "pk")


def changes_of(draft: ProductDraft) -> list[Change]:
    """Return what approving a draft would change; of a new product everything that is written."""
    before = content_of(draft.product) if draft.product else ProductContent()
    old, new = _leaves(before.to_document()), _leaves(ProductContent.from_document(draft.content).to_document())
    paths = dict.fromkeys([*new, *old])
    return [Change(path, old.get(path), new.get(path)) for path in paths if (old.get(path) or None) != (new.get(path) or None)]


def _leaves(document: dict[str, Any]) -> dict[str, Any]:
    return dict(_walk("", document))


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _walk(f"{path}.{key}" if path else key, part)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for index, part in enumerate(value):
            yield from _walk(f"{path}.{part.get('id') or f'new-{index}'}", part)
    else:
        yield path, value
