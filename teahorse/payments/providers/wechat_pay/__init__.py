"""WeChat Pay, API v3: Native (a code on a screen), JSAPI (inside WeChat), H5 (another browser on a phone)."""

import secrets
import time
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.urls import reverse

from teahorse.payments.models import Payment, Refund, ShareReturn, Sharing
from teahorse.payments.providers import (
    BillRow,
    CloseAnswer,
    NotificationRead,
    Outcome,
    ProviderRefuses,
    ProviderUnavailable,
    SharingTold,
    Told,
)
from teahorse.payments.providers.wechat_pay import bills, door, ordering
from teahorse.payments.providers.wechat_pay import sharing as sharings
from teahorse.payments.providers.wechat_pay.client import Answer, Client
from teahorse.payments.providers.wechat_pay.credentials import Credentials, NoCredentials, credentials
from teahorse.payments.providers.wechat_pay.messages import (
    Combined,
    RefundAnswer,
    Transaction,
    outcome_of_combined,
    outcome_of_payment,
    outcome_of_refund,
)
from teahorse.payments.providers.wechat_pay.ordering import collector, for_collector, sole_collector

CODE = "wechat_pay"
UNKNOWN_ORDER = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"})
REFUSED_FOR_GOOD = frozenset({"INVALID_REQUEST", "PARAM_ERROR", "RESOURCE_NOT_EXISTS"})
"""Refusals of a refund that waiting does not mend; the others (an empty account, a wrong key) are tried again."""

T = TypeVar("T", Transaction, Combined, RefundAnswer)


class WeChatPayProvider:
    """One merchant at WeChat Pay; see :class:`teahorse.payments.providers.Provider`."""

    code = CODE
    is_remote = True

    def __init__(self, client: Client) -> None:
        self.client = client

    def open(self, payment: Payment) -> dict[str, Any]:
        if payment.is_combined:
            order = ordering.combined_order(payment, notify_url=notify_url(), mchid=self.client.credentials.mchid)
            answer = self.client.ask(lambda library: library.combine_pay(**order.words))
        else:
            order = ordering.single_order(payment, notify_url=notify_url())
            answer = self.client.ask(lambda library: library.pay(**order.words), is_partner=order.is_partner)
        if not answer.is_good:
            raise _refuses(answer)
        return self._prompt(payment, answer.body)

    def query(self, payment: Payment, *, now: datetime) -> Outcome | None:
        if payment.is_combined:
            answer = self.client.ask(lambda library: library.combine_query(combine_out_trade_no=payment.our_number))
        else:
            asked = for_collector(sole_collector(payment), out_trade_no=payment.our_number)
            answer = self.client.ask(lambda library: library.query(**asked.words), is_partner=asked.is_partner)
        if answer.code in UNKNOWN_ORDER:
            return None
        if not answer.is_good:
            raise _refuses(answer)
        try:
            outcome = self._told(payment, answer, now=now)
        except msgspec.ValidationError as error:
            raise ProviderUnavailable(provider=CODE, trouble=str(error)) from error
        if outcome is not None and outcome.our_number != payment.our_number:
            raise ProviderUnavailable(provider=CODE, trouble="it answered for another payment")
        return outcome

    def close(self, payment: Payment) -> CloseAnswer:
        if payment.is_combined:
            named = ordering.named_parts(payment, mchid=self.client.credentials.mchid)
            answer = self.client.ask(lambda library: library.combine_close(combine_out_trade_no=payment.our_number, sub_orders=named))
        else:
            asked = for_collector(sole_collector(payment), out_trade_no=payment.our_number)
            answer = self.client.ask(lambda library: library.close(**asked.words), is_partner=asked.is_partner)
        if answer.code == "USER_PAYING":
            return CloseAnswer.PAYING
        if answer.is_good or answer.code in {"ORDER_CLOSED", *UNKNOWN_ORDER}:
            return CloseAnswer.CLOSED
        if answer.code in {"ORDERPAID", "ORDER_PAID"}:
            return CloseAnswer.PAID
        raise _refuses(answer)

    def refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        payment, split = refund.payment, refund.split
        asked = for_collector(
            collector(split),
            out_refund_no=refund.our_number,
            transaction_id=split.provider_number or payment.provider_number,
            reason=refund.reason,
            amount={
                "refund": refund.amount_fen,
                "total": split.amount_fen if payment.is_combined else payment.amount_fen,
                "currency": "CNY",
            },
            notify_url=notify_url(),
        )
        answer = self.client.ask(lambda library: library.refund(**asked.words), is_partner=asked.is_partner)
        if answer.code in REFUSED_FOR_GOOD:
            return Outcome(
                our_number=payment.our_number,
                refund_number=refund.our_number,
                kind="refund_failed",
                provider_number=refund.our_number,
                amount_fen=refund.amount_fen,
                occurred_at=now,
                trouble=f"{answer.code}: {answer.message}"[:200],
            )
        return self._refund_outcome(answer, refund, now=now)

    def query_refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        asked = for_collector(collector(refund.split), out_refund_no=refund.our_number)
        answer = self.client.ask(lambda library: library.query_refund(**asked.words), is_partner=asked.is_partner)
        return self._refund_outcome(answer, refund, now=now)

    def share(self, sharing: Sharing) -> SharingTold:
        return sharings.share(self.client, sharing)

    def query_sharing(self, sharing: Sharing) -> SharingTold:
        return sharings.query_sharing(self.client, sharing)

    def take_back(self, back: ShareReturn) -> Told:
        return sharings.take_back(self.client, back)

    def query_return(self, back: ShareReturn) -> Told:
        return sharings.query_return(self.client, back)

    def billed_accounts(self) -> list[str]:
        return [""]  # the house's bill has its sub-merchants too

    def bill(self, day: date, *, account_number: str = "") -> list[BillRow]:  # noqa: ARG002 - the port
        return bills.bill(self.client, day)

    def read_notification(self, headers: Mapping[str, str], body: bytes, now: datetime) -> NotificationRead:
        return door.read(self.client, headers=headers, body=body, now=now)

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

    def _told(self, payment: Payment, answer: Answer, *, now: datetime) -> Outcome | None:
        if not payment.is_combined:
            return outcome_of_payment(_read(answer, Transaction), now=now)
        told = _read(answer, Combined)
        if told.combine_mchid != self.client.credentials.mchid:
            raise ProviderUnavailable(provider=CODE, trouble="it answered for another merchant")
        return outcome_of_combined(told, now=now)

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
