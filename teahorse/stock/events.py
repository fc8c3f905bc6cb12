"""What happened to stock."""

from dataclasses import dataclass
from uuid import UUID

from teahorse.common.events import Event


@dataclass(frozen=True, kw_only=True)
class AvailabilityChanged(Event):
    """Units of these offers came or went by hand: counted, received, spoiled."""

    offer_ids: tuple[UUID, ...]
