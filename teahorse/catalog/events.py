"""What happened to the goods."""

from dataclasses import dataclass
from uuid import UUID

from teahorse.common.events import Event


@dataclass(frozen=True, kw_only=True)
class ProductsListed(Event):
    """These products are on show as they were just approved, for the first time or anew."""

    product_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class ProductsWithdrawn(Event):
    """These products are not on show any more."""

    product_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class DraftsSubmitted(Event):
    """These drafts wait for the centre."""

    draft_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class DraftsReviewed(Event):
    """The centre approved these drafts, or sent them back with a reason."""

    draft_ids: tuple[UUID, ...]
    is_approved: bool
