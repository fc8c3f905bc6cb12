"""
Claims for lost and damaged parcels, alike at all carriers here: taken once, told about, decided by hand (`_claim`).

No carrier's interface for claims is public: the form is this house's own. A claim above 5,000 yuan is refused, as is one for a number
that nobody booked, one for a number that is claimed already, and one without a paper for a damaged parcel.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.state import State

SCHEMA = """create table if not exists carrier_claims (claim_no text primary key, carrier text not null, order_id text not null,
    waybill text not null, content text not null, state text not null default 'RECEIVED', granted text, remark text not null default '',
    made_at real not null, unique (carrier, order_id))"""
MOST_YUAN = Decimal(5000)
STATES = ("RECEIVED", "EXAMINING", "GRANTED", "REJECTED", "PAID")


class Claims:
    """One carrier's claims."""

    def __init__(self, carrier: str, state: State, *, refused: Callable[..., Exception], is_booked: Callable[[str], bool]) -> None:
        self.carrier, self.state, self.refused, self.is_booked = carrier, state, refused, is_booked
        state.run(SCHEMA)

    def take(self, content: Any) -> dict[str, str]:
        """Take a claim; the same one again is the one that is there."""
        known = self.state.one("select * from carrier_claims where carrier = ? and order_id = ?", self.carrier, content["orderId"])
        if known is None:
            self._check(content)
            count = self.state.number("select count(*) from carrier_claims") + 1
            number = f"LP-{self.carrier.upper()}-{count:06d}"
            self.state.run(
                "insert into carrier_claims (claim_no, carrier, order_id, waybill, content, made_at) values (?, ?, ?, ?, ?, ?)",
                number, self.carrier, content["orderId"], content["waybillNo"], json.dumps(content, ensure_ascii=False), time.time(),
            )  # fmt: skip
            return {"claimNo": number}
        return {"claimNo": known["claim_no"]}

    def tell(self, content: Any) -> dict[str, Any]:
        """What became of a claim."""
        row = self.state.one("select * from carrier_claims where carrier = ? and claim_no = ?", self.carrier, content["claimNo"])
        if row is None:
            raise self.refused(code="CL04", words="理赔单不存在")
        return {"claimNo": row["claim_no"], "state": row["state"], "grantedAmount": row["granted"], "remark": row["remark"]}

    async def decide(self, request: Request) -> Response:
        """Decide a claim: `claim`, `state`, `granted` (yuan), `remark`."""
        values = json.loads(await request.body())
        if values["state"] not in STATES:
            return JSONResponse({"code": "UNKNOWN_STATE", "message": ", ".join(STATES)}, 400)
        changed = self.state.run(
            "update carrier_claims set state = ?, granted = ?, remark = ? where carrier = ? and claim_no = ?",
            values["state"], values.get("granted"), values.get("remark", ""), self.carrier, values["claim"],
        )  # fmt: skip
        return JSONResponse({"changed": changed})

    def _check(self, content: Any) -> None:
        if not self.is_booked(content["waybillNo"]):
            raise self.refused(code="CL01", words="运单不存在")
        if self.state.one(
            "select 1 from carrier_claims where carrier = ? and waybill = ? and state != 'REJECTED'", self.carrier, content["waybillNo"]
        ):
            raise self.refused(code="CL02", words="该运单已申请理赔")
        if not 0 < Decimal(content["claimAmount"]) <= MOST_YUAN:
            raise self.refused(code="CL03", words="超出最高赔付金额")
        papers = [base64.b64decode(one["content"], validate=True) for one in content["attachments"]]
        if content["claimType"] not in {"lost", "damaged"} or (content["claimType"] == "damaged" and not any(papers)):
            raise self.refused(code="CL05", words="破损须提供照片")
