"""JD Logistics by its open platform; what each field is taken from stands in ``docs/carriers.md``."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from teahorse.carriers.providers import (
    CarrierRefuses,
    CarrierUnavailable,
    Claim,
    ClaimTold,
    Offered,
    PushRead,
    PushRefused,
    Told,
    Wanted,
    claiming,
)
from teahorse.carriers.providers.jd.client import Client, Keys
from teahorse.carriers.rules import fen_written, kilograms
from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed
from teahorse.common.times import HOME
from teahorse.payments.providers.keys import KeyField

FILE = "jd.json"
FIELDS = (
    KeyField(name="customer_code", label=_("Customer code (customerCode)")),
    KeyField(name="app_key", label=_("Key of the application (appKey)")),
    KeyField(name="app_secret", label=_("Secret of the application (appSecret)"), is_secret=True),
    KeyField(name="access_token", label=_("Token of access (accessToken)"), is_secret=True),
    KeyField(name="refresh_token", label=_("Token of renewal (refreshToken)"), is_secret=True, is_optional=True),
    KeyField(name="template", label=_("Template of the label"), is_optional=True),
)
GATEWAY = "https://api.jdl.com"
FROM_A_BUSINESS = 1
"""``orderOrigin``: a customer with a contract sends to anybody."""
PRODUCT = "ed-m-0001"
BY_MONTH = 3
NEVER_BOOKED, CANCELLED_ALREADY = "0_2001", "0_2002"
CANCELLED, INTERCEPTED = 0, 1
PRINTING = "jdcloudprint"
EXPRESS = 4


class Order(msgspec.Struct, frozen=True, rename="camel"):
    """What booking tells; booked again under the same number it tells the same."""

    waybill_code: str = ""


class Product(msgspec.Struct, frozen=True, rename="camel"):
    product_code: str
    freight_pre: Decimal | None = None
    delivery_promise_time: int | None = None


class Checked(msgspec.Struct, frozen=True, rename="camel"):
    """What a look ahead tells of a booking; sums in yuan, times in milliseconds."""

    total_freight_pre: Decimal | None = None
    products: tuple[Product, ...] = ()


class Cancelled(msgspec.Struct, frozen=True, rename="camel"):
    result_type: int


class Detail(msgspec.Struct, frozen=True, rename="camel"):
    operation_time: str
    state: str | int = ""
    operation_title: str = ""
    operation_remark: str = ""
    operate_site: str | None = None
    route_city_name: str | None = None


class Trace(msgspec.Struct, frozen=True, rename="camel"):
    trace_details: tuple[Detail, ...] = ()


class File(msgspec.Struct, frozen=True):
    url: str


class Pushed(msgspec.Struct, frozen=True, rename="camel"):
    waybill_code: str


class JdLogistics:
    """One customer's account, whose parcels are paid by the month."""

    code = "jd"

    def __init__(self, client: Client) -> None:
        self.client = client

    def rate(self, wanted: Wanted, *, now: datetime) -> list[Offered]:  # noqa: ARG002 - it reckons from its own clock
        told = self.client.ask("/ecap/v1/orders/precheck", self._order(wanted), read_as=Checked)
        offers = [
            Offered(service=one.product_code, fee_fen=_fen(one.freight_pre), promised_by=_moment(one.delivery_promise_time))
            for one in told.products
        ]
        return offers or [Offered(service=PRODUCT, fee_fen=_fen(told.total_freight_pre), promised_by=None)]

    def book(self, wanted: Wanted) -> str:
        order = self.client.ask("/ecap/v1/orders/create", self._order(wanted), read_as=Order)
        if not order.waybill_code:
            raise CarrierUnavailable(trouble="it answered without a number")
        return order.waybill_code

    def label(self, number: str) -> bytes:
        content = {
            "customerCode": self.client.keys.customer_code,
            "templateCode": self.client.keys.template,
            "operator": self.client.keys.customer_code,
            "taskId": new_id().hex,
            "outputConfig": [{"outputType": 1, "dataFormat": 1, "fileFormat": 1}],
            "printData": [
                {"orderNumber": number, "carrierCode": "JD", "billCodeValue": number, "billCodeType": "waybillCode", "scene": EXPRESS}
            ],
        }
        files = self.client.ask("/cloud/print/render", content, read_as=tuple[File, ...], domain=PRINTING)
        if not files:
            raise CarrierUnavailable(trouble="it printed nothing")
        return self.client.fetch(files[0].url)

    def cancel(self, our_number: str, *, number: str) -> None:  # noqa: ARG002 - JD knows it by ours
        content = {
            **self._whose(),
            "customerOrderId": our_number,
            "cancelReason": "商家取消",
            "cancelReasonCode": "1",
            "cancelType": 1,
        }
        try:
            found = self.client.ask("/ecap/v1/orders/cancel", content, read_as=Cancelled)
        except CarrierRefuses as refused:
            if refused.reason not in {CANCELLED_ALREADY, NEVER_BOOKED}:
                raise
            return
        if found.result_type == INTERCEPTED:  # it was collected: it is carried back, and followed until it is there
            raise CarrierRefuses(reason=str(INTERCEPTED), message="已揽收，拦截成功，原路返回")
        if found.result_type != CANCELLED:
            raise CarrierRefuses(reason=str(found.result_type), message="取消失败")

    def track(self, number: str, *, carrier: str, phone: str) -> list[Told]:  # noqa: ARG002 - JD asks for no phone
        assert carrier == self.code  # noqa: S101 - JD knows its own parcels only
        found = self.client.ask("/ecap/v1/orders/trace/query", {**self._whose(), "waybillCode": number}, read_as=Trace)
        return [_told(one, number) for one in found.trace_details]

    def subscribe(self, number: str, *, carrier: str, phone: str) -> bool:  # noqa: ARG002 - its own only
        content = {**self._whose(), "waybillCode": number, "mobile": phone[-4:]}
        self.client.ask("/ecap/v1/orders/trace/subscribe", content, read_as=str)
        return True

    def claim(self, claim: Claim) -> str:
        return claiming.lodged(
            claim, ask=lambda content, kind: self.client.ask("/ecap/v1/claims/create", {**self._whose(), **content}, read_as=kind)
        )

    def claim_told(self, claim_number: str) -> ClaimTold:
        return claiming.told(
            claim_number, ask=lambda content, kind: self.client.ask("/ecap/v1/claims/query", {**self._whose(), **content}, read_as=kind)
        )

    def read_push(self, headers: Mapping[str, str], body: bytes) -> PushRead:  # noqa: ARG002 - nothing in it is signed
        try:
            pushed = msgspec.json.decode(body, type=Pushed)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PushRefused(reason=f"not JD's form: {error}"[:200]) from error
        return PushRead(numbers=(pushed.waybill_code,))

    def _whose(self) -> dict[str, Any]:
        return {"orderOrigin": FROM_A_BUSINESS, "customerCode": self.client.keys.customer_code}

    def _order(self, wanted: Wanted) -> dict[str, Any]:
        """Return a booking; JD weighs in kilograms and measures in cubic centimetres, one piece."""
        cargo = {"name": wanted.goods[:50], "quantity": 1, "weight": float(kilograms(wanted.weight_grams))}
        return {
            **self._whose(),
            "orderId": wanted.our_number,
            "settleType": BY_MONTH,
            "productsReq": {"productCode": PRODUCT},
            "senderContact": {"name": wanted.sender.name, "mobile": wanted.sender.phone, "fullAddress": wanted.sender.address},
            "receiverContact": {"name": wanted.recipient.name, "mobile": wanted.recipient.phone, "fullAddress": wanted.recipient.address},
            "cargoes": [{**cargo, "volume": float(wanted.volume_cm3)} if wanted.volume_cm3 else cargo],
        }


def made(keys: bytes, *, sandbox: str) -> JdLogistics:
    """Return JD with a customer's keys. :raises Malformed: if they are none."""
    try:
        read = msgspec.json.decode(keys, type=Keys)
    except msgspec.MsgspecError as error:
        raise Malformed(field="keys", reason=type(error).__name__) from error
    return JdLogistics(Client(read, gateway=f"{sandbox}/jd" if sandbox else GATEWAY))


def answer(body: bytes, *, is_accepted: bool) -> dict[str, object]:  # noqa: ARG001 - the same for each push
    """Return what JD wants to hear to a push (assumed)."""
    return {"code": 0 if is_accepted else 1, "msg": "成功" if is_accepted else "失败", "success": is_accepted}


def _told(detail: Detail, number: str) -> Told:
    return Told(
        source="jd",
        number=number,
        code=str(detail.state)[:20],
        words=(detail.operation_remark or detail.operation_title)[:500],
        place=(detail.operate_site or detail.route_city_name or "")[:200],
        happened_at=_time(detail.operation_time),
    )


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME)
    except ValueError as error:
        raise CarrierUnavailable(trouble=f"no time: {text[:40]!r}") from error


def _moment(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def _fen(yuan: Decimal | None) -> int | None:
    try:
        return None if yuan is None else fen_written(str(yuan))
    except ValueError as error:
        raise CarrierUnavailable(trouble=f"no sum: {yuan}"[:60]) from error
