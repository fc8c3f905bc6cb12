"""WeChat Pay, API v3: Native (a code on a screen), JSAPI (inside WeChat), H5 (another browser on a phone)."""

import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.urls import reverse
from wechatpayv3 import WeChatPay
from wechatpayv3.type import WeChatPayType

from teahorse.payments import queries
from teahorse.payments.models import Payment, Refund
from teahorse.payments.providers import (
    CloseAnswer,
    NotificationRead,
    Outcome,
    ProviderRefuses,
    ProviderUnavailable,
)
from teahorse.payments.providers.wechat_pay import door
from teahorse.payments.providers.wechat_pay.client import Answer, Client
from teahorse.payments.providers.wechat_pay.credentials import Credentials, NoCredentials, credentials
from teahorse.payments.providers.wechat_pay.messages import (
    RefundAnswer,
    Transaction,
    outcome_of_payment,
    outcome_of_refund,
)

CODE = "wechat_pay"
SHANGHAI = ZoneInfo("Asia/Shanghai")
TYPES = {"native": WeChatPayType.NATIVE, "jsapi": WeChatPayType.JSAPI, "h5": WeChatPayType.H5}
REFUSED_FOR_GOOD = frozenset({"INVALID_REQUEST", "PARAM_ERROR", "RESOURCE_NOT_EXISTS"})
"""Refusals of a refund that waiting does not mend; the others (an empty account, a wrong key) are tried again."""

T = TypeVar("T", Transaction, RefundAnswer)


class WeChatPayProvider:
    """One merchant at WeChat Pay; see :class:`teahorse.payments.providers.Provider`."""

    code = CODE
    is_remote = True

    def __init__(self, client: Client) -> None:
        self.client = client

    def open(self, payment: Payment) -> dict[str, Any]:
        order: dict[str, Any] = {
            "description": payment.subject,
            "out_trade_no": payment.our_number,
            "amount": {"total": payment.amount_fen, "currency": "CNY"},
            "time_expire": payment.expires_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            "notify_url": notify_url(),
            "pay_type": TYPES[payment.method],
        }
        if payment.method == "jsapi":
            order["payer"] = {"openid": payment.asked["openid"]}
        if payment.method == "h5":
            order["scene_info"] = {"payer_client_ip": payment.asked["payer_ip"], "h5_info": {"type": "Wap"}}
        answer = self.client.ask(lambda library: library.pay(**order))
        if not answer.is_good:
            raise _refuses(answer)
        return self._prompt(payment, answer.body)

    def query(self, payment: Payment, *, now: datetime) -> Outcome | None:
        answer = self.client.ask(lambda library: library.query(out_trade_no=payment.our_number))
        if answer.code == "ORDER_NOT_EXIST":
            return None
        if not answer.is_good:
            raise _refuses(answer)
        told = _read(answer, Transaction)
        if told.out_trade_no != payment.our_number:
            raise ProviderUnavailable(provider=CODE, trouble="it answered for another payment")
        try:
            return outcome_of_payment(told, now=now)
        except msgspec.ValidationError as error:
            raise ProviderUnavailable(provider=CODE, trouble=str(error)) from error

    def close(self, payment: Payment) -> CloseAnswer:
        answer = self.client.ask(lambda library: library.close(out_trade_no=payment.our_number))
        if answer.is_good or answer.code in {"ORDER_CLOSED", "ORDER_NOT_EXIST"}:
            return CloseAnswer.CLOSED
        if answer.code == "ORDERPAID":
            return CloseAnswer.PAID
        if answer.code == "USER_PAYING":
            return CloseAnswer.PAYING
        raise _refuses(answer)

    def refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        def call(library: WeChatPay) -> Any:
            return library.refund(
                out_refund_no=refund.our_number,
                transaction_id=refund.payment.provider_number,
                reason=refund.reason,
                amount={"refund": refund.amount_fen, "total": refund.payment.amount_fen, "currency": "CNY"},
                notify_url=notify_url(),
            )

        answer = self.client.ask(call)
        if answer.code in REFUSED_FOR_GOOD:
            return Outcome(
                our_number=refund.payment.our_number,
                refund_number=refund.our_number,
                kind="refund_failed",
                provider_number=refund.our_number,
                amount_fen=refund.amount_fen,
                occurred_at=now,
                trouble=f"{answer.code}: {answer.message}"[:200],
            )
        return self._refund_outcome(answer, refund, now=now)

    def query_refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        answer = self.client.ask(lambda library: library.query_refund(out_refund_no=refund.our_number))
        return self._refund_outcome(answer, refund, now=now)

    def read_notification(self, headers: Mapping[str, str], body: bytes, now: datetime) -> NotificationRead:
        return door.read(
            self.client, headers=headers, body=body, now=now, is_used=lambda nonce: queries.is_nonce_used(provider=CODE, nonce=nonce)
        )

    def _refund_outcome(self, answer: Answer, refund: Refund, *, now: datetime) -> Outcome | None:
        if not answer.is_good:
            raise _refuses(answer)
        told = _read(answer, RefundAnswer)
        if told.out_refund_no != refund.our_number:
            raise ProviderUnavailable(provider=CODE, trouble="it answered for another refund")
        try:
            return outcome_of_refund(told, now=now)
        except msgspec.ValidationError as error:
            raise ProviderUnavailable(provider=CODE, trouble=str(error)) from error

    def _prompt(self, payment: Payment, body: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {"native": "code_url", "jsapi": "prepay_id", "h5": "h5_url"}[payment.method]
        given = body.get(wanted)
        if not isinstance(given, str) or not given:
            raise ProviderUnavailable(provider=CODE, trouble=f"it answered without {wanted}")
        if payment.method == "h5" and payment.asked["back_url"]:
            return {wanted: f"{given}{'&' if '?' in given else '?'}{urlencode({'redirect_url': payment.asked['back_url']})}"}
        if payment.method != "jsapi":
            return {wanted: given}
        appid = self.client.credentials.appid
        timestamp, nonce, package = str(int(time.time())), secrets.token_hex(16), f"prepay_id={given}"
        return {
            "appId": appid,
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self.client.sign([appid, timestamp, nonce, package]),
        }


def notify_url() -> str:
    """Return where WeChat calls back."""
    return f"{settings.SITE_URL}{reverse('payments:wechat_pay_notify')}"


def provider() -> WeChatPayProvider:
    """
    Return WeChat Pay for the merchant that is set up here.

    :raises ProviderUnavailable: if none is.
    """
    try:
        return _provider(credentials())
    except NoCredentials as missing:
        raise ProviderUnavailable(provider=CODE, trouble=f"not set up: {missing}") from missing


@lru_cache(maxsize=4)
def _provider(keys: Credentials) -> WeChatPayProvider:
    try:
        return WeChatPayProvider(Client(keys))
    except Exception as error:  # the library raises bare Exception for a key that it cannot load
        raise NoCredentials(str(error)) from error


def _refuses(answer: Answer) -> ProviderRefuses:
    return ProviderRefuses(provider=CODE, reason=answer.code, message=answer.message)


def _read(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.convert(answer.body, kind)
    except msgspec.ValidationError as error:
        raise ProviderUnavailable(provider=CODE, trouble=f"it answered in another form: {error}") from error
