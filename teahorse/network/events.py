"""What happened to the network's ways."""

from dataclasses import dataclass
from uuid import UUID

from teahorse.common.events import Event


@dataclass(frozen=True, kw_only=True)
class WaysClosed(Event):
    """These closures of passes and roads were told; they may begin later."""

    closure_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class WaysOpened(Event):
    """These closures were lifted before their end."""

    closure_ids: tuple[UUID, ...]
