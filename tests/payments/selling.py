"""Sellers who collect for themselves at WeChat Pay, and payments that are theirs."""

import itertools
import json
from datetime import timedelta

from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions
from teahorse.payments.models import MerchantAccount
from tests.world import organisation

from .conftest import wait_until

numbers = itertools.count(100_001)


def seller(key, *, collects=True):
    """A cooperative, with an account of her own where she collects."""
    made = organisation(key)
    if collects:
        account(made)
    return made


def account(organisation, **changes):
    now = timezone.now()
    values = {"provider": "wechat_pay", "number": f"1900{next(numbers)}", "since_at": now, "changed_at": now}
    return MerchantAccount.objects.create(organisation=organisation, **{**values, **changes})


def number_of(organisation):
    return MerchantAccount.objects.get(organisation=organisation, provider="wechat_pay", is_active=True).number


def divided(*parts, method="native", provider="wechat_pay", minutes=15):
    """A payment of ``(seller, fen)`` that no provider knows of yet."""
    now = timezone.now()
    return actions.open_payment(
        reference=new_id(),
        amount_fen=sum(fen for _seller, fen in parts),
        subject="藏茶 250g, 糌粑 1kg",
        splits=[actions.Split(payee_id=one.pk, reference=new_id(), amount_fen=fen) for one, fen in parts],
        provider=provider,
        method=method,
        expires_at=now + timedelta(minutes=minutes),
        now=now,
    )


def ready(payment, **wishes):
    return actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", now=timezone.now(), **wishes)


def settled(thing):
    """A payment or refund as it stands after what has come was applied."""
    actions.apply_notifications(now=timezone.now())
    thing.refresh_from_db()
    return thing


def paid(house, *parts):
    """A payment of ``(seller, fen)`` whose money is here."""
    payment = ready(divided(*parts))
    house.act(payment)
    wait_until(lambda: settled(payment).state == "succeeded")
    return payment


def split_of(payment, seller):
    return payment.splits.select_related("account").get(payee_id=seller.pk)


def facts(payment):
    return [(event.kind, event.amount_fen, event.source) for event in payment.events.order_by("recorded_at", "pk")]


def asked_of(sandbox, path):
    """What WeChat was asked with below a path, the oldest first."""
    asked = [json.loads(row["detail"]) for row in sandbox.log() if row["kind"] == "request" and path in row["title"]]
    return [json.loads(one["asked"]) for one in asked if one["asked"]]
