"""The interface is what it says: nothing that a stranger sends breaks it, and every answer has the form it promises."""

from contextlib import suppress
from datetime import timedelta

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from teahorse.aftersales import actions as aftersales
from teahorse.api.capabilities import cart_access, order_access
from teahorse.invoices import actions as invoices
from teahorse.orders import actions
from teahorse.orders.wanted import Whose
from teahorse.people.actions import issue_token
from tests import world
from tests.aftersales.making import draft, picture, received

pytestmark = pytest.mark.django_db
EXAMPLES = 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def region(wine, carpet, placed, paid, registered):
    """Things that are there, by the name under which an address asks for them."""
    cart = actions.open_cart(person=None, now=timezone.now())
    actions.put_into_cart(whose=Whose(key=cart.pk), offer_id=wine.pk, quantity=2, now=timezone.now())
    packed = paid({wine: 1}, pickup_point=world.service_point("xuexi")).orders.get()
    parcel = actions.pack_order(order=packed, weight_grams=500, by=None, now=timezone.now())
    group = placed({wine: 1})
    now = timezone.now()
    complained = received({wine: 1}, now=now - timedelta(days=5), at=now - timedelta(days=1))
    case = aftersales.open_case(draft=draft(complained), by=None, now=now)
    photo = aftersales.add_photo(order=complained, case_id=case.pk, file=picture(), by_seller=False, now=now)
    registered(wine.seller)
    title = invoices.title_typed(kind="person", name="卓玛")
    invoice = invoices.request_invoice(order=complained, title=title, person=None, now=now)
    _token, secret = issue_token(organisation=wine.seller, name="ERP", now=timezone.now())
    return {
        "parameters": {
            "code": world.SHANGHAI,
            "product_id": str(wine.variant.product_id),
            "offer_id": str(wine.pk),
            "order_id": str(group.pk),
            "seller_order_id": str(packed.pk),
            "number": parcel.number,
            "token": cart_access(cart.pk),
            "case_id": str(case.pk),
            "photo_id": str(photo.pk),
            "invoice_id": str(invoice.pk),
            "month": f"{timezone.localtime():%Y-%m}",
        },
        "buyer": order_access(group.pk),
        "complainer": order_access(complained.group_id),
        "complained": {"order_id": str(complained.group_id), "seller_order_id": str(complained.pk)},
        "seller": secret,
    }


@pytest.fixture
def schema(region):
    """The description, read from the real WSGI application; as in Django's test client its requests do not end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_nothing_that_a_stranger_sends_breaks_the_interface(schema):
    for operation in (found.ok() for found in schema.get_all_operations()):
        ask(operation, lambda case: case)


def test_nothing_that_somebody_with_a_token_sends_breaks_the_interface(schema, region):
    for holder in ("buyer", "complainer", "seller"):
        own = region["parameters"] | (region["complained"] if holder == "complainer" else {})

        def known(case, holder=holder, own=own):
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {region[holder]}"}
            there = {name: value for name, value in own.items() if name in (case.path_parameters or {})}
            if case.operation.label != "GET /api/v1/problems/{code}":
                case.path_parameters = {**(case.path_parameters or {}), **there}
            return case

        for operation in (found.ok() for found in schema.get_all_operations()):
            is_paper = any(f"/{kind}" in operation.path for kind in ("cases", "invoices", "receipts"))
            if (operation.security.iter_parameters() or "{" in operation.path) and (is_paper or holder != "complainer"):
                ask(operation, known, checks=[check for check in CHECKS if check is not negative_data_rejection])


def ask(operation, prepared, checks=CHECKS):
    for mode in GenerationMode:

        @seed(20260815)
        @bounded
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case):
            prepared(case).call_and_validate(checks=checks)

        with suppress(Unsatisfiable):  # nothing can be wrong with an address that takes no input
            one()
