"""The back office reads and changes nothing."""

import pytest
from django.contrib import admin
from django.test import RequestFactory

from teahorse.payments import models
from teahorse.people.models import Person


@pytest.mark.parametrize(
    "model",
    [
        models.Payment,
        models.PaymentEvent,
        models.Notification,
        models.Refund,
        models.MerchantAccount,
        models.UnmatchedMoney,
        models.CashShift,
        models.ProviderRest,
    ],
)
def test_even_a_superuser_only_reads(model):
    request = RequestFactory().get("/")
    request.user = Person(is_active=True, is_staff=True, is_superuser=True)

    shown = admin.site.get_model_admin(model)

    assert shown.has_view_permission(request)
    assert not shown.has_add_permission(request)
    assert not shown.has_change_permission(request)
    assert not shown.has_delete_permission(request)
