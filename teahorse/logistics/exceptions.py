"""
What does not go as it should: derived from where things are and since when, so that nothing that was accepted is ever forgotten.

A parcel that is open and of which nothing new is told becomes an exception by itself; it ends when it moves, is handed over or returned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from teahorse.common.statements import asked
from teahorse.people.models import Organisation

EXCEPTIONS: Final = (Path(__file__).parent / "exceptions.sql").read_text()
MOST = 500


class Kind(StrEnum):
    """What is wrong."""

    MISSED = "missed"
    UNIT_MISSED = "unit_missed"
    STOPPED = "stopped"
    REFUSED = "refused"
    DAMAGED = "damaged"
    ODD = "odd"
    UNFETCHED = "unfetched"
    NOT_LEFT = "not_left"
    STILL = "still"
    STILL_WITH_CARRIER = "still_with_carrier"
    UNIT_STILL = "unit_still"


HOURS: Mapping[Kind, tuple[int, int]] = {
    Kind.MISSED: (0, 72),
    Kind.UNIT_MISSED: (0, 48),
    Kind.STOPPED: (0, 48),
    Kind.REFUSED: (0, 48),
    Kind.DAMAGED: (0, 48),
    Kind.ODD: (0, 24),
    Kind.UNFETCHED: (7 * 24, 72),
    Kind.NOT_LEFT: (48, 24),
    Kind.STILL: (72, 24),
    Kind.STILL_WITH_CARRIER: (5 * 24, 24),
    Kind.UNIT_STILL: (72, 24),
}
"""After how many hours it is one, and within how many more somebody has to have acted."""


@dataclass(frozen=True, slots=True)
class Found:
    """
    One exception.

    :param thing_id: the parcel or unit; None where a code is nobody's.
    :param reference: what its parcel is sent for.
    :param owner_id: the organisation that has to act: whoever has the thing, its sender before it left; None: the county's centre.
    :param due_at: by when; later, the centre asks.
    """

    kind: Kind
    thing_id: UUID | None
    oddity_id: UUID | None
    code: str
    reference: UUID | None
    owner_id: UUID | None
    place_id: UUID | None
    since_at: datetime
    due_at: datetime
    facts: Mapping[str, Any]


def exceptions_at(organisation: Organisation, *, now: datetime, most: int = MOST) -> list[Found]:
    """Return what does not go as it should, what is due first: at a county's centre of the whole county, else what is hers to act on."""
    wish = {
        "kinds": [kind.value for kind in HOURS],
        "after_hours": [after for after, _within in HOURS.values()],
        "within_hours": [within for _after, within in HOURS.values()],
        "now": now,
        "whole_county": organisation.kind == Organisation.Kind.COUNTY_CENTRE,
        "county_id": organisation.county_id,
        "organisation_id": organisation.pk,
        "most": most,
    }
    return [Found(Kind(kind), *rest) for kind, *rest in asked(EXCEPTIONS, wish, in_binary=True)()]
