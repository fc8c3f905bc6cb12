"""
How a lost or damaged parcel is claimed from a carrier.

No carrier's interface for claims is public, so the form is this house's own and the same for all (``docs/carriers.md``); each adapter
gives it the address of its service. It is made real with a contract. Sums are in fen inside and in yuan on the wire.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from teahorse.carriers.providers import CarrierUnavailable, Claim, ClaimState, ClaimTold
from teahorse.carriers.rules import fen_written, yuan_written

STATES = {
    "RECEIVED": ClaimState.RECEIVED,
    "EXAMINING": ClaimState.RECEIVED,
    "GRANTED": ClaimState.GRANTED,
    "REJECTED": ClaimState.REJECTED,
    "PAID": ClaimState.PAID,
}
"""Their words; another one is none that can be believed."""


class Lodged(msgspec.Struct, frozen=True, rename="camel"):
    claim_no: str


class Told(msgspec.Struct, frozen=True, rename="camel"):
    claim_no: str
    state: str
    granted_amount: str | None = None
    remark: str = ""


def lodged(claim: Claim, *, ask: Callable[[Mapping[str, Any], type[Lodged]], Lodged]) -> str:
    """Have a claim taken and return the carrier's number of it. :raises CarrierUnavailable: if it gives none."""
    content = {
        "orderId": claim.our_number,
        "waybillNo": claim.parcel_number,
        "claimType": claim.reason,
        "claimAmount": yuan_written(claim.amount_fen),
        "description": claim.words,
        "attachments": [
            {"fileName": paper.name, "contentType": paper.media_type, "content": base64.b64encode(paper.content).decode()}
            for paper in claim.papers
        ],
    }
    number = ask(content, Lodged).claim_no
    if not number:
        raise CarrierUnavailable(trouble="it took a claim without a number")
    return number


def told(claim_number: str, *, ask: Callable[[Mapping[str, Any], type[Told]], Told]) -> ClaimTold:
    """Return what became of a claim. :raises CarrierUnavailable: if it is told of another, or in words that nobody knows."""
    found = ask({"claimNo": claim_number}, Told)
    if found.claim_no != claim_number or found.state not in STATES:
        raise CarrierUnavailable(trouble=f"it told of another claim, or in strange words: {found.state[:40]!r}")
    try:
        granted = None if found.granted_amount is None else fen_written(found.granted_amount)
    except ValueError as error:
        raise CarrierUnavailable(trouble=f"no sum: {found.granted_amount!r}"[:60]) from error
    return ClaimTold(state=STATES[found.state], granted_fen=granted, words=found.remark[:500])
