"""Keys at carriers: several who keep an account of the same organisation at the same moment."""

import pytest
from django.utils import timezone

from teahorse.carriers import actions
from teahorse.carriers.models import CarrierAccount
from tests import world
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = {"partner_id": "TH1", "checkword": "w", "monthly_card": "1"}


@pytest.mark.parametrize("is_hers", [True, False], ids=["hers", "the house's"])
def test_of_several_who_keep_an_account_at_once_the_last_one_holds_and_none_is_lost(is_hers):
    owner, by = (world.organisation("coop-carrier") if is_hers else None), world.person()

    def keep(number):
        values = {**KEYS, "partner_id": f"TH{number}"}
        return actions.keep_account(organisation=owner, carrier="sf", values=values, by=by, now=timezone.now())

    at_once(*((lambda number=number: keep(number)) for number in range(4)))

    assert CarrierAccount.objects.filter(organisation=owner).count() == 4
    assert CarrierAccount.objects.filter(organisation=owner, is_active=True).count() == 1
