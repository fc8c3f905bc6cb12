"""SF Express by its open platform; what each field is taken from stands in ``docs/carriers.md``."""

from collections.abc import Mapping
from datetime import datetime
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
from teahorse.carriers.providers.sf.client import Client, Keys
from teahorse.carriers.rules import fen_written, kilograms
from teahorse.common.refusals import Malformed
from teahorse.common.times import HOME
from teahorse.payments.providers.keys import KeyField

FILE = "sf.json"
FIELDS = (
    KeyField(name="partner_id", label=_("Customer code (partnerID)")),
    KeyField(name="checkword", label=_("Check word (checkWord)"), is_secret=True),
    KeyField(name="monthly_card", label=_("Number of the monthly card")),
)
GATEWAY = "https://sfapi.sf-express.com/std/service"
BOOKED_ALREADY = "8016"
CANCELLED_ALREADY, NEVER_BOOKED = "8037", "8024"
MOST_PUSHED = 100
"""Numbers that are taken from one push; SF puts ten into one."""


class Waybill(msgspec.Struct, frozen=True, rename="camel"):
    waybill_no: str
    waybill_type: int | str = 1


class Order(msgspec.Struct, frozen=True, rename="camel"):
    """What booking and looking a booking up tell."""

    order_id: str
    waybill_no_info_list: tuple[Waybill, ...] = ()


class Route(msgspec.Struct, frozen=True, rename="camel"):
    accept_time: str
    remark: str = ""
    accept_address: str = ""
    op_code: str = ""


class Routes(msgspec.Struct, frozen=True, rename="camel"):
    mail_no: str
    routes: tuple[Route, ...] = ()


class AllRoutes(msgspec.Struct, frozen=True, rename="camel"):
    route_resps: tuple[Routes, ...] = ()


class Offer(msgspec.Struct, frozen=True, rename="camel"):
    business_type: str
    deliver_time: str | None = None
    fee: msgspec.Raw = msgspec.Raw(b"null")


class Offers(msgspec.Struct, frozen=True, rename="camel"):
    deliver_tm_dto: tuple[Offer, ...] = ()


class File(msgspec.Struct, frozen=True):
    url: str
    token: str = ""


class Files(msgspec.Struct, frozen=True):
    files: tuple[File, ...] = ()


class Printed(msgspec.Struct, frozen=True):
    obj: Files


class PushedRoute(msgspec.Struct, frozen=True):
    mailno: str


class PushedBody(msgspec.Struct, frozen=True):
    routes: tuple[PushedRoute, ...] = msgspec.field(name="WaybillRoute")


class Pushed(msgspec.Struct, frozen=True):
    body: PushedBody = msgspec.field(name="Body")


class SfExpress:
    """One customer's account with a monthly card, whose parcels the sender pays."""

    code = "sf"

    def __init__(self, client: Client) -> None:
        self.client = client

    def rate(self, wanted: Wanted, *, now: datetime) -> list[Offered]:
        told = self.client.ask(
            "EXP_RECE_QUERY_DELIVERTM",
            {
                "searchPrice": "1",
                "consignedTime": f"{now.astimezone(HOME):%Y-%m-%d %H:%M:%S}",
                "weight": float(kilograms(wanted.weight_grams)),
                "volume": float(wanted.volume_cm3),
                "monthlyCard": self.client.keys.monthly_card,
                "srcAddress": {"address": wanted.sender.address},
                "destAddress": {"address": wanted.recipient.address},
            },
            read_as=Offers,
        )
        return [Offered(service=one.business_type, fee_fen=_fen(one.fee), promised_by=_promised(one)) for one in told.deliver_tm_dto]

    def book(self, wanted: Wanted) -> str:
        try:
            order = self.client.ask("EXP_RECE_CREATE_ORDER", _order(wanted, self.client.keys.monthly_card), read_as=Order)
        except CarrierRefuses as refused:
            if refused.reason != BOOKED_ALREADY:
                raise
            order = self.client.ask("EXP_RECE_SEARCH_ORDER_RESP", {"orderId": wanted.our_number, "searchType": "1"}, read_as=Order)
        number = next((one.waybill_no for one in order.waybill_no_info_list if str(one.waybill_type) == "1"), "")
        if order.order_id != wanted.our_number or not number:
            raise CarrierUnavailable(trouble="it answered for another booking, or without a number")
        return number

    def label(self, number: str) -> bytes:
        content = {
            "templateCode": f"fm_150_standard_{self.client.keys.partner_id}",
            "version": "2.0",
            "fileType": "pdf",
            "sync": True,
            "documents": [{"masterWaybillNo": number}],
        }
        files = self.client.ask("COM_RECE_CLOUD_PRINT_WAYBILLS", content, read_as=Printed).obj.files
        if not files:
            raise CarrierUnavailable(trouble="it printed nothing")
        return self.client.fetch(files[0].url, token=files[0].token)

    def cancel(self, our_number: str, *, number: str) -> None:  # noqa: ARG002 - SF knows it by ours
        try:
            self.client.ask("EXP_RECE_UPDATE_ORDER", {"orderId": our_number, "dealType": 2}, read_as=dict[str, Any])
        except CarrierRefuses as refused:
            if refused.reason not in {CANCELLED_ALREADY, NEVER_BOOKED}:
                raise

    def track(self, number: str, *, carrier: str, phone: str) -> list[Told]:
        assert carrier == self.code  # noqa: S101 - SF knows its own parcels only
        content = {"language": "zh-CN", "trackingType": "1", "trackingNumber": [number], "methodType": "1", "checkPhoneNo": phone[-4:]}
        found = self.client.ask("EXP_RECE_SEARCH_ROUTES", content, read_as=AllRoutes)
        return [_told(one, number) for routes in found.route_resps if routes.mail_no == number for one in routes.routes]

    def subscribe(self, number: str, *, carrier: str, phone: str) -> bool:  # noqa: ARG002 - SF pushes what was booked here unasked
        return False

    def claim(self, claim: Claim) -> str:
        return claiming.lodged(claim, ask=lambda content, kind: self.client.ask("EXP_RECE_CREATE_CLAIM", content, read_as=kind))

    def claim_told(self, claim_number: str) -> ClaimTold:
        return claiming.told(claim_number, ask=lambda content, kind: self.client.ask("EXP_RECE_QUERY_CLAIM", content, read_as=kind))

    def read_push(self, headers: Mapping[str, str], body: bytes) -> PushRead:  # noqa: ARG002 - nothing in it is signed
        try:
            pushed = msgspec.json.decode(body, type=Pushed)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PushRefused(reason=f"not SF's form: {error}"[:200]) from error
        return PushRead(numbers=tuple(dict.fromkeys(one.mailno for one in pushed.body.routes))[:MOST_PUSHED])


def made(keys: bytes, *, sandbox: str) -> SfExpress:
    """Return SF with a customer's keys. :raises Malformed: if they are none."""
    try:
        read = msgspec.json.decode(keys, type=Keys)
    except msgspec.MsgspecError as error:
        raise Malformed(field="keys", reason=type(error).__name__) from error
    return SfExpress(Client(read, gateway=f"{sandbox}/sf/std/service" if sandbox else GATEWAY))


def answer(body: bytes, *, is_accepted: bool) -> dict[str, object]:  # noqa: ARG001 - the same for each push
    """Return what SF wants to hear to a push."""
    return {"return_code": "0000" if is_accepted else "1000", "return_msg": "成功" if is_accepted else "失败"}


def _order(wanted: Wanted, monthly_card: str) -> dict[str, Any]:
    """Return a booking; SF weighs in kilograms, and the weight is the whole parcel's: ``count`` does not multiply it."""
    weight = float(kilograms(wanted.weight_grams))
    return {
        "language": "zh-CN",
        "orderId": wanted.our_number,
        "monthlyCard": monthly_card,
        "payMethod": 1,
        "expressTypeId": 2,
        "parcelQty": 1,
        "totalWeight": weight,
        "cargoDetails": [{"name": wanted.goods[:60], "count": 1, "weight": weight}],
        "contactInfoList": [
            {"contactType": kind, "contact": who.name, "mobile": who.phone, "country": "CN", "address": who.address}
            for kind, who in ((1, wanted.sender), (2, wanted.recipient))
        ],
    }


def _told(route: Route, number: str) -> Told:
    return Told(
        source="sf",
        number=number,
        code=route.op_code[:20],
        words=route.remark[:500],
        place=route.accept_address[:200],
        happened_at=_time(route.accept_time),
    )


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME)
    except ValueError as error:
        raise CarrierUnavailable(trouble=f"no time: {text[:40]!r}") from error


def _promised(offer: Offer) -> datetime | None:
    """Return the later end of a promised window, which SF writes as two times with a comma between."""
    return _time(offer.deliver_time.rpartition(",")[2].strip()) if offer.deliver_time else None


def _fen(fee: msgspec.Raw) -> int | None:
    text = bytes(fee).decode().strip('"')
    try:
        return None if text in {"null", ""} else fen_written(text)
    except ValueError as error:
        raise CarrierUnavailable(trouble=f"no sum: {text[:40]}") from error
