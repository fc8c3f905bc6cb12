"""Sharing out what a sub-merchant collected, and taking shares back (分账, 分账回退)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from teahorse.payments.models import ShareLine, ShareReturn, Sharing
from teahorse.payments.providers import ProviderRefuses, ProviderUnavailable, SharingTold, Told
from teahorse.payments.providers.wechat_pay.client import Answer, Client
from teahorse.payments.providers.wechat_pay.messages import Number
from teahorse.payments.providers.wechat_pay.ordering import collector

CODE = "wechat_pay"
REFUSED_FOR_GOOD = frozenset(
    {"INVALID_REQUEST", "PARAM_ERROR", "RESOURCE_NOT_EXISTS", "RULE_LIMIT", "NO_AUTH", "NOT_ENOUGH", "ACCOUNT_ERROR"}
)
"""Refusals of a sharing that waiting does not mend: a person must look, and may ask again."""

RETURN_REFUSED_FOR_GOOD = REFUSED_FOR_GOOD - {"NOT_ENOUGH"}
"""A receiver whose account is empty today may be able to give back tomorrow."""

RELEASE = "释放余款给卖家"
"""WeChat's statement shows this to the seller, who is in China."""

HOUSE, SELLER = "SERVICE_PROVIDER", "PARTNER"


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    result: str
    fail_reason: str = ""


class SharingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A sharing, as the answer to a request and to a query shows it."""

    out_order_no: Number
    state: str
    receivers: tuple[Receiver, ...] = ()


class ReturnAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A return, as the answer to a request and to a query shows it."""

    out_return_no: Number
    result: str
    amount: int
    fail_reason: str = ""


def share(client: Client, sharing: Sharing) -> SharingTold:
    """Make the receivers known, then hand out and release the rest, in one request; without receivers release all."""
    seller = collector(sharing.split)
    lines = list(sharing.lines.all())
    try:
        for line in lines:
            _make_known(client, seller, line)
    except ProviderRefuses as refused:
        return _refused(refused.reason, str(refused.numbers["message"]))
    named: dict[str, Any] = {"transaction_id": transaction_id(sharing), "out_order_no": sharing.our_number, "sub_mchid": seller}
    receivers = [
        {
            "type": "MERCHANT_ID",
            "account": receiver(client, line),
            "amount": line.amount_fen,
            "description": line.description,
        }
        for line in lines
    ]
    if receivers:
        answer = client.ask(
            lambda library: library.profitsharing_order(receivers=receivers, unfreeze_unsplit=True, **named), is_partner=True
        )
    else:
        answer = client.ask(lambda library: library.profitsharing_unfreeze(description=RELEASE, **named), is_partner=True)
    if answer.code in REFUSED_FOR_GOOD:
        return _refused(answer.code, answer.message)
    return _told(client, sharing, answer)


def query_sharing(client: Client, sharing: Sharing) -> SharingTold:
    """Ask what became of a sharing."""
    return _told(
        client,
        sharing,
        client.ask(
            lambda library: library.profitsharing_order_query(
                transaction_id=transaction_id(sharing), out_order_no=sharing.our_number, sub_mchid=collector(sharing.split)
            ),
            is_partner=True,
        ),
    )


def take_back(client: Client, back: ShareReturn) -> Told:
    """Take a part of a share back."""
    sharing = back.line.sharing
    answer = client.ask(
        lambda library: library.profitsharing_return(
            out_order_no=sharing.our_number,
            out_return_no=back.our_number,
            return_mchid=receiver(client, back.line),
            amount=back.amount_fen,
            description=back.refund.reason or back.refund.our_number,
            sub_mchid=collector(sharing.split),
        ),
        is_partner=True,
    )
    if answer.code in RETURN_REFUSED_FOR_GOOD:
        return Told(our_number=back.our_number, failed=True, trouble=_said(answer.code, answer.message))
    if answer.code == "NOT_ENOUGH":
        return Told(our_number=back.our_number, is_taken=False, trouble=_said(answer.code, answer.message))
    return _return_told(answer, back)


def query_return(client: Client, back: ShareReturn) -> Told:
    """Ask what became of a return."""
    sharing = back.line.sharing
    answer = client.ask(
        lambda library: library.profitsharing_return_query(
            out_order_no=sharing.our_number, out_return_no=back.our_number, sub_mchid=collector(sharing.split)
        ),
        is_partner=True,
    )
    return _return_told(answer, back)


def transaction_id(sharing: Sharing) -> str:
    """Return WeChat's number of the order that is shared out."""
    return sharing.split.provider_number or sharing.split.payment.provider_number


def receiver(client: Client, line: ShareLine) -> str:
    """Return the merchant number that a share goes to."""
    return line.account.number if line.account else client.credentials.mchid


def _make_known(client: Client, seller: str, line: ShareLine) -> None:
    number = receiver(client, line)
    if (seller, number) in client.receivers:
        return
    organisation = line.account.organisation if line.account else None
    name = organisation.name if organisation else client.credentials.merchant_name
    answer = client.ask(
        lambda library: library.profitsharing_add_receiver(
            account_type="MERCHANT_ID", account=number, relation_type=SELLER if line.account else HOUSE, name=name, sub_mchid=seller
        ),
        is_partner=True,
    )
    if not answer.is_good:
        raise _error(answer)
    client.receivers.add((seller, number))


def _told(client: Client, sharing: Sharing, answer: Answer) -> SharingTold:
    said = _read(answer, SharingAnswer)
    if said.out_order_no != sharing.our_number:
        raise ProviderUnavailable(provider=CODE, trouble="it answered for another sharing")
    if said.state != "FINISHED":
        return SharingTold(is_finished=False)
    results = {one.account: one for one in said.receivers}
    lines = [_line_told(results, receiver(client, line)) for line in sharing.lines.all()]
    return SharingTold(is_finished=True, lines=tuple(lines))


def _line_told(results: Mapping[str, Receiver], number: str) -> Told:
    found = results.get(number)
    if found is None or found.result not in {"SUCCESS", "CLOSED"}:
        raise ProviderUnavailable(provider=CODE, trouble="a finished sharing without the result of a receiver")
    return Told(our_number=number, done=found.result == "SUCCESS", failed=found.result == "CLOSED", trouble=found.fail_reason[:200])


def _return_told(answer: Answer, back: ShareReturn) -> Told:
    said = _read(answer, ReturnAnswer)
    if said.out_return_no != back.our_number or said.amount != back.amount_fen:
        raise ProviderUnavailable(provider=CODE, trouble="it answered for another return")
    return Told(our_number=back.our_number, done=said.result == "SUCCESS", failed=said.result == "FAILED", trouble=said.fail_reason[:200])


def _read(answer: Answer, kind: type[Any]) -> Any:
    if not answer.is_good:
        raise _error(answer)
    try:
        return msgspec.convert(answer.body, kind)
    except msgspec.ValidationError as error:
        raise ProviderUnavailable(provider=CODE, trouble=f"it answered in another form: {error}") from error


def _error(answer: Answer) -> ProviderRefuses:
    return ProviderRefuses(provider=CODE, reason=answer.code, message=answer.message)


def _refused(code: str, message: str) -> SharingTold:
    return SharingTold(is_finished=False, refusal=_said(code, message))


def _said(code: str, message: str) -> str:
    return f"{code}: {message}"[:200]
