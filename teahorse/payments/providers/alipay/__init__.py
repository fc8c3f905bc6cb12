"""Alipay: page (at a desk), wap (on a phone), precreate (a code on a screen)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.urls import reverse

from teahorse.common.money import decimal
from teahorse.common.times import HOME
from teahorse.payments import merchants
from teahorse.payments.models import Payment, Refund
from teahorse.payments.providers import (
    BillNotReady,
    BillRow,
    CloseAnswer,
    NotificationRead,
    NotificationRefused,
    Outcome,
    ProviderRefuses,
    ProviderUnavailable,
)
from teahorse.payments.providers.alipay import bills, door
from teahorse.payments.providers.alipay.amounts import fen
from teahorse.payments.providers.alipay.client import Answer, Client
from teahorse.payments.providers.alipay.credentials import (
    CODE,
    Credentials,
    NoCredentials,
    apps_of,
    credentials,
    seller_numbers,
)
from teahorse.payments.providers.alipay.messages import Unreadable, moment, outcome_of_trade

BILL = "alipay.data.dataservice.bill.downloadurl.query"
NO_BILL = frozenset({"isp.bill_not_exist", "isv.bill_not_exist"})
MADE_BY = time(12)
"""By then yesterday's bill is made (Alipay says nine). Before, "there is none" may mean "not yet", and a kept bill stays as it is."""
REFUSED_FOR_GOOD = frozenset(
    {
        "ACQ.DISCORDANT_REPEAT_REQUEST",
        "ACQ.INVALID_PARAMETER",
        "ACQ.REASON_TRADE_REFUND_FEE_ERR",
        "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
        "ACQ.TRADE_HAS_FINISHED",
        "ACQ.TRADE_NOT_ALLOW_REFUND",
        "ACQ.TRADE_NOT_EXIST",
    }
)
"""Refusals of a refund that waiting does not mend; the others (an empty account, a wrong key) are tried again."""


class AlipayProvider:
    """
    The house's app at Alipay and those of sellers with keys of their own; see :class:`teahorse.payments.providers.Provider`.

    Which app a payment was opened by stands in ``payment.asked["account"]``, nothing for the house's.
    """

    code = CODE
    is_remote = True
    opens_alone = frozenset({"page", "wap"})
    """Nobody is asked to open these: the browser brings our signed words to Alipay."""

    def open(self, payment: Payment) -> dict[str, Any]:
        client = _client_for(payment)
        order = {
            "out_trade_no": payment.our_number,
            "total_amount": decimal(payment.amount_fen),
            "subject": payment.subject,
            "time_expire": payment.expires_at.astimezone(HOME).strftime("%Y-%m-%d %H:%M:%S"),
            "notify_url": notify_url(),
        }
        back_url = payment.asked.get("back_url") or None
        if payment.method == "page":
            return {"pay_url": client.address(client.library.api_alipay_trade_page_pay(**order, return_url=back_url))}
        if payment.method == "wap":
            more = {"quit_url": back_url} if back_url else {}
            return {"pay_url": client.address(client.library.api_alipay_trade_wap_pay(**order, **more, return_url=back_url))}
        answer = client.ask(lambda library: library.api_alipay_trade_precreate(**order))
        if not answer.is_good:
            raise _refuses(answer)
        if not answer.text("qr_code"):
            raise ProviderUnavailable(provider=CODE, trouble="it answered without qr_code")
        return {"qr_code": answer.text("qr_code")}

    def query(self, payment: Payment, *, now: datetime) -> Outcome | None:
        answer = self._asked_about(payment)
        outcome = None if answer is None else _outcome(answer, now=now)
        return outcome and msgspec.structs.replace(outcome, account_number=payment.asked.get("account", ""))

    def close(self, payment: Payment) -> CloseAnswer:
        client = _client_for(payment)
        answer = client.ask(lambda library: library.api_alipay_trade_close(out_trade_no=payment.our_number))
        if answer.is_good or answer.code == "ACQ.TRADE_HAS_CLOSE":
            return CloseAnswer.CLOSED
        if answer.code == "ACQ.TRADE_NOT_EXIST":
            # nobody has seen it yet, and nothing closes it: until Alipay's own clock ends it the address or code still takes money
            return CloseAnswer.CLOSED if payment.expires_at <= datetime.now(UTC) else CloseAnswer.PAYING
        if answer.code not in {"ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID"}:
            raise _refuses(answer)
        told = self._asked_about(payment)
        outcome = None if told is None else _outcome(told, now=datetime.now(UTC))
        if outcome is None:
            return CloseAnswer.PAYING
        return CloseAnswer.PAID if outcome.kind == "succeeded" else CloseAnswer.CLOSED

    def refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        answer = self._send(refund)
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
        if not answer.is_good:
            raise _refuses(answer)
        return self._refund_told(refund)  # ``refund_fee`` in this answer is the sum of all refunds; the query knows this one

    def query_refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        outcome = self._refund_told(refund)
        return outcome if outcome is not None else self.refund(refund, now=now)  # it may never have come there; twice is once

    def billed_accounts(self) -> list[str]:
        return [*([""] if apps_of("") else []), *seller_numbers()]

    def bill(self, day: date, *, account_number: str = "") -> list[BillRow]:
        found: list[BillRow] = []
        now = datetime.now(HOME)
        if day >= now.date():
            raise BillNotReady(provider=CODE, day=day.isoformat())
        is_made = now >= datetime.combine(day + timedelta(days=1), MADE_BY, HOME)
        for app in apps_of(account_number):
            try:
                found += self._bill_of(_client_for_app(app.app_id), day, account_number=account_number, is_made=is_made)
            except ProviderRefuses:
                # what an ended app does not tell is missed by the comparison, if it took anything; it must not keep the others' bill away
                if app.is_active:
                    raise
        return found

    def _bill_of(self, client: Client, day: date, *, account_number: str, is_made: bool) -> list[BillRow]:
        answer = client.ask(lambda library: library.server_api(BILL, biz_content={"bill_type": "trade", "bill_date": day.isoformat()}))
        if answer.code in NO_BILL:
            if not is_made:
                raise BillNotReady(provider=CODE, day=day.isoformat())
            return []  # nothing moved on that day
        if not answer.is_good:
            raise _refuses(answer)
        try:
            return bills.rows_of(client.download(answer.text("bill_download_url")), account_number=account_number)
        except Unreadable as error:
            raise ProviderUnavailable(provider=CODE, trouble=str(error)) from error

    def read_notification(self, headers: Mapping[str, str], body: bytes, now: datetime) -> NotificationRead:  # noqa: ARG002 - the port
        return door.read(body=body, now=now, client_of=_client_told, account_of=_account_told)

    def _asked_about(self, payment: Payment) -> Answer | None:
        """Return what Alipay says of a trade, or None where no payer has seen it."""
        answer = _client_for(payment).ask(lambda library: library.api_alipay_trade_query(out_trade_no=payment.our_number))
        if answer.code == "ACQ.TRADE_NOT_EXIST":
            return None
        if not answer.is_good:
            raise _refuses(answer)
        if answer.text("out_trade_no") != payment.our_number:
            raise ProviderUnavailable(provider=CODE, trouble="it answered for another payment")
        return answer

    def _send(self, refund: Refund) -> Answer:
        return _client_for(
            refund.payment
        ).ask(
            lambda library: library.api_alipay_trade_refund(
                refund_amount=decimal(refund.amount_fen),
                trade_no=refund.payment.provider_number,  # money that was assigned to the payment came there under another number of ours
                out_request_no=refund.our_number,
                refund_reason=refund.reason,
            )
        )

    def _refund_told(self, refund: Refund) -> Outcome | None:
        answer = _client_for(refund.payment).ask(
            lambda library: library.api_alipay_trade_fastpay_refund_query(
                out_request_no=refund.our_number, trade_no=refund.payment.provider_number
            )
        )
        if not answer.is_good:
            raise _refuses(answer)
        if answer.text("refund_status") != "REFUND_SUCCESS":
            return None
        if (answer.text("trade_no"), answer.text("out_request_no")) != (refund.payment.provider_number, refund.our_number):
            raise ProviderUnavailable(provider=CODE, trouble="it answered for another refund")
        try:
            return Outcome(
                our_number=refund.payment.our_number,
                refund_number=refund.our_number,
                kind="refunded",
                provider_number=refund.our_number,  # Alipay gives refunds no number of its own
                amount_fen=fen(answer.text("refund_amount")),
                occurred_at=moment(answer.text("gmt_refund_pay")) if answer.text("gmt_refund_pay") else datetime.now(UTC),
            )
        except ValueError as error:
            raise ProviderUnavailable(provider=CODE, trouble=str(error)) from error


def notify_url() -> str:
    """Return where Alipay calls back."""
    return f"{settings.SITE_URL}{reverse('payments:alipay_notify')}"


def is_set_up() -> bool:
    """Return whether anybody can be paid by Alipay here."""
    try:
        credentials()
    except NoCredentials:
        return False
    return True


def provider() -> AlipayProvider:
    """
    Return Alipay for the apps that are set up here.

    :raises ProviderUnavailable: if there is none.
    """
    try:
        if not seller_numbers():
            credentials()
    except NoCredentials as missing:
        raise ProviderUnavailable(provider=CODE, trouble=f"not set up: {missing}") from missing
    return AlipayProvider()


def _client_for(payment: Payment) -> Client:
    return _client_for_app(payment.asked.get("account", ""))


def _client_for_app(app_id: str) -> Client:
    try:
        return _client(credentials(app_id))
    except NoCredentials as missing:
        raise ProviderUnavailable(provider=CODE, trouble=f"not set up: {missing}") from missing


def _client_told(app_id: str) -> Client:
    """Return the client of an app that a notification names."""
    try:
        if app_id:
            return _client(credentials(app_id))
    except NoCredentials as missing:
        msg = f"app_id {app_id[:40]!r} is not ours, or not set up: {missing}"[:200]
        raise NotificationRefused(msg) from missing
    msg = "no app_id"
    raise NotificationRefused(msg)


def _account_told(app_id: str) -> str:
    """Return the number of the seller's account that an app is, nothing for the house's."""
    row = merchants.account_by_number(CODE, app_id)
    return app_id if row is not None and row.organisation_id is not None else ""


@lru_cache(maxsize=64)
def _client(keys: Credentials) -> Client:
    try:
        return Client(keys)
    except Exception as error:  # the library raises what its parts raise for a key that it cannot load
        msg = f"the keys of {keys.app_id} cannot be read: {type(error).__name__}"
        raise NoCredentials(msg) from None


def _outcome(answer: Answer, *, now: datetime) -> Outcome | None:
    said = {name: value for name, value in answer.body.items() if isinstance(value, str)}
    try:
        return outcome_of_trade(said, now=now)
    except Unreadable as error:
        raise ProviderUnavailable(provider=CODE, trouble=str(error)) from error


def _refuses(answer: Answer) -> ProviderRefuses:
    return ProviderRefuses(provider=CODE, reason=answer.code, message=answer.message)
