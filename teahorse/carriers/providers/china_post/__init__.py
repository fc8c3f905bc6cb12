"""China Post and its EMS by one open platform; what each field is taken from stands in ``docs/carriers.md``."""

import base64
import binascii
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
    Party,
    PushRead,
    PushRefused,
    Told,
    Wanted,
    claiming,
)
from teahorse.carriers.providers.asking import checked_label
from teahorse.carriers.providers.china_post.client import DONE, Client, Keys, cipher, opened
from teahorse.carriers.rules import fen_written, is_postal_number, region_in
from teahorse.common.refusals import Malformed
from teahorse.common.times import HOME
from teahorse.payments.providers.keys import KeyField

FILE = "china_post.json"
FIELDS = (
    KeyField(name="sender_no", label=_("Customer number (senderNo)")),
    KeyField(name="authorization", label=_("Authorization"), is_secret=True),
    KeyField(name="sign_key", label=_("Signing key (SM4)"), is_secret=True),
    KeyField(name="product", label=_("Product for booking"), is_optional=True),
    KeyField(name="rate_product", label=_("Product for rates"), is_optional=True),
)
GATEWAY = "https://api.ems.com.cn/amp-prod-api/f/amp/api/open"
BOOK, CALL_OFF, LABEL, TRACK, RATE = "020003", "020006", "010004", "040001", "050005"
GOODS = "3"
BY_MONTH = "1"
TEMPLATE = "129"
NEVER_BOOKED, CANCELLED_ALREADY = "B00002", "B00003"
PUSH_REFUSED = "S00001"


class Order(msgspec.Struct, frozen=True, rename="camel"):
    waybill_no: str


class Fee(msgspec.Struct, frozen=True, rename="camel"):
    total_fee: Decimal | None = None


class Event(msgspec.Struct, frozen=True, rename="camel"):
    op_time: str
    op_code: str = ""
    op_name: str = ""
    op_desc: str = ""
    op_org_city: str | None = None
    op_org_name: str | None = None


class Events(msgspec.Struct, frozen=True, rename="camel"):
    response_items: tuple[Event, ...] = ()


class Push(msgspec.Struct, frozen=True, rename="camel"):
    logitcs_interface: str
    serial_no: str = ""
    sender_no: str = ""


class Pushed(msgspec.Struct, frozen=True, rename="camel"):
    waybill_no: str


class ChinaPost:
    """One customer's account, whose parcels are paid by the month."""

    code = "china_post"

    def __init__(self, client: Client) -> None:
        self.client = client

    def rate(self, wanted: Wanted, *, now: datetime) -> list[Offered]:  # noqa: ARG002 - it reckons from its own clock
        content = {
            "productCode": self.client.keys.rate_product,
            "weight": str(wanted.weight_grams),
            "senderInfo": wanted.sender.address,
            "receiveInfo": wanted.recipient.address,
        }
        fee = self.client.ask(RATE, content, read_as=Fee).total_fee
        return [Offered(service=self.client.keys.product, fee_fen=_fen(fee), promised_by=None)]

    def book(self, wanted: Wanted) -> str:
        """Book, and believe no number that cannot be the post's (UPU S10's check digit, or thirteen digits inland)."""
        number = self.client.ask(BOOK, [self._order(wanted)], read_as=Order).waybill_no
        if not is_postal_number(number):
            raise CarrierUnavailable(trouble=f"its number is none of the post's: {number[:40]!r}")
        return number

    def label(self, number: str) -> bytes:
        text = self.client.body(LABEL, {"waybillNo": number, "type": TEMPLATE})
        try:
            return checked_label(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError) as error:
            raise CarrierUnavailable(trouble="its label cannot be read") from error

    def cancel(self, our_number: str, *, number: str) -> None:
        content = {"logisticsOrderNo": our_number, "waybillNo": number, "cancelReason": "商家取消"}
        try:
            self.client.body(CALL_OFF, content)
        except CarrierRefuses as refused:
            if refused.reason not in {CANCELLED_ALREADY, NEVER_BOOKED}:
                raise

    def track(self, number: str, *, carrier: str, phone: str) -> list[Told]:  # noqa: ARG002 - the post asks for no phone
        assert carrier == self.code  # noqa: S101 - the post knows its own parcels only
        found = self.client.ask(TRACK, {"waybillNo": number, "direction": "0"}, read_as=Events)
        return [_told(one, number) for one in found.response_items]

    def subscribe(self, number: str, *, carrier: str, phone: str) -> bool:  # noqa: ARG002 - the post pushes what was booked here unasked
        return False

    def claim(self, claim: Claim) -> str:
        return claiming.lodged(claim, ask=lambda content, kind: self.client.ask("070001", content, read_as=kind))

    def claim_told(self, claim_number: str) -> ClaimTold:
        return claiming.told(claim_number, ask=lambda content, kind: self.client.ask("070002", content, read_as=kind))

    def read_push(self, headers: Mapping[str, str], body: bytes) -> PushRead:  # noqa: ARG002 - nothing in it is signed
        """Read a push; it is sealed with our key, but blocks of old ones can be put together anew, so only its number is believed."""
        try:
            push = msgspec.json.decode(body, type=Push)
            pushed = msgspec.json.decode(opened(push.logitcs_interface, key=self.client.keys.sign_key), type=Pushed)
        except (msgspec.MsgspecError, ValueError) as error:
            raise PushRefused(reason=f"not the post's form: {error}"[:200]) from error
        return PushRead(numbers=(pushed.waybill_no,))

    def _order(self, wanted: Wanted) -> dict[str, Any]:
        """Return a booking; the post weighs in grams and measures in cubic centimetres."""
        keys = self.client.keys
        return {
            "ecommerceUserId": wanted.our_number,
            "logisticsOrderNo": wanted.our_number,
            "senderNo": keys.sender_no,
            "createdTime": f"{datetime.now(UTC).astimezone(HOME):%Y-%m-%d %H:%M:%S}",
            "contentsAttribute": GOODS,
            "bizProductNo": keys.product,
            "paymentMode": BY_MONTH,
            "weight": str(wanted.weight_grams),
            "volume": str(wanted.volume_cm3),
            "sender": _party(wanted.sender),
            "receiver": _party(wanted.recipient),
            "cargos": [{"cargoName": wanted.goods[:50], "cargoQuantity": "1", "cargoWeight": str(wanted.weight_grams)}],
        }


def made(keys: bytes, *, sandbox: str) -> ChinaPost:
    """Return China Post with a customer's keys. :raises Malformed: if they are none."""
    try:
        read = msgspec.json.decode(keys, type=Keys)
    except msgspec.MsgspecError as error:
        raise Malformed(field="keys", reason=type(error).__name__) from error
    try:
        cipher(read.sign_key)
    except ValueError as error:
        raise Malformed(field="sign_key", reason=_("This is no key of 128 bits in Base64.")) from error
    return ChinaPost(Client(read, gateway=f"{sandbox}/china_post/amp-prod-api/f/amp/api/open" if sandbox else GATEWAY))


def answer(body: bytes, *, is_accepted: bool) -> dict[str, object]:
    """Return what the post wants to hear to a push: its number and customer again, with a code."""
    try:
        push = msgspec.json.decode(body, type=Push)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        push = Push(logitcs_interface="")
    code = DONE if is_accepted else PUSH_REFUSED
    return {"serialNo": push.serial_no, "code": code, "codeMessage": "" if is_accepted else "失败", "senderNo": push.sender_no}


def _party(party: Party) -> dict[str, str]:
    """Return a party with its address in parts. :raises CarrierRefuses: if province, city and county cannot be told apart."""
    region = region_in(party.address)
    if region is None:
        raise CarrierRefuses(reason="address", message="地址须写明省、市、县")
    province, city, county, line = region
    return {"name": party.name, "mobile": party.phone, "prov": province, "city": city, "county": county, "address": line or county}


def _told(event: Event, number: str) -> Told:
    return Told(
        source="china_post",
        number=number,
        code=event.op_code[:20],
        words=(event.op_desc or event.op_name)[:500],
        place=(event.op_org_name or event.op_org_city or "")[:200],
        happened_at=_time(event.op_time),
    )


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME)
    except ValueError as error:
        raise CarrierUnavailable(trouble=f"no time: {text[:40]!r}") from error


def _fen(yuan: Decimal | None) -> int | None:
    try:
        return None if yuan is None else fen_written(str(yuan))
    except ValueError as error:
        raise CarrierUnavailable(trouble=f"no sum: {yuan}"[:60]) from error
