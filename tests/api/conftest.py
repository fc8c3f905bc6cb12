import json

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.api.capabilities import order_access
from teahorse.invoices import actions as invoices
from teahorse.invoices.rules import check_sign
from teahorse.orders.actions import place_orders, take_payments
from teahorse.orders.models import OrderGroup
from teahorse.payments.models import Payment
from teahorse.people.actions import issue_token
from tests import world
from tests.dossiers.making import manager


class Api:
    """A client that speaks JSON, with or without a token."""

    def __init__(self, token: str = "", language: str = "en") -> None:
        self.token = token
        headers = {"Accept-Language": language}
        self.client = Client(headers={**headers, "Authorization": f"Bearer {token}"} if token else headers)

    def get(self, path: str, **query):
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body=None, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {})
        return self.client.post(f"/api/v1/{path}", content, content_type="application/json", headers=headers)

    def put(self, path: str, body):
        return self.client.put(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    def delete(self, path: str):
        return self.client.delete(f"/api/v1/{path}")


@pytest.fixture(autouse=True)
def house(settings):
    """The interface alone, at its address; WhiteNoise wants the folder of static files to be there."""
    settings.ROOT_URLCONF = "tests.api.urls"
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def chamchen():
    return world.organisation("chamchen")


@pytest.fixture
def wine(chamchen):
    return world.offer(chamchen, title="强钦青稞酒", price_fen=3800, on_hand=10)


@pytest.fixture
def carpet():
    return world.offer(world.organisation("jiangzi", code=world.GYANGZE), title="江孜卡垫", price_fen=128000, on_hand=3, weight_grams=4200)


@pytest.fixture
def as_organisation():
    def with_token(organisation) -> Api:
        _token, secret = issue_token(organisation=organisation, name="ERP", now=timezone.now())
        return Api(secret)

    return with_token


@pytest.fixture
def placed():
    """Place an order for offers and quantities; return its group."""

    def place(wanted, **more) -> OrderGroup:
        now = timezone.now()
        [answer] = place_orders(wishes=[world.wish(wanted, now=now, **more)], now=now)
        return OrderGroup.objects.get(pk=answer.group_id)

    return place


@pytest.fixture
def paid(placed):
    """Place an order and have it paid; return its group."""

    def place_and_pay(wanted, **more) -> OrderGroup:
        group, now = placed(wanted, **more), timezone.now()
        payment = Payment.objects.create(
            reference=group.pk,
            provider="cash",
            method="counter",
            our_number=group.pk.hex,
            amount_fen=group.total_fen,
            subject="",
            state="succeeded",
            created_at=now,
            expires_at=group.expires_at,
            settled_at=now,
        )
        payment.splits.create(payee_id=group.orders.first().seller_id, reference=group.pk, amount_fen=group.total_fen)
        take_payments(payment_ids=[payment.pk], now=now)
        return group

    return place_and_pay


@pytest.fixture
def registered():
    """Have a seller registered for tax; her own people look at each wish."""

    def register(seller):
        now, first = timezone.now(), "91540524MA6T1ABCD"
        values = {"name": "强钦青稞酒业有限公司", "tax_number": first + check_sign(first), "tax_rate": "13", "clerk": "次仁"}
        return invoices.register_issuer(organisation=seller, **values, is_automatic=False, by=manager(seller, now=now), now=now)

    return register


@pytest.fixture
def as_buyer():
    return lambda group: Api(order_access(group.pk))
