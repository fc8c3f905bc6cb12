"""What happened to after-sale cases."""

from dataclasses import dataclass
from uuid import UUID

from teahorse.common.events import Event


@dataclass(frozen=True, kw_only=True)
class CasesOpened(Event):
    """Buyers told what was wrong; their sellers have to answer."""

    case_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class CasesDecided(Event):
    """It is settled what goes back in these cases: their lines and shares say to whom, and stay so. Money may not have moved yet."""

    case_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class GoodsTakenBack(Event):
    """What came back in these cases was found in order: it lies on the shelf again and may be sold."""

    case_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class CasesClosed(Event):
    """These cases have ended, for the buyer or not: nothing more is to come of them."""

    case_ids: tuple[UUID, ...]
